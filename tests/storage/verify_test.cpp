#include "storage/verify.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "storage/chain.h"
#include "tests/storage/sample.h"
#include "tests/storage/tampering.h"

using namespace pawl;
using namespace pawl::test;

namespace {

// make_store() tells three turns: entry 1 is about the rollout, 2 to 4 enrol its runs, 5 to 7 and
// 8 to 10 move them on.
constexpr std::int64_t last = 10;

void check_broken(const std::string& path, std::int64_t seq, const std::string& word,
                  const std::string& noted_head = "") {
  const Verified verified = good(verify_store(path, noted_head));
  REQUIRE(verified.broken);
  CAPTURE(verified.broken->what);
  CHECK(verified.broken->seq == seq);
  CHECK(verified.broken->what.find(word) != std::string::npos);
  if (seq > 0) CHECK(verified.entries == seq - 1);
}

struct Deed {
  const char* sql;
  std::int64_t seq;
  const char* word;
};

void check_each(const std::vector<Deed>& deeds) {
  for (const Deed& deed : deeds) {
    CAPTURE(deed.sql);
    const Folder folder;
    make_store(folder.store());
    tamper(folder.store(), deed.sql);
    check_broken(folder.store(), deed.seq, deed.word);
  }
}

}  // namespace

TEST_CASE("a journal as it was written is whole, up to the head that its driver had") {
  const Folder folder;
  const std::string head = make_store(folder.store());
  for (const std::string& noted : {std::string(), head}) {
    const Verified verified = good(verify_store(folder.store(), noted));
    CHECK(!verified.broken);
    CHECK(verified.entries == last);
    CHECK(verified.head == head);
  }
}

TEST_CASE("a store without entries is whole") {
  const Folder folder;
  good(drive(folder.store()));
  const Verified verified = good(verify_store(folder.store()));
  CHECK(!verified.broken);
  CHECK(verified.entries == 0);
  CHECK(verified.head == std::string(64, '0'));
}

TEST_CASE("the hash of any entry can be noted, and one of no entry is missed") {
  const Folder folder;
  make_store(folder.store());
  std::vector<StoredEntry> entries;
  {
    const auto store = good(Store::open_for_reading(folder.store(), noon));
    entries = history(store->database());
  }
  for (const StoredEntry& entry : entries)
    CHECK(!good(verify_store(folder.store(), entry.hash)).broken);
  check_broken(folder.store(), 0, "no entry has the noted hash", std::string(64, 'a'));
}

TEST_CASE("another value in any column of an entry is found, and the entry named") {
  const Folder folder;
  make_store(folder.store());
  const std::string whole = good(bytes_of(folder.store()));
  std::vector<std::pair<std::string, std::string>> columns;
  {
    const auto database = good(Database::open(folder.store(), Access::read));
    auto rows = good(database->prepare("SELECT name, type FROM pragma_table_info('entries')"));
    while (good(rows.step()))
      columns.emplace_back(rows.text(0), rows.text(1));
  }
  REQUIRE(columns.size() == 20);
  for (const auto& [name, type] : columns) {
    if (name == "seq") continue;
    std::vector<std::string> values;
    if (type == "INTEGER") values = {name + " + 1", name + " - 1", "-" + name + " - 1"};
    if (type == "TEXT")
      values = {name + " || ' '", "upper(" + name + ") || 'x'", name + " || x'00'"};
    if (type == "BLOB") {
      values = {"zeroblob(32)", "randomblob(32)", "zeroblob(33)", "x''"};
      values.push_back("CAST(substr(" + name + ", 1, 31) AS BLOB)");
    }
    if (name == "subject") values = {"'store'", "'wave'", "'rollout'"};
    for (const std::string& value : values) {
      const std::string sql = fmt::format("UPDATE entries SET {} = {} WHERE seq = 6", name, value);
      CAPTURE(sql);
      write_bytes(folder.store(), whole);
      tamper(folder.store(), sql);
      check_broken(folder.store(), 6, "");
    }
  }
}

