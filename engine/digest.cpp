#include "engine/digest.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <array>
#include <memory>

#include "engine/result.h"

namespace pawl {

namespace {

constexpr std::size_t digest_bytes = 32;
using Raw = std::array<unsigned char, digest_bytes>;

std::string to_hex(const Raw& raw) {
  constexpr std::string_view hex = "0123456789abcdef";
  std::array<char, 2 * digest_bytes> text{};
  for (std::size_t i = 0; i < digest_bytes; ++i) {
    text[2 * i] = hex[raw[i] >> 4U];
    text[2 * i + 1] = hex[raw[i] & 15U];
  }
  return {text.data(), text.size()};
}

/// An HMAC that knows its hash and no key yet, to copy: libcrypto looks names up slowly.
EVP_MAC_CTX* hmac_without_key() {
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

struct FreeMac {
  void operator()(EVP_MAC_CTX* context) const { EVP_MAC_CTX_free(context); }
};

}  // namespace

std::string sha256_hex(std::string_view bytes) {
  // Looked up once: EVP_sha256() is looked up anew at each use.
  static const EVP_MD* const sha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  check(sha256 != nullptr, "libcrypto has SHA-256");
  Raw raw;
  unsigned int size = 0;
  const int made = EVP_Digest(bytes.data(), bytes.size(), raw.data(), &size, sha256, nullptr);
  check(made == 1 && size == digest_bytes, "libcrypto cannot make a SHA-256");
  return to_hex(raw);
}

std::string hmac_sha256_hex(std::string_view key, std::string_view bytes) {
  static const EVP_MAC_CTX* const blank = hmac_without_key();
  const std::unique_ptr<EVP_MAC_CTX, FreeMac> context(EVP_MAC_CTX_dup(blank));
  const auto as_bytes = [](std::string_view text) {
    // A null key would stand for the key of before.
    return reinterpret_cast<const unsigned char*>(text.empty() ? "" : text.data());
  };
  Raw raw;
  std::size_t size = 0;
  check(context != nullptr &&
            EVP_MAC_init(context.get(), as_bytes(key), key.size(), nullptr) == 1 &&
            EVP_MAC_update(context.get(), as_bytes(bytes), bytes.size()) == 1 &&
            EVP_MAC_final(context.get(), raw.data(), &size, raw.size()) == 1 && size == raw.size(),
        "libcrypto cannot make an HMAC");
  return to_hex(raw);
}

}  // namespace pawl
