#include "cli/diagnosis.h"

#include <fmt/format.h>

#include <chrono>
#include <string_view>
#include <variant>

#include "workflows/cloud_errors.h"

namespace pawl {

namespace {

/// The gateway allows 15 minutes, and the Date of an answer is whole seconds old.
constexpr Duration skew_borne = std::chrono::minutes{14};

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

std::string clock_advice(Duration ahead) {
  const auto minutes = std::chrono::round<std::chrono::minutes>(std::chrono::abs(ahead)).count();
  return fmt::format(
      "this machine's clock is {} minutes {} the cloud's, which bears 15: set it, "
      "best by NTP",
      minutes, ahead > Duration{0} ? "behind" : "ahead of");
}

std::string advice_for_silence(const Examined& examined, const std::string& why) {
  if (has(why, "cannot trust the certificate")) {
    return fmt::format(
        "the certificate of {} is not one that this machine trusts: something in between (a "
        "company's proxy?) may intercept TLS; if it is meant to, name its CA with --ca-file",
        examined.endpoint);
  }
  if (has(why, "trusted certificates")) {
    return "the file of --ca-file, CURL_CA_BUNDLE, SSL_CERT_FILE or OS_CACERT cannot be read as "
           "PEM certificates: mend or unset it";
  }
  if (!examined.proxy.empty()) {
    return fmt::format(
        "the proxy that {} names does not let the call through: check that it runs "
        "and its address, or unset the variable",
        examined.proxy);
  }
  if (has(why, "cannot resolve")) {
    return fmt::format("no address is known for {}: check the region{} and this machine's DNS",
                       examined.endpoint,
                       examined.region.empty() ? "" : " (" + examined.region + ")");
  }
  if (examined.way_out.ipv6 && !examined.way_out.ipv4) {
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

std::string advice_for_refusal(const Examined& examined, const cloud::CloudError& error) {
  if (has(error.message, "token expires") || has(error.message, "token must be updated")) {
    return fmt::format(
        "the token has expired: fetch a fresh one for {}, or give a user and "
        "password, with which pawl renews it by itself",
        examined.source);
  }
  if (has(error.message, "reach the limit")) {
    return "the access key is locked after too many refused calls: wait five minutes, and mend it "
           "first";
  }
  return fmt::format(
      "the cloud does not know {}: check that it is typed whole, active, and of "
      "this cloud",
      examined.source.empty() ? "who calls: set credentials" : examined.source);
}

std::string advice_for_error(const Examined& examined, const cloud::CloudError& error) {
  switch (cloud::classify(error, Method::get)) {
    case cloud::ErrorClass::renew_credentials:
      return advice_for_refusal(examined, error);
    case cloud::ErrorClass::feature_absent:
      return fmt::format("{} has no such API: check the region and the endpoint",
                         examined.endpoint);
    case cloud::ErrorClass::throttled:
      return "the account's calls are used up for now: wait a minute, and lower "
             "cloud.calls_per_minute if others call too";
    case cloud::ErrorClass::wait:
    case cloud::ErrorClass::look:
    case cloud::ErrorClass::retry:
      return "the cloud has trouble of its own: try again later";
    case cloud::ErrorClass::halt_rollout:
    case cloud::ErrorClass::gone:
    case cloud::ErrorClass::stop:
      break;
  }
  if (error.code == "DBS.200044" || error.code == "DBS.201003" || error.code == "DBS.280015" ||
      has(error.code, ".0310")) {
    return fmt::format(
        "project {} is not one that these credentials may use here: correct it, or "
        "leave it out and name the region, by which it is looked up",
        examined.project_id);
  }
  if (has(error.code, ".0802")) {
    return fmt::format("the user may not use region {}: have it allowed, or name another region",
                       examined.region);
  }
  if (error.http_status == 403) {
    return "the credentials are known, but lack a right: grant rds:instance:list for reading and "
           "checks, rds:instance:update for upgrades";
  }
  return "the cloud does not take the call: its words say why";
}

}  // namespace

std::string advice_for(const Examined& examined) {
  if (const auto* none = std::get_if<NoAnswer>(&examined.call.what)) {
    return advice_for_silence(examined, none->why);
  }
  const auto& answer = std::get<HttpResponse>(examined.call.what);
  if (answer.status >= 200 && answer.status <= 299) return "";
  const cloud::CloudError error = cloud::read_error(answer);
  const bool skewed = examined.clock_ahead && std::chrono::abs(*examined.clock_ahead) > skew_borne;
  if (answer.status == 401 && skewed) return clock_advice(*examined.clock_ahead);
  return advice_for_error(examined, error);
}

}  // namespace pawl
