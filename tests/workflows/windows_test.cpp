#include "workflows/windows.h"

#include <doctest/doctest.h>

#include <string>

#include "engine/rollout.h"

using namespace pawl;
using namespace std::chrono_literals;

namespace {

constexpr std::uint8_t sat = 1U << 5U, sun = 1U << 6U, every_day = 0x7f;

CloudInstant at(const std::string& text) {
  const auto time = parse_utc(text + ".000Z");
  REQUIRE_MESSAGE(time, text);
  return {*time};
}

std::string shown(const std::optional<Opening>& opening) {
  if (!opening) return "never";
  const auto brief = [](CloudInstant time) { return format_utc(time.at).substr(0, 16); };
  return brief(opening->from) + " to " + brief(opening->to);
}

}  // namespace

TEST_CASE("a window opens on its days, by the clocks of its zone") {
  const Window berlin{sat | sun, 1h, 5h, "Europe/Berlin"};
  // Wednesday; winter, so one hour before UTC.
  CHECK(shown(opening_at({&berlin, 1}, at("2026-11-25T12:00:00"))) ==
        "2026-11-28T00:00 to 2026-11-28T04:00");
  CHECK(shown(opening_at({&berlin, 1}, at("2026-11-28T03:59:59"))) ==
        "2026-11-28T00:00 to 2026-11-28T04:00");
  CHECK(shown(opening_at({&berlin, 1}, at("2026-11-28T04:00:00"))) ==
        "2026-11-29T00:00 to 2026-11-29T04:00");
  const Window kolkata{sat, 30min, 2h, "Asia/Kolkata"};
  CHECK(shown(opening_at({&kolkata, 1}, at("2026-11-25T12:00:00"))) ==
        "2026-11-27T19:00 to 2026-11-27T20:30");
}

TEST_CASE("a window that ends before it begins goes on past midnight") {
  const Window night{sat, 22h, 4h, "UTC"};
  for (const char* now : {"2026-11-28T00:00:00", "2026-11-28T23:00:00", "2026-11-29T03:59:00"}) {
    CHECK(shown(opening_at({&night, 1}, at(now))) == "2026-11-28T22:00 to 2026-11-29T04:00");
  }
  CHECK(shown(opening_at({&night, 1}, at("2026-11-29T04:00:00"))) ==
        "2026-12-05T22:00 to 2026-12-06T04:00");
}

TEST_CASE("a window whose week the clocks skip opens in the week after") {
  // Berlin, 2026-03-29, is a Sunday without the hour from 02:00.
  const Window inside{sun, 2h + 10min, 2h + 50min, "Europe/Berlin"};
  CHECK(shown(opening_at({&inside, 1}, at("2026-03-22T01:50:00"))) ==
        "2026-04-05T00:10 to 2026-04-05T00:50");
}

TEST_CASE("when the clocks go forward, skipped time is no window") {
  // Berlin, 2026-03-29: 02:00 becomes 03:00, which is 01:00 UTC.
  const Window across{sun, 1h, 5h, "Europe/Berlin"};
  CHECK(shown(opening_at({&across, 1}, at("2026-03-28T12:00:00"))) ==
        "2026-03-29T00:00 to 2026-03-29T03:00");
  const Window begins_inside{sun, 2h + 30min, 5h, "Europe/Berlin"};
  CHECK(shown(opening_at({&begins_inside, 1}, at("2026-03-28T12:00:00"))) ==
        "2026-03-29T01:00 to 2026-03-29T03:00");
  const Window ends_inside{sun, 1h, 2h + 30min, "Europe/Berlin"};
  CHECK(shown(opening_at({&ends_inside, 1}, at("2026-03-28T12:00:00"))) ==
        "2026-03-29T00:00 to 2026-03-29T01:00");
  const Window all_inside{sun, 2h + 10min, 2h + 50min, "Europe/Berlin"};
  CHECK(shown(opening_at({&all_inside, 1}, at("2026-03-28T12:00:00"))) ==
        "2026-04-05T00:10 to 2026-04-05T00:50");
}

TEST_CASE("when the clocks go back, the first of both hours counts") {
  // Berlin, 2026-10-25: 03:00 becomes 02:00; 02:30 is shown at 00:30 and at 01:30 UTC.
  const Window across{sun, 1h, 5h, "Europe/Berlin"};
  CHECK(shown(opening_at({&across, 1}, at("2026-10-24T12:00:00"))) ==
        "2026-10-24T23:00 to 2026-10-25T04:00");
  const Window inside{sun, 2h + 15min, 2h + 45min, "Europe/Berlin"};
  CHECK(shown(opening_at({&inside, 1}, at("2026-10-24T12:00:00"))) ==
        "2026-10-25T00:15 to 2026-10-25T00:45");
  CHECK(shown(opening_at({&inside, 1}, at("2026-10-25T01:20:00"))) ==
        "2026-11-01T01:15 to 2026-11-01T01:45");
  const Window ends_inside{sun, 1h, 2h + 30min, "Europe/Berlin"};
  CHECK(shown(opening_at({&ends_inside, 1}, at("2026-10-24T12:00:00"))) ==
        "2026-10-24T23:00 to 2026-10-25T00:30");
}

TEST_CASE("windows that meet count as one, in whichever zones they stand") {
  const Window parts[] = {{sat, 1h, 3h, "UTC"}, {sat, 4h, 6h, "Europe/Berlin"}};
  CHECK(shown(opening_at(parts, at("2026-11-27T00:00:00"))) ==
        "2026-11-28T01:00 to 2026-11-28T05:00");
  const Window apart[] = {{sat, 5h, 6h, "UTC"}, {sat, 1h, 3h, "UTC"}};
  CHECK(shown(opening_at(apart, at("2026-11-28T03:00:00"))) ==
        "2026-11-28T05:00 to 2026-11-28T06:00");
  const Window always{every_day, 0h, 0h, "UTC"};
  CHECK(opening_at({&always, 1}, at("2026-11-25T12:00:00"))->to > at("2026-12-01T00:00:00"));
}

TEST_CASE("no windows never open") {
  CHECK(shown(opening_at({}, at("2026-11-25T12:00:00"))) == "never");
}

TEST_CASE("windows that follow one another without a gap never close") {
  const std::vector<Window> windows{{0x7F, std::chrono::hours{0}, std::chrono::hours{12}, "UTC"},
                                    {0x7F, std::chrono::hours{12}, std::chrono::hours{0}, "UTC"}};
  RolloutRules rules;
  rules.waves = {{"all", 10, 1}};
  rules.waves[0].windows = [windows](CloudInstant now) { return opening_at(windows, now); };
  Run run;
  run.id = 1;
  run.step = 1;
  run.checked_once = true;
  run.state = RunState::ready;
  const std::vector<Run> runs{run};
  const std::vector<WaveState> waves{WaveState::open};
  Rollout rollout(rules, runs, waves, RolloutState::running);
  CloudInstant now{std::chrono::sys_days{std::chrono::year{2026} / 11 / 22}};
  int closed = 0;
  for (int hour = 0; hour < 24 * 30; ++hour, now = now + std::chrono::hours{1}) {
    const Present present{CloudNow{now, now}, std::chrono::hours{6}};
    const bool held = rollout.obstacles_of_wave(Gate::upgrade, 0, present)
                          .test(static_cast<std::size_t>(Obstacle::window));
    if (held) ++closed;
  }
  CHECK(closed == 0);
}
