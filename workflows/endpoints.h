// Where the cloud's API lives.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace pawl {

enum class UrlScheme : std::uint8_t { http, https };

/// The parts of `http(s)://host[:port]`, in lower case.
struct Endpoint {
  UrlScheme scheme = UrlScheme::https;
  std::string host;  ///< a name, an IPv4 address, or an IPv6 address in brackets
  std::optional<std::uint16_t> port;
  bool operator==(const Endpoint&) const = default;
};

/// Why a text is no endpoint: what follows "must …". Never quotes the text, which may hold a
/// password.
struct NoEndpoint {
  std::string_view must;
  bool operator==(const NoEndpoint&) const = default;
};

/// One slash at the end is taken and forgotten; a path, a query, a user or a blank is refused.
std::variant<Endpoint, NoEndpoint> parse_endpoint(std::string_view url);
/// As parse_endpoint takes it.
std::string to_string(const Endpoint& endpoint);

/// 127.0.0.0/8 in dotted decimal, [::1], or localhost: nobody else can listen there.
bool is_loopback(const Endpoint& endpoint);

/// "eu-west-101", "eu-de": lower-case words and numbers joined by hyphens, at least two of them.
bool is_region(std::string_view text);

/// The RDS endpoint of a region (cloud-api 4.3): Huawei Cloud and its European twin, Open Telekom
/// Cloud and its Swiss one, FlexibleEngine. A region that is not listed follows Huawei Cloud's
/// pattern, since lists age. `region` must be one.
std::string endpoint_for_region(std::string_view region);
/// The IAM endpoint of a region, which `region` must be.
std::string iam_endpoint_for_region(std::string_view region);
/// The region whose RDS endpoint this is, empty for any other.
std::string region_of_endpoint(const Endpoint& endpoint);

}  // namespace pawl
