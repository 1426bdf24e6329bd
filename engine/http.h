// Requests and answers as values: what a workflow wants to say and what came back. Host, date and
// credentials are added outside, right before sending, and never stored.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/time.h"

namespace pawl {

enum class Method : std::uint8_t { get, post, put };

/// As HTTP spells it.
constexpr std::string_view word_of(Method method) {
  switch (method) {
    case Method::get:
      return "GET";
    case Method::post:
      return "POST";
    case Method::put:
      break;
  }
  return "PUT";
}

/// Decoded names and values in the order in which they are sent; they are percent-encoded on the
/// wire and for signing, once, from this text.
using Query = std::vector<std::pair<std::string, std::string>>;

struct HttpRequest {
  Method method = Method::get;
  std::string path;  ///< absolute, starts with '/', only unreserved characters and '/'
  Query query;
  std::string body;  ///< JSON text, or empty
  bool operator==(const HttpRequest&) const = default;
};

/// A whole answer. A body that was cut off, broke a limit or never came is no answer but an
/// Unanswered event.
struct HttpResponse {
  int status = 0;
  std::string request_id;               ///< X-Request-Id, else IAM's X-IAM-Trace-Id; or empty
  std::optional<CloudInstant> date;     ///< Date, whole seconds; absent too when Age shows a cache
  std::optional<Duration> retry_after;  ///< Retry-After, either form, never negative
  std::string content_type;
  std::string body;
  bool operator==(const HttpResponse&) const = default;
};

/// Its status is of the class 2xx (RFC 9110, 15.3).
inline bool succeeded(const HttpResponse& answer) {
  return answer.status >= 200 && answer.status <= 299;
}

/// What an answer says that refuses a call because there are too many.
struct Throttle {
  std::optional<std::uint32_t> calls_per_minute;  ///< where it names how many are let in
};

/// May this call be sent twice without harm?
enum class Repeat : std::uint8_t {
  safe,    ///< yes: whoever carries it may send it again by itself
  costly,  ///< it had better not be: it is sent once, but over a connection that was used before,
           ///< which may end under it and leave it in doubt
  never,   ///< no: it is sent once, over a connection of its own
};

struct Call {
  HttpRequest request;
  Repeat repeat = Repeat::safe;
  Duration timeout{30'000};  ///< for the whole exchange, connecting included; > 0
};

/// What is known of a call without an answer: `not_sent` is a proof that no byte of the request
/// left (resolve, connect, TLS handshake, held back before the write); `unknown` is all else.
enum class Delivery : std::uint8_t { not_sent, unknown };

}  // namespace pawl
