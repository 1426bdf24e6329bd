#include "cli/diagnosis.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <string_view>
#include <variant>

#include "cli/silence.h"
#include "cli/text.h"
#include "engine/ascii.h"
#include "workflows/cloud_errors.h"

namespace pawl {

namespace {

/// The gateway allows 15 minutes, and the Date of an answer is whole seconds old.
constexpr Duration skew_borne = std::chrono::minutes{14};

/// It speaks to a browser.
bool is_page(const HttpResponse& answer) {
  return contains(to_lower(answer.content_type), "html") || trim(answer.body).starts_with('<');
}

std::string advice_for_stranger(const Examined& examined) {
  if (examined.asked == Asked::key) {
    return fmt::format(
        "{} gives out no key: on a cloud server, give the server an agency (IAM) and have it tried "
        "again; elsewhere unset PAWL_METADATA_ENDPOINT and set other credentials",
        examined.endpoint);
  }
  return fmt::format(
      "what answers at {} is not the cloud's API{}, but a captive portal, a proxy's page or the "
      "wrong endpoint: log in to the network, have the proxy let the call through{}, or correct "
      "the endpoint",
      examined.endpoint,
      examined.led_to.empty() ? "" : fmt::format(" (it sends callers to {})", examined.led_to),
      examined.proxy.empty() ? "" : fmt::format(" ({} names one)", examined.proxy));
}

std::string clock_advice(Duration ahead) {
  const auto minutes = std::chrono::round<std::chrono::minutes>(std::chrono::abs(ahead)).count();
  return fmt::format(
      "this machine's clock is {} minutes {} the cloud's, which bears 15: set it, "
      "best by NTP",
      minutes, ahead > Duration{0} ? "behind" : "ahead of");
}

/// The cloud calls a proof too old or too new.
bool blames_clock(const std::string& words) {
  return contains(words, "signature expired") || contains(words, "signature is expired") ||
         contains(words, "signature has expired");
}

bool blames_token(const cloud::CloudError& error, const std::string& words) {
  if (error.code == "DBS.280056" || error.code.ends_with(".0307")) return true;
  return contains(words, "token") && (contains(words, "expire") || contains(words, "invalid") ||
                                      contains(words, "must be updated"));
}

std::string advice_for_refusal(const Examined& examined, const cloud::CloudError& error) {
  const std::string words = to_lower(error.message);
  const std::string& source = examined.source;
  if (blames_clock(words)) {
    constexpr Duration notable = std::chrono::minutes{1};
    if (examined.clock_ahead && std::chrono::abs(*examined.clock_ahead) >= notable) {
      return clock_advice(*examined.clock_ahead);
    }
    return "the cloud takes the signature for expired, so this machine's clock is likely wrong by "
           "more than 15 minutes: set it, best by NTP";
  }
  if (source.empty()) {
    return "the cloud wants to know who calls, and no credentials are set: set HUAWEICLOUD_SDK_AK "
           "and HUAWEICLOUD_SDK_SK, or HW_AUTH_TOKEN";
  }
  if (contains(words, "reach the limit")) {
    return "the access key is locked after too many refused calls: wait five minutes, and mend it "
           "first";
  }
  if (examined.asked == Asked::token) {
    return fmt::format(
        "IAM does not know {}: check the name, the password and the domain, which is the "
        "account's name, and that the user is not locked",
        source);
  }
  if (blames_token(error, words)) {
    return fmt::format(
        "{} has expired or is no longer valid: fetch a fresh one, or give a user and "
        "password, with which pawl renews it by itself",
        source);
  }
  if (contains(words, "signature fail")) {
    return fmt::format(
        "the signature by {} is wrong: the secret does not belong to the key; copy both of them "
        "anew, whole and without blanks",
        source);
  }
  return fmt::format(
      "the cloud does not know {}: check that it is typed whole, active, and of this cloud",
      source);
}

/// By class, where the class alone says what to do; else empty.
std::string advice_for_class(const Examined& examined, const cloud::CloudError& error) {
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
  return "";
}

std::string advice_of_iam(const Examined& examined, int status) {
  if (examined.asked == Asked::project && status == 403) {
    return "the credentials may not look up the project's id: grant iam:projects:list, or name the "
           "project by cloud.project_id in the plan, or by HW_PROJECT_ID";
  }
  if (examined.asked == Asked::token && (status == 400 || status == 403 || status == 404)) {
    return fmt::format(
        "IAM gives {} no token for this project: check the domain, which is the account's name, "
        "the region{}, and that the user may use the project",
        examined.source, examined.region.empty() ? "" : " (" + examined.region + ")");
  }
  return "";
}

std::string advice_for_error(const Examined& examined, const cloud::CloudError& error) {
  if (std::string advice = advice_for_class(examined, error); !advice.empty()) return advice;
  if (std::string advice = advice_of_iam(examined, error.http_status); !advice.empty()) {
    return advice;
  }
  if (error.code == "DBS.200044" || error.code == "DBS.201003" || error.code == "DBS.280015" ||
      contains(error.code, ".0310")) {
    return fmt::format(
        "project {}{} is not one that these credentials may use here: correct it, or "
        "leave it out and name the region, by which it is looked up",
        examined.project_id,
        examined.project_from.empty() ? "" : ", which stands in " + examined.project_from + ",");
  }
  if (contains(error.code, ".0802")) {
    return fmt::format("the user may not use region {}: have it allowed, or name another region",
                       examined.region);
  }
  if (error.http_status == 403) {
    return "the credentials are known, but lack a right: grant rds:instance:list for reading and "
           "checks, rds:instance:update for upgrades";
  }
  if (error.http_status == 404 && !cloud::known_code(error)) {
    return fmt::format("{} has no such API: check the region and the endpoint", examined.endpoint);
  }
  return "the cloud does not take the call: its words say why";
}

}  // namespace

std::string advice_for(const Examined& examined) {
  if (!examined.flaw.empty()) return advice_for_stranger(examined);
  if (const auto* none = std::get_if<NoAnswer>(&examined.call.what)) {
    return advice_for_silence(examined, none->why);
  }
  const auto& answer = std::get<HttpResponse>(examined.call.what);
  if (succeeded(answer)) return "";
  if (answer.status == 407) return advice_for_proxy(examined, answer.status);
  const bool redirects = answer.status < 400;
  if (redirects || answer.status == 511 || (answer.status < 500 && is_page(answer)) ||
      examined.asked == Asked::key) {
    return advice_for_stranger(examined);
  }
  const cloud::CloudError error = cloud::read_error(answer);
  const bool skewed = examined.clock_ahead && std::chrono::abs(*examined.clock_ahead) > skew_borne;
  if (answer.status == 401 && skewed && examined.signs) return clock_advice(*examined.clock_ahead);
  return advice_for_error(examined, error);
}

std::string host_of(const std::string& location) {
  const std::size_t slashes = location.find("//");
  const bool leads = slashes == 0 || (slashes != location.npos && location[slashes - 1] == ':' &&
                                      location.find_first_of("/?#") == slashes);
  if (!leads) return "";
  std::string place = location.substr(slashes + 2);
  place.resize(std::min(place.find_first_of("/?#\\"), place.size()));
  if (const std::size_t user = place.rfind('@'); user != place.npos) place.erase(0, user + 1);
  return printable(place);
}

}  // namespace pawl
