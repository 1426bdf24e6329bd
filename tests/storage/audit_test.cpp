#include "storage/audit.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "tests/storage/sample.h"

using namespace pawl;
using namespace pawl::test;

namespace {

/// The sample rollouts 1 and 2 of one plan, the first of them finished.
class ToldRollouts {
 public:
  ToldRollouts() : driving_(good(drive(folder_.store()))) {
    two.rollout.started = noon + Duration{1};
    for (const NewRollout* rollout : {&one, &two}) {
      const std::vector<Entry> entries = starting_entries(*rollout, noon);
      good(driving_.journal->commit({rollout, entries, nullptr, nullptr}));
    }
    Entry upgraded = about_run(one, 1, noon + Duration{1}, "pending", "succeeded");
    upgraded.state = R"({"facts":{"new_instance_id":"id-new"}})";
    add({about_wave(one, 0, noon, "", "open"), upgraded,
         about_rollout(one, noon + Duration{2}, "running", "finished"),
         about_run(two, 0, noon + Duration{3}, "pending", "checking")});
  }

  void add(const std::vector<Entry>& entries) {
    good(driving_.journal->commit({nullptr, entries, nullptr, nullptr}));
  }
  AuditReader audit() { return AuditReader(driving_.store->database()); }

  NewRollout one = sample_rollout(1), two = sample_rollout(2);

 private:
  Folder folder_;
  Driving driving_;
};

std::string words_of(std::vector<StateCount> counts) {
  std::sort(counts.begin(), counts.end(),
            [](const StateCount& a, const StateCount& b) { return a.state < b.state; });
  std::string words;
  for (const StateCount& count : counts)
    words += count.state + " " + std::to_string(count.count) + ";";
  return words;
}

std::vector<std::int64_t> runs_in(const std::vector<RunView>& views) {
  std::vector<std::int64_t> runs;
  for (const RunView& view : views)
    runs.push_back(view.record.run);
  return runs;
}

}  // namespace

TEST_CASE("a store without rollouts answers every question with nothing") {
  const Folder folder;
  good(drive(folder.store()));
  const auto store = good(Store::open_for_reading(folder.store(), noon));
  AuditReader audit(store->database());
  CHECK(good(audit.rollouts()).empty());
  CHECK(good(audit.unfinished()).empty());
  CHECK(good(audit.runs_of("id", "")).empty());
  CHECK(!good(audit.unfinished_with("id")));
  CHECK(!good(audit.latest_of("plan")));
  CHECK(!good(audit.driver()));
  CHECK(good(audit.next_number("plan")) == 1);
  CHECK(good(audit.next_run()) == 1);
  CHECK(history(store->database()).empty());
}

TEST_CASE("rollouts are summed up by the time of their start") {
  ToldRollouts told;
  const auto rollouts = good(told.audit().rollouts());
  REQUIRE(rollouts.size() == 2);
  CHECK(rollouts[0].record == told.one.rollout);
  CHECK(rollouts[0].state == "finished");
  CHECK(rollouts[0].state_data == R"({"state":"finished"})");
  CHECK(rollouts[0].updated == noon + Duration{2});
  CHECK(rollouts[0].finished == noon + Duration{2});
  CHECK(words_of(rollouts[0].counts) == "pending 2;succeeded 1;");
  CHECK(rollouts[1].record == told.two.rollout);
  CHECK(rollouts[1].state == "running");
  CHECK(rollouts[1].updated == noon + Duration{3});
  CHECK(!rollouts[1].finished);
  CHECK(words_of(rollouts[1].counts) == "checking 1;pending 2;");
}

TEST_CASE("runs are found by where they stand, without the rest of their rollout") {
  ToldRollouts told;
  const auto found = [&](std::string_view state, std::vector<std::string_view> phases) {
    std::vector<std::int64_t> runs;
    for (const RunView& run : good(told.audit().runs_in("plan-1", state, phases)))
      runs.push_back(run.record.run);
    return runs;
  };
  const std::vector<std::int64_t> all{told.one.runs[0].run, told.one.runs[1].run,
                                      told.one.runs[2].run};
  CHECK(found("succeeded", {"over"}) == std::vector{all[1]});
  CHECK(found("nothing", {"over", "asked"}) == all);
  CHECK(found("nothing", {"over"}).empty());
}

