#include "storage/as_of.h"

#include <doctest/doctest.h>

#include <map>
#include <utility>

#include "engine/entries.h"
#include "storage/learned.h"
#include "storage/leases.h"
#include "storage/load.h"
#include "tests/storage/sample.h"

using namespace pawl;
using namespace pawl::test;

namespace {

/// A rollout that starts at noon and moves once a second, and another that takes up what is left.
class Told {
 public:
  Told() : driving_(good(drive(folder_.store()))) {
    const std::vector<Entry> first = starting_entries(one, noon);
    good(driving_.journal->commit({&one, first, nullptr, nullptr}));
    add(about_wave(one, 0, after(1), "", "open"));
    add(about_run(one, 0, after(2), "pending", "checking"));
    Entry failed = about_run(one, 0, after(3), "checking", "failed");
    failed.phase = "over";
    add(failed);
    add(about_wave(one, 0, after(4), "open", "soaking"));
    add(about_wave(one, 0, after(5), "soaking", "closed"));
    add(about_rollout(one, after(6), "running", "finished"));
    two.rollout.started = after(7);
    std::vector<Entry> second = starting_entries(two, after(7));
    second.front().data = R"({"failed_of":"plan-1"})";
    Entry followed = about_rollout(one, after(7), "finished", "finished");
    followed.event = "rollout_followed";
    followed.data = R"({"followed_by":"plan-2"})";
    second.push_back(followed);
    good(driving_.journal->commit({&two, second, nullptr, nullptr}));
  }

