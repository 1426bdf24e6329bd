#include "tests/simulation/ledger.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace pawl::simulation {

namespace {

using namespace std::chrono_literals;

const Error dead{Fault::store, "the process is dead"};

}  // namespace

Result<std::vector<Lever>> Ledger::begin(const std::string& rollout) {
  begun_ = true;
  return journal_->begin(rollout);
}

void Ledger::abandon() {
  begun_ = false;
  journal_->abandon();
}

void Ledger::post(const Lever& lever) {
  if (begun_) return world_.after(1s, [this, lever] { post(lever); });
  Lever dated = lever;
  dated.at = world_.now();
  const auto number = store_->post(dated);
  if (!number) return world_.befall("levers that could not be written down");
  world_.befall(fmt::format("lever {}", to_string(lever.kind)), lever.target);
  const bool forbids = lever.kind == LeverKind::pause || lever.kind == LeverKind::freeze ||
                       lever.kind == LeverKind::cancel;
  if (forbids) forbidding_.insert(*number);
}

/// Law 7: each lever is answered once, by one entry in its puller's name; a wave that is denied
/// halts its rollout besides.
void Ledger::judge_answers(const Batch& batch) {
  const auto answers =
      std::count_if(batch.entries.begin(), batch.entries.end(), [](const Entry& entry) {
        return entry.actor == operator_name && entry.event != "rollout_halted";
      });
  if (!std::cmp_equal(answers, batch.pulled.size())) {
    world_.break_law("law 7: a lever without its one entry");
  }
  for (const std::int64_t lever : batch.pulled) {
    if (answered_.count(lever) > 0) world_.break_law("law 7: a lever is answered twice");
  }
}

/// Law 5: what was written down before an intent is committed stops it.
void Ledger::judge_levers(const Batch& batch) {
  const bool starts =
      std::any_of(batch.entries.begin(), batch.entries.end(),
                  [](const auto& entry) { return entry.phase == to_string(Phase::intended); });
  for (const std::int64_t lever : forbidding_) {
    const bool pulled =
        std::find(batch.pulled.begin(), batch.pulled.end(), lever) != batch.pulled.end();
    if (starts && !pulled) world_.break_law("law 5: an intent passes a lever that forbids it");
  }
}

void Ledger::forget_pulled() {
  for (const std::int64_t lever : pulled_) {
    forbidding_.erase(lever);
    answered_.insert(lever);
  }
  pulled_.clear();
}

Outcome Ledger::commit(const Batch& batch) {
  if (!life_.deals()) return dead;
  judge_levers(batch);
  judge_answers(batch);
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
  pulled_.assign(batch.pulled.begin(), batch.pulled.end());
  if (Outcome written = journal_->commit(batch); !written) {
    begun_ = false;
    world_.befall("failed commits");
    return written;
  }
  kept_.insert(kept_.end(), unknown_.begin(), unknown_.end());
  unknown_.clear();
  begun_ = false;
  forget_pulled();
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
  if (found.size() == whole) {
    laws_.committed(unknown_);
    forget_pulled();
  }
  pulled_.clear();
  unknown_.clear();
  kept_ = found;
  return Done{};
}

void Ledger::leave(bool killed) {
  journal_ = nullptr;
  begun_ = false;
  store_->close(killed);
}

}  // namespace pawl::simulation
