#include "engine/entries.h"

#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "engine/codec.h"
#include "engine/version.h"

using namespace std::chrono_literals;
using namespace pawl;
using nlohmann::json;

namespace {

constexpr Instant told_at = std::chrono::sys_days{std::chrono::year{2026} / 11 / 22} + 12h;

Run waiting_run(std::int64_t id) {
  Run run;
  run.id = id;
  run.wave = 2;
  run.instance_id = "in" + std::to_string(id);
  return run;
}

}  // namespace

TEST_CASE("a run's entry tells where it came from, where it stands and all that is stored of it") {
  Run before = waiting_run(7);
  Run after = before;
  after.state = RunState::checking;
  after.phase = Phase::intended;
  after.attempts = {3, 0, 0, 0};
  const Entry entry = run_entry("plan-1", before, after, "precheck_requested", told_at);
  CHECK(entry.at == told_at);
  CHECK(entry.subject == Subject::run);
  CHECK(entry.rollout == "plan-1");
  CHECK(entry.wave == 2);
  CHECK(entry.run == 7);
  CHECK(entry.instance_id == "in7");
  CHECK(entry.event == "precheck_requested");
  CHECK(entry.from == "pending");
  CHECK(entry.to == "checking");
  CHECK(entry.phase == "intended");
  CHECK(entry.actor == "engine");
  CHECK(entry.attempt == 3);
  CHECK(entry.engine_version == engine_version);
  CHECK(entry.state == encode_run(after));
}

TEST_CASE("the attempt of an entry is that of the step that moved, not of the next one") {
  Run before = waiting_run(1);
  before.attempts = {2, 0, 0, 0};
  Run after = before;
  after.step = 1;
  CHECK(run_entry("r", before, after, "precheck_passed", told_at).attempt == 2);
}

TEST_CASE("a run that is over has no phase to show") {
  const Run before = waiting_run(1);
  Run after = before;
  after.state = RunState::failed;
  after.phase = Phase::over;
  CHECK(run_entry("r", before, after, "precheck_failed", told_at).phase.empty());
}

TEST_CASE("the entry of a wave's move and of the rollout's differ in whose state they replace") {
  const Entry wave = move_entry("r", {1, "wave_opened", "pending", "open", ""}, told_at);
  CHECK(wave.subject == Subject::wave);
  CHECK(wave.wave == 1);
  CHECK(wave.from == "pending");
  CHECK(*decode_word(wave.state, "") == "open");
  CHECK(wave.data == "{}");

  const Entry halt =
      move_entry("r", {-1, "rollout_halted", "running", "halted", "too many"}, told_at);
  CHECK(halt.subject == Subject::rollout);
  CHECK(halt.wave == -1);
  CHECK(json::parse(halt.state) == json{{"state", "halted"}, {"reason", "too many"}});
  CHECK(json::parse(halt.data) == json{{"reason", "too many"}});
}

TEST_CASE("an entry about the store belongs to no rollout and says who and why") {
  const Entry entry = store_entry("driver_stopped", "ann@host", "interrupted", told_at);
  CHECK(entry.subject == Subject::store);
  CHECK(entry.rollout.empty());
  CHECK(entry.actor == "ann@host");
  CHECK(json::parse(entry.data) == json{{"reason", "interrupted"}});
}

TEST_CASE("a rollout starts with an entry of its own and one that enrols each run") {
  NewRollout created;
  created.rollout.id = "plan-1";
  created.rollout.endpoint = "http://127.0.0.1:1";
  created.rollout.project_id = "p";
  created.rollout.workflow = "w";
  created.runs = {{5, 0, "in5", ""}, {6, 0, "in6", ""}};
  const Entry start = started_entry(created, "ann@host", told_at);
  CHECK(start.event == "rollout_started");
  CHECK(start.subject == Subject::rollout);
  CHECK(start.actor == "ann@host");
  CHECK(json::parse(start.data) == json{{"endpoint", "http://127.0.0.1:1"},
                                        {"instances", "2"},
                                        {"project_id", "p"},
                                        {"workflow", "w"}});
  CHECK(*decode_word(start.state, "") == "running");
  const Run run = waiting_run(5);
  const Entry entry = enrolled_entry("plan-1", run, told_at);
  CHECK(entry.rollout == "plan-1");
  CHECK(entry.event == "instance_enrolled");
  CHECK(entry.run == run.id);
  CHECK(entry.from.empty());
  CHECK(entry.to == "pending");
  CHECK(entry.state == encode_run(run));
}

