#include "storage/lineage.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "storage/schema.h"
#include "storage/verify.h"
#include "tests/storage/sample.h"

using namespace pawl;
using namespace pawl::test;

namespace {

using Runs = std::vector<std::int64_t>;

std::string state_with(const std::string& made) {
  return fmt::format(R"({{"facts":{{"new_instance_id":"{}"}},"state":"succeeded"}})", made);
}

/// Rollouts 1 to 4 with one run each. The first makes b of a, the second c of b; the third made
/// nothing of a; the fourth has made a rehearsal's copy of b.
class ToldUpgrades {
 public:
  ToldUpgrades() : driving_(good(drive(folder_.store()))) {
    upgrade(1, "a", "b");
    upgrade(2, "b", "c");
    upgrade(3, "a", "");
    upgrade(4, "b", "copy");
  }

  void upgrade(std::int64_t number, const std::string& from, const std::string& to) {
    NewRollout rollout = sample_rollout(number, 0);
    rollout.runs.front().instance_id = from;
    rollout.runs.front().name = "orders-" + from;
    std::vector<Entry> entries = starting_entries(rollout, noon);
    entries.push_back(about_run(rollout, 0, noon, "pending", "succeeded"));
    if (!to.empty()) entries.back().state = state_with(to);
    good(driving_.journal->commit({&rollout, entries, nullptr, nullptr}));
  }
  Runs around(const std::string& instance) {
    Runs runs;
    for (const Descent& descent : good(lineage_of(database(), instance)))
      runs.push_back(descent.run);
    return runs;
  }
  Database& database() { return driving_.store->database(); }

 private:
  Folder folder_;
  Driving driving_;
};

}  // namespace

TEST_CASE("a lineage is followed from either end, and only along its own line") {
  ToldUpgrades told;
  CHECK(told.around("a") == Runs{100, 200, 300, 400});
  CHECK(told.around("orders-a") == Runs{100, 200, 300, 400});
  CHECK(told.around("b") == Runs{100, 200, 400});
  CHECK(told.around("c") == Runs{100, 200});
  CHECK(told.around("copy") == Runs{100, 400});
  CHECK(told.around("nobody").empty());
  CHECK(told.around("").empty());
  const auto found = good(lineage_of(told.database(), "c"));
  CHECK(found == std::vector<Descent>{{100, "plan-1", "a", "b"}, {200, "plan-2", "b", "c"}});
}

TEST_CASE("a lineage that comes back to where it began ends") {
  ToldUpgrades told;
  told.upgrade(5, "c", "a");
  CHECK(told.around("b") == Runs{100, 200, 300, 400, 500});
}

TEST_CASE("a run is found by the instance that it made, and the history by its runs") {
  ToldUpgrades told;
  AuditReader audit(told.database());
  const auto runs = good(audit.runs_of("c", ""));
  REQUIRE(runs.size() == 1);
  CHECK(runs.front().record.run == 200);
  HistoryFilter filter;
  filter.runs = {100, 400};
  CHECK(seqs(told.database(), filter) == Runs{2, 3, 11, 12});
}

TEST_CASE("what a run made is proved against its last entry") {
  for (const char* sql : {"UPDATE run_states SET made = 'x' WHERE run = 100",
                          "UPDATE run_states SET made = '' WHERE run = 200",
                          "UPDATE run_states SET made = 'x' WHERE run = 300"}) {
    CAPTURE(sql);
    ToldUpgrades told;
    CHECK_FALSE(good(verify_journal(told.database(), "", {})).broken);
    good(told.database().run(sql));
    const auto broken = good(verify_journal(told.database(), "", {})).broken;
    REQUIRE(broken);
    CHECK(broken->what.find("is said to have made") != std::string::npos);
  }
}

TEST_CASE("a store of before finds what its runs made when it has been brought up to date") {
  ToldUpgrades told;
  good(
      told.database().run("ALTER TABLE run_states DROP COLUMN made; "
                          "DROP TABLE obligations; DROP TABLE refused_proofs; "
                          "ALTER TABLE driver DROP COLUMN rollout; PRAGMA user_version = 4"));
  good(migrate(told.database(), migrations()));
  CHECK(told.around("c") == Runs{100, 200});
  CHECK_FALSE(good(verify_journal(told.database(), "", {})).broken);
}
