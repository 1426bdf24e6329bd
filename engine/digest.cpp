#include "engine/digest.h"

#include <openssl/evp.h>

#include <array>

#include "engine/result.h"

namespace pawl {

std::string sha256_hex(std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> raw;
  unsigned int size = 0;
  const int made = EVP_Digest(bytes.data(), bytes.size(), raw.data(), &size, EVP_sha256(), nullptr);
  check(made == 1 && size == 32, "libcrypto cannot make a SHA-256");
  constexpr std::string_view hex = "0123456789abcdef";
  std::string text;
  text.reserve(2 * std::size_t{size});
  for (unsigned int i = 0; i < size; ++i) {
    text.push_back(hex[raw[i] >> 4]);
    text.push_back(hex[raw[i] & 15]);
  }
  return text;
}

}  // namespace pawl
