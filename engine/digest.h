// SHA-256, from libcrypto: the one home of hashing.
#pragma once

#include <string>
#include <string_view>

namespace pawl {

/// SHA-256 (FIPS 180-4) of `bytes` as 64 lower-case hex digits.
std::string sha256_hex(std::string_view bytes);

}  // namespace pawl
