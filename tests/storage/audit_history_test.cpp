#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "engine/entries.h"
#include "storage/levers.h"
#include "tests/storage/sample.h"

using namespace pawl;
using namespace pawl::test;

namespace {

using Seqs = std::vector<std::int64_t>;

/// Two rollouts over instances of the same names, each entry a second after the one before:
///   1-4 plan-1 and its runs (db-0 db-1 db-2) start, 5 db-1 checking, 6 plan-1's rest open,
///   7-10 plan-2 and its runs start, 11 db-1 of plan-2 checking, 12 plan-1 paused by a person,
///   13 db-1 of plan-1 ready, 14 the store itself
class ToldHistory {
 public:
  ToldHistory() : driving_(good(drive(folder_.store()))) {
    const NewRollout one = sample_rollout(1), two = sample_rollout(2);
    commit(&one, starting_entries(one, noon));
    commit(nullptr,
           {about_run(one, 1, noon, "pending", "checking"), about_wave(one, 1, noon, "", "open")});
    commit(&two, starting_entries(two, noon));
    Entry paused = about_rollout(one, noon, "running", "paused");
    paused.actor = "ann@desk";
    Entry store = about_rollout(one, noon, "", "driving");
    store.subject = Subject::store;
    store.rollout.clear();
    commit(nullptr, {about_run(two, 1, noon, "pending", "checking"), paused,
                     about_run(one, 1, noon, "checking", "ready"), store});
  }

  Database& database() { return driving_.store->database(); }
  Seqs seqs(const HistoryFilter& filter) { return test::seqs(database(), filter); }

 private:
  void commit(const NewRollout* created, std::vector<Entry> entries) {
    for (Entry& entry : entries)
      entry.at = noon + std::chrono::seconds(++told_);
    good(driving_.journal->commit({created, entries, nullptr, nullptr}));
  }

  Folder folder_;
  Driving driving_;
  int told_ = 0;
};

/// When entry `seq` was made.
Instant at(int seq) {
  return noon + std::chrono::seconds(seq);
}

struct Row {
  const char* what;
  HistoryFilter filter;
  Seqs expected;
};

HistoryFilter where(std::string HistoryFilter::*field, std::string value) {
  HistoryFilter filter;
  filter.*field = std::move(value);
  return filter;
}

HistoryFilter between(std::optional<Instant> since, std::optional<Instant> until) {
  HistoryFilter filter;
  filter.since = since;
  filter.until = until;
  return filter;
}

HistoryFilter page(std::int64_t after, std::optional<std::int64_t> limit, bool reverse) {
  HistoryFilter filter;
  filter.after = after;
  filter.limit = limit;
  filter.reverse = reverse;
  return filter;
}

void check_rows(const std::vector<Row>& rows) {
  ToldHistory told;
  for (const Row& row : rows) {
    CAPTURE(row.what);
    CHECK(told.seqs(row.filter) == row.expected);
  }
}

}  // namespace

TEST_CASE("each filter of the history lets its own entries through") {
  using Filter = HistoryFilter;
  check_rows({
      {"no filter", {}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14}},
      {"a rollout", where(&Filter::rollout, "plan-1"), {1, 2, 3, 4, 5, 6, 12, 13}},
      {"an unknown rollout", where(&Filter::rollout, "plan-3"), {}},
      {"an instance by its id", where(&Filter::instance, "id-1-1"), {3, 5, 13}},
      {"an instance by its name, of all rollouts",
       where(&Filter::instance, "db-1"),
       {3, 5, 9, 11, 13}},
      {"an instance that only started", where(&Filter::instance, "id-2-2"), {10}},
      {"an unknown instance", where(&Filter::instance, "db"), {}},
      {"an event", where(&Filter::event, "became_checking"), {5, 11}},
      {"an actor", where(&Filter::actor, "ann@desk"), {12}},
      {"a state", where(&Filter::state, "pending"), {2, 3, 4, 8, 9, 10}},
      {"since", between(at(12), {}), {12, 13, 14}},
      {"since a moment between two", between(at(12) + Duration{1}, {}), {13, 14}},
      {"until, which is left out", between({}, at(3)), {1, 2}},
      {"since and until", between(at(5), at(7)), {5, 6}},
      {"since and until the same", between(at(5), at(5)), {}},
      {"until before since", between(at(7), at(5)), {}},
      {"since the beginning of all time",
       between(Instant::min(), Instant::max()),
       {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14}},
  });
}