TEST_CASE("a rollout is shown with its waves and runs") {
  ToldRollouts told;
  const RolloutView view = good(told.audit().rollout("plan-1"));
  CHECK(view.summary.record == told.one.rollout);
  CHECK(words_of(view.summary.counts) == "pending 2;succeeded 1;");
  REQUIRE(view.waves.size() == 2);
  CHECK(view.waves[0].name == "canary");
  CHECK(view.waves[0].state == "open");
  CHECK(words_of(view.waves[0].counts) == "pending 1;");
  CHECK(view.waves[1].position == 1);
  CHECK(view.waves[1].state.empty());
  CHECK(view.waves[1].total == 2);
  CHECK(words_of(view.waves[1].counts) == "pending 1;succeeded 1;");
  REQUIRE(view.runs.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(view.runs[i].rollout == "plan-1");
    CHECK(view.runs[i].record == told.one.runs[i]);
    CHECK(view.runs[i].wave_name == (i == 0 ? "canary" : "rest"));
  }
  CHECK(view.runs[1].state == R"({"facts":{"new_instance_id":"id-new"}})");
  CHECK(view.runs[1].updated == noon + Duration{1});
  check_refused(told.audit().rollout("plan-3"), Fault::usage, {"plan-3", "pawl list"});
  const auto state_counts = [&](RunCounts counts) {
    const RolloutSummary summary = good(told.audit().summary("plan-1", counts));
    CHECK(summary.state == view.summary.state);
    CHECK(summary.finished == view.summary.finished);
    return summary.counts.size();
  };
  CHECK(state_counts(RunCounts::taken) == view.summary.counts.size());
  CHECK(state_counts(RunCounts::left_out) == 0);
  check_refused(told.audit().summary("plan-3", RunCounts::taken), Fault::usage, {"plan-3"});
}

TEST_CASE("what a rollout was started with is found by its id") {
  ToldRollouts told;
  CHECK(good(told.audit().plan_of("plan-2")) == told.two.rollout);
  check_refused(told.audit().plan_of("plan-3"), Fault::usage, {"plan-3"});
}

TEST_CASE("runs are found by the id and name of their instance and by that of the new one") {
  ToldRollouts told;
  AuditReader audit = told.audit();
  using Runs = std::vector<std::int64_t>;
  CHECK(runs_in(good(audit.runs_of("id-1-1", ""))) == Runs{101});
  CHECK(runs_in(good(audit.runs_of("db-1", ""))) == Runs{201, 101});
  CHECK(runs_in(good(audit.runs_of("db-1", "plan-2"))) == Runs{201});
  CHECK(runs_in(good(audit.runs_of("id-new", ""))) == Runs{101});
  CHECK(runs_in(good(audit.runs_of("id-new", "plan-2"))).empty());
  CHECK(runs_in(good(audit.runs_of("id-none", ""))).empty());
}

TEST_CASE("unfinished rollouts are told, and so resumed, in the order in which they started") {
  const Folder folder;
  const Driving driving = good(drive(folder.store()));
  for (const auto& [number, start] : {std::pair{1, 5}, {2, 0}, {3, 9}, {4, 5}}) {
    NewRollout rollout = sample_rollout(number);
    rollout.rollout.started = noon + Duration{start};
    const std::vector<Entry> entries = starting_entries(rollout, noon);
    good(driving.journal->commit({&rollout, entries, nullptr, nullptr}));
  }
  CHECK(good(AuditReader(driving.store->database()).unfinished()) ==
        std::vector<std::string>{"plan-2", "plan-1", "plan-4", "plan-3"});
}

TEST_CASE(
    "unfinished rollouts, and whose they are, are those that are neither done nor cancelled") {
  ToldRollouts told;
  AuditReader audit = told.audit();
  CHECK(good(audit.unfinished()) == std::vector<std::string>{"plan-2"});
  CHECK(!good(audit.unfinished_with("id-1-1")));
  CHECK(good(audit.unfinished_with("id-2-1")) == "plan-2");
  told.add({about_rollout(told.two, noon + Duration{4}, "running", "halted")});
  CHECK(good(audit.unfinished()) == std::vector<std::string>{"plan-2"});
  told.add({about_rollout(told.two, noon + Duration{4}, "halted", "cancelled")});
  CHECK(good(audit.unfinished()).empty());
  CHECK(!good(audit.unfinished_with("id-2-1")));
}

TEST_CASE("rollouts of a plan are numbered on, and runs of the store") {
  ToldRollouts told;
  AuditReader audit = told.audit();
  CHECK(good(audit.latest_of("plan"))->record == told.two.rollout);
  CHECK(words_of(good(audit.latest_of("plan"))->counts) == "checking 1;pending 2;");
  CHECK(good(audit.next_number("plan")) == 3);
  CHECK(good(audit.next_number("other")) == 1);
  CHECK(good(audit.next_run()) == 203);
}
