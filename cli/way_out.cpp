#include "cli/way_out.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>
#include <variant>

#include "engine/ascii.h"
#include "workflows/endpoints.h"

namespace pawl {

namespace {

/// The bytes of a numeric address; none for any other text.
std::optional<std::vector<unsigned char>> bytes_of(const std::string& text) {
  for (const auto& [family, size] : {std::pair{AF_INET, 4U}, std::pair{AF_INET6, 16U}}) {
    std::vector<unsigned char> bytes(size);
    if (::inet_pton(family, text.c_str(), bytes.data()) == 1) return bytes;
  }
  return std::nullopt;
}

bool leads_nowhere(const std::vector<unsigned char>& address) {
  if (address.size() == 4) return address[0] == 127 || (address[0] == 169 && address[1] == 254);
  const bool link_local = address[0] == 0xfe && (address[1] & 0xc0U) == 0x80U;
  const bool loopback = address.back() == 1 && std::all_of(address.begin(), address.end() - 1,
                                                           [](unsigned char c) { return c == 0; });
  return link_local || loopback;
}

/// Whether `address` is the one, or in the network, that `token` names.
bool covers(std::string_view token, const std::vector<unsigned char>& address) {
  const std::size_t slash = token.find('/');
  const auto network = bytes_of(std::string(token.substr(0, slash)));
  if (!network || network->size() != address.size()) return false;
  std::size_t bits = 0;
  if (slash != std::string_view::npos) {
    std::from_chars(token.data() + slash + 1, token.data() + token.size(), bits);
  }
  if (bits == 0 || bits > address.size() * 8) bits = address.size() * 8;
  for (std::size_t bit = 0; bit < bits; ++bit) {
    const unsigned mask = 0x80U >> (bit % 8);
    if (((address[bit / 8] ^ (*network)[bit / 8]) & mask) != 0) return false;
  }
  return true;
}

/// Whether `host` is what `token` names, or lies below it.
bool below(std::string_view token, const std::string& host) {
  if (token.ends_with('.')) token.remove_suffix(1);
  if (token.starts_with('.')) token.remove_prefix(1);
  const std::string name = to_lower(token);
  return !name.empty() && (host == name || host.ends_with("." + name));
}

}  // namespace

WayOut way_out(const std::vector<OwnAddress>& addresses) {
  WayOut out;
  for (const OwnAddress& one : addresses) {
    const auto bytes = bytes_of(one.text);
    if (!bytes || one.loopback_device || leads_nowhere(*bytes)) continue;
    (bytes->size() == 4 ? out.ipv4 : out.ipv6) = true;
  }
  return out;
}

std::optional<std::vector<OwnAddress>> own_addresses() {
  ifaddrs* first = nullptr;
  if (::getifaddrs(&first) != 0) return std::nullopt;
  const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> all(first, &::freeifaddrs);
  std::vector<OwnAddress> addresses;
  for (const ifaddrs* one = all.get(); one != nullptr; one = one->ifa_next) {
    if (one->ifa_addr == nullptr || (one->ifa_flags & IFF_UP) == 0) continue;
    const int family = one->ifa_addr->sa_family;
    if (family != AF_INET && family != AF_INET6) continue;
    const auto size =
        static_cast<socklen_t>(family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6));
    std::array<char, NI_MAXHOST> text{};
    if (::getnameinfo(one->ifa_addr, size, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST) !=
        0) {
      continue;
    }
    const std::string whole(text.data());
    addresses.push_back({whole.substr(0, whole.find('%')), (one->ifa_flags & IFF_LOOPBACK) != 0});
  }
  return addresses;
}

bool exempt_from_proxy(std::string_view list, const std::string& host) {
  if (list == "*") return true;
  const bool bracketed = host.starts_with('[') && host.ends_with(']');
  const auto address = bytes_of(bracketed ? host.substr(1, host.size() - 2) : host);
  std::string name = to_lower(host);
  if (name.ends_with('.')) name.pop_back();
  constexpr std::string_view between = ", \t";
  while (!list.empty()) {
    const std::size_t end = std::min(list.find_first_of(between), list.size());
    const std::string_view token = list.substr(0, end);
    if (!token.empty() && (address ? covers(token, *address) : below(token, name))) return true;
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return false;
}

std::string proxy_variable(const std::string& url,
                           const std::function<std::string(const char* name)>& variable) {
  const auto parsed = parse_endpoint(url);
  const auto* endpoint = std::get_if<Endpoint>(&parsed);
  if (endpoint == nullptr || is_loopback(*endpoint)) return "";
  std::string exempt = variable("no_proxy");
  if (exempt.empty()) exempt = variable("NO_PROXY");
  if (exempt_from_proxy(exempt, endpoint->host)) return "";
  const std::vector<const char*> names =
      endpoint->scheme == UrlScheme::https
          ? std::vector{"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"}
          : std::vector{"http_proxy", "all_proxy", "ALL_PROXY"};
  const auto set = std::find_if(names.begin(), names.end(),
                                [&](const char* name) { return !variable(name).empty(); });
  return set == names.end() ? "" : *set;
}

}  // namespace pawl