TEST_CASE("the history is read page by page in either direction") {
  check_rows({
      {"limit", page(0, 3, false), {1, 2, 3}},
      {"limit of none", page(0, 0, false), {}},
      {"limit beyond the end", page(0, 99, false), {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14}},
      {"after", page(11, {}, false), {12, 13, 14}},
      {"after with limit", page(3, 2, false), {4, 5}},
      {"after the last", page(14, {}, false), {}},
      {"newest first", page(0, 3, true), {14, 13, 12}},
      {"newest first, on from the last page", page(12, 3, true), {11, 10, 9}},
      {"newest first, before the first", page(1, {}, true), {}},
  });
}

TEST_CASE("filters narrow each other, in both directions") {
  HistoryFilter all = where(&HistoryFilter::rollout, "plan-1");
  all.instance = "db-1";
  all.actor = "engine";
  check_rows({{"rollout, name and actor", all, {3, 5, 13}}});
  all.since = at(4);
  all.reverse = true;
  check_rows({{"newest first", all, {13, 5}}});
  all.limit = 1;
  all.after = 13;
  check_rows({{"a page", all, {5}}});
  all.state = "ready";
  check_rows({{"another state", all, {}}});
}

TEST_CASE("a refusal is history of the rollout, and of the run, that its lever was pulled on") {
  const Folder folder;
  const Driving driving = good(drive(folder.store()));
  Database& database = driving.store->database();
  const NewRollout one = sample_rollout(1);
  good(driving.journal->commit({&one, starting_entries(one, noon), nullptr, nullptr}));
  std::vector<Lever> levers{{0, noon, LeverKind::retry, "plan-1", "id-1-1", "ann@desk", ""},
                            {0, noon, LeverKind::pause, "plan-1", "", "ann@desk", ""},
                            {0, noon, LeverKind::freeze, "", "", "ann@desk", ""}};
  std::int64_t id = good(post_levers(database, levers)) - 3;
  std::vector<Entry> refused;
  for (Lever& lever : levers) {
    lever.id = ++id;
    refused.push_back(refused_lever_entry(lever, "it cannot be", noon));
  }
  good(driving.journal->commit({nullptr, refused, nullptr, nullptr}));
  HistoryFilter filter = where(&HistoryFilter::rollout, "plan-1");
  CHECK(test::seqs(database, filter) == Seqs{1, 2, 3, 4, 5, 6});
  filter.runs = {one.runs[1].run};
  CHECK(test::seqs(database, filter) == Seqs{3, 5});
  filter.rollout.clear();
  CHECK(test::seqs(database, filter) == Seqs{3, 5});
  filter.runs = {one.runs[2].run};
  CHECK(test::seqs(database, filter) == Seqs{4});
  filter = where(&HistoryFilter::rollout, "plan-2");
  CHECK(test::seqs(database, filter).empty());
  filter = where(&HistoryFilter::rollout, "plan-1");
  filter.event = "lever_refused";
  filter.reverse = true;
  CHECK(test::seqs(database, filter) == Seqs{6, 5});
}

