// SHA-256, from libcrypto: the one home of hashing.
#pragma once

#include <string>
#include <string_view>

namespace pawl {

/// SHA-256 (FIPS 180-4) of `bytes` as 64 lower-case hex digits.
std::string sha256_hex(std::string_view bytes);
/// HMAC-SHA256 (RFC 2104) of `bytes` under `key`, in lower-case hexadecimal.
std::string hmac_sha256_hex(std::string_view key, std::string_view bytes);

}  // namespace pawl