  static Instant after(int seconds) { return noon + Duration{1'000 * seconds}; }
  void add(const Entry& entry) {
    good(driving_.journal->commit({nullptr, {&entry, 1}, nullptr, nullptr}));
  }
  Database& database() { return driving_.store->database(); }

  NewRollout one = sample_rollout(1), two = sample_rollout(2);

 private:
  Folder folder_;
  Driving driving_;
};

std::map<std::string, std::int64_t> by_state(const std::vector<StateCount>& counts) {
  std::map<std::string, std::int64_t> found;
  for (const StateCount& count : counts)
    found[count.state] += count.count;
  return found;
}

using Counted = std::map<std::string, std::int64_t>;

}  // namespace

TEST_CASE("a rollout is shown as the journal has it at any moment") {
  Told told;
  const auto at = [&](int seconds) {
    return good(rollout_as_of(told.database(), "plan-1", Told::after(seconds)));
  };
  const RolloutView start = at(0);
  CHECK(start.summary.state == "running");
  CHECK(start.waves[0].state.empty());
  CHECK(by_state(start.summary.counts) == Counted{{"pending", 3}});
  CHECK(at(1).waves[0].state == "open");
  const RolloutView checking = at(2);
  CHECK(by_state(checking.summary.counts) == Counted{{"pending", 2}, {"checking", 1}});
  CHECK(by_state(checking.waves[0].counts) == Counted{{"checking", 1}});
  CHECK(checking.summary.updated == Told::after(2));
  CHECK(checking.runs[0].updated == Told::after(2));
  CHECK(checking.runs[0].word == "checking");
  CHECK(checking.runs[0].phase == "asked");
  CHECK(at(3).runs[0].phase == "over");
  CHECK(checking.summary.waiting.empty());
  CHECK(at(4).summary.waiting == "soaking");
  CHECK_FALSE(at(5).summary.finished);
  const RolloutView finished = at(6);
  CHECK(finished.summary.state == "finished");
  CHECK(finished.summary.finished == Told::after(6));
  CHECK(finished.summary.followed_by.empty());
  const RolloutView followed = at(1'000);
  CHECK(followed.summary.finished == Told::after(6));
  CHECK(followed.summary.followed_by == "plan-2");
}

TEST_CASE("before its start there is no rollout, and an unknown one never was") {
  Told told;
  check_refused(rollout_as_of(told.database(), "plan-1", noon - Duration{1}), Fault::usage,
                {"plan-1 had not started"});
  check_refused(rollout_as_of(told.database(), "plan-2", Told::after(6)), Fault::usage,
                {"plan-2 had not started"});
  check_refused(rollout_as_of(told.database(), "plan-9", noon), Fault::usage,
                {"has no rollout `plan-9`"});
  check_refused(latest_as_of(told.database(), noon - Duration{1}), Fault::usage, {"no rollout"});
  CHECK(good(latest_as_of(told.database(), Told::after(6))) == "plan-1");
  CHECK(good(latest_as_of(told.database(), Told::after(7))) == "plan-2");
}

TEST_CASE("two rollouts remember each other, and the first one's end stays where it was") {
  Told told;
  AuditReader audit(told.database());
  const auto all = good(audit.rollouts());
  REQUIRE(all.size() == 2);
  CHECK(all[0].followed_by == "plan-2");
  CHECK(all[0].failed_of.empty());
  CHECK(all[0].finished == Told::after(6));
  CHECK(all[1].failed_of == "plan-1");
  CHECK(all[1].followed_by.empty());
  CHECK(good(audit.rollout("plan-2")).summary.failed_of == "plan-1");
}

TEST_CASE("what steps took, and what became of instances, is learned from the journal") {
  Told told;
  const auto step = [&](int seconds, const char* event, const char* from, const char* to,
                        const char* data = "{}") {
    Entry entry = about_run(told.two, 1, Told::after(seconds), from, to);
    entry.event = event;
    entry.data = data;
    told.add(entry);
    return entry;
  };
  step(10, "precheck_accepted", "pending", "checking");
  step(13, "precheck_passed", "checking", "ready", R"({"took_ms":3000})");
  step(14, "upgrade_accepted", "ready", "upgrading");
  const Entry made =
      step(24, "upgrade_succeeded", "upgrading", "verifying", R"({"took_ms":10000})");
  told.add(obligation_opened_entry(made, {"old_instance", "release it"}));
  step(25, "verify_passed", "verifying", "succeeded", R"({"took_ms":1000})");
  std::map<std::string, Duration> took;
  for (const StepTook& one : good(steps_took(told.database())))
    CHECK(took.emplace(one.event, one.took).second);
  CHECK(took == std::map<std::string, Duration>{{"precheck_passed", Duration{3'000}},
                                                {"upgrade_succeeded", Duration{10'000}},
                                                {"verify_passed", Duration{1'000}}});
  const auto upgrades = good(upgrades_took(told.database(), "plan-2"));
  REQUIRE(upgrades.size() == 1);
  CHECK(upgrades[0].took == Duration{10'000});
  CHECK(good(upgrades_took(told.database(), "plan-1")).empty());
  const auto past = good(past_runs(told.database()));
  CHECK(upgrades[0].instance_id == past[0].instance_id);
  REQUIRE(past.size() == 2);
  CHECK(past[0].rollout == "plan-2");
  CHECK(past[0].state == "succeeded");
  CHECK(past[1].rollout == "plan-1");
  CHECK(past[1].state == "failed");
  CHECK(past[1].step == 0);
  Entry behind = about_run(told.one, 0, Told::after(30), "failed", "verifying");
  behind.state = R"({"facts":{"new_instance_id":"new"},"state":"verifying","step":2})";
  told.add(behind);
  const auto upgraded = good(past_runs(told.database()));
  REQUIRE(upgraded.size() == 2);
  CHECK(upgraded[1].state == "verifying");
  CHECK(upgraded[1].step == 2);
  CHECK(upgraded[1].new_instance_id == "new");
  behind.from = std::exchange(behind.to, "cancelled");
  told.add(behind);
  CHECK(good(past_runs(told.database()))[1].state == "cancelled");

  const std::vector<Duration> known{Duration{10'000}};
  CHECK(good(load_rollout(told.database(), "plan-2")).took == known);
  // One whose end nobody saw come: adopted, or ended while no driver looked.
  Entry unwatched = about_run(told.two, 0, Told::after(40), "pending", "upgrading");
  unwatched.event = "upgrade_accepted";
  told.add(unwatched);
  unwatched = about_run(told.two, 0, Told::after(41), "upgrading", "verifying");
  unwatched.event = "upgrade_succeeded";
  told.add(unwatched);
  CHECK(good(load_rollout(told.database(), "plan-2")).took == known);
  CHECK(good(upgrades_took(told.database(), "plan-2")).size() == 1);
  CHECK(good(steps_took(told.database())).size() == 3);
}

TEST_CASE("what a cancel leaves is no sign of a driver, for its own process may have written it") {
  Told told;
  AuditReader audit(told.database());
  const auto moved = good(audit.last_moved());
  Entry cancelled = about_run(told.two, 0, Told::after(30), "pending", "cancelled");
  cancelled.event = "instance_cancelled";
  told.add(cancelled);
  told.add(obligation_opened_entry(cancelled, {"in_doubt", "look"}));
  CHECK(good(audit.last_moved()) == moved);
}

TEST_CASE("what a backup and a command before an upgrade took is known to whoever takes it up") {
  Told told;
  const auto step = [&](int seconds, const char* event, int number, const char* data = "{}") {
    const char* const from = number == 0 ? "pending" : "ready";
    Entry entry = about_run(told.two, 1, Told::after(seconds), from, "ready");
    entry.event = event;
    entry.data = data;
    entry.state = R"({"state":"ready","step":)" + std::to_string(number) + "}";
    told.add(entry);
  };
  step(10, "precheck_accepted", 0);
  step(13, "precheck_passed", 3);
  step(20, "backup_accepted", 3);
  step(50, "backup_completed", 4, R"({"took_ms":30000})");
  step(55, "hook_started", 4);
  step(57, "hook_passed", 1, R"({"took_ms":2000})");
  step(60, "upgrade_accepted", 1);
  CHECK(good(load_rollout(told.database(), "plan-2")).before.empty());
  step(70, "upgrade_succeeded", 2);
  const std::vector<StepTime> known{{4, Duration{2'000}}, {3, Duration{30'000}}};
  CHECK(good(load_rollout(told.database(), "plan-2")).before == known);
}

TEST_CASE("the last lease of an account is read without a driver") {
  Told told;
  CHECK_FALSE(good(load_lease(told.database(), "somebody")));
}
