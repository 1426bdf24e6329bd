#include "tests/simulation/stores.h"

#include <array>

#include "storage/audit.h"
#include "storage/levers.h"
#include "storage/sqlite_journal.h"
#include "storage/store.h"
#include "storage/verify.h"
#include "tests/simulation/replay.h"
#include "tests/storage/sample.h"
#include "tests/support/faulty_disk.h"
#include "tests/support/memory_journal.h"

namespace pawl::simulation {

namespace {

class InMemory final : public WorldStore {
 public:
  explicit InMemory(World& world) : world_(world) {}

  Result<Journal*> open() override { return &journal_; }
  void close(bool) override {}
  void endanger() override {
    const bool kept = world_.dice.chance(50);
    world_.befall(kept ? "failed commits that were kept" : "failed commits that were lost");
    journal_.fail_at(1, kept ? test::Tail::kept : test::Tail::lost);
  }
  Result<std::int64_t> post(const Lever& lever) override { return journal_.post(lever); }
  std::vector<Entry> entries() override { return journal_.entries(); }
  std::optional<std::string> flaw(const Workflow&) override { return std::nullopt; }

 private:
  World& world_;
  test::MemoryJournal journal_;
};

class OnDisk final : public WorldStore {
 public:
  explicit OnDisk(World& world) : world_(world) { world.tally.count("stores on a disk"); }

  Result<Journal*> open() override;
  void close(bool killed) override;
  void endanger() override;
  Result<std::int64_t> post(const Lever& lever) override;
  std::vector<Entry> entries() override;
  std::optional<std::string> flaw(const Workflow& workflow) override;

 private:
  World& world_;
  test::Folder folder_;
  test::FaultyDisk disk_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<SqliteJournal> journal_;
};

Result<Journal*> OnDisk::open() {
  // Now and then something fails while the store is opened and recovers.
  if (world_.stormy() && world_.dice.chance(10)) endanger();
  auto store = Store::open_for_driving(folder_.store(), test::holder);
  if (!store) return store.error();
  store_ = std::move(*store);
  // The log is copied into the file, and begun anew, several times within a short life.
  if (auto set = store_->database().run("PRAGMA wal_autocheckpoint = 20"); !set) return set.error();
  auto journal = SqliteJournal::make(store_->database(), test::holder);
  if (!journal) return journal.error();
  journal_ = std::move(*journal);
  return journal_.get();
}

void OnDisk::close(bool killed) {
  const bool off = disk_.power_is_off();
  // A process that is killed closes nothing: from here on nothing reaches the disk.
  if (killed && !off) disk_.cut_power_at(disk_.operations());
  journal_.reset();
  store_.reset();
  if (off || (killed && world_.dice.chance(50))) {
    constexpr std::array left{test::Unsynced::lost, test::Unsynced::kept, test::Unsynced::torn,
                              test::Unsynced::scattered};
    constexpr std::array words{"power cuts that lost it", "power cuts that kept it",
                               "power cuts that tore the last page",
                               "power cuts that scattered it"};
    const std::size_t cut = world_.dice.below(left.size());
    world_.befall(words[cut]);
    disk_.restore_power(left[cut], static_cast<std::uint32_t>(world_.dice.below(1'000'000)));
  } else if (killed) {
    disk_.go_on_after_kill();
  }
  disk_.heal();
}

void OnDisk::endanger() {
  const auto soon = disk_.operations() + 1 + static_cast<std::int64_t>(world_.dice.below(12));
  switch (world_.dice.below(4)) {
    case 0:
      world_.befall("full disks");
      return disk_.fail_at(soon, test::Failure::full, test::Lasting::from_then_on);
    case 1:
      world_.befall("broken disks");
      return disk_.fail_at(soon, test::Failure::broken, test::Lasting::once);
    case 2:
      world_.befall("failed syncs");
      return disk_.fail_next_sync();
    default:
      return disk_.cut_power_at(soon);
  }
}

/// From another terminal, so on a connection of its own.
Result<std::int64_t> OnDisk::post(const Lever& lever) {
  auto beside = Store::open_for_levers(folder_.store(), test::noon);
  if (!beside) return beside.error();
  return post_levers((*beside)->database(), {&lever, 1});
}

std::vector<Entry> OnDisk::entries() {
  std::vector<Entry> all;
  for (StoredEntry& stored : test::history(store_->database()))
    all.push_back(std::move(stored.entry));
  return all;
}

std::optional<std::string> OnDisk::flaw(const Workflow& workflow) {
  const auto verified = verify_journal(
      store_->database(), "",
      [&](const StoredEntry& stored, const std::string& before) -> std::optional<std::string> {
        if (stored.entry.subject != Subject::run) return std::nullopt;
        return flaw_of(workflow, stored.entry, before);
      });
  world_.tally.count("audits");
  if (!verified) return verified.error().what;
  return verified->broken ? std::optional(verified->broken->what) : std::nullopt;
}

}  // namespace

std::unique_ptr<WorldStore> make_store(World& world) {
  if (world.conditions.on_disk) return std::make_unique<OnDisk>(world);
  return std::make_unique<InMemory>(world);
}

}  // namespace pawl::simulation
