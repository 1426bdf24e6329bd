#include "engine/digest.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <array>
#include <memory>

#include "engine/result.h"

namespace pawl {

namespace {

using Raw = std::array<std::uint8_t, 32>;

struct Free {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  void operator()(EVP_MAC_CTX* context) const { EVP_MAC_CTX_free(context); }
};

// libcrypto finds an algorithm by its name and makes a context more slowly than it hashes a
// request, so a thread keeps one of each.

EVP_MD_CTX* sha256_context() {
  EVP_MD* const sha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  EVP_MD_CTX* const context = EVP_MD_CTX_new();
  check(
      sha256 != nullptr && context != nullptr && EVP_DigestInit_ex2(context, sha256, nullptr) == 1,
      "libcrypto has SHA-256");
  EVP_MD_free(sha256);
  return context;
}

EVP_MAC_CTX* hmac_context() {
  EVP_MAC* const hmac = EVP_MAC_fetch(nullptr, OSSL_MAC_NAME_HMAC, nullptr);
  check(hmac != nullptr, "libcrypto has HMAC");
  EVP_MAC_CTX* const context = EVP_MAC_CTX_new(hmac);
  EVP_MAC_free(hmac);
  std::array<char, 7> name{"SHA256"};
  const std::array<OSSL_PARAM, 2> hash{
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name.data(), 0),
      OSSL_PARAM_construct_end()};
  check(context != nullptr && EVP_MAC_CTX_set_params(context, hash.data()) == 1,
        "libcrypto has HMAC-SHA256");
  return context;
}

}  // namespace

std::string hex_of(std::span<const std::uint8_t> bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text(2 * bytes.size(), '0');
  char* to = text.data();
  for (const std::uint8_t byte : bytes) {
    *to++ = digits[byte >> 4U];
    *to++ = digits[byte & 15U];
  }
  return text;
}

std::string sha256_hex(std::string_view bytes) {
  thread_local const std::unique_ptr<EVP_MD_CTX, Free> context(sha256_context());
  Raw raw;
  unsigned int size = 0;
  check(EVP_DigestInit_ex2(context.get(), nullptr, nullptr) == 1 &&
            EVP_DigestUpdate(context.get(), bytes.data(), bytes.size()) == 1 &&
            EVP_DigestFinal_ex(context.get(), raw.data(), &size) == 1 && size == raw.size(),
        "libcrypto cannot make a SHA-256");
  return hex_of(raw);
}

std::string hmac_sha256_hex(std::string_view key, std::string_view bytes) {
  thread_local const std::unique_ptr<EVP_MAC_CTX, Free> context(hmac_context());
  const auto as_bytes = [](std::string_view text) {
    // A null key would stand for the key of before.
    return reinterpret_cast<const unsigned char*>(text.empty() ? "" : text.data());
  };
  Raw raw;
  std::size_t size = 0;
  check(EVP_MAC_init(context.get(), as_bytes(key), key.size(), nullptr) == 1 &&
            EVP_MAC_update(context.get(), as_bytes(bytes), bytes.size()) == 1 &&
            EVP_MAC_final(context.get(), raw.data(), &size, raw.size()) == 1 && size == raw.size(),
        "libcrypto cannot make an HMAC");
  return hex_of(raw);
}

}  // namespace pawl
