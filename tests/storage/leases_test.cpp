#include "storage/leases.h"

#include <doctest/doctest.h>

#include "sample.h"

using namespace pawl;
using namespace pawl::test;
using namespace std::chrono_literals;

TEST_CASE("a lease is taken from what the last one left, and a driver finds it") {
  const Folder folder;
  const Driving driving = good(drive(folder.store()));
  const auto beside = good(Store::open_for_levers(folder.store(), noon));
  const QuotaLease first{"a", 3.5, noon, 0, {}}, second{"a", 2.5, noon + 1s, 30, noon + 9s};
  const auto take = [&](std::optional<QuotaLease> expected, std::optional<QuotaLease> next) {
    return good(take_lease(beside->database(), "a", [&](const std::optional<QuotaLease>& last) {
      CHECK(last == expected);
      return next;
    }));
  };
  CHECK(take(std::nullopt, std::nullopt) == std::nullopt);
  CHECK_FALSE(good(driving.journal->lease("a")));
  CHECK(take(std::nullopt, first) == first);
  CHECK(good(driving.journal->lease("a")) == first);
  CHECK(take(first, second) == second);
  CHECK(take(second, std::nullopt) == std::nullopt);
  CHECK(good(driving.journal->lease("a")) == second);
  CHECK_FALSE(good(driving.journal->lease("b")));
  Batch batch;
  batch.lease = &first;
  good(driving.journal->commit(batch));
  CHECK(good(load_lease(beside->database(), "a")) == first);
}

TEST_CASE("a quiet longer than the cloud can ask for is not believed") {
  const Folder folder;
  good(drive(folder.store()));
  const auto store = good(Store::open_for_levers(folder.store(), noon));
  const auto read_back = [&](Instant at, Instant until) {
    const QuotaLease lease{"a", 1, at, 0, until};
    good(take_lease(store->database(), "a", [&](const auto&) { return std::optional(lease); }));
    return good(load_lease(store->database(), "a"))->quiet_until;
  };
  CHECK(read_back(noon, noon + 5s) == noon + 5s);
  CHECK(read_back(noon, noon + 24h) == noon + 24h);
  CHECK(read_back(noon, noon + 24h + 1ms) == Instant{});
  CHECK(read_back(noon, Instant::max()) == Instant{});
  CHECK(read_back(Instant::min(), noon) == Instant{});
  CHECK(read_back(Instant::max(), Instant::max()) == Instant{});
}
