#include "workflows/signer.h"

#include <algorithm>
#include <utility>

#include "engine/ascii.h"
#include "engine/concatenated.h"
#include "engine/digest.h"
#include "engine/request_target.h"

namespace pawl::cloud {

namespace {

constexpr std::string_view algorithm = "SDK-HMAC-SHA256";

std::string encoded(std::string_view text) {
  std::string out;
  append_encoded(text, out);
  return out;
}

std::string payload_hash(const std::string& body) {
  // FIPS 180-4, of no bytes: most requests have no body.
  constexpr const char* of_nothing =
      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
  return body.empty() ? of_nothing : sha256_hex(body);
}

void append_canonical_path(std::string_view path, std::string& out) {
  append_encoded_path(path, out);
  if (!path.ends_with('/')) out += '/';
}

/// Pairs are sorted, not the joined text: `a=6` comes before `a-b=4`, though '-' < '='.
void append_canonical_query(const Query& query, std::string& out) {
  std::vector<std::pair<std::string, std::string>> pairs;
  pairs.reserve(query.size());
  for (const auto& [name, value] : query)
    pairs.emplace_back(encoded(name), encoded(value));
  std::sort(pairs.begin(), pairs.end());
  std::string_view separator;
  for (const auto& [name, value] : pairs) {
    out.append(separator).append(name).append("=").append(value);
    separator = "&";
  }
}

/// YYYYMMDDThhmmssZ: RFC 3339 without the marks and the fraction.
std::string basic_date(Instant at) {
  std::string out;
  out.reserve(16);
  const UtcText text = utc_text(at);
  for (const char c : text.view().substr(0, 19)) {
    if (c != '-' && c != ':') out += c;
  }
  out += 'Z';
  return out;
}

}  // namespace

// Every call is signed, so what can lie where it is is not copied.
Signature sign(const AccessKey& key, const HttpRequest& request, std::string_view method,
               const std::string& host, const SignedHeaders& headers, Instant at) {
  Signature signature;
  signature.date = basic_date(at);
  std::vector<std::pair<std::string, std::string_view>> named;
  named.reserve(headers.size() + 2);
  named.emplace_back("host", host);
  named.emplace_back("x-sdk-date", signature.date);
  std::string_view payload;
  for (const auto& [name, value] : headers) {
    named.emplace_back(to_lower(name), trim(value, " \t"));
    if (named.back().first == "x-sdk-content-sha256") payload = named.back().second;
  }
  std::sort(named.begin(), named.end());

  std::string names;
  constexpr std::size_t usual_names = 64;
  names.reserve(usual_names);
  std::string& canonical = signature.canonical_request;
  constexpr std::size_t usual_size = 512;
  canonical.reserve(usual_size);
  canonical.append(method).append("\n");
  append_canonical_path(request.path, canonical);
  canonical += '\n';
  append_canonical_query(request.query, canonical);
  canonical += '\n';
  for (const auto& [name, value] : named) {
    canonical.append(name).append(":").append(value).append("\n");
    names.append(names.empty() ? "" : ";").append(name);
  }
  canonical.append("\n").append(names).append("\n");
  canonical.append(!payload.empty() ? std::string(payload) : payload_hash(request.body));
  const std::string to_sign =
      concatenated({algorithm, "\n", signature.date, "\n", sha256_hex(canonical)});
  signature.authorization =
      concatenated({algorithm, " Access=", key.access, ", SignedHeaders=", names,
                    ", Signature=", hmac_sha256_hex(key.secret, to_sign)});
  return signature;
}

SignedHeaders signed_headers(const AccessKey& key, const std::string& project_id,
                             const HttpRequest& request, const std::string& host, Instant at) {
  SignedHeaders headers;
  headers.reserve(5);
  headers.emplace_back("Content-Type", "application/json");
  if (!project_id.empty()) headers.emplace_back("X-Project-Id", project_id);
  if (!key.security_token.empty()) headers.emplace_back("X-Security-Token", key.security_token);
  Signature signature = sign(key, request, word_of(request.method), host, headers, at);
  headers.emplace_back("X-Sdk-Date", std::move(signature.date));
  headers.emplace_back("Authorization", std::move(signature.authorization));
  return headers;
}

}  // namespace pawl::cloud
