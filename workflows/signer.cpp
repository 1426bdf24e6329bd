#include "workflows/signer.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/digest.h"

namespace pawl::cloud {

namespace {

constexpr std::string_view algorithm = "SDK-HMAC-SHA256";

/// RFC 3986: everything but the unreserved characters, in capitals.
std::string encode(std::string_view text, std::string_view kept = "") {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const bool unreserved = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                            (c >= '0' && c <= '9') ||
                            std::string_view("-._~").find(c) != std::string_view::npos;
    if (unreserved || kept.find(c) != std::string_view::npos) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += digits[byte >> 4U];
    out += digits[byte & 15U];
  }
  return out;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::string_view trimmed(std::string_view text) {
  const std::size_t from = text.find_first_not_of(" \t");
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(" \t") - from + 1);
}

std::string canonical_path(const std::string& path) {
  std::string out = encode(path, "/");
  if (!out.ends_with('/')) out += '/';
  return out;
}

/// Pairs are sorted, not the joined text: `a=6` comes before `a-b=4`, though '-' < '='.
std::string canonical_query(const Query& query) {
  std::vector<std::pair<std::string, std::string>> pairs;
  pairs.reserve(query.size());
  for (const auto& [name, value] : query)
    pairs.emplace_back(encode(name), encode(value));
  std::sort(pairs.begin(), pairs.end());
  std::string out;
  for (const auto& [name, value] : pairs)
    out += fmt::format("{}{}={}", out.empty() ? "" : "&", name, value);
  return out;
}

/// YYYYMMDDThhmmssZ: RFC 3339 without the marks and the fraction.
std::string basic_date(Instant at) {
  std::string out;
  for (const char c : format_utc(at).substr(0, 19)) {
    if (c != '-' && c != ':') out += c;
  }
  return out + 'Z';
}

}  // namespace

Signature sign(const AccessKey& key, const HttpRequest& request, std::string_view method,
               const std::string& host, const SignedHeaders& headers, Instant at) {
  Signature signature;
  signature.date = basic_date(at);
  std::vector<std::pair<std::string, std::string>> named{{"host", host},
                                                         {"x-sdk-date", signature.date}};
  std::string payload = sha256_hex(request.body);
  for (const auto& [name, value] : headers) {
    named.emplace_back(lower(name), trimmed(value));
    if (named.back().first == "x-sdk-content-sha256") payload = named.back().second;
  }
  std::sort(named.begin(), named.end());

  std::string lines, names;
  for (const auto& [name, value] : named) {
    lines += fmt::format("{}:{}\n", name, value);
    names += (names.empty() ? "" : ";") + name;
  }
  signature.canonical_request =
      fmt::format("{}\n{}\n{}\n{}\n{}\n{}", method, canonical_path(request.path),
                  canonical_query(request.query), lines, names, payload);
  const std::string to_sign =
      fmt::format("{}\n{}\n{}", algorithm, signature.date, sha256_hex(signature.canonical_request));
  signature.authorization = fmt::format("{} Access={}, SignedHeaders={}, Signature={}", algorithm,
                                        key.access, names, hmac_sha256_hex(key.secret, to_sign));
  return signature;
}

SignedHeaders signed_headers(const AccessKey& key, const std::string& project_id,
                             const HttpRequest& request, const std::string& host, Instant at) {
  SignedHeaders headers{{"Content-Type", "application/json"}};
  if (!project_id.empty()) headers.emplace_back("X-Project-Id", project_id);
  if (!key.security_token.empty()) headers.emplace_back("X-Security-Token", key.security_token);
  const Signature signature = sign(key, request, word_of(request.method), host, headers, at);
  headers.emplace_back("X-Sdk-Date", signature.date);
  headers.emplace_back("Authorization", signature.authorization);
  return headers;
}

}  // namespace pawl::cloud
