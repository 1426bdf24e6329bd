#include "tests/simulation/ledger.h"

#include <algorithm>
#include <chrono>

namespace pawl::simulation {

namespace {

using namespace std::chrono_literals;

const Error dead{Fault::store, "the process is dead"};

}  // namespace

Outcome Ledger::commit(const Batch& batch) {
  if (!life_.deals()) return dead;
  const Weather& weather = world_.conditions.weather;
  if (world_.strikes(weather.commit_fails)) store_->endanger();
  const auto sleeps = [&] {
    if (!world_.strikes(weather.suspended)) return;
    ++world_.stops;
    const bool asleep = world_.dice.chance(50);
    world_.befall(asleep ? "machines asleep" : "slow commits");
    world_.pass(asleep ? world_.dice.within(1min, 3h) : world_.dice.within(1s, 5s));
  };
  sleeps();
  unknown_.assign(batch.entries.begin(), batch.entries.end());
  if (Outcome written = journal_->commit(batch); !written) {
    world_.befall("failed commits");
    return written;
  }
  kept_.insert(kept_.end(), unknown_.begin(), unknown_.end());
  unknown_.clear();
  laws_.committed(batch.entries);
  sleeps();
  return life_.deals() ? Outcome(Done{}) : Outcome(dead);
}

Outcome Ledger::reopen() {
  auto journal = store_->open();
  if (!journal) return journal.error();
  journal_ = *journal;
  const std::vector<Entry> found = store_->entries();
  const std::size_t whole = kept_.size() + unknown_.size();
  const bool kept =
      found.size() >= kept_.size() && std::equal(kept_.begin(), kept_.end(), found.begin());
  const bool all_or_none = found.size() == kept_.size() ||
                           (found.size() == whole &&
                            std::equal(unknown_.begin(), unknown_.end(),
                                       found.end() - static_cast<std::ptrdiff_t>(unknown_.size())));
  if (!kept) world_.break_law("law 6: a committed entry is lost");
  if (!all_or_none) world_.break_law("law 6: a commit is kept in part");
  if (auto flaw = store_->flaw(workflow_)) world_.break_law("law 7: the audit says: " + *flaw);
  if (world_.broken()) return Done{};
  if (found.size() == whole) laws_.committed(unknown_);
  unknown_.clear();
  kept_ = found;
  return Done{};
}

void Ledger::leave(bool killed) {
  journal_ = nullptr;
  store_->close(killed);
}

}  // namespace pawl::simulation
