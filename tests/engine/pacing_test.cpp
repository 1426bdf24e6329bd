#include "engine/pacing.h"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <set>
#include <vector>

using namespace std::chrono_literals;
using pawl::Duration;
using pawl::Pacing;
using pawl::PollBounds;

namespace {

constexpr PollBounds bounds{30s, 10s, 5min};

/// When a step is asked that runs for `whole`, counted from its submit.
std::vector<Duration> polls_of(const Pacing& pacing, std::size_t step, Duration whole) {
  std::vector<Duration> polls;
  Duration elapsed{0};
  while (elapsed < whole) {
    elapsed += pacing.poll(step, elapsed);
    polls.push_back(elapsed);
  }
  return polls;
}

}  // namespace

TEST_CASE("without experience the polls begin at `first` and grow apart up to `max`") {
  const Pacing pacing(bounds);
  CHECK(pacing.poll(1, 0s) == 30s);
  CHECK(pacing.poll(1, 30s) == 10s);
  CHECK(pacing.poll(1, 160s) == 20s);
  CHECK(pacing.poll(1, 12h) == 5min);
}

TEST_CASE("a first poll is never later than `first`, whatever such steps took") {
  Pacing pacing(bounds);
  pacing.took(1, 2h);
  CHECK(pacing.poll(1, 0s) == 30s);
  Pacing quick(bounds);
  quick.took(1, 12s);
  CHECK(quick.poll(1, 0s) == 12s);
  quick.took(1, 20ms);
  CHECK(quick.poll(1, 0s) == 10s);
}

TEST_CASE("a `first` shorter than `min` is kept: before the first poll there is none") {
  constexpr PollBounds eager{1s, 10s, 5min};
  Pacing pacing(eager);
  CHECK(pacing.poll(1, 0s) == 1s);
  CHECK(pacing.poll(1, 1s) == 10s);
  pacing.took(1, 2h);
  CHECK(pacing.poll(1, 0s) == 1s);
  Pacing quick(eager);
  quick.took(1, 20ms);
  CHECK(quick.poll(1, 0s) == 1s);
}

TEST_CASE("polls fall where such steps have ended") {
  Pacing pacing(bounds);
  pacing.took(1, 20min);
  pacing.took(1, 21min);
  CHECK(pacing.poll(1, 18min) == 2min);
  CHECK(pacing.poll(1, 20min) == 1min);
  CHECK(pacing.poll(1, 20min + 55s) == 10s);  // not closer than `min`
  CHECK(pacing.poll(1, 1min) == 5min);        // not further than `max`
  CHECK(pacing.poll(1, 24min) == 3min);       // past all experience: ever later
}

TEST_CASE("what was learned of one step says nothing about another") {
  Pacing pacing(bounds);
  pacing.took(1, 40s);
  CHECK(pacing.poll(0, 30s) == Pacing(bounds).poll(0, 30s));
}

TEST_CASE("experience saves calls and is dense only where the end is likely") {
  Pacing learned(bounds);
  for (int i = 0; i < 200; ++i)
    learned.took(1, 2h + std::chrono::seconds{i % 50 * 6});
  const auto polls = polls_of(learned, 1, 2h + 5min);
  std::size_t before = 0;
  for (const Duration at : polls)
    before += at < 2h ? 1 : 0;
  CHECK(before <= 25);                 // 2 h at `max`, and the first
  CHECK(polls.size() - before >= 25);  // 5 min at `min` are 30
  CHECK(polls.size() < polls_of(Pacing({30s, 10s, 10s}), 1, 2h + 5min).size() / 10);
}

TEST_CASE("a single early end does not make hours of dense polls") {
  Pacing pacing(bounds);
  pacing.took(1, 1min);
  for (int i = 0; i < 20; ++i)
    pacing.took(1, 5h + std::chrono::seconds{i});
  CHECK(polls_of(pacing, 1, 5h).size() < 80);
}

TEST_CASE("experience is bounded and follows a change of pace") {
  Pacing pacing(bounds);
  for (int i = 0; i < 1'000; ++i)
    pacing.took(1, 1h);
  for (int i = 0; i < 1'000; ++i)
    pacing.took(1, 2h);
  CHECK(pacing.poll(1, 1h - 1min) != 1min);  // nothing of the old pace is left
  CHECK(pacing.poll(1, 2h - 1min) == 1min);
}

TEST_CASE("a pause after failures lies within a limit that doubles up to `max`") {
  const Pacing pacing(bounds);
  Duration limit = 1s;
  for (unsigned tries = 1; tries <= 20; ++tries) {
    Duration longest{0}, shortest = limit;
    for (std::uint64_t seed = 1; seed <= 500; ++seed) {
      const Duration pause = pacing.backoff(tries, seed);
      CAPTURE(tries);
      CAPTURE(seed);
      CHECK(pause >= 1ms);
      CHECK(pause <= limit);
      longest = std::max(longest, pause);
      shortest = std::min(shortest, pause);
    }
    CHECK(longest > limit * 9 / 10);  // full jitter: the whole range is used
    CHECK(shortest < limit / 10);
    limit = std::min<Duration>(limit * 2, bounds.max);
  }
}

TEST_CASE("the same failure of the same run always pauses as long, of another not") {
  const Pacing pacing(bounds);
  std::set<Duration> pauses;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    CHECK(pacing.backoff(8, seed) == Pacing(bounds).backoff(8, seed));
    pauses.insert(pacing.backoff(8, seed));
  }
  CHECK(pauses.size() > 90);
}

TEST_CASE("bounds below a second are kept, and thousands of failures overflow nothing") {
  const Pacing pacing({20ms, 20ms, 40ms});
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    CHECK(pacing.backoff(1, seed) <= 20ms);
    CHECK(pacing.backoff(60'000, seed) <= 40ms);
  }
}
