#include "engine/digest.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>

#include "engine/result.h"

namespace pawl {

namespace {

using Raw = std::array<unsigned char, EVP_MAX_MD_SIZE>;

std::string to_hex(const Raw& raw, unsigned int size) {
  constexpr std::string_view hex = "0123456789abcdef";
  std::string text;
  text.reserve(2 * std::size_t{size});
  for (unsigned int i = 0; i < size; ++i) {
    text.push_back(hex[raw[i] >> 4]);
    text.push_back(hex[raw[i] & 15]);
  }
  return text;
}

}  // namespace

std::string sha256_hex(std::string_view bytes) {
  // Looked up once: EVP_sha256() is looked up anew at each use.
  static const EVP_MD* const sha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  check(sha256 != nullptr, "libcrypto has SHA-256");
  Raw raw;
  unsigned int size = 0;
  const int made = EVP_Digest(bytes.data(), bytes.size(), raw.data(), &size, sha256, nullptr);
  check(made == 1 && size == 32, "libcrypto cannot make a SHA-256");
  return to_hex(raw, size);
}

std::string hmac_sha256_hex(std::string_view key, std::string_view bytes) {
  Raw raw;
  unsigned int size = 0;
  const auto* made =
      HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
           reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), raw.data(), &size);
  check(made != nullptr && size == 32, "libcrypto cannot make an HMAC");
  return to_hex(raw, size);
}

}  // namespace pawl