TEST_CASE("a move of the cloud's clock is told with offset and error, now and before") {
  const ClockOffset now{-4'500ms, -3'301ms}, before{20s, 21s};
  const Entry first = clock_entry({std::nullopt, now}, told_at, told_at - 1s);
  CHECK(first.event == "cloud_clock_moved");
  CHECK(first.subject == Subject::store);
  CHECK(json::parse(first.data) ==
        json{{"offset_ms", "-3900"},
             {"error_ms", "600"},
             {"reason", "the cloud's clock is 3900ms behind ours, give or take 600ms"}});
  const json moved = json::parse(clock_entry({before, now}, told_at, told_at).data);
  CHECK(moved["before_offset_ms"] == "20500");
  CHECK(moved["before_error_ms"] == "500");
  CHECK(moved["reason"] ==
        "the cloud's clock is 3900ms behind ours, give or take 600ms; it was 20500ms ahead of "
        "ours, give or take 500ms");
  // The wall clock was set back since the store's last entry.
  const json behind = json::parse(clock_entry({before, now}, told_at, told_at - 2h).data);
  CHECK(behind["offset_ms"] == "-3900");
  CHECK(behind["wall_offset_ms"] == "7196100");
}

TEST_CASE("calls that the cloud's throttle has made fewer are told, and that they are as before") {
  const Entry slowed = rate_entry({60, 30, 60, told_at + 5s}, "req-1", told_at);
  CHECK(slowed.event == "calls_slowed");
  CHECK(slowed.subject == Subject::store);
  CHECK(json::parse(slowed.data) ==
        json{{"before", "60"},
             {"calls_per_minute", "30"},
             {"configured", "60"},
             {"request_id", "req-1"},
             {"reason",
              "the cloud says that calls are too many: 30 a minute go out instead of 60, "
              "and none before 2026-11-22T12:00:05.000Z"}});
  const Entry restored = rate_entry({58, 60, 60, told_at}, "req-1", told_at + 14min);
  CHECK(restored.event == "calls_restored");
  CHECK(json::parse(restored.data)["reason"] ==
        "60 calls a minute go out again, as the plan has it");
}

TEST_CASE("an obligation is told beside what led to it, and leaves the run as it is") {
  Run before = waiting_run(7);
  Run after = before;
  after.state = RunState::verifying;
  after.phase = Phase::submitted;
  Entry last = run_entry("plan-1", before, after, "upgrade_succeeded", told_at);
  last.actor = "ada@ops-1";
  const Entry opened = obligation_opened_entry(last, {"old_instance", "release it"});
  CHECK(opened.event == "obligation_opened");
  CHECK(opened.actor == "engine");
  CHECK(opened.from == "verifying");
  CHECK(json::parse(opened.data) == json{{"kind", "old_instance"}, {"reason", "release it"}});

  Lever lever;
  lever.kind = LeverKind::close;
  lever.by = "bob@ops-2";
  lever.reason = "released";
  const Entry closed = obligation_closed_entry(opened, 12, "old_instance", lever, told_at + 1h);
  CHECK(closed.event == "obligation_closed");
  CHECK(closed.actor == "bob@ops-2");
  CHECK(closed.at == told_at + 1h);
  CHECK(json::parse(closed.data) ==
        json{{"kind", "old_instance"}, {"obligation", "12"}, {"reason", "released"}});
  for (const Entry& entry : {opened, closed}) {
    CAPTURE(entry.event);
    CHECK(entry.subject == Subject::run);
    CHECK(entry.run == 7);
    CHECK(entry.instance_id == "in7");
    CHECK(entry.to == "verifying");
    CHECK(entry.phase == "submitted");
    CHECK(entry.state == last.state);
  }
}
