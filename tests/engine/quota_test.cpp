#include "engine/quota.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "tests/support/busiest_minute.h"
#include "tests/support/dice.h"

using namespace std::chrono_literals;
using pawl::Duration;
using pawl::Instant;
using pawl::Quota;
using pawl::QuotaLease;

namespace {

constexpr Instant begun = std::chrono::sys_days{std::chrono::year{2026} / 11 / 22};

/// A quota with the store that its leases are written to. It can crash.
class Account {
 public:
  Account(std::uint32_t calls_per_minute, Instant now)
      : calls_per_minute_(calls_per_minute), quota_("a", calls_per_minute, std::nullopt, now) {}

  void restart(Instant now) { quota_ = Quota("a", calls_per_minute_, stored_, now); }
  /// Takes one call, leasing when that is needed, as the loop does.
  bool take(Instant now) {
    lease(now);
    return quota_.take(now);
  }
  void lease(Instant now) {
    if (!quota_.next_lease(now)) return;
    if (stored_) quota_.stored(*stored_, now);
    if (const auto next = quota_.next_lease(now)) {
      stored_ = next;
      quota_.leased(*next);
    }
  }
  /// One call of a process that drives nothing and has `other` for the same account.
  bool take_beside(Quota& other, Instant now) {
    if (stored_) other.stored(*stored_, now);
    if (const auto next = other.next_lease(now, 1)) {
      stored_ = next;
      other.leased(*next);
    }
    return other.take(now);
  }
  /// The driver dies between the commit of a lease and its use.
  void lease_and_crash(Instant now) {
    if (const auto next = quota_.next_lease(now)) stored_ = next;
    restart(now);
  }
  Quota& quota() { return quota_; }
  const std::optional<QuotaLease>& stored() const { return stored_; }

