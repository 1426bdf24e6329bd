#include "cli/silence.h"

#include <fmt/core.h>

#include <charconv>
#include <string_view>
#include <variant>

#include "cli/text.h"
#include "workflows/endpoints.h"

namespace pawl {

namespace {

bool on_this_machine(const std::string& url) {
  const auto parsed = parse_endpoint(url);
  const auto* endpoint = std::get_if<Endpoint>(&parsed);
  return endpoint != nullptr && is_loopback(*endpoint);
}

std::string advice_for_certificate(const Examined& examined, const std::string& why) {
  if (contains(why, "not yet valid")) {
    return fmt::format(
        "by this machine's clock the certificate of {} is not valid yet: the clock is behind, so "
        "set it, best by NTP; if it is right, somebody else answers with a certificate of theirs",
        examined.endpoint);
  }
  if (contains(why, "has expired")) {
    return fmt::format(
        "by this machine's clock the certificate of {} has expired: set the clock, if it is ahead; "
        "if it is right, whoever runs the endpoint, or a proxy in between, must renew it",
        examined.endpoint);
  }
  if (contains(why, "subject name")) {
    return fmt::format(
        "the certificate at {} is for another name: correct the endpoint, or have what stands in "
        "between let the call through",
        examined.endpoint);
  }
  return fmt::format(
      "the certificate of {} is not one that this machine trusts: something in between (a "
      "company's proxy?) may intercept TLS; if it is meant to, name its CA with --ca-file",
      examined.endpoint);
}

/// What a proxy said to CONNECT ("CONNECT tunnel failed, response 407"); 0: nothing.
int tunnel_status(std::string_view why) {
  constexpr std::string_view mark = "tunnel failed, response ";
  int status = 0;
  if (const std::size_t at = why.find(mark); at != why.npos) {
    std::from_chars(why.data() + at + mark.size(), why.data() + why.size(), status);
  }
  return status;
}

/// Nothing was reached, and it says no more than that.
std::string advice_for_no_way(const Examined& examined) {
  if (on_this_machine(examined.endpoint)) {
    return fmt::format(
        "{} cannot be reached, which is this machine itself: start what is to listen there "
        "(`pawl simulate`?), or name the cloud's endpoint or a region",
        examined.endpoint);
  }
  if (!examined.way_out.ipv6 && !examined.way_out.ipv4) {
    return "this machine has no network address but its own loopback's: connect it to a network";
  }
  if (!examined.way_out.ipv4) {
    return fmt::format(
        "this machine has IPv6 addresses only, and {} is not reached with them: "
        "give it IPv4 or NAT64, or name a proxy in https_proxy",
        examined.endpoint);
  }
  return fmt::format(
      "{} cannot be reached from here: check the address, the firewall and whether "
      "a proxy is needed (https_proxy)",
      examined.endpoint);
}

}  // namespace

std::string advice_for_proxy(const Examined& examined, int status) {
  const std::string proxy = examined.proxy.empty() ? "the proxy in between"
                                                   : "the proxy that " + examined.proxy + " names";
  if (status == 407) {
    return fmt::format(
        "{} wants a user and a password: write them into {} as http://USER:PASSWORD@HOST:PORT "
        "(special characters percent-encoded)",
        proxy, examined.proxy.empty() ? "https_proxy" : examined.proxy);
  }
  if (status == 403) {
    return fmt::format("{} forbids calls to {}: have it allowed there, or name another proxy",
                       proxy, examined.endpoint);
  }
  if (status >= 500 && status != 501) {
    return fmt::format("{} does not reach {} itself: check the region and that proxy's own way out",
                       proxy, examined.endpoint);
  }
  if (status != 0) {
    return fmt::format(
        "{} opens no way through (HTTP {}): check its address and port, for this "
        "may be no proxy",
        proxy, status);
  }
  return fmt::format(
      "{} does not let the call through: check that it runs and its address, or "
      "unset the variable",
      proxy);
}

std::string advice_for_silence(const Examined& examined, const std::string& why) {
  if (examined.asked == Asked::key) {
    return fmt::format(
        "the metadata service {} does not answer: there is one on a cloud server alone; elsewhere "
        "unset PAWL_METADATA_ENDPOINT and set other credentials",
        examined.endpoint);
  }
  if (contains(why, "in the credentials' headers")) {
    return fmt::format(
        "a line break or another control character stands in {}: set it anew, "
        "without what is around it",
        examined.source);
  }
  if (contains(why, "cannot trust the certificate")) return advice_for_certificate(examined, why);
  if (contains(why, "trusted certificates")) {
    return "the file of --ca-file, CURL_CA_BUNDLE, SSL_CERT_FILE or OS_CACERT cannot be read as "
           "PEM certificates: mend or unset it";
  }
  if (contains(why, "the name of the proxy")) {
    return fmt::format(
        "no address is known for the proxy that {} names: check its spelling and "
        "this machine's DNS, or unset the variable",
        examined.proxy);
  }
  if (!examined.proxy.empty()) return advice_for_proxy(examined, tunnel_status(why));
  if (contains(why, "cannot resolve")) {
    return fmt::format("no address is known for {}: check the region{} and this machine's DNS",
                       examined.endpoint,
                       examined.region.empty() ? "" : " (" + examined.region + ")");
  }
  if (contains(why, "cannot agree on TLS") || contains(why, "no HTTP that can be understood") ||
      contains(why, "without an answer")) {
    return fmt::format(
        "something listens at {}, but does not speak as the cloud's API does: check the endpoint "
        "with its scheme and port, and what stands in between",
        examined.endpoint);
  }
  if (contains(why, "no answer from") || contains(why, "no whole answer")) {
    return fmt::format(
        "{} was reached, but does not answer in time: try again, and if it stays so check what "
        "stands in between (a firewall, a VPN)",
        examined.endpoint);
  }
  return advice_for_no_way(examined);
}

}  // namespace pawl
