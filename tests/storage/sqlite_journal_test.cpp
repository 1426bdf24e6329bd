#include "storage/sqlite_journal.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <functional>
#include <limits>
#include <map>

#include "storage/verify.h"
#include "tests/storage/sample.h"

using namespace pawl;
using namespace pawl::test;

namespace {

Batch only(const std::vector<Entry>& entries) {
  return {nullptr, entries, nullptr, nullptr};
}

/// A started rollout with runs "pending", and the batch that moves the first of them on.
struct Started {
  Folder folder;
  NewRollout rollout = sample_rollout();
  Driving driving = good(drive(folder.store()));
  std::vector<Entry> next{about_run(rollout, 0, noon, "pending", "checking")};

  Started() {
    const std::vector<Entry> entries = starting_entries(rollout, noon);
    good(commit({&rollout, entries, nullptr, nullptr}));
  }
  Outcome commit(const Batch& batch) { return driving.journal->commit(batch); }
  std::size_t entries() { return seqs(driving.store->database()).size(); }
};

}  // namespace

TEST_CASE("entries come back as they were committed, numbered and linked") {
  const Folder folder;
  const Driving driving = good(drive(folder.store()));
  std::vector<Entry> told;
  for (const Turn& turn : story(4)) {
    good(driving.journal->commit(turn.batch()));
    told.insert(told.end(), turn.entries.begin(), turn.entries.end());
  }
  const std::vector<StoredEntry> found = history(driving.store->database());
  REQUIRE(found.size() == told.size());
  FieldHasher hasher;
  Digest prev;
  std::map<std::pair<Subject, std::int64_t>, std::int64_t> last;
  for (std::size_t i = 0; i < found.size(); ++i) {
    const StoredEntry& stored = found[i];
    CAPTURE(stored.seq);
    CHECK(stored.seq == static_cast<std::int64_t>(i) + 1);
    CHECK(stored.entry == told[i]);
    std::int64_t& prior = last[{stored.entry.subject, stored.entry.run}];
    CHECK(stored.prior == prior);
    prior = stored.seq;
    CHECK(stored.prev_hash == prev.hex());
    CHECK(stored.frozen.empty() == (i != 0));
    prev = entry_hash(hasher, {stored.seq, stored.prior, prev, stored.frozen}, stored.entry);
    CHECK(stored.hash == prev.hex());
  }
  CHECK(driving.journal->head() == Head{found.back().seq, prev, told.back().at});
}

TEST_CASE("the head goes on where another driver ended") {
  const Folder folder;
  const std::string hash = make_store(folder.store());
  const Driving driving = good(drive(folder.store()));
  CHECK(driving.journal->head().seq == 10);
  CHECK(driving.journal->head().hash.hex() == hash);
  CHECK(driving.journal->head().at == noon + std::chrono::seconds(2));
}

TEST_CASE("a rollout is loaded with what it was started with and its subjects' last states") {
  Started started;
  const NewRollout& rollout = started.rollout;
  good(started.commit(only({about_wave(rollout, 0, noon, "", "open"),
                            about_run(rollout, 1, noon, "pending", "checking"),
                            about_run(rollout, 1, noon, "checking", "ready"),
                            about_rollout(rollout, noon, "running", "halted")})));
  const StoredRollout loaded = good(started.driving.journal->load("plan-1"));
  CHECK(loaded.record == rollout.rollout);
  CHECK(loaded.state == R"({"state":"halted"})");
  REQUIRE(loaded.waves.size() == 2);
  CHECK(loaded.waves[0].record == rollout.waves[0]);
  CHECK(loaded.waves[0].state == R"({"state":"open"})");
  CHECK(loaded.waves[1].record == rollout.waves[1]);
  CHECK(loaded.waves[1].state.empty());
  REQUIRE(loaded.runs.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(loaded.runs[i].record == rollout.runs[i]);
    CHECK(loaded.runs[i].state == (i == 1 ? R"({"state":"ready"})" : R"({"state":"pending"})"));
  }
  check_refused(started.driving.journal->load("plan-2"), Fault::usage, {"plan-2", "pawl list"});
  check_refused(started.driving.journal->load(""), Fault::usage, {"pawl list"});
}

