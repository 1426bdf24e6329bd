// One call by itself, outside the loop: before a rollout starts, or about one.
#pragma once

#include <functional>

#include "engine/ports.h"
#include "engine/result.h"

namespace pawl {

/// Asked while something is waited for: an error ends the wait. Empty: nothing does.
using GoOn = std::function<Outcome()>;

/// Waits `pause` with no call in flight. The error is that of `go_on`.
Outcome wait_for(Clock& clock, HttpClient& client, Duration pause, const GoOn& go_on);

/// Sends `request` and waits for what comes of it; the client has no other call in flight. The
/// error is that of `go_on`, and leaves the call where it is: the client is to be dropped.
Result<Completion> exchange(Clock& clock, HttpClient& client, const HttpRequest& request,
                            Duration timeout, const GoOn& go_on = {});

inline constexpr unsigned exchanges_max = 4;
/// An answer that wants to be left alone for longer than this is no longer waited for.
inline constexpr Duration pause_waited_for_max = std::chrono::minutes{5};

struct Again {
  Duration timeout;    ///< of each exchange
  GoOn go_on{};        ///< asked in each exchange and each pause
  int as_good_as = 0;  ///< a status that is taken as it is
};

/// The same for a call that may be repeated: made again, up to `exchanges_max` times in all, where
/// no answer came or one that only says "later" (of class retry or throttled). The pause doubles,
/// and is never shorter than the answer's Retry-After. A refusal is taken at its first word: more
/// of them would lock a key or a user. The error is that of `go_on`.
Result<Completion> exchange_again(Clock& clock, HttpClient& client, const HttpRequest& request,
                                  const Again& again);

}  // namespace pawl
