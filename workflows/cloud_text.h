// Text of the cloud's, made fit to be shown.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace pawl::cloud {

/// The longest excerpt of an answer in a message, in bytes.
inline constexpr std::size_t excerpt_max = 120;

/// `text` as one line of valid UTF-8 for a terminal or a log: control characters, line separators
/// and direction marks count as blanks, runs of blanks become one, outer ones vanish, a byte that
/// is no UTF-8 becomes '?'. Longer than `bytes_max` (at least 3): cut between characters, with
/// "..." at its end, to at most `bytes_max` bytes.
std::string one_line(std::string_view text, std::size_t bytes_max = excerpt_max);

}  // namespace pawl::cloud
