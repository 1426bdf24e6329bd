#include "cli/exchange.h"

#include <algorithm>
#include <utility>
#include <variant>
#include <vector>

#include "workflows/cloud_errors.h"

namespace pawl {

namespace {

constexpr Duration first_pause{500};
/// How often an end that was asked for is looked for.
constexpr Duration look_up_every{200};

/// How long to wait before the call is made again; none: its outcome stands.
std::optional<Duration> pause_after(const Completion& completion, Duration pause, int as_good_as) {
  if (const auto* none = std::get_if<NoAnswer>(&completion.what)) {
    // What was not even sent was refused, unresolved or untrusted, and would be again.
    return none->delivery == Delivery::unknown ? std::optional(pause) : std::nullopt;
  }
  const auto& answer = std::get<HttpResponse>(completion.what);
  if (answer.status < 400 || answer.status == as_good_as) return std::nullopt;
  const cloud::ErrorClass kind = cloud::classify(cloud::read_error(answer), Method::get);
  const bool later = kind == cloud::ErrorClass::retry || kind == cloud::ErrorClass::throttled;
  if (!later || answer.status == 401 || answer.status == 403) return std::nullopt;
  const Duration told = answer.retry_after.value_or(Duration{0});
  return told <= pause_waited_for_max ? std::optional(std::max(pause, told)) : std::nullopt;
}

}  // namespace

Outcome wait_for(Clock& clock, HttpClient& client, Duration pause, const GoOn& go_on) {
  const Instant until = clock.now() + pause;
  std::vector<Completion> none;
  while (true) {
    if (go_on) {
      if (Outcome goes_on = go_on(); !goes_on) return goes_on;
    }
    const Instant now = clock.now();
    if (now >= until) return Done{};
    client.wait(std::min(until, now + look_up_every), none);
  }
}

Result<Completion> exchange(Clock& clock, HttpClient& client, const HttpRequest& request,
                            Duration timeout, const GoOn& go_on) {
  Call call;
  call.request = request;
  call.timeout = timeout;
  client.start({}, call, clock.now() + timeout);
  std::vector<Completion> done;
  while (done.empty()) {
    if (go_on) {
      if (Outcome goes_on = go_on(); !goes_on) return goes_on.error();
    }
    client.wait(clock.now() + (go_on ? look_up_every : timeout), done);
  }
  return std::move(done.front());
}

Result<Completion> exchange_again(Clock& clock, HttpClient& client, const HttpRequest& request,
                                  const Again& again) {
  Duration pause = first_pause;
  for (unsigned tries = 1;; ++tries, pause *= 2) {
    auto completion = exchange(clock, client, request, again.timeout, again.go_on);
    if (!completion) return completion;
    const auto wait = pause_after(*completion, pause, again.as_good_as);
    if (!wait || tries == exchanges_max) return completion;
    if (Outcome waited = wait_for(clock, client, *wait, again.go_on); !waited)
      return waited.error();
  }
}

}  // namespace pawl
