// SHA-256 and HMAC of whole texts, from libcrypto; storage/chain.h hashes piece by piece.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace pawl {

/// Two lower-case hex digits a byte.
std::string hex_of(std::span<const std::uint8_t> bytes);

/// SHA-256 (FIPS 180-4) of `bytes` as 64 lower-case hex digits.
std::string sha256_hex(std::string_view bytes);
/// HMAC-SHA256 (RFC 2104) of `bytes` under `key`, in lower-case hexadecimal.
std::string hmac_sha256_hex(std::string_view key, std::string_view bytes);

}  // namespace pawl
