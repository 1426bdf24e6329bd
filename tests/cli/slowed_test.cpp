#include "cli/slowed.h"

#include <doctest/doctest.h>

using namespace pawl;
using namespace std::chrono_literals;

namespace {

constexpr Instant asked_at = std::chrono::sys_days{std::chrono::year{2026} / 11 / 22} + 10h;

QuotaLease lease_of(std::uint32_t slowed_to, Instant quiet_until) {
  return {"a", 1, asked_at, slowed_to, quiet_until};
}

std::string told(const std::optional<QuotaLease>& lease, Instant now) {
  const auto few = slowed_of(lease, now);
  return few ? words_of(*few) : "";
}

}  // namespace

TEST_CASE("calls that go out as the plan has it are not worth a word") {
  CHECK(told(std::nullopt, asked_at).empty());
  CHECK(told(lease_of(0, asked_at), asked_at).empty());
}

TEST_CASE("a lowered rate is told as long as someone makes calls, a quiet to its end") {
  CHECK(told(lease_of(30, {}), asked_at) == "the cloud throttles the calls: 30 a minute go out");
  CHECK_FALSE(told(lease_of(30, {}), asked_at + 5min).empty());
  CHECK(told(lease_of(30, {}), asked_at + 5min + 1ms).empty());
  CHECK(told(lease_of(30, asked_at + 1h), asked_at + 30min) ==
        "the cloud throttles the calls: 30 a minute go out, and none before "
        "2026-11-22T11:00:00.000Z");
  CHECK(told(lease_of(0, asked_at + 5s), asked_at) ==
        "the cloud has asked for no call before 2026-11-22T10:00:05.000Z");
  CHECK(told(lease_of(0, asked_at + 5s), asked_at + 5s).empty());
}
