#include "engine/io/system_clock.h"

#include <doctest/doctest.h>

#include <chrono>
#include <ctime>

using pawl::Duration;
using pawl::Instant;
using pawl::SystemClock;

namespace {

Duration boot_time() {
  timespec t{};
  ::clock_gettime(CLOCK_BOOTTIME, &t);
  return std::chrono::duration_cast<Duration>(std::chrono::seconds(t.tv_sec) +
                                              std::chrono::nanoseconds(t.tv_nsec));
}

}  // namespace

TEST_CASE("the clock starts at the wall clock's time") {
  const auto wall = [] {
    return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
  };
  const Instant before = wall();
  SystemClock clock;
  const Instant now = clock.now();
  CHECK(now >= before);
  CHECK(now <= wall() + Duration{1});
}

TEST_CASE("the clock starts at the store's last time where the wall clock is behind it") {
  const Instant floor{std::chrono::hours{24 * 365 * 100}};
  SystemClock clock(floor);
  CHECK(clock.now() >= floor);
  CHECK(clock.now() < floor + std::chrono::hours{1});
  const auto wall = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
  CHECK(clock.wall() >= wall);
  CHECK(clock.wall() < wall + std::chrono::hours{1});
}

TEST_CASE("the clock goes on as CLOCK_BOOTTIME does and never back") {
  const Duration earliest_start = boot_time();
  SystemClock clock(Instant{std::chrono::hours{24 * 365 * 100}});
  const Duration latest_start = boot_time();
  const Instant first = clock.now();
  Instant last = first;
  bool ran_back = false;
  while (last < first + Duration{20}) {
    const Instant now = clock.now();
    ran_back = ran_back || now < last;
    last = now;
  }
  CHECK_FALSE(ran_back);
  const Duration counted = last - Instant{std::chrono::hours{24 * 365 * 100}};
  CHECK(counted <= boot_time() - earliest_start);
  CHECK(counted >= Duration{20} - (latest_start - earliest_start));
}
