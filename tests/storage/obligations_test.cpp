#include "storage/obligations.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <array>

#include "engine/entries.h"
#include "storage/as_of.h"
#include "storage/levers.h"
#include "storage/verify.h"
#include "tests/storage/sample.h"

using namespace pawl;
using namespace pawl::test;

namespace {

using Numbers = std::vector<std::int64_t>;

Lever closing(const std::string& target) {
  Lever lever;
  lever.kind = LeverKind::close;
  lever.target = target;
  lever.by = "ada@ops-1";
  lever.reason = "released";
  return lever;
}

/// Two rollouts whose runs leave obligations: the first two of run 100, the next one of run 201.
class ToldObligations {
 public:
  ToldObligations() : driving_(good(drive(folder_.store()))) {
    start(one);
    start(two);
    leave(one, 0, {{"old_instance", "release it"}, {"extensions", "update them"}});
    leave(two, 1, {{"old_instance", "release that"}});
  }

  void start(const NewRollout& rollout) {
    const std::vector<Entry> first = starting_entries(rollout, noon);
    good(driving_.journal->commit({&rollout, first, nullptr, nullptr}));
  }
  void leave(const NewRollout& rollout, std::size_t run, const std::vector<Obligation>& all) {
    std::vector<Entry> entries{about_run(rollout, run, noon, "pending", "verifying")};
    for (const Obligation& obligation : all)
      entries.push_back(obligation_opened_entry(entries.front(), obligation));
    good(add(entries));
  }
  Outcome add(const std::vector<Entry>& entries) {
    return driving_.journal->commit({nullptr, entries, nullptr, nullptr});
  }
  Outcome close(std::int64_t number, std::int64_t run) {
    const Entry last = good(last_entry_of(database(), run));
    return add({obligation_closed_entry(last, number, "old_instance", closing(""), later)});
  }
  std::vector<StoredObligation> found(const ObligationFilter& filter) {
    std::vector<StoredObligation> all;
    good(each_obligation(database(), filter, [&](const StoredObligation& obligation) {
      all.push_back(obligation);
      return true;
    }));
    return all;
  }
  Numbers numbers(const ObligationFilter& filter) {
    Numbers all;
    for (const StoredObligation& obligation : found(filter))
      all.push_back(obligation.number);
    return all;
  }
  std::optional<Broken> broken() { return good(verify_journal(database(), "", {})).broken; }
  Database& database() { return driving_.store->database(); }

  const Instant later = noon + Duration{5'000};
  NewRollout one = sample_rollout(1), two = sample_rollout(2);

 private:
  Folder folder_;
  Driving driving_;
};

}  // namespace

TEST_CASE("obligations are listed by what they are of, the oldest first") {
  ToldObligations told;
  CHECK(told.numbers({}) == Numbers{10, 11, 13});
  CHECK(told.numbers({.rollout = "plan-2"}) == Numbers{13});
  CHECK(told.numbers({.kind = "old_instance"}) == Numbers{10, 13});
  CHECK(told.numbers({.runs = {100}, .kind = "extensions"}) == Numbers{11});
  CHECK(told.numbers({.numbers = {11, 13}}) == Numbers{11, 13});
  CHECK(told.numbers({.rollout = "plan-9"}).empty());
  const StoredObligation first = told.found({}).front();
  CHECK(first.rollout == "plan-1");
  CHECK(first.instance_id == "id-1-0");
  CHECK(first.name == "db-0");
  CHECK(first.text == "release it");
  CHECK(first.opened == noon);
  CHECK_FALSE(first.closed);
  CHECK_FALSE(told.broken());
}

TEST_CASE("one that is closed is open no more, and tells who closed it, when and why") {
  ToldObligations told;
  good(told.close(10, 100));
  CHECK(told.numbers({}) == Numbers{11, 13});
  CHECK(told.numbers({.closed_too = true}) == Numbers{10, 11, 13});
  const auto closed = told.found({.closed_too = true}).front().closed;
  REQUIRE(closed);
  CHECK(closed->at == told.later);
  CHECK(closed->by == "ada@ops-1");
  CHECK(closed->reason == "released");
  CHECK(good(open_obligations(told.database(), "plan-1")) == 1);
  CHECK(good(open_obligations(told.database(), "plan-2")) == 1);
  CHECK(good(rollout_as_of(told.database(), "plan-1", noon)).summary.open_obligations == 2);
  CHECK(good(rollout_as_of(told.database(), "plan-1", told.later)).summary.open_obligations == 1);
  CHECK(good(AuditReader(told.database()).rollout("plan-1")).runs.front().word == "verifying");
  CHECK_FALSE(told.broken());
}

TEST_CASE("what is no open obligation of the run cannot be closed") {
  ToldObligations told;
  good(told.close(10, 100));
  for (const auto& row : {std::pair{10, 100}, std::pair{9, 100}, std::pair{13, 100}}) {
    const auto& [number, run] = row;
    CAPTURE(row.first);
    check_refused(told.close(number, run), Fault::store, {"no open obligation of its run"});
  }
  good(told.close(13, 201));
  CHECK_FALSE(told.broken());
}

TEST_CASE("levers that close obligations are kept from the loops of rollouts") {
  ToldObligations told;
  const std::int64_t id = good(post_levers(told.database(), std::array{closing("10 13")}));
  CHECK(good(waiting_levers(told.database(), "plan-1")).empty());
  const auto waiting = good(waiting_closings(told.database()));
  REQUIRE(waiting.size() == 1);
  CHECK(waiting.front().id == id);
  CHECK(waiting.front().target == "10 13");
}

TEST_CASE("a table of obligations that the journal does not bear out is found") {
  for (const char* sql :
       {"DELETE FROM obligations WHERE seq = 11",
        "INSERT INTO obligations SELECT 9, rollout, run, kind, 0 FROM obligations WHERE seq = 11",
        "UPDATE obligations SET kind = 'extensions' WHERE seq = 10",
        "UPDATE obligations SET run = 101 WHERE seq = 11",
        "UPDATE obligations SET rollout = 2 WHERE seq = 11",
        "UPDATE obligations SET closed = 0 WHERE seq = 10",
        "UPDATE obligations SET closed = 14 WHERE seq = 11",
        "UPDATE obligations SET closed = 12 WHERE seq = 10",
        "UPDATE obligations SET closed = 99 WHERE seq = 13"}) {
    CAPTURE(sql);
    ToldObligations told;
    good(told.close(10, 100));
    REQUIRE_FALSE(told.broken());
    good(told.database().run(sql));
    const auto broken = told.broken();
    REQUIRE(broken);
    CHECK(broken->what.find("obligation") != std::string::npos);
  }
}