TEST_CASE("whatever is written into a filter is a value, never SQL or a pattern") {
  ToldHistory told;
  for (const std::string& hostile :
       {std::string("' OR '1'='1"), std::string("'; DROP TABLE entries; --"), std::string("%"),
        std::string("_"), std::string("*"), std::string("plan-1 "), std::string("PLAN-1"),
        std::string("\"plan-1\""), std::string("?1"), std::string("plan-1\0", 7),
        std::string("\0", 1), std::string("\xff\xfe"), std::string(1'000'000, 'a'),
        std::string("e.rollout"), std::string("NULL"), std::string("{}"), std::string("%s%n")}) {
    CAPTURE(hostile.substr(0, 40));
    for (const auto field : {&HistoryFilter::rollout, &HistoryFilter::instance,
                             &HistoryFilter::event, &HistoryFilter::actor, &HistoryFilter::state})
      CHECK(told.seqs(where(field, hostile)).empty());
    AuditReader audit(told.database());
    check_refused(audit.rollout(hostile), Fault::usage, {"pawl list"});
    check_refused(audit.plan_of(hostile), Fault::usage, {"pawl list"});
    CHECK(good(audit.runs_of(hostile, "")).empty());
    CHECK(good(audit.runs_of("db-1", hostile)).empty());
    CHECK(!good(audit.unfinished_with(hostile)));
    CHECK(!good(audit.latest_of(hostile)));
    CHECK(good(audit.next_number(hostile)) == 1);
  }
  CHECK(told.seqs({}).size() == 14);
}

TEST_CASE("a reader ends the history where it likes, and can begin another") {
  ToldHistory told;
  AuditReader audit(told.database());
  for (int i = 0; i < 2; ++i) {
    Seqs seen;
    good(audit.history({}, [&](const StoredEntry& entry) {
      seen.push_back(entry.seq);
      return seen.size() < 2;
    }));
    CHECK(seen == Seqs{1, 2});
  }
}

TEST_CASE("an entry of a wave or a run carries the wave's name") {
  ToldHistory told;
  const std::vector<StoredEntry> entries = history(told.database());
  CHECK(entries[0].wave_name.empty());
  CHECK(entries[1].wave_name == "canary");
  CHECK(entries[4].wave_name == "rest");
  CHECK(entries[5].wave_name == "rest");
  CHECK(entries[13].wave_name.empty());
}

TEST_CASE("a history is read by the page, each entry once, with what was there when it began") {
  const Folder folder;
  const Driving driving = good(drive(folder.store(), {Duration{0}, Duration{0}, nullptr}));
  const NewRollout rollout = sample_rollout();
  std::vector<Entry> entries = starting_entries(rollout, noon);
  while (entries.size() < 2'500)
    entries.push_back(about_rollout(rollout, noon, "running", "running"));
  good(driving.journal->commit({&rollout, entries, nullptr, nullptr}));
  const auto reading = good(Store::open_for_reading(folder.store(), noon));
  for (const bool reverse : {false, true}) {
    for (const std::int64_t limit : {-1, 0, 999, 1'000, 1'001, 2'400}) {
      CAPTURE(reverse);
      CAPTURE(limit);
      HistoryFilter filter = page(0, std::nullopt, reverse);
      if (limit >= 0) filter.limit = limit;
      const std::int64_t all = driving.journal->head().seq;
      Seqs told;
      good(AuditReader(reading->database()).history(filter, [&](const StoredEntry& stored) {
        told.push_back(stored.seq);
        // The reader takes its time, and the driver goes on: its log is still copied and emptied.
        if (told.size() != 3) return true;
        const Entry more = about_rollout(rollout, noon, "running", "running");
        good(driving.journal->commit({nullptr, {&more, 1}, nullptr, nullptr}));
        CHECK(good(driving.store->database().integer("PRAGMA wal_checkpoint(TRUNCATE)")) == 0);
        return true;
      }));
      Seqs expected;
      for (std::int64_t i = 0; i < (limit < 0 ? all : limit); ++i)
        expected.push_back(reverse ? all - i : 1 + i);
      CHECK(told == expected);
    }
  }
}
