#include "engine/io/origin.h"

#include <curl/curl.h>
#include <fmt/core.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "engine/ascii.h"

namespace pawl {
namespace {

struct Free {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
  void operator()(char* text) const { curl_free(text); }
};
using Url = std::unique_ptr<CURLU, Free>;

std::optional<std::string> part(const Url& url, CURLUPart which, unsigned flags = 0) {
  char* text = nullptr;
  const CURLUcode code = curl_url_get(url.get(), which, &text, flags);
  const std::unique_ptr<char, Free> owner(text);
  if (code != CURLUE_OK) return std::nullopt;
  return std::string(text);
}

Error refuse(const std::string& base_url, std::string_view why) {
  // A URL with a user in it may hold a password: it is not repeated to anyone.
  const std::string shown = base_url.find('@') == std::string::npos ? base_url : "…";
  return {Fault::usage, fmt::format("The endpoint \"{}\" cannot be used: {}. Write it like "
                                    "https://rds.example.com or http://127.0.0.1:8080.",
                                    shown, why)};
}

bool is_host_char(char c) {
  return is_lower(c) || is_digit(c) || c == '-' || c == '.' || c == '_';
}

bool is_host(std::string_view host) {
  if (host.size() > 2 && host.front() == '[') {
    return std::all_of(host.begin() + 1, host.end() - 1,
                       [](char c) { return is_host_char(c) || c == ':'; });
  }
  return !host.empty() && std::all_of(host.begin(), host.end(), is_host_char);
}

bool is_loopback(std::string_view host) {
  const bool dotted = host.find_first_not_of("0123456789.") == std::string_view::npos;
  return host == "localhost" || host == "[::1]" || (dotted && host.starts_with("127."));
}

}  // namespace

Result<Origin> parse_origin(const std::string& base_url) {
  const Url url(curl_url());
  check(url != nullptr, "curl_url failed");
  if (curl_url_set(url.get(), CURLUPART_URL, base_url.c_str(), 0) != CURLUE_OK) {
    return refuse(base_url, "it is not a URL with http:// or https://");
  }
  const std::string scheme = part(url, CURLUPART_SCHEME).value_or("");
  if (scheme != "http" && scheme != "https") {
    return refuse(base_url, "its scheme is neither http nor https");
  }
  if (part(url, CURLUPART_USER) || part(url, CURLUPART_PASSWORD)) {
    return refuse(base_url, "it names a user; credentials do not belong into it");
  }
  if (part(url, CURLUPART_PATH).value_or("/") != "/" || part(url, CURLUPART_QUERY) ||
      part(url, CURLUPART_FRAGMENT)) {
    return refuse(base_url, "something stands after the host");
  }
  std::string host = to_lower(part(url, CURLUPART_HOST).value_or(""));
  if (!is_host(host) || part(url, CURLUPART_ZONEID)) {
    return refuse(base_url, "its host is neither an address nor an ASCII name");
  }
  const std::string own_port = scheme == "https" ? "443" : "80";
  const std::string port = part(url, CURLUPART_PORT).value_or(own_port);
  if (port == "0") return refuse(base_url, "nothing listens on port 0");

  Origin origin;
  origin.scheme = scheme == "https" ? Scheme::https : Scheme::http;
  origin.host = port == own_port ? host : host + ":" + port;
  origin.url = scheme + "://" + origin.host;
  origin.place = host + ":" + port;
  origin.loopback = is_loopback(host);
  return origin;
}

}  // namespace pawl
