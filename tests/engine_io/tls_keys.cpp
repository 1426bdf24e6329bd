#include "tests/engine_io/tls_keys.h"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <unistd.h>

#include <cstdio>
#include <stdexcept>

namespace pawl::test {
namespace {

void must(bool truth, const char* what) {
  if (!truth) throw std::runtime_error(what);
}

std::string alternative_name(const std::string& host) {
  const bool address = host.find_first_not_of("0123456789.") == std::string::npos;
  return (address ? "IP:" : "DNS:") + host;
}

}  // namespace

TlsIdentity::TlsIdentity(const std::string& host, Validity validity)
    : keys_(std::make_unique<Keys>()) {
  keys_->key.reset(EVP_EC_gen("P-256"));
  keys_->certificate.reset(X509_new());
  X509* const x = keys_->certificate.get();
  X509_set_version(x, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
  constexpr long day = 24L * 3600;
  X509_gmtime_adj(X509_getm_notBefore(x), validity == Validity::from_tomorrow ? day : -2 * day);
  X509_gmtime_adj(X509_getm_notAfter(x), validity == Validity::until_yesterday ? -day : 2 * day);
  X509_set_pubkey(x, keys_->key.get());
  X509_NAME* const name = X509_get_subject_name(x);
  const auto* const text = reinterpret_cast<const unsigned char*>("test");
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, text, -1, -1, 0);
  X509_set_issuer_name(x, name);
  const std::string names = alternative_name(host);
  const std::unique_ptr<X509_EXTENSION, decltype(&X509_EXTENSION_free)> extension(
      X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, names.c_str()),
      &X509_EXTENSION_free);
  must(extension && X509_add_ext(x, extension.get(), -1) == 1 &&
           X509_sign(x, keys_->key.get(), EVP_sha256()) > 0,
       "a certificate");

  file_ = "/tmp/pawl-test-XXXXXX";
  const int descriptor = ::mkstemp(file_.data());
  must(descriptor >= 0, "a file for the certificate");
  std::FILE* const out = ::fdopen(descriptor, "w");
  PEM_write_X509(out, x);
  std::fclose(out);
}

TlsIdentity::~TlsIdentity() {
  ::unlink(file_.c_str());
}

}  // namespace pawl::test
