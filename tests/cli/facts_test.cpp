// Stored runs and rollouts in the words of the contract.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "cli/history_rows.h"
#include "cli/in_flight.h"
#include "cli/options.h"
#include "cli/run_facts.h"
#include "cli/status_table.h"
#include "cli/status_view.h"
#include "engine/codec.h"
#include "tests/cli/captured.h"
#include "workflows/upgrade_facts.h"
#include "workflows/upgrade_steps.h"

namespace pawl::test {

using nlohmann::json;

namespace {

Run run_in(RunState state, const std::string& reason = "") {
  Run run;
  run.id = 7;
  run.instance_id = "3aa441c4c98a4b36b100a7e3e87d17cein03";
  run.name = "orders-1";
  run.state = state;
  run.phase = ended(state) ? Phase::over : Phase::submitted;
  run.reason = reason;
  return run;
}

RunView view_of(const Run& run) {
  RunView view;
  view.rollout = "fleet-1";
  view.wave_name = "rest";
  view.word = to_string(run.state);
  view.phase = to_string(run.phase);
  view.state = encode_run(run);
  view.word = to_string(run.state);
  view.updated = *parse_utc("2026-03-01T12:00:00.000Z");
  return view;
}

RolloutView rollout_of(const std::vector<Run>& runs) {
  RolloutView view;
  view.summary.record.id = "fleet-1";
  view.summary.record.plan_name = "fleet";
  view.summary.state = "running";
  view.summary.updated = *parse_utc("2026-03-01T12:00:00.000Z");
  WaveView wave{0, "rest", "", static_cast<std::int64_t>(runs.size()), {}};
  for (const Run& run : runs) {
    view.runs.push_back(view_of(run));
    wave.counts.push_back({std::string(to_string(run.state)), 1});
  }
  view.summary.counts = wave.counts;
  view.waves.push_back(std::move(wave));
  return view;
}

std::string status_of(Format format, const RolloutView& view,
                      StatusDetail detail = StatusDetail::full) {
  return captured(stdout, [&] { CHECK(print_status(format, view, detail, {})); });
}

RolloutSummary summary(std::string state, std::vector<StateCount> counts) {
  RolloutSummary made;
  made.state = std::move(state);
  made.counts = std::move(counts);
  return made;
}

}  // namespace

TEST_CASE("only a run that succeeded, or had nothing to do, is fine") {
  for (std::size_t i = 0; i < run_states; ++i) {
    const auto state = static_cast<RunState>(i);
    CAPTURE(to_string(state));
    CHECK(fine(run_in(state)) == (state == RunState::succeeded));
    CHECK(fine(run_in(state, "already on its target, 14.6")) ==
          (state == RunState::succeeded || state == RunState::skipped));
  }
  const auto code = [](const std::vector<Run>& runs) {
    const Result<int> made = exit_code_of(rollout_of(runs));
    REQUIRE(made);
    return *made;
  };
  CHECK(code({}) == exit_code::finished);
  CHECK(code({run_in(RunState::succeeded)}) == exit_code::finished);
  CHECK(code({run_in(RunState::succeeded), run_in(RunState::failed)}) == exit_code::failures);
  CHECK(code({run_in(RunState::skipped, "it is a read replica")}) == exit_code::failures);
}

TEST_CASE("a rollout waits where only a person can go on, and says so in no other case") {
  struct Row {
    const char* state;
    std::vector<StateCount> counts;
    const char* shown;
  };
  const Row rows[] = {
      {"running", {{"upgrading", 1}}, "running"},
      {"running", {{"needs_operator", 1}, {"upgrading", 1}}, "running"},
      {"running", {{"needs_operator", 1}, {"pending", 2}}, "running"},
      {"running", {{"needs_operator", 1}, {"pending", 0}}, "waiting"},
      {"running", {{"needs_operator", 1}, {"succeeded", 5}, {"failed", 1}}, "waiting"},
      {"running", {{"needs_operator", 0}}, "running"},
      {"halted", {{"needs_operator", 1}}, "halted"},
      {"finished", {}, "finished"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.state);
    CHECK(shown_state(summary(row.state, row.counts)) == row.shown);
  }
  CHECK(count_of({{"failed", 3}}, "failed") == 3);
  CHECK(count_of({{"failed", 3}}, "pending") == 0);
}

TEST_CASE("a wave that its cancelled rollout left open is cancelled, once nothing of it moves") {
  struct Row {
    const char* rollout;
    const char* wave;
    std::vector<StateCount> counts;
    const char* shown;
  };
  const Row rows[] = {
      {"running", "", {{"pending", 1}}, "pending"},
      {"running", "open", {{"failed", 1}}, "open"},
      {"halted", "soaking", {{"succeeded", 1}}, "soaking"},
      {"cancelling", "open", {{"cancelled", 1}, {"upgrading", 1}}, "open"},
      {"cancelling", "open", {{"needs_operator", 1}}, "open"},
      {"cancelling", "", {{"cancelled", 2}}, "cancelled"},
      {"cancelled", "open", {{"cancelled", 1}, {"succeeded", 1}, {"upgrading", 0}}, "cancelled"},
      {"cancelled", "awaiting_approval", {{"cancelled", 1}}, "cancelled"},
      {"cancelled", "closed", {{"succeeded", 1}}, "closed"},
      {"finished", "closed", {{"cancelled", 1}}, "closed"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.rollout);
    CAPTURE(row.wave);
    const WaveView wave{0, "rest", row.wave, 1, row.counts};
    CHECK(shown_state(wave, summary(row.rollout, {})) == row.shown);
  }
}

TEST_CASE("an instance is shown with every field, and null where it has none") {
  const auto bare = instance_json(view_of(run_in(RunState::checking)), {});
  REQUIRE(bare);
  const json empty = json::parse(dump(*bare));
  CHECK(empty["phase"] == "submitted");
  for (const char* field : {"source_version", "target_version", "report_id", "check_expires",
                            "job_id", "new_instance_id", "reason"}) {
    CAPTURE(field);
    CHECK(empty[field].is_null());
  }
  Run run = run_in(RunState::succeeded, "verified");
  run.facts.set(fact::source_version, "13.9");
  run.facts.set(fact::backup_id, "2f4ddb93b9014b0893d81d2e472f30fe");
  run.facts.set(fact::new_instance_id, "6b5750504be1403191c4f00e4ffaee5ein03");
  run.valid_until = CloudInstant{*parse_utc("2026-03-08T12:00:00.000Z")};
  run.attempts = {2, 1, 0, 0};
  const auto whole = instance_json(view_of(run), {});
  REQUIRE(whole);
  const json object = json::parse(dump(*whole));
  CHECK(object["instance_id"] == run.instance_id);
  CHECK(object["wave"] == "rest");
  CHECK(object["rollout"] == "fleet-1");
  CHECK(object["backup_id"] == "2f4ddb93b9014b0893d81d2e472f30fe");
  CHECK(object["state"] == "succeeded");
  CHECK(object["phase"].is_null());
  CHECK(object["attempts"] == json{{"precheck", 2}, {"upgrade", 1}});
  CHECK(object["source_version"] == "13.9");
  CHECK(object["check_expires"] == "2026-03-08T12:00:00.000Z");
  CHECK(object["updated"] == "2026-03-01T12:00:00.000Z");
}

TEST_CASE("a run that was damaged is the store's fault, for every command that shows it") {
  RunView damaged = view_of(run_in(RunState::failed));
  damaged.state = "{\"state\":";
  RolloutView view = rollout_of({run_in(RunState::failed)});
  view.runs[0] = damaged;
  CHECK(run_of(damaged).error().fault == Fault::store);
  CHECK(instance_json(damaged, {}).error().fault == Fault::store);
  CHECK(exit_code_of(view).error().fault == Fault::store);
  captured(stdout, [&] {
    for (const Format format : {Format::table, Format::json, Format::ndjson, Format::csv}) {
      const Outcome outcome = print_status(format, view, StatusDetail::full, {});
      CHECK_FALSE(outcome);
    }
  });
}

TEST_CASE("a status is the same in each form, and valid whatever reasons and names hold") {
  std::vector<Run> runs;
  for (const std::string& text : hostile_texts()) {
    if (!json::accept(json(text).dump(-1, ' ', false, json::error_handler_t::replace))) continue;
    Run run = run_in(RunState::failed, text);
    run.name = text;
    if (decode_run(encode_run(run), upgrade_facts)) runs.push_back(run);
  }
  REQUIRE(runs.size() > 8);
  const RolloutView view = rollout_of(runs);
  const std::string whole = status_of(Format::json, view);
  REQUIRE(json::accept(whole));
  const json status = json::parse(whole);
  CHECK(status["rollout"] == "fleet-1");
  CHECK(status["finished"].is_null());
  CHECK(status["counts"].size() == run_states);
  CHECK(status["waves"][0]["state"] == "pending");
  REQUIRE(status["instances"].size() == runs.size());
  const auto lines = lines_of(status_of(Format::ndjson, view));
  REQUIRE(lines.size() == runs.size());
  for (std::size_t i = 0; i < lines.size(); ++i) {
    json line = json::parse(lines[i]);
    CHECK(line["rollout"] == "fleet-1");
    line.erase("rollout");
    CHECK(line == status["instances"][i]);
  }
  const std::string table = status_of(Format::table, view);
  CHECK(table.find('\x1b') == std::string::npos);
  CHECK(lines_of(status_of(Format::csv, view))[0].starts_with("rollout,instance_id,name,wave,"));
}

TEST_CASE("a table shows first who needs a person, then what failed, then what moves") {
  Run stuck = run_in(RunState::needs_operator, "two upgrades were found");
  stuck.phase = Phase::over;
  Run untouched = run_in(RunState::pending);
  untouched.phase = Phase::waiting;
  Run hooked = run_in(RunState::ready);
  hooked.step = upgrade_step::before_hooks;
  hooked.phase = Phase::intended;
  const RolloutView view =
      rollout_of({run_in(RunState::checking), untouched, run_in(RunState::upgrading),
                  run_in(RunState::failed), stuck, hooked});
  const auto states = [&](StatusDetail detail) {
    std::vector<std::string> found;
    const std::string table = status_of(Format::table, view, detail);
    for (const std::string& line : lines_of(table.substr(table.find("INSTANCE")))) {
      for (const char* state :
           {"needs_operator", "failed", "upgrading", "ready", "checking", "pending"}) {
        if (line.find(std::string(" ") + state) != std::string::npos) found.emplace_back(state);
      }
    }
    return found;
  };
  CHECK(states(StatusDetail::full) ==
        std::vector<std::string>{"needs_operator", "failed", "upgrading", "ready", "checking"});
  CHECK(states(StatusDetail::brief) == std::vector<std::string>{"needs_operator", "failed"});
}

TEST_CASE("what is in flight is told by what it is, in each wave and altogether") {
  const auto at = [](RunState state, std::uint8_t step, Phase phase) {
    Run run = run_in(state);
    run.step = step;
    run.phase = phase;
    return run;
  };
  const std::vector<Run> flying{
      at(RunState::checking, upgrade_step::precheck, Phase::submitted),
      at(RunState::checking, upgrade_step::precheck, Phase::intended),
      at(RunState::ready, upgrade_step::backup, Phase::submitted),
      at(RunState::ready, upgrade_step::before_hooks + 1, Phase::intended),
      at(RunState::upgrading, upgrade_step::upgrade, Phase::unsure),
      at(RunState::verifying, upgrade_step::verify, Phase::submitted),
      at(RunState::verifying, upgrade_step::after_hooks, Phase::waiting),
  };
  std::vector<Run> runs = flying;
  runs.push_back(at(RunState::ready, upgrade_step::backup, Phase::waiting));
  runs.push_back(at(RunState::pending, upgrade_step::precheck, Phase::waiting));
  runs.push_back(at(RunState::needs_operator, upgrade_step::upgrade, Phase::over));
  RolloutView view = rollout_of(runs);
  const auto found = in_flight_of(view.runs);
  REQUIRE(found);
  CHECK(*found == InFlight{2, 1, 1, 1, 2});
  CHECK(in_flight_words(*found) ==
        "in flight: 2 checks, 1 backup, 1 upgrade and 1 verification at the cloud, 2 hooks here");
  CHECK(in_flight_words({0, 0, 0, 0, 1}) == "in flight: 1 hook here");
  CHECK(in_flight_words({}) == "nothing of it is in flight");
  json status = json::parse(status_of(Format::json, view));
  CHECK(status["in_flight"] ==
        json{{"checks", 2}, {"backups", 1}, {"upgrades", 1}, {"verifications", 1}, {"hooks", 2}});
  CHECK(status["quiesced"] == false);
  const std::string table = status_of(Format::table, view);
  CHECK(table.find(in_flight_words(*found) + "\n") != std::string::npos);
  CHECK(table.find("quiesced") == std::string::npos);
  std::istringstream wave(table.substr(table.find("\nrest ")));
  std::string name, state, total, done, flight;
  wave >> name >> state >> total >> done >> flight;
  CHECK(flight == "7");

  view = rollout_of({runs.end() - 3, runs.end()});
  view.summary.state = "paused";
  CHECK(status_of(Format::table, view).starts_with("fleet-1: paused (quiesced), started"));
  CHECK(json::parse(status_of(Format::json, view))["quiesced"] == true);
}

TEST_CASE("a failure is shown by what went wrong, not by how its report begins") {
  const Run failed = run_in(RunState::failed,
                            "the pre-check failed: 2026-11-29 09:54:17 --- task begin\n"
                            "2026-11-29 09:54:20 --- drop 3 subscriptions");
  const std::string table = status_of(Format::table, rollout_of({failed}), StatusDetail::brief);
  const std::string instances = table.substr(table.find("INSTANCE"));
  CHECK_MESSAGE(instances.find("  drop 3 subscriptions\n") != std::string::npos, instances);
  CHECK(json::parse(status_of(Format::json, rollout_of({failed})))["instances"][0]["reason"] ==
        failed.reason);
}

TEST_CASE("a status says why the rollout stands still, and what a person can do") {
  const RolloutView view = rollout_of({run_in(RunState::ready)});
  StatusBeside beside;
  beside.still = {"wave mid waits for its maintenance window", "", true};
  const auto told = [&](Format format) {
    return captured(stdout, [&] { CHECK(print_status(format, view, StatusDetail::full, beside)); });
  };
  CHECK(told(Format::table).find("\nwave mid waits for its maintenance window\n") !=
        std::string::npos);
  CHECK(told(Format::table).starts_with("fleet-1: waiting"));
  const json status = json::parse(told(Format::json));
  CHECK(status["state"] == "waiting");
  CHECK(status["standstill"] ==
        json{{"why", "wave mid waits for its maintenance window"}, {"what_to_do", nullptr}});
  beside.still = {"wave mid waits for approval", "`pawl approve fleet-1 mid`", true};
  CHECK(told(Format::table).find("wave mid waits for approval: `pawl approve fleet-1 mid`\n") !=
        std::string::npos);
  CHECK(json::parse(status_of(Format::json, view))["standstill"].is_null());
}

TEST_CASE("a status says what was asked for and is not answered, and null where nobody looked") {
  const RolloutView view = rollout_of({run_in(RunState::ready)});
  StatusBeside beside;
  beside.asked = {{Instant{}, "turn_back", "", "ops@host", ""}};
  const auto told = [&](Format format) {
    return captured(stdout, [&] { CHECK(print_status(format, view, StatusDetail::full, beside)); });
  };
  CHECK(told(Format::table).find("\nturn_back, asked for by ops@host at ") != std::string::npos);
  CHECK(json::parse(told(Format::json))["asked"][0]["kind"] == "turn_back");
  CHECK(json::parse(status_of(Format::json, view))["asked"].is_null());
}

TEST_CASE("a low screen keeps the heading, and says how many instances it leaves out") {
  std::vector<Run> runs;
  for (std::int64_t id = 1; id <= 30; ++id) {
    runs.push_back(run_in(RunState::upgrading));
    runs.back().id = id;
  }
  const RolloutView view = rollout_of(runs);
  for (const std::size_t rows : {12U, 24U, 30U}) {
    const auto lines = lines_of(captured(
        stdout, [&] { CHECK(print_status(Format::table, view, StatusDetail::full, {}, rows)); }));
    CAPTURE(rows);
    CHECK(lines.size() == rows);
    CHECK(lines.front().starts_with("fleet-1: running, started"));
    CHECK(lines.back() == fmt::format("and {} more instances; --json shows all", 30 - (rows - 7)));
  }
  CHECK(status_of(Format::table, view).find("--json shows all") == std::string::npos);
}

TEST_CASE("a narrow terminal shows names in place of ids, and an id where there is no name") {
  const std::string id = std::string(32, 'a') + "in03";
  const auto shown = [&](std::size_t width, std::string name) {
    const std::vector<std::vector<Cell>> rows{{Cell::of(id), Cell::of(std::move(name)),
                                               Cell::of("w"), Cell::of("failed"), Cell{}, Cell{}}};
    return table_lines(instance_columns(width), rows, width)[1][0];
  };
  CHECK(shown(80, "orders-1") == "orders-1  w     failed  -");
  CHECK(shown(80, "") == id + "  w     failed  -");
  CHECK(shown(120, "orders-1") == id + "  orders-1  w     failed  -");
  CHECK(shown(120, "") == id + "  -     w     failed  -");
  CHECK(instance_columns(120)[5].below == "why");
  CHECK(instance_columns(160)[5].below.empty());
  std::size_t before_state_ends = 0;
  for (const Column& column : instance_columns(40)) {
    if (!column.is_id) before_state_ends += column.columns_max + 2;
    if (column.name == "state") break;
  }
  CHECK(before_state_ends <= 42);
}

TEST_CASE("a narrow list of rollouts keeps what needs a person, and programs are given the same") {
  std::size_t taken = 0;
  for (const Column& column : rollout_columns(80))
    taken += column.heading.empty() ? 0 : column.heading.size() + 2;
  CHECK(taken <= 70);
  for (std::size_t i = 0; i < rollout_columns(80).size(); ++i) {
    const Column narrow = rollout_columns(80)[i], wide = rollout_columns(160)[i];
    CHECK(narrow.name == wide.name);
    if (narrow.name == "needs_operator" || narrow.name == "failed")
      CHECK_FALSE(narrow.heading.empty());
  }
}

TEST_CASE("a rollout that ended with failures says what takes them up, until something has") {
  RolloutView view = rollout_of({run_in(RunState::failed)});
  view.summary.state = "finished";
  view.summary.finished = view.summary.updated;
  view.summary.record.workflow = "rds-postgresql-major-upgrade";
  const std::string hint = "`pawl run PLAN --failed-of fleet-1` takes up";
  CHECK(status_of(Format::table, view).find(hint) != std::string::npos);
  view.summary.followed_by = "fleet-2";
  CHECK(status_of(Format::table, view).find(hint) == std::string::npos);
  view = rollout_of({run_in(RunState::failed)});
  CHECK(status_of(Format::table, view).find(hint) == std::string::npos);  // still to be decided
}

TEST_CASE("a history names who acted, and the rollout where there may be several") {
  const auto headings = [](HistoryOf of, std::size_t width = 160) {
    std::vector<std::string> found;
    for (const Column& column : history_columns(width, of)) {
      if (!column.heading.empty()) found.push_back(column.heading);
    }
    return found;
  };
  CHECK(headings(HistoryOf::several) == std::vector<std::string>{"SEQ", "TIME", "ROLLOUT", "WAVE",
                                                                 "INSTANCE", "EVENT", "TO", "WHY"});
  CHECK(headings(HistoryOf::one_rollout).size() == 7);
  CHECK(headings(HistoryOf::one_run) == headings(HistoryOf::one_rollout));
  // What has happened is seen on a narrow terminal too.
  CHECK(headings(HistoryOf::one_run, 80) ==
        std::vector<std::string>{"SEQ", "TIME", "EVENT", "TO", "WHY"});
  CHECK(headings(HistoryOf::several, 80) ==
        std::vector<std::string>{"SEQ", "TIME", "ROLLOUT", "INSTANCE", "EVENT", "TO", "WHY"});
  StoredEntry stored;
  stored.entry.data = R"({"reason":"not today"})";
  stored.entry.actor = "ann@host";
  CHECK(history_cells(Format::table, stored)[10].text == "by ann@host: not today");
  stored.entry.actor = "engine";
  CHECK(history_cells(Format::table, stored)[10].text == "not today");
}

TEST_CASE("a halt says why, and nothing else does") {
  RolloutSummary halted = summary("halted", {});
  halted.state_data = R"({"reason":"6 failed, 5 are allowed"})";
  CHECK(text_of_halt(halted) == "6 failed, 5 are allowed");
  halted.state = "running";
  CHECK(text_of_halt(halted) == "");
}

}  // namespace pawl::test
