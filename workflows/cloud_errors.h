// The cloud's refusals: what it said, in whichever shape, and what follows from it (cloud-api
// section 5, decision 5).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "engine/http.h"

namespace pawl::cloud {

/// What an error answer says. Every text is one line, free of control characters, with security
/// tokens masked, and bounded (code 64 bytes, message 1000).
struct CloudError {
  int http_status = 0;
  std::string code;        ///< "DBS.200011", "APIGW.0308"; empty where the body has none
  std::string message;     ///< the cloud's words, or the start of a body in no known shape
  std::string request_id;  ///< from the header, else from the body
  bool operator==(const CloudError&) const = default;
};

enum class ErrorClass : std::uint8_t {
  wait,               ///< busy: try again when the instance is ACTIVE, with an end
  stop,               ///< a person or the plan must change something
  look,               ///< whether it took effect is open: read status and history first
  renew_credentials,  ///< renew once, then stop every call: failures lock an access key (5.4)
  halt_rollout,       ///< a quota is spent: no further instance would fare better
  throttled,          ///< slow down every call
  retry,              ///< the same call again, later
  feature_absent,     ///< this region has no such API
  gone,               ///< the instance does not exist; list it once more to be sure
};

/// The calls that change the world.
enum class Trigger : std::uint8_t { inspection, backup, upgrade };

/// Reads any error body of 5.1; a body in none of its shapes becomes the message, without a code.
CloudError read_error(const HttpResponse& response);

/// Whether the code stands in the tables of 5.3 and 5.4 (APIG.n is APIGW.n).
bool known_code(const CloudError& error);

/// What to do about it. By the code where it is known, else by the HTTP status. For a POST that
/// nothing proves to be refused it is `look`, or what holds for every call: `throttled`,
/// `renew_credentials`. Whether a trigger's intent may be closed, only `certainly_refused` says.
ErrorClass classify(const CloudError& error, Method method);

/// The trigger has not taken effect, without doubt: a 4xx with a known code that is neither of
/// class `look` nor of a server's failure. 408 and 429 need a code of the gateway or of IAM, for
/// behind those the service may have acted. Doubt remains for 3xx, 5xx, unknown codes and pages,
/// and where an upgrade is refused because the instance is busy (class `wait`): the busy one may be
/// ours.
bool certainly_refused(const CloudError& error, Trigger trigger);

/// The calls a minute that a throttled answer names ("limit:60,time:1 minute"), rounded down; at
/// least 1. nullopt where it names none.
std::optional<std::uint32_t> named_limit(const CloudError& error);

/// What the answer to any call says about too many of them; nothing where it does not refuse it for
/// that.
std::optional<Throttle> throttle_of(const HttpResponse& answer);

/// Whether it leads elsewhere: a redirect is never followed.
bool redirects(const CloudError& error);

/// One line with the cloud's own words, the code and the request id, at most 400 bytes:
/// "HTTP 409 DBS.200011: Another operation is being performed. (request 588f…)". A code that only
/// repeats the status, as IAM's older shape has it, is left out.
std::string describe(const CloudError& error);

}  // namespace pawl::cloud
