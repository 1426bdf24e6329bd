#include "cli/exchange.h"

#include <doctest/doctest.h>

#include <chrono>

#include "tests/support/fake_client.h"

using namespace pawl;
using namespace pawl::test;
using namespace std::chrono_literals;

namespace {

HttpResponse answer_of(int status, std::optional<Duration> retry_after = std::nullopt,
                       const char* body = "") {
  HttpResponse answer;
  answer.status = status;
  answer.retry_after = retry_after;
  answer.body = body;
  return answer;
}

/// A cloud that gives these answers one after another, and the last of them for ever.
struct AskedCloud {
  std::vector<std::variant<HttpResponse, NoAnswer>> answers;
  Duration after{50};
  VirtualClock clock{};
  FakeClient client{
      clock, [this](const Sent&) {
        return Answer{answers[std::min(client.sent().size(), answers.size()) - 1], after};
      }};

  Result<Completion> again(Again how = {20s}) {
    return exchange_again(clock, client, {Method::get, "/v3/projects", {}, {}}, how);
  }
  std::size_t calls() const { return client.sent().size(); }
  /// From the answer to one call to the next call.
  Duration pause(std::size_t before) const {
    return client.sent()[before].at - client.sent()[before - 1].at - Duration{50};
  }
};

int status_of(const Result<Completion>& completion) {
  REQUIRE(completion);
  const auto* answer = std::get_if<HttpResponse>(&completion->what);
  return answer == nullptr ? 0 : answer->status;
}

}  // namespace

TEST_CASE("what only says later is asked again, ever more slowly, and not for ever") {
  const char* const throttled = R"({"error_code":"IAM.0012","error_msg":"slowly"})";
  for (const auto& later : std::initializer_list<std::variant<HttpResponse, NoAnswer>>{
           answer_of(500), answer_of(503), answer_of(429), answer_of(400, {}, throttled),
           NoAnswer{Delivery::unknown, "reset"}}) {
    AskedCloud once{{later, answer_of(200)}};
    CHECK(status_of(once.again()) == 200);
    CHECK(once.calls() == 2);
    AskedCloud ever{{later}};
    CHECK(status_of(ever.again()) != 200);
    CHECK(ever.calls() == exchanges_max);
    CHECK(ever.pause(1) == 500ms);
    CHECK(ever.pause(2) == 1s);
    CHECK(ever.pause(3) == 2s);
  }
}

TEST_CASE("what no waiting mends is asked once") {
  const char* const retry = R"({"error_code":"APIGW.0601","error_msg":"internal"})";
  for (const auto& settled : std::initializer_list<std::variant<HttpResponse, NoAnswer>>{
           answer_of(200), answer_of(302), answer_of(400), answer_of(401, 1s), answer_of(403, 1s),
           answer_of(401, {}, retry), answer_of(403, {}, retry), answer_of(404),
           NoAnswer{Delivery::not_sent, "refused"}}) {
    AskedCloud asked{{settled}};
    REQUIRE(asked.again());
    CHECK(asked.calls() == 1);
  }
  AskedCloud taken{{answer_of(503)}};
  CHECK(status_of(taken.again({20s, {}, 503})) == 503);
  CHECK(taken.calls() == 1);
}

TEST_CASE("a Retry-After is waited for, unless it is out of all proportion") {
  AskedCloud told{{answer_of(503, 40s), answer_of(429, 100ms), answer_of(200)}};
  CHECK(status_of(told.again()) == 200);
  CHECK(told.pause(1) == 40s);
  CHECK(told.pause(2) == 1s);
  AskedCloud far{{answer_of(503, pause_waited_for_max + 1s)}};
  CHECK(status_of(far.again()) == 503);
  CHECK(far.calls() == 1);
}

TEST_CASE("who is told to stop waits no longer, for an answer or in a pause") {
  AskedCloud in_a_pause{{answer_of(503, 4min)}};
  AskedCloud for_an_answer{{answer_of(200)}};
  for_an_answer.after = 15s;
  for (AskedCloud* asked : {&in_a_pause, &for_an_answer}) {
    const auto go_on = [asked, until = asked->clock.now() + 1s]() -> Outcome {
      if (asked->clock.now() < until) return Done{};
      return Error{Fault::interrupted, "interrupted"};
    };
    const auto completion = asked->again({20s, go_on});
    REQUIRE_FALSE(completion);
    CHECK(completion.error().fault == Fault::interrupted);
    CHECK(asked->calls() == 1);
    CHECK(asked->clock.now() - asked->client.sent().front().at < 2s);
  }
}