 private:
  std::uint32_t calls_per_minute_;
  std::optional<QuotaLease> stored_;
  Quota quota_;
};

void disturb(Account& account, Instant& now, pawl::test::Dice& dice) {
  switch (dice.below(8)) {
    case 0:
      return account.restart(now);
    case 1:
      return account.lease_and_crash(now);
    case 2:
      now += 2min;
      account.lease(now);  // and leaves it unused while the bucket fills
      now += 2min;
      return;
    case 3:
      now += Duration{static_cast<long>(dice.below(90'000))};
      return;
    case 4:
      if (account.take(now)) account.quota().give_back();
      return;
    case 5:
      return account.quota().throttled(now, now, now + 7s);
    case 6:
      account.quota().quiet(now + 4s);
      if (dice.chance(50)) account.lease(now);
      return;
    default:
      return;
  }
}

/// The calls of a driver that takes what it can get as soon as it can, and is disturbed now and
/// then.
std::vector<Instant> greedy_calls(std::uint32_t per_minute, std::uint64_t seed) {
  pawl::test::Dice dice(seed);
  Instant now = begun;
  Account account(per_minute, now);
  std::vector<Instant> calls;
  while (calls.size() < 5 * per_minute + 10) {
    if (dice.below(2 * per_minute + 2) == 0) disturb(account, now, dice);
    now = account.quota().earliest(now);
    while (account.take(now))
      calls.push_back(now);
  }
  return calls;
}

std::size_t take_all(Account& account, Instant now) {
  std::size_t taken = 0;
  while (account.take(now))
    ++taken;
  return taken;
}

}  // namespace

TEST_CASE("no sixty seconds see more calls than the quota, whatever happens") {
  for (const std::uint32_t per_minute : {1U, 2U, 3U, 7U, 10U, 59U, 60U, 61U, 600U}) {
    for (std::uint64_t seed = 1; seed <= 30; ++seed) {
      CAPTURE(per_minute);
      CAPTURE(seed);
      const auto calls = greedy_calls(per_minute, seed);
      CHECK(calls.size() > 2 * per_minute);
      CHECK(pawl::test::busiest_minute(calls) <= per_minute);
    }
  }
}

TEST_CASE("nor while another process takes calls of the same account") {
  for (const std::uint32_t per_minute : {1U, 2U, 10U, 60U, 600U}) {
    for (std::uint64_t seed = 1; seed <= 30; ++seed) {
      CAPTURE(per_minute);
      CAPTURE(seed);
      pawl::test::Dice dice(seed);
      Instant now = begun;
      Account driver(per_minute, now);
      Quota other("a", per_minute, std::nullopt, now);
      std::vector<Instant> calls;
      std::size_t beside = 0;
      while (calls.size() < 5 * per_minute + 10) {
        if (dice.chance(30)) {
          while (driver.take_beside(other, now)) {
            calls.push_back(now);
            ++beside;
          }
        }
        if (dice.chance(70)) {
          while (driver.take(now))
            calls.push_back(now);
        }
        if (dice.chance(1)) other = Quota("a", per_minute, driver.stored(), now);
        if (dice.chance(1)) disturb(driver, now, dice);
        now += Duration{static_cast<long>(dice.below(60'000 / per_minute + 1))};
      }
      if (per_minute >= 10) CHECK(beside > 0);  // below, all that there is may go to the driver
      CHECK(pawl::test::busiest_minute(calls) <= per_minute);
    }
  }
}

TEST_CASE("what another process was told of the throttle counts here too") {
  Account driver(600, begun);
  REQUIRE(driver.take(begun));
  Quota other("a", 600, driver.stored(), begun);
  other.throttled(begun, begun, begun + 20s, 60);
  CHECK_FALSE(driver.take_beside(other, begun + 1s));
  while (driver.quota().take(begun + 1s)) {
  }
  CHECK_FALSE(driver.take(begun + 19s));
  CHECK(driver.quota().calls_per_minute() == 60);
  CHECK(driver.take(begun + 20s));
}

TEST_CASE("a lease that was left unused does not add to a full bucket") {
  Account account(60, begun);
  account.lease(begun);
  CHECK(take_all(account, begun + 10min) == 6);
}

TEST_CASE("a restart takes the last lease for spent a moment ago") {
  Account account(60, begun);
  account.lease(begun);
  account.restart(begun + 10min);
  CHECK(take_all(account, begun + 10min) == 1);
  CHECK(take_all(account, begun + 20min) == 6);
}

TEST_CASE("a driver that asks as soon as it may gets nearly the whole quota") {
  for (const std::uint32_t per_minute : {1U, 2U, 10U, 60U, 600U}) {
    Account account(per_minute, begun);
    Instant now = begun;
    std::size_t taken = 0;
    while (now < begun + 100min) {
      while (account.take(now))
        ++taken;
      now = account.quota().earliest(now);
    }
    CAPTURE(per_minute);
    CHECK(taken >= 50 * per_minute);
    if (per_minute >= 10) CHECK(taken >= 90 * per_minute);
    CHECK(taken <= 100 * per_minute);
  }
}

TEST_CASE("the earliest time is exact: a call may be sent then and not before") {
  for (const std::uint32_t per_minute : {1U, 2U, 3U, 7U, 53U, 60U, 61U, 599U}) {
    Account account(per_minute, begun);
    pawl::test::Dice dice(per_minute);
    Instant now = begun;
    for (int i = 0; i < 200; ++i) {
      CAPTURE(per_minute);
      CAPTURE(i);
      now += Duration{static_cast<long>(dice.below(120'000 / per_minute))};
      take_all(account, now);
      if (dice.chance(5)) account.quota().throttled(now, now, now + 3s);
      const Instant earliest = account.quota().earliest(now);
      REQUIRE(earliest > now);
      CHECK_FALSE(account.take(earliest - 1ms));
      CHECK(account.quota().earliest(earliest) == earliest);
      CHECK(account.take(earliest));
      now = earliest;
    }
  }
}

TEST_CASE("a call that may be sent now has no later earliest time") {
  Account account(60, begun);
  CHECK(account.quota().earliest(begun) == begun);
  account.lease(begun);
  CHECK(account.quota().earliest(begun) == begun);
}

TEST_CASE("only what is leased can be taken, and a lease is written off in whole calls") {
  Account account(60, begun);
  CHECK_FALSE(account.quota().take(begun));
  CHECK(account.quota().left(begun) == 0);
  const auto lease = account.quota().next_lease(begun);
  REQUIRE(lease.has_value());
  CHECK(*lease == QuotaLease{"a", 1, begun});
  CHECK_FALSE(account.quota().take(begun));  // not yet durable
  account.lease(begun);
  CHECK(account.quota().left(begun) == 5);
  CHECK_FALSE(account.quota().next_lease(begun).has_value());
}

TEST_CASE("a call that was not sent can be taken again") {
  Account account(1, begun);
  REQUIRE(account.take(begun));
  account.quota().give_back();
  CHECK(account.quota().take(begun));
  CHECK_FALSE(account.take(begun + 1min));
  CHECK(account.take(begun + 2min));
}

TEST_CASE("after a 429 nothing is sent until the time it named, and then slowly") {
  Account account(60, begun);
  account.lease(begun);
  account.quota().throttled(begun, begun, begun + 3s);
  CHECK(account.quota().left(begun) == 0);
  CHECK(take_all(account, begun + 2'999ms) == 0);
  CHECK(account.quota().earliest(begun) == begun + 3s);
  CHECK(take_all(account, begun + 3s) == 1);  // what three seconds let flow in
}

TEST_CASE("answers to calls that were on their way together slow the rate once") {
  Account account(600, begun);
  Quota& quota = account.quota();
  for (const Duration late : {5ms, 6ms, 7ms})
    quota.throttled(begun, begun + late, begun + 1s);
  quota.throttled(begun + 5ms, begun + 8ms, begun + 1s);    // written in the same moment
  quota.throttled(begun + 20ms, begun + 30ms, begun + 1s);  // connected only then
  CHECK(quota.calls_per_minute() == 300);
  quota.throttled(begun + 2s, begun + 2s, begun + 3s);
  CHECK(quota.calls_per_minute() == 150);
  for (int i = 0; i < 20; ++i)
    quota.throttled(begun + 3s + 1s * i, begun + 3s + 1s * i, begun + 3s + 1s * i);
  CHECK(quota.calls_per_minute() == 30);  // a twentieth, and no further
}

TEST_CASE("an answer says how long there is to be quiet, and whether calls are too many") {
  const auto after = [](int status, std::optional<Duration> retry_after, bool throttles) {
    Account account(600, begun);
    pawl::HttpResponse answer;
    answer.status = status;
    answer.retry_after = retry_after;
    const auto throttle = throttles ? std::optional(pawl::Throttle{}) : std::nullopt;
    account.quota().heed(answer, throttle, begun, begun);
    return std::pair{account.quota().earliest(begun) - begun, account.quota().calls_per_minute()};
  };
  CHECK(after(429, 90s, true) == std::pair{Duration{90s}, 300U});
  CHECK(after(429, {}, true) == std::pair{Duration{5s}, 300U});
  CHECK(after(403, 20s, true) == std::pair{Duration{20s}, 300U});
  CHECK(after(503, 90s, false) == std::pair{Duration{90s}, 600U});
  CHECK(after(503, {}, false) == std::pair{Duration{0}, 600U});
  CHECK(after(500, 90s, false) == std::pair{Duration{0}, 600U});
}

TEST_CASE("a rate that the cloud names is taken, unless we were slower already") {
  Account account(600, begun);
  account.quota().throttled(begun, begun, begun + 1s, 60);
  CHECK(account.quota().calls_per_minute() == 60);
  account.quota().throttled(begun + 2s, begun + 2s, begun + 3s, 60);
  CHECK(account.quota().calls_per_minute() == 30);
  account.quota().throttled(begun + 4s, begun + 4s, begun + 5s, 0);
  CHECK(account.quota().calls_per_minute() == 30);
}

TEST_CASE("a rate that the cloud names below a twentieth is kept to, and not halved further") {
  Account account(600, begun);
  account.quota().throttled(begun, begun, begun + 1s, 8);
  CHECK(account.quota().calls_per_minute() == 8);
  account.quota().throttled(begun + 2s, begun + 2s, begun + 3s);
  CHECK(account.quota().calls_per_minute() == 8);
}

TEST_CASE("the slowest quota stays one call a minute") {
  Account account(3, begun);
  for (int i = 0; i < 5; ++i)
    account.quota().throttled(begun + 1s * i, begun + 1s * i, begun + 1s * i);
  CHECK(account.quota().calls_per_minute() == 1);
}

TEST_CASE("a slowed rate comes back by a twentieth a minute, and no further than was configured") {
  Account account(600, begun);
  account.quota().throttled(begun, begun, begun + 1s);
  Instant now = begun;
  std::uint32_t last = 300;
  for (int minute = 1; minute <= 30; ++minute) {
    take_all(account, now += 1min);
    const std::uint32_t rate = account.quota().calls_per_minute();
    CAPTURE(minute);
    CHECK(rate <= last + last / 20);
    CHECK(rate >= last);
    last = rate;
  }
  CHECK(last == 600);
}

TEST_CASE("a lowered rate is told once, and once it is again as configured") {
  Account account(600, begun);
  CHECK_FALSE(account.quota().take_move());
  account.quota().throttled(begun, begun, begun + 1s, 500);
  account.quota().throttled(begun, begun + 5ms, begun + 2s);  // was on its way together with it
  const auto slowed = account.quota().take_move();
  REQUIRE(slowed);
  CHECK(slowed->before == 600);
  CHECK(slowed->after == 500);
  CHECK(slowed->most == 600);
  CHECK(slowed->quiet_until == begun + 1s);
  CHECK_FALSE(account.quota().take_move());
  Instant now = begun;
  std::optional<pawl::RateMove> restored;
  for (int minute = 1; minute <= 10 && !restored; ++minute) {
    CAPTURE(minute);
    take_all(account, now += 1min);
    restored = account.quota().take_move();
    CHECK(restored.has_value() == (account.quota().calls_per_minute() == 600));
  }
  REQUIRE(restored);
  CHECK(restored->after == 600);
  CHECK(account.stored()->slowed_to == 0);  // and so the store says at once
  take_all(account, now += 1min);
  CHECK_FALSE(account.quota().take_move());
}

TEST_CASE(
    "a rate that another process has found lowered is told as well, and so is a start at one") {
  Account account(600, begun);
  account.lease(begun);
  Quota other("a", 600, account.stored(), begun);
  other.throttled(begun, begun, begun + 1s, 60);
  account.quota().stored(*other.next_lease(begun), begun);
  const auto told = account.quota().take_move();
  REQUIRE(told);
  CHECK(told->before == 600);
  CHECK(told->after == 60);
  Quota later("a", 600, other.next_lease(begun), begun);
  CHECK(later.take_move().has_value());
}

TEST_CASE("a rate that can be lowered no further is told no more") {
  Account account(1, begun);
  account.quota().throttled(begun, begun, begun + 1s);
  CHECK_FALSE(account.quota().take_move());
}

TEST_CASE("a restart goes on at the slowed rate, and keeps the quiet that was asked for") {
  Account account(600, begun);
  account.quota().throttled(begun, begun, begun + 20s, 60);
  account.lease(begun);
  account.restart(begun + 1s);
  CHECK(account.quota().calls_per_minute() == 60);
  CHECK(account.quota().earliest(begun + 1s) == begun + 20s);
  account.restart(begun + 1h);
  CHECK(account.quota().calls_per_minute() == 60);
  CHECK(account.stored()->slowed_to == 60);
}

TEST_CASE("a quiet that the cloud asks for costs no rate and no call, and outlives a restart") {
  Account account(60, begun);
  REQUIRE(account.take(begun));
  account.quota().quiet(begun + 20s);
  account.quota().quiet(begun + 3s);
  CHECK(account.quota().left(begun + 19'999ms) == 0);
  CHECK_FALSE(account.take(begun + 19'999ms));
  CHECK(account.quota().earliest(begun) == begun + 20s);
  CHECK(account.stored()->quiet_until == begun + 20s);
  CHECK(account.quota().calls_per_minute() == 60);
  CHECK(take_all(account, begun + 20s) == 6);
  account.quota().quiet(begun + 40s);
  account.lease(begun + 20s);
  account.restart(begun + 21s);
  CHECK(account.quota().calls_per_minute() == 60);
  CHECK(account.quota().earliest(begun + 21s) == begun + 40s);
}

TEST_CASE("a shorter wait does not end a longer one") {
  Account account(60, begun);
  account.quota().throttled(begun, begun, begun + 1min);
  account.quota().throttled(begun + 1s, begun + 1s, begun + 5s);
  CHECK_FALSE(account.take(begun + 59s));
  CHECK(account.take(begun + 1min));
}

TEST_CASE(
    "a store whose last lease lies in the future or makes no sense lends too little, not more") {
  const std::array levels{-1.0, 1e300, std::numeric_limits<double>::infinity(),
                          -std::numeric_limits<double>::infinity(),
                          std::numeric_limits<double>::quiet_NaN()};
  for (const double level : levels) {
    CAPTURE(level);
    Quota quota("a", 60, QuotaLease{"a", level, begun}, begun);
    if (const auto lease = quota.next_lease(begun)) quota.leased(*lease);
    CHECK(quota.left(begun) <= 1);
  }
  const Quota quota("a", 60, QuotaLease{"a", 0, begun + 240h}, begun);
  CHECK(quota.earliest(begun) > begun);
  CHECK(quota.earliest(begun) < begun + 2s);
}

TEST_CASE("the largest quota does not overflow, even after decades") {
  Account account(1'000'000'000, begun);
  account.lease(begun);
  CHECK(account.quota().left(begun) >= 800'000);
  account.restart(begun + std::chrono::hours{24} * 365 * 100);
  CHECK(account.take(begun + std::chrono::hours{24} * 365 * 200));
}