TEST_CASE("several rollouts share one chain and are loaded apart") {
  Started started;
  NewRollout second = sample_rollout(2, 4);
  const std::vector<Entry> entries = starting_entries(second, noon);
  good(started.commit({&second, entries, nullptr, nullptr}));
  good(started.commit(only(started.next)));
  CHECK(good(started.driving.journal->load("plan-1")).runs.size() == 3);
  CHECK(good(started.driving.journal->load("plan-2")).runs.size() == 5);
  CHECK(!good(verify_journal(started.driving.store->database(), "", nullptr)).broken);
}

TEST_CASE(
    "an entry that cannot be right takes its whole batch back and leaves the journal usable") {
  using Change = std::function<void(Entry&)>;
  struct Row {
    const char* what;
    Change change;
    const char* word;
  };
  const NewRollout other = sample_rollout(2);
  for (const Row& row : std::vector<Row>{
           {"time", [](Entry& e) { e.at = noon - Duration{1}; }, "before the last entry's"},
           {"from", [](Entry& e) { e.from = "ready"; }, "leads on from"},
           {"unknown run", [](Entry& e) { e.run = 7; }, "no run 7"},
           {"no run", [](Entry& e) { e.run = 0; }, "no run 0"},
           {"rollout", [](Entry& e) { e.rollout = "plan-2"; }, "run 100 is of"},
           {"wave", [](Entry& e) { e.wave = 1; }, "run 100 is of"},
           {"instance", [](Entry& e) { e.instance_id = "id-1-1"; }, "run 100 is of"},
           {"run of a wave", [](Entry& e) { e.subject = Subject::wave; }, "not about one"},
           {"unknown wave",
            [](Entry& e) {
              e = about_wave(sample_rollout(), 0, noon, "", "open");
              e.wave = 9;
            },
            "wave 9"},
           {"unknown rollout", [&](Entry& e) { e = about_rollout(other, noon, "", "running"); },
            "plan-2"},
           {"store with a rollout",
            [](Entry& e) {
              e = about_rollout(sample_rollout(), noon, "", "noted");
              e.subject = Subject::store;
            },
            "about the store"},
       }) {
    CAPTURE(row.what);
    Started started;
    const Head before = started.driving.journal->head();
    std::vector<Entry> entries = started.next;
    entries.push_back(about_run(started.rollout, 1, noon, "pending", "checking"));
    entries.push_back(about_run(started.rollout, 0, noon, "checking", "ready"));
    row.change(entries[2]);
    const Pulse pulse{noon, 9};
    check_refused(started.commit({nullptr, entries, nullptr, &pulse}), Fault::store,
                  {row.word, "Nothing of this turn was kept"});
    CHECK(started.driving.journal->head() == before);
    CHECK(started.entries() == 4);
    CHECK(!good(AuditReader(started.driving.store->database()).driver()));
    good(started.commit(only(started.next)));
    CHECK(started.entries() == 5);
    CHECK(!good(verify_journal(started.driving.store->database(), "", nullptr)).broken);
  }
}

TEST_CASE("a rollout starts with an entry of its own and one for each run, or not at all") {
  const Folder folder;
  const Driving driving = good(drive(folder.store()));
  const NewRollout rollout = sample_rollout();
  const std::vector<Entry> all = starting_entries(rollout, noon);
  for (std::size_t left_out = 0; left_out < all.size(); ++left_out) {
    CAPTURE(left_out);
    std::vector<Entry> entries = all;
    entries.erase(entries.begin() + static_cast<std::ptrdiff_t>(left_out));
    check_refused(driving.journal->commit({&rollout, entries, nullptr, nullptr}), Fault::store,
                  {"plan-1", "Nothing was kept"});
    CHECK(good(AuditReader(driving.store->database()).rollouts()).empty());
  }
  good(driving.journal->commit({&rollout, all, nullptr, nullptr}));
  check_refused(driving.journal->commit({&rollout, all, nullptr, nullptr}), Fault::store,
                {folder.store()});
  CHECK(seqs(driving.store->database()).size() == all.size());
}

