#include "cli/first_few.h"

#include <doctest/doctest.h>

#include "tests/support/fake_client.h"

using namespace pawl;
using namespace pawl::test;

namespace {

/// All that may be started, and then what has come of it.
std::size_t start_all(FirstFew& few, VirtualClock& clock) {
  std::size_t started = 0;
  while (few.idle() > 0 && started < 50) {
    few.start({}, Call{}, clock.now());
    ++started;
  }
  std::vector<Completion> done;
  few.wait(clock.now() + Duration{1'000}, done);
  CHECK(done.size() == started);
  return started;
}

}  // namespace

TEST_CASE("no more than a few calls are on their way until an answer shows that one was let in") {
  VirtualClock clock;
  HttpResponse answer;
  answer.status = 401;
  FakeClient client(
      clock, [&](const Sent&) { return Answer{answer}; }, 20);
  FirstFew few(client, false);
  CHECK(start_all(few, clock) == 4);
  answer.status = 503;
  CHECK(start_all(few, clock) == 4);
  CHECK_FALSE(few.let_in());
  answer.status = 200;
  CHECK(start_all(few, clock) == 4);
  CHECK(few.let_in());
  answer.status = 401;
  CHECK(start_all(few, clock) == 20);
  CHECK(few.let_in());
}

TEST_CASE("a pool that is smaller stays as small, and who is known to be let in has all of it") {
  VirtualClock clock;
  FakeClient client(
      clock, [](const Sent&) { return Answer{NoAnswer{}}; }, 3);
  FirstFew unknown(client, false);
  CHECK(start_all(unknown, clock) == 3);
  FakeClient large(
      clock, [](const Sent&) { return Answer{NoAnswer{}}; }, 30);
  FirstFew known(large, true);
  CHECK(start_all(known, clock) == 30);
}
