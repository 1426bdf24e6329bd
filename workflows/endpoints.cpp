#include "workflows/endpoints.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <cstddef>

#include "engine/ascii.h"
#include "engine/result.h"

namespace pawl {

namespace {

/// Letters, digits and inner hyphens between points, as RFC 1123 has it; so are IPv4 addresses.
bool is_host_name(std::string_view host) {
  if (host.empty() || host.size() > 253) return false;
  while (true) {
    const std::string_view label = host.substr(0, host.find('.'));
    const bool clean = std::all_of(label.begin(), label.end(),
                                   [](char c) { return is_lower(c) || is_digit(c) || c == '-'; });
    if (label.empty() || label.size() > 63 || !clean) return false;
    if (label.front() == '-' || label.back() == '-') return false;
    if (label.size() == host.size()) return true;
    host.remove_prefix(label.size() + 1);
  }
}

bool is_bracketed_ipv6(std::string_view host) {
  if (host.size() < 4 || host.front() != '[' || host.back() != ']') return false;
  host = host.substr(1, host.size() - 2);
  const bool clean = std::all_of(host.begin(), host.end(), [](char c) {
    return is_digit(c) || (c >= 'a' && c <= 'f') || c == ':' || c == '.';
  });
  return clean && host.size() <= 45 && std::count(host.begin(), host.end(), ':') >= 2;
}

/// 127.a.b.c without leading zeros, so that no two readers take it for different addresses.
bool is_ipv4_loopback(std::string_view host) {
  int parts = 0;
  for (;; host.remove_prefix(1)) {
    std::uint8_t part = 0;
    const auto [stop, flaw] = std::from_chars(host.data(), host.data() + host.size(), part);
    const auto digits = static_cast<std::size_t>(stop - host.data());
    if (flaw != std::errc{} || (digits > 1 && host.front() == '0')) return false;
    if (parts++ == 0 && part != 127) return false;
    host.remove_prefix(digits);
    if (host.empty()) return parts == 4;
    if (host.front() != '.') return false;
  }
}

}  // namespace

std::variant<Endpoint, NoEndpoint> parse_endpoint(std::string_view url) {
  const std::string low = to_lower(url);
  std::string_view rest = low;
  Endpoint endpoint;
  if (rest.starts_with("https://")) {
    rest.remove_prefix(8);
  } else if (rest.starts_with("http://")) {
    endpoint.scheme = UrlScheme::http;
    rest.remove_prefix(7);
  } else {
    return NoEndpoint{"begin with https:// or http://"};
  }
  if (rest.find('@') != std::string_view::npos) {
    return NoEndpoint{"name no user or password; those never stand in a plan"};
  }
  if (rest.ends_with('/')) rest.remove_suffix(1);
  if (rest.find_first_of("/?#\\") != std::string_view::npos) {
    return NoEndpoint{"end after the host and port; paths are added by pawl"};
  }
  const std::size_t colon = rest.find(':', rest.starts_with('[') ? rest.find(']') : 0);
  endpoint.host = rest.substr(0, colon);
  if (!is_host_name(endpoint.host) && !is_bracketed_ipv6(endpoint.host)) {
    return NoEndpoint{"name a host, as https://host or https://host:port"};
  }
  if (colon == std::string_view::npos) return endpoint;
  const std::string_view digits = rest.substr(colon + 1);
  std::uint16_t port = 0;
  const auto [stop, flaw] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (flaw != std::errc{} || stop != digits.data() + digits.size() || port == 0) {
    return NoEndpoint{"have a port from 1 to 65535 after the colon"};
  }
  endpoint.port = port;
  return endpoint;
}

std::string to_string(const Endpoint& endpoint) {
  const std::string_view scheme = endpoint.scheme == UrlScheme::http ? "http" : "https";
  if (!endpoint.port) return fmt::format("{}://{}", scheme, endpoint.host);
  return fmt::format("{}://{}:{}", scheme, endpoint.host, *endpoint.port);
}

bool is_loopback(const Endpoint& endpoint) {
  return endpoint.host == "localhost" || endpoint.host == "[::1]" ||
         is_ipv4_loopback(endpoint.host);
}

bool is_region(std::string_view text) {
  const auto clean = [](char c) { return is_lower(c) || is_digit(c) || c == '-'; };
  return text.size() <= 40 && std::all_of(text.begin(), text.end(), clean) &&
         text.find('-') != std::string_view::npos && is_lower(text.front()) && text.back() != '-' &&
         text.find("--") == std::string_view::npos;
}

namespace {

/// By the provider's rule, for each of the clouds.
std::string endpoint_of(std::string_view service, std::string_view region) {
  check(is_region(region), "an endpoint was asked for a text that is no region");
  std::string_view domain = "myhuaweicloud.com";
  if (region == "eu-de" || region == "eu-nl") {
    domain = "otc.t-systems.com";
  } else if (region == "eu-ch2") {
    domain = "sc.otc.t-systems.com";
    if (service == "iam") service = "iam-pub";
  } else if (region == "eu-west-0" || region == "eu-west-1") {
    domain = "prod-cloud-ocb.orange-business.com";
  } else if (region.starts_with("eu-west-1") && region.size() == 11) {
    domain = "myhuaweicloud.eu";
  }
  return fmt::format("https://{}.{}.{}", service, region, domain);
}

}  // namespace

std::string endpoint_for_region(std::string_view region) {
  return endpoint_of("rds", region);
}

std::string iam_endpoint_for_region(std::string_view region) {
  return endpoint_of("iam", region);
}

std::string region_of_endpoint(const Endpoint& endpoint) {
  std::string_view host = endpoint.host;
  if (endpoint.scheme != UrlScheme::https || endpoint.port || !host.starts_with("rds.")) return "";
  host.remove_prefix(4);
  const std::string_view region = host.substr(0, host.find('.'));
  return is_region(region) && endpoint_for_region(region) == to_string(endpoint)
             ? std::string(region)
             : "";
}

}  // namespace pawl