TEST_CASE("a flipped bit in any byte of any entry's row is found, and the entry named") {
  const Folder folder;
  make_store(folder.store());
  const std::string whole = good(bytes_of(folder.store()));
  const std::vector<RowBytes> rows = rows_in_file(folder.store());
  REQUIRE(rows.size() == last);
  for (const RowBytes& row : rows) {
    for (std::size_t at = row.begin; at < row.end; ++at) {
      const auto bit = static_cast<char>(1U << (at % 8));
      CAPTURE(row.seq);
      CAPTURE(at - row.begin);
      CAPTURE(int{bit});
      std::string flipped = whole;
      flipped[at] = static_cast<char>(flipped[at] ^ bit);
      write_bytes(folder.store(), flipped);
      check_broken(folder.store(), row.seq, "");
    }
  }
}

TEST_CASE("deleted, cut off, inserted and reordered entries are found, and the first named") {
  check_each({
      {"DELETE FROM entries WHERE seq = 1", 1, "entry 1 is missing"},
      {"DELETE FROM entries WHERE seq = 6", 6, "entry 6 is missing: entry 7 follows entry 5"},
      {"DELETE FROM entries WHERE seq IN (3, 4, 8)", 3, "entry 3 is missing"},
      {"DELETE FROM entries WHERE seq = 10", 10, "entries 10 to 10 have been cut off"},
      {"DELETE FROM entries WHERE seq > 7", 8, "entries 8 to 10 have been cut off"},
      {"DELETE FROM entries", 1, "entries 1 to 10 have been cut off"},
      {"DELETE FROM entries WHERE seq = 6; UPDATE entries SET seq = seq - 1 WHERE seq > 6", 6,
       "does not follow"},
      {"CREATE TEMP TABLE t AS SELECT * FROM entries WHERE seq = 4; UPDATE t SET seq = 5;"
       "UPDATE entries SET seq = -seq - 1 WHERE seq >= 5; UPDATE entries SET seq = -seq "
       "WHERE seq < 0; INSERT INTO entries SELECT * FROM t",
       5, "does not follow"},
      {"CREATE TEMP TABLE t AS SELECT * FROM entries WHERE seq = 10; UPDATE t SET seq = 11;"
       "INSERT INTO entries SELECT * FROM t",
       11, "does not follow"},
      {"CREATE TEMP TABLE t AS SELECT * FROM entries WHERE seq = 2; UPDATE t SET seq = 0;"
       "INSERT INTO entries SELECT * FROM t",
       0, "does not follow"},
      {"UPDATE entries SET seq = -1 WHERE seq = 5; UPDATE entries SET seq = 5 WHERE seq = 6;"
       "UPDATE entries SET seq = 6 WHERE seq = -1",
       5, "does not follow"},
  });
}

TEST_CASE("an entry added with right hashes is found by the kept head") {
  const Folder folder;
  make_store(folder.store());
  std::string old_head;
  {
    const auto database = good(Database::open(folder.store(), Access::read));
    old_head = good(database->text("SELECT hex(hash) FROM head"));
  }
  {
    const Driving driving = good(drive(folder.store()));
    const Entry added =
        about_rollout(sample_rollout(), noon + std::chrono::seconds(9), "running", "running");
    good(driving.journal->commit({nullptr, {&added, 1}, nullptr, nullptr}));
  }
  tamper(folder.store(), fmt::format("UPDATE head SET seq = 10, hash = x'{}'", old_head));
  check_broken(folder.store(), 11, "after entry 10");
}

TEST_CASE("a chain rewritten from any entry on is found by the kept head") {
  for (std::int64_t seq = 1; seq <= last; ++seq) {
    CAPTURE(seq);
    const Folder folder;
    const std::string head = make_store(folder.store());
    rewrite_chain(folder.store(), seq, KeptHead::left);
    check_broken(folder.store(), last, "rewritten");
  }
}

TEST_CASE("a chain rewritten with its head is found by a hash noted elsewhere, and only so") {
  for (std::int64_t seq = 1; seq <= last; ++seq) {
    CAPTURE(seq);
    const Folder folder;
    const std::string head = make_store(folder.store());
    rewrite_chain(folder.store(), seq, KeptHead::rewritten);
    CHECK(!good(verify_store(folder.store())).broken);
    check_broken(folder.store(), 0, "no entry has the noted hash", head);
  }
}

