// How this machine gets at other places: its addresses, and the proxies that its environment names.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pawl {

struct OwnAddress {
  std::string text;              ///< as numbers: "192.0.2.1", "2001:db8::1"
  bool loopback_device = false;  ///< it belongs to one
};

/// The kinds of address that lead anywhere.
struct WayOut {
  bool ipv4 = false, ipv6 = false;
};

/// Loopback and link-local addresses lead nowhere. Pure.
WayOut way_out(const std::vector<OwnAddress>& addresses);
/// Those of the devices that are up; nullopt where the system does not tell.
std::optional<std::vector<OwnAddress>> own_addresses();

/// Whether libcurl goes by no proxy to `host` (as Endpoint has it) where no_proxy is `list`: names
/// with all that lies below them, addresses, networks ("10.0.0.0/8"), or one '*'. Pure.
bool exempt_from_proxy(std::string_view list, const std::string& host);

/// The variable by which libcurl finds a proxy for the endpoint `url`; empty: it goes by none.
/// `variable` gives the value of one, empty where it is not set.
std::string proxy_variable(const std::string& url,
                           const std::function<std::string(const char* name)>& variable);

}  // namespace pawl
