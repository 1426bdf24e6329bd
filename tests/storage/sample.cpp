#include "tests/storage/sample.h"

#include <fmt/format.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

namespace pawl::test {
namespace {

Entry blank(const NewRollout& rollout, Instant at, std::string from, std::string to) {
  Entry entry;
  entry.at = at;
  entry.rollout = rollout.rollout.id;
  entry.event = "became_" + to;
  entry.from = std::move(from);
  entry.to = std::move(to);
  entry.actor = "engine";
  entry.data = fmt::format(R"({{"reason":"because of {}"}})", entry.event);
  entry.state = fmt::format(R"({{"state":"{}"}})", entry.to);
  entry.engine_version = "0.1.0";
  return entry;
}

std::string state_after(std::size_t turn) {
  return turn == 0 ? "pending" : fmt::format("step{}", turn);
}

}  // namespace

Folder::Folder() {
  // In memory where that is: these tests make thousands of stores, each with its fsyncs.
  std::error_code code;
  const bool in_memory = std::filesystem::is_directory("/dev/shm", code);
  const std::filesystem::path above =
      in_memory ? "/dev/shm" : std::filesystem::temp_directory_path();
  std::string name = above.string() + "/pawl-storage-XXXXXX";
  REQUIRE(mkdtemp(name.data()) != nullptr);
  path_ = name;
}

Folder::~Folder() {
  std::error_code code;
  std::filesystem::remove_all(path_, code);
}

Result<std::string> bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return Error{Fault::store, path + " is not there"};
  return std::string(std::istreambuf_iterator<char>(file), {});
}

void write_bytes(const std::string& path, const std::string& bytes) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << bytes;
  REQUIRE(file.flush());
}

NewRollout sample_rollout(std::int64_t number, std::int32_t rest) {
  NewRollout rollout;
  rollout.rollout = {fmt::format("plan-{}", number),
                     "plan",
                     number,
                     "name: plan\n",
                     "/plans/plan.yaml",
                     "https://rds.example",
                     "project",
                     "rds-postgresql-major-upgrade",
                     noon};
  rollout.waves = {{0, "canary", 1}, {1, "rest", rest}};
  for (std::int32_t i = 0; i <= rest; ++i) {
    rollout.runs.push_back({100 * number + i, i == 0 ? 0 : 1, fmt::format("id-{}-{}", number, i),
                            fmt::format("db-{}", i)});
  }
  return rollout;
}

Entry about_rollout(const NewRollout& rollout, Instant at, std::string from, std::string to) {
  Entry entry = blank(rollout, at, std::move(from), std::move(to));
  entry.subject = Subject::rollout;
  return entry;
}

Entry about_wave(const NewRollout& rollout, std::size_t wave, Instant at, std::string from,
                 std::string to) {
  Entry entry = blank(rollout, at, std::move(from), std::move(to));
  entry.subject = Subject::wave;
  entry.wave = rollout.waves[wave].position;
  return entry;
}

Entry about_run(const NewRollout& rollout, std::size_t run, Instant at, std::string from,
                std::string to) {
  Entry entry = blank(rollout, at, std::move(from), std::move(to));
  entry.subject = Subject::run;
  entry.run = rollout.runs[run].run;
  entry.wave = rollout.runs[run].wave;
  entry.instance_id = rollout.runs[run].instance_id;
  entry.phase = "asked";
  entry.attempt = 1;
  return entry;
}

std::vector<Entry> starting_entries(const NewRollout& rollout, Instant at) {
  std::vector<Entry> entries{about_rollout(rollout, at, "", "running")};
  for (std::size_t i = 0; i < rollout.runs.size(); ++i)
    entries.push_back(about_run(rollout, i, at, "", "pending"));
  return entries;
}

Batch Turn::batch() const {
  return {created ? &*created : nullptr, entries, lease ? &*lease : nullptr,
          pulse ? &*pulse : nullptr};
}

std::vector<Turn> story(std::size_t turns) {
  const NewRollout rollout = sample_rollout();
  std::vector<Turn> told;
  for (std::size_t turn = 0; turn < turns; ++turn) {
    const Instant at = noon + std::chrono::seconds(turn);
    Turn next;
    if (turn == 0) {
      next.created = rollout;
      next.entries = starting_entries(rollout, at);
    } else {
      for (std::size_t run = 0; run < rollout.runs.size(); ++run) {
        next.entries.push_back(
            about_run(rollout, run, at, state_after(turn - 1), state_after(turn)));
      }
    }
    next.lease = QuotaLease{"account", static_cast<double>(turn), at};
    next.pulse = Pulse{at, static_cast<std::int64_t>(turn)};
    told.push_back(std::move(next));
  }
  return told;
}

Result<Driving> drive(const std::string& path, LockWait lock_wait) {
  Driving driving;
  auto store = Store::open_for_driving(path, holder, std::move(lock_wait));
  if (!store) return store.error();
  driving.store = std::move(*store);
  auto journal = SqliteJournal::make(driving.store->database(), holder);
  if (!journal) return journal.error();
  driving.journal = std::move(*journal);
  return driving;
}

std::string make_store(const std::string& path, std::size_t turns) {
  const Driving driving = good(drive(path));
  for (const Turn& turn : story(turns))
    good(driving.journal->commit(turn.batch()));
  return driving.journal->head().hash.hex();
}

std::vector<StoredEntry> history(Database& database, const HistoryFilter& filter) {
  std::vector<StoredEntry> found;
  good(AuditReader(database).history(filter, [&](const StoredEntry& entry) {
    found.push_back(entry);
    return true;
  }));
  return found;
}

std::vector<std::int64_t> seqs(Database& database, const HistoryFilter& filter) {
  std::vector<std::int64_t> found;
  for (const StoredEntry& entry : history(database, filter))
    found.push_back(entry.seq);
  return found;
}

}  // namespace pawl::test
