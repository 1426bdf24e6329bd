#include "engine/timetable.h"

#include <doctest/doctest.h>

using namespace pawl;
using namespace std::chrono_literals;

namespace {

const CloudInstant at_ten{*parse_utc("2026-11-22T10:00:00.000Z")};

Duration after(const std::optional<CloudInstant>& at) {
  REQUIRE(at);
  return at->at - at_ten.at;
}

TimetablePace pace_of(Duration check, Duration upgrade) {
  TimetablePace pace;
  pace.check = check;
  pace.upgrade = pace.fits = upgrade;
  pace.from = at_ten;
  return pace;
}

RolloutRules waves_of(std::vector<WaveRules> waves, std::uint32_t checks = 10) {
  RolloutRules rules;
  rules.checks_parallel = checks;
  rules.waves = std::move(waves);
  return rules;
}

WaveRules wave_of(std::uint32_t parallel) {
  WaveRules wave;
  wave.name = "w";
  wave.max_parallel = parallel;
  return wave;
}

}  // namespace

TEST_CASE("checks come first, then each wave's upgrades by its places, then its soak") {
  RolloutRules rules = waves_of({wave_of(1), wave_of(2)}, 3);
  rules.waves[0].soak = 1h;
  const std::vector<TimetableRun> runs{{0}, {0}, {1}, {1}, {1}};
  const Timetable table = timetable(rules, runs, pace_of(5min, 30min));
  CHECK(after(table.checked[2]) == 5min);
  CHECK(after(table.checked[4]) == 10min);  // the second round of three places
  CHECK(after(table.waves[0].opens) == 10min);
  CHECK(after(table.starts[1]) == 40min);
  CHECK(after(table.waves[0].ends) == 70min);
  CHECK(after(table.waves[1].opens) == 130min);
  CHECK(after(table.starts[3]) == 130min);
  CHECK(after(table.starts[4]) == 160min);
  CHECK(after(table.waves[1].ends) == 190min);
}

TEST_CASE("a wave without an upgrade to come has no soak to come") {
  RolloutRules rules = waves_of({wave_of(1), wave_of(1)});
  rules.waves[0].soak = 1h;
  const Timetable table =
      timetable(rules, std::vector<TimetableRun>{{1, 0, true}}, pace_of(5min, 30min));
  CHECK(after(table.starts[0]) == 0min);
}

TEST_CASE("checks at their turn are made when their wave opens") {
  RolloutRules rules = waves_of({wave_of(5), wave_of(5)});
  rules.check_ahead = false;
  const Timetable table =
      timetable(rules, std::vector<TimetableRun>{{0}, {1}}, pace_of(5min, 30min));
  CHECK(after(table.starts[0]) == 5min);
  CHECK(after(table.waves[1].opens) == 35min);
  CHECK(after(table.starts[1]) == 40min);
}

TEST_CASE("a spread value never has more in flight, and others pass those that wait for it") {
  RolloutRules rules = waves_of({wave_of(2)});
  rules.waves[0].spread_max = 1;
  const Timetable table = timetable(
      rules, std::vector<TimetableRun>{{0, 1}, {0, 1}, {0, 2}, {0, 0}}, pace_of(0min, 10min));
  CHECK(after(table.starts[0]) == 0min);
  CHECK(after(table.starts[2]) == 0min);
  CHECK(after(table.starts[1]) == 10min);
  CHECK(after(table.starts[3]) == 10min);
}

TEST_CASE("an upgrade that would not end in its window waits for the next, or for ever") {
  RolloutRules rules = waves_of({wave_of(1), wave_of(1)});
  // An hour every day, from 12:00 on.
  rules.waves[0].windows = [](CloudInstant now) {
    const auto day = std::chrono::floor<std::chrono::days>(now.at);
    Opening opening{{day + 12h}, {day + 13h}};
    if (opening.to <= now) opening = {opening.from + 24h, opening.to + 24h};
    return std::optional(opening);
  };
  const std::vector<TimetableRun> runs{{0}, {0}, {1}};
  const Timetable table = timetable(rules, runs, pace_of(0min, 40min));
  CHECK(after(table.starts[0]) == 2h);
  CHECK(after(table.starts[1]) == 26h);
  CHECK(after(table.starts[2]) == 26h + 40min);
  const Timetable never = timetable(rules, runs, pace_of(0min, 61min));
  CHECK_FALSE(never.starts[0]);
  CHECK(never.waves[0].opens);
  CHECK_FALSE(never.waves[0].ends);
  CHECK_FALSE(never.waves[1].opens);
}

TEST_CASE("the quota spaces what begins, and what is checked or soaks is taken as it stands") {
  TimetablePace pace = pace_of(5min, 30min);
  pace.between_checks = 1min;
  pace.between_upgrades = 2min;
  pace.upgrades_from = at_ten + 1h;
  const Timetable table = timetable(waves_of({wave_of(5)}),
                                    std::vector<TimetableRun>{{0, 0, true}, {0}, {0}, {0}}, pace);
  CHECK(after(table.checked[0]) == 0min);
  CHECK(after(table.checked[3]) == 7min);
  CHECK(after(table.starts[0]) == 60min);
  CHECK(after(table.starts[3]) == 66min);
}

TEST_CASE("an upgrade that may begin tonight is not put off by one whose check takes longer") {
  using namespace std::chrono_literals;
  RolloutRules rules;
  rules.checks_parallel = 2;
  rules.check_ahead = false;
  rules.waves = {{"all", 2, 1}};
  rules.waves[0].windows = [](CloudInstant now) -> std::optional<Opening> {
    auto day = std::chrono::floor<std::chrono::days>(now.at);
    for (;; day += std::chrono::days{1}) {
      if (now.at < day + 5h) return Opening{{day + 1h}, {day + 5h}};
    }
  };
  TimetablePace pace{};
  pace.from = pace.upgrades_from =
      CloudInstant{std::chrono::sys_days{std::chrono::year{2026} / 11 / 22}};
  pace.check = 6h;
  pace.upgrade = pace.fits = 1h;
  std::vector<TimetableRun> runs(2);
  runs[1].checked = true;
  const Timetable table = timetable(rules, runs, pace);
  REQUIRE(table.starts[1]);
  CHECK(format_utc(table.starts[1]->at).substr(0, 13) == "2026-11-22T01");
}
