// What a TlsIdentity consists of; for the test server's own sources.
#pragma once

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>

#include "tests/engine_io/raw_server.h"

namespace pawl::test {

struct TlsIdentity::Keys {
  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key{nullptr, &EVP_PKEY_free};
  std::unique_ptr<X509, decltype(&X509_free)> certificate{nullptr, &X509_free};
};

}  // namespace pawl::test
