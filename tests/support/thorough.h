// How far the tests go that try every case there is.
#pragma once

namespace pawl::test {

/// Under a sanitizer each case costs ten times as much, and is tried for what it does to memory;
/// that no case goes wrong is seen without.
#ifdef __SANITIZE_ADDRESS__
inline constexpr bool thorough = false;
#else
inline constexpr bool thorough = true;
#endif

}  // namespace pawl::test
