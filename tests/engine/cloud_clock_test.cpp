#include "engine/cloud_clock.h"

#include <doctest/doctest.h>

#include <chrono>

#include "tests/support/dice.h"

using namespace std::chrono_literals;
using pawl::ClockOffset;
using pawl::CloudClock;
using pawl::CloudInstant;
using pawl::CloudNow;
using pawl::Duration;
using pawl::Instant;

namespace {

constexpr Instant noon = std::chrono::sys_days{std::chrono::year{2026} / 11 / 22} + 12h;
constexpr CloudInstant cloud_noon{noon};

/// What a server whose clock is `ahead` of ours writes into Date at local time `at`.
CloudInstant date_written(Instant at, Duration ahead) {
  return {std::chrono::floor<std::chrono::seconds>(at + ahead)};
}

bool holds(const CloudNow& now, CloudInstant truth) {
  return now.earliest <= truth && truth <= now.latest;
}

}  // namespace

TEST_CASE("the cloud's time is unknown until an answer tells it") {
  const CloudClock clock;
  CHECK_FALSE(clock.now(noon).has_value());
}

TEST_CASE("a Date bounds the cloud's clock by its grain and the way of its answer") {
  CloudClock clock;
  clock.observe(cloud_noon, noon, noon + 300ms);
  const auto now = clock.now(noon + 300ms);
  REQUIRE(now.has_value());
  CHECK(now->earliest == cloud_noon);
  CHECK(now->latest == cloud_noon + 1'300ms);
}

TEST_CASE("the true time lies within the bounds for every offset, delay and moment") {
  pawl::test::Dice dice(1);
  for (int i = 0; i < 2'000; ++i) {
    const Duration ahead{static_cast<long>(dice.below(7'200'000)) - 3'600'000};
    const Instant sent = noon + Duration{static_cast<long>(dice.below(10'000))};
    const Instant written = sent + Duration{static_cast<long>(dice.below(5'000))};
    const Instant received = written + Duration{static_cast<long>(dice.below(5'000))};
    const Instant asked = received + Duration{static_cast<long>(dice.below(60'000))};
    CAPTURE(i);
    CloudClock clock;
    clock.observe(date_written(written, ahead), sent, received);
    const auto now = clock.now(asked);
    REQUIRE(now.has_value());
    CHECK(holds(*now, {asked + ahead}));
    CHECK(now->latest.at - now->earliest.at == 1s + (received - sent));
  }
}

TEST_CASE("a Date counts for a minute") {
  CloudClock clock;
  clock.observe(cloud_noon, noon, noon);
  CHECK(clock.now(noon + 60s).has_value());
  CHECK_FALSE(clock.now(noon + 60s + 1ms).has_value());
  clock.observe(cloud_noon + 90s, noon + 90s, noon + 90s);
  CHECK(clock.now(noon + 91s).has_value());
}

TEST_CASE("a machine that slept knows the cloud's time only after the next answer") {
  CloudClock clock;
  clock.observe(cloud_noon, noon, noon);
  CHECK_FALSE(clock.now(noon + 24h).has_value());
}

TEST_CASE("an answer that was overtaken changes nothing") {
  CloudClock clock;
  clock.observe(cloud_noon + 10s, noon + 10s, noon + 10s);
  const auto before = clock.now(noon + 10s);
  clock.observe(cloud_noon + 1h, noon, noon + 9s);
  CHECK(clock.now(noon + 10s) == before);
}

TEST_CASE("an answer that came before it was asked for is not believed") {
  CloudClock clock;
  clock.observe(cloud_noon, noon + 1ms, noon);
  CHECK_FALSE(clock.now(noon).has_value());
}

TEST_CASE("a cloud clock that was put right is followed once its answers agree for some seconds") {
  CloudClock clock;
  clock.observe(cloud_noon + 1h, noon, noon + 10ms);
  CHECK(clock.now(noon + 10ms).has_value());
  for (const Duration later : {1s, 3s, 5s}) {
    clock.observe(cloud_noon + later, noon + later, noon + later + 10ms);
    CHECK_FALSE(clock.now(noon + later + 10ms).has_value());
  }
  CHECK_FALSE(clock.now(noon + 30s).has_value());
  clock.observe(cloud_noon + 7s, noon + 7s, noon + 7s);
  const auto now = clock.now(noon + 7s);
  REQUIRE(now.has_value());
  CHECK(holds(*now, cloud_noon + 7s));
  CHECK(now->latest <= cloud_noon + 8s);
}

TEST_CASE("while some answers contradict the others by hours nobody knows the time (laws 2, 5)") {
  CloudClock clock;
  for (int second = 0; second < 60; ++second) {
    const Instant at = noon + second * 1s;
    const bool wrong = second % 4 == 1;
    clock.observe(cloud_noon + second * 1s - (wrong ? 2h : 0h), at, at);
    CHECK(clock.now(at).has_value() == (second == 0));
  }
}

TEST_CASE("after two answers that contradict each other silence proves neither right (law 2)") {
  CloudClock clock;
  clock.observe(cloud_noon, noon, noon);
  clock.observe(cloud_noon - 24h, noon + 1s, noon + 1s);
  for (int second = 1; second < 90; ++second)
    CHECK_FALSE(clock.now(noon + second * 1s).has_value());
}

TEST_CASE("while answers contradict each other by seconds, the time is one of those they give") {
  for (const int one_in : {2, 3, 7, 30, 50}) {
    for (const Duration ahead : {-40s, -4s, 4s, 40s}) {
      CAPTURE(one_in);
      CAPTURE(ahead.count());
      CloudClock clock;
      std::size_t told = 0;
      for (int second = 0; second < 600; ++second) {
        const Instant at = noon + second * 1s;
        const bool other = second % one_in == 1;
        clock.observe(date_written(at, other ? ahead : 0s), at, at);
        told += clock.take_move() ? 1 : 0;
        const auto now = clock.now(at);
        REQUIRE(now.has_value());
        if (second == 0) continue;
        CHECK(holds(*now, {at}));
        CHECK(holds(*now, {at + ahead}));
        CHECK(now->latest.at - now->earliest.at <= 42s);
      }
      CHECK(told == 2);
    }
  }
}

TEST_CASE("what answers that contradict each other span is told, and that they agree again") {
  CloudClock clock;
  clock.observe(cloud_noon, noon, noon);
  REQUIRE(clock.take_move());
  clock.observe(cloud_noon + 31s, noon + 1s, noon + 1s);
  const auto apart = clock.take_move();
  REQUIRE(apart);
  CHECK(apart->after == ClockOffset{0s, 31s});
  CHECK_FALSE(clock.take_move());
  clock.observe(cloud_noon + 91s, noon + 61s, noon + 61s);
  CHECK_FALSE(clock.take_move());
  clock.observe(cloud_noon + 92s, noon + 62s, noon + 62s);
  const auto again = clock.take_move();
  REQUIRE(again);
  CHECK(again->before == apart->after);
  CHECK(again->after == ClockOffset{30s, 31s});
}

TEST_CASE("a Date of long ago contradicts nothing, nor does one that is cut otherwise") {
  CloudClock clock;
  clock.observe(cloud_noon, noon, noon);
  clock.observe(cloud_noon + 10s + 2s, noon + 10s, noon + 10s);
  CHECK(clock.now(noon + 10s).has_value());
  clock.observe(cloud_noon + 1h, noon + 90s, noon + 90s);
  CHECK(clock.now(noon + 90s).has_value());
}

TEST_CASE(
    "the offset is told when it is first known, and when it has certainly moved by a second") {
  CloudClock clock;
  CHECK_FALSE(clock.take_move());
  clock.observe(cloud_noon, noon, noon);
  const auto first = clock.take_move();
  REQUIRE(first);
  CHECK_FALSE(first->before);
  CHECK(first->after == ClockOffset{0s, 1s});
  CHECK_FALSE(clock.take_move());

  struct Row {
    Duration ahead, took;
    bool told;
  };
  // The first Date leaves a second open, and so does each that follows.
  for (const Row& row : {Row{0s, 0s, false}, Row{2s, 0s, false}, Row{3s, 0s, true},
                         Row{-2s, 0s, false}, Row{-3s, 0s, true}, Row{3s, 1s, false},
                         Row{4s, 1s, true}, Row{-3s, 1s, true}, Row{-2s, 1s, false}}) {
    CAPTURE(row.ahead.count());
    CAPTURE(row.took.count());
    CloudClock moved = clock;
    moved.observe(cloud_noon + 60s + row.ahead, noon + 60s, noon + 60s + row.took);
    const auto move = moved.take_move();
    CHECK(move.has_value() == row.told);
    if (move) CHECK(move->before == first->after);
    CHECK_FALSE(moved.take_move());
  }
}

TEST_CASE("a clock that drifts slowly is told again and again, each time since the last") {
  CloudClock clock;
  std::size_t told = 0;
  for (int minute = 0; minute <= 60; ++minute) {
    const Instant at = noon + minute * 1min;
    clock.observe(date_written(at, minute * 1s), at, at);
    told += clock.take_move() ? 1 : 0;
  }
  CHECK(told == 21);
}

TEST_CASE("times at the end of the calendar do not overflow") {
  const CloudInstant last{std::chrono::sys_days{std::chrono::year{9999} / 12 / 31} + 86'399s};
  CloudClock clock;
  clock.observe(last, noon, noon + 30s);
  const auto now = clock.now(noon + 40s);
  REQUIRE(now.has_value());
  CHECK(now->earliest == last + 10s);
}