TEST_CASE("an entry about the store concerns no rollout and changes none") {
  Started started;
  Entry entry = about_rollout(started.rollout, noon, "", "driving");
  entry.subject = Subject::store;
  entry.rollout.clear();
  good(started.commit(only({entry, entry})));
  CHECK(history(started.driving.store->database()).back().entry == entry);
  CHECK(!good(verify_journal(started.driving.store->database(), "", nullptr)).broken);
}

TEST_CASE("any text and number is kept byte for byte") {
  Started started;
  std::string bytes;
  for (int i = 0; i < 256; ++i)
    bytes += static_cast<char>(i);
  Entry entry = started.next[0];
  for (std::string* field : {&entry.event, &entry.to, &entry.phase, &entry.actor, &entry.data,
                             &entry.state, &entry.engine_version}) {
    *field = bytes;
  }
  entry.data = std::string(1'000'000, '\xfe');
  entry.attempt = std::numeric_limits<std::int32_t>::min();
  entry.at = Instant{Duration{std::numeric_limits<std::int64_t>::max()}};
  good(started.commit(only({entry})));
  CHECK(history(started.driving.store->database()).back().entry == entry);
  CHECK(!good(verify_journal(started.driving.store->database(), "", nullptr)).broken);
  check_refused(started.commit(only({about_run(started.rollout, 1, noon, "pending", "ready")})),
                Fault::store, {"before the last entry's"});
}

TEST_CASE("an empty batch is committed and adds nothing") {
  Started started;
  const Head before = started.driving.journal->head();
  good(started.commit({}));
  CHECK(started.driving.journal->head() == before);
  CHECK(started.entries() == 4);
}

TEST_CASE("a lease is kept for each account, the last one, across drivers") {
  const Folder folder;
  const QuotaLease old{"a", 3.5, noon}, other{"b", 0, noon};
  const QuotaLease fresh{"a", 1.25, noon - Duration{5}, 30, noon + Duration{7}};
  {
    const Driving driving = good(drive(folder.store()));
    CHECK(!good(driving.journal->lease("a")));
    for (const QuotaLease* lease : {&old, &other, &fresh})
      good(driving.journal->commit({nullptr, {}, lease, nullptr}));
  }
  const Driving driving = good(drive(folder.store()));
  CHECK(good(driving.journal->lease("a")) == fresh);
  CHECK(good(driving.journal->lease("b")) == other);
  CHECK(!good(driving.journal->lease("a' OR '1'='1")));
  const QuotaLease negative{"a", -1, noon};
  check_refused(driving.journal->commit({nullptr, {}, &negative, nullptr}), Fault::store,
                {"CHECK"});
  CHECK(good(driving.journal->lease("a")) == fresh);
}

TEST_CASE("the sign of life is the last driver's, and only the last") {
  const Folder folder;
  const Driving driving = good(drive(folder.store()));
  AuditReader audit(driving.store->database());
  CHECK(!good(audit.driver()));
  for (const std::int64_t calls : {1, 70}) {
    const Pulse pulse{noon + Duration{calls}, calls, fmt::format("plan-{}", calls)};
    good(driving.journal->commit({nullptr, {}, nullptr, &pulse}));
    const auto sign = good(audit.driver());
    REQUIRE(sign);
    CHECK(sign->holder == holder);
    CHECK(sign->alive_at == pulse.at);
    CHECK(sign->calls == calls);
    CHECK(sign->rollout == pulse.rollout);
  }
  CHECK(good(driving.store->database().integer("SELECT count(*) FROM driver")) == 1);
}