TEST_CASE("a changed, removed or added part of what a rollout was started with is found") {
  check_each({
      {"UPDATE rollouts SET plan = 'name: other'", 1, "plan-1"},
      {"UPDATE rollouts SET plan_name = 'other'", 1, "changed"},
      {"UPDATE rollouts SET number = 2", 1, "changed"},
      {"UPDATE rollouts SET plan_path = '/other'", 1, "changed"},
      {"UPDATE rollouts SET endpoint = 'https://other'", 1, "changed"},
      {"UPDATE rollouts SET project_id = 'other'", 1, "changed"},
      {"UPDATE rollouts SET workflow = 'other'", 1, "changed"},
      {"UPDATE rollouts SET started = started + 1", 1, "changed"},
      {"UPDATE rollouts SET id = 'plan-2'", 1, "cannot be read"},
      {"DELETE FROM rollouts", 1, "cannot be read"},
      {"UPDATE waves SET name = 'other' WHERE position = 1", 1, "changed"},
      {"UPDATE waves SET total = total + 1 WHERE position = 0", 1, "changed"},
      {"DELETE FROM waves WHERE position = 1", 1, "changed"},
      {"INSERT INTO waves SELECT rollout, 2, name, total, state, last_seq FROM waves "
       "WHERE position = 1",
       1, "changed"},
      {"UPDATE runs SET instance_id = 'other' WHERE run = 101", 1, "changed"},
      {"UPDATE runs SET name = 'other' WHERE run = 101", 1, "changed"},
      {"UPDATE runs SET wave = 0 WHERE run = 101", 1, "changed"},
      {"DELETE FROM runs WHERE run = 101", 1, "changed"},
      {"INSERT INTO runs SELECT 7, rollout, wave, instance_id, name, spread FROM runs WHERE run = "
       "101;"
       "INSERT INTO run_states(run, state, last_seq) VALUES(7, '', 0)",
       1, "changed"},
  });
}

TEST_CASE("a kept state that the journal does not bear out is found") {
  check_each({
      {"UPDATE rollouts SET state = 'finished'", 0, "rollout plan-1 stands as `finished`"},
      {"UPDATE rollouts SET last_seq = 2", 0, "by entry 2"},
      {"UPDATE waves SET state = 'done' WHERE position = 0", 0, "wave canary of rollout plan-1"},
      {"UPDATE run_states SET state = 'succeeded' WHERE run = 101", 0,
       "the run of instance id-1-1 in rollout plan-1, wave rest stands as `succeeded`"},
      {"UPDATE run_states SET last_seq = 6 WHERE run = 101", 0, "by entry 6"},
      {"INSERT INTO rollouts SELECT 9, 'ghost', 'ghost', 1, plan, plan_path, endpoint, project_id, "
       "workflow, started, '', 0 FROM rollouts",
       0, "rollout ghost is in the store, and no entry tells of it"},
      {"INSERT INTO run_states(run, state, last_seq) VALUES(7, 'succeeded', 0)", 0,
       "run 7 is in the store"},
      {"DELETE FROM run_states WHERE run >= 101", 0,
       "the run of instance id-1-1 in rollout plan-1, wave rest is not in the store, and entry 9"},
      {"DELETE FROM head", 0, "head of the chain is gone"},
      {"UPDATE head SET hash = zeroblob(32)", 10, "another hash"},
      {"UPDATE head SET seq = 0, hash = zeroblob(32)", 1, "after entry 0"},
      {"UPDATE head SET seq = 11", 11, "cut off"},
      {"UPDATE head SET seq = 9", 9, "another hash"},
      {"PRAGMA writable_schema = ON; DELETE FROM sqlite_schema WHERE name = 'runs_by_name'", 0,
       "lacks the index runs_by_name"},
      {"PRAGMA writable_schema = ON; UPDATE sqlite_schema SET rootpage = (SELECT sum(rootpage) "
       "FROM sqlite_schema WHERE name IN ('runs_by_name', 'runs_by_instance')) - rootpage "
       "WHERE name IN ('runs_by_name', 'runs_by_instance')",
       0, "tables around the entries"},
  });
}

TEST_CASE("the judge is shown each entry with its subject's state before, and is believed") {
  const Folder folder;
  make_store(folder.store());
  std::vector<std::string> before;
  const auto note = [&](const StoredEntry& entry, const std::string& state) {
    before.push_back(state);
    return entry.seq == 7 ? std::optional<std::string>("it is one too many") : std::nullopt;
  };
  const Verified verified = good(verify_store(folder.store(), "", note));
  REQUIRE(verified.broken);
  CHECK(verified.broken->seq == 7);
  CHECK(verified.broken->what == "it is one too many");
  const std::string pending = R"({"state":"pending"})";
  CHECK(before == std::vector<std::string>{"", "", "", "", pending, pending, pending});
}
