// The loop's levers: read inside the transaction of the turn, answered by entries.
#include <fmt/core.h>

#include <algorithm>
#include <numeric>
#include <unordered_set>

#include "engine/entries.h"
#include "engine/gated_step.h"
#include "engine/loop.h"
#include "engine/utf8.h"

namespace pawl {

namespace {

constexpr std::uint32_t cancelled_a_turn = 1'000;

}  // namespace

/// In as many turns as it takes, for a run gets at most one event in each.
Outcome Loop::pull_levers(LeversOf which) {
  do {
    const Instant now = seams_.clock.now();
    entries_.clear();
    moved_.clear();
    pulled_.clear();
    again_ = false;
    if (Outcome begun = begin_and_pull(which, now); !begun) return begun;
    cancel_some(now);
    advance(now);
    Batch batch;
    batch.entries = entries_;
    batch.pulled = pulled_;
    if (Outcome written = seams_.journal.commit(batch); !written) return written;
    if (!entries_.empty()) seams_.watcher.committed(entries_);
  } while (again_);
  return Done{};
}

/// Levers come before any intent of the turn, and none can be written down between here and the
/// commit: so a freeze that was there first always stops it. A turn that decides nothing which a
/// lever could forbid begins no transaction. Whether one was begun.
Result<bool> Loop::begin(Instant now) {
  if (quiet() || clears_.empty()) {
    const Result<bool> waits = seams_.journal.levers_wait(id_);
    if (!waits) return waits.error();
    if (!*waits) return false;
  }
  if (Outcome begun = begin_and_pull(LeversOf::rollout_and_store, now); !begun)
    return begun.error();
  return true;
}

Outcome Loop::begin_and_pull(LeversOf which, Instant now) {
  auto levers = seams_.journal.begin(id_);
  if (!levers) return levers.error();
  for (Lever& lever : *levers) {
    make_utf8(lever.by);
    make_utf8(lever.reason);
    if (which == LeversOf::rollout && lever.rollout.empty()) continue;
    if (has_had_its_event(lever)) {
      again_ = true;
    } else {
      pull(lever, now);
    }
  }
  return Done{};
}

/// The run that the lever is about has moved in this turn; a lever waits for the next.
bool Loop::has_had_its_event(const Lever& lever) {
  if (lever.kind != LeverKind::retry && lever.kind != LeverKind::skip) return false;
  const auto position = position_of(lever.target);
  return position && std::find(moved_.begin(), moved_.end(), *position) != moved_.end();
}

/// Thousands of runs may be retried at once.
std::optional<std::uint32_t> Loop::position_of(const std::string& instance_id) {
  const auto id = [this](std::uint32_t position) -> const std::string& {
    return members_[position].run.instance_id;
  };
  if (by_instance_.empty()) {
    by_instance_.resize(members_.size());
    std::iota(by_instance_.begin(), by_instance_.end(), 0U);
    std::sort(by_instance_.begin(), by_instance_.end(),
              [&](std::uint32_t a, std::uint32_t b) { return id(a) < id(b); });
  }
  const auto found = std::lower_bound(
      by_instance_.begin(), by_instance_.end(), instance_id,
      [&](std::uint32_t position, const std::string& wanted) { return id(position) < wanted; });
  if (found == by_instance_.end() || id(*found) != instance_id) return std::nullopt;
  return *found;
}

void Loop::pull(const Lever& lever, Instant now) {
  pulled_.push_back(lever.id);
  again_ = true;
  switch (lever.kind) {
    case LeverKind::freeze:
    case LeverKind::unfreeze:
      return pull_on_store(lever, now);
    case LeverKind::retry:
    case LeverKind::skip:
      return pull_on_run(lever, now);
    case LeverKind::pause:
    case LeverKind::unpause:
    case LeverKind::cancel:
    case LeverKind::approve:
    case LeverKind::deny:
    case LeverKind::close:
      break;
  }
  auto pulled = rollout_->pull(lever.kind, lever.target, lever.by, lever.reason);
  if (const auto* why = std::get_if<std::string>(&pulled)) return refuse(lever, *why, now);
  for (const RolloutMove& move : std::get<0>(pulled)) {
    entries_.push_back(move_entry(id_, move, now));
    entries_.back().actor = lever.by;
  }
  if (lever.kind == LeverKind::cancel) cancel_what_waits();
}

void Loop::pull_on_store(const Lever& lever, Instant now) {
  bool frozen = rollout_->frozen();
  entries_.push_back(store_lever_entry(lever, frozen, now));
  rollout_->freeze(frozen);
}

void Loop::pull_on_run(const Lever& lever, Instant now) {
  if (!rollout_->may_be_decided()) return refuse(lever, "its rollout has ended", now);
  const auto position = position_of(lever.target);
  if (!position) return refuse(lever, "it is not in the rollout", now);
  const Directive directive = lever.kind == LeverKind::retry ? Directive::retry : Directive::skip;
  const Event event{now, cloud_clock_.now(now), Directed{directive, lever.by, lever.reason}};
  const Run& run = members_[*position].run;
  if (!can_meet(seams_.workflow, run, event)) {
    return refuse(lever,
                  fmt::format("its run is {}; only one that has failed or needs an operator can be "
                              "decided",
                              to_string(run.state)),
                  now);
  }
  happen(*position, event);
}

/// A lever that does nothing is told in the journal all the same, so that nobody waits for it.
void Loop::refuse(const Lever& lever, const std::string& why, Instant now) {
  entries_.push_back(refused_lever_entry(lever, why, now));
}

/// A turn's share of what a cancelled rollout has not sent yet. A run that has had an event in
/// this turn waits for the next.
void Loop::cancel_some(Instant now) {
  const std::unordered_set<std::uint32_t> busy(moved_.begin(), moved_.end());
  for (auto n = std::min<std::size_t>(to_cancel_.size(), cancelled_a_turn); n > 0; --n) {
    const std::uint32_t position = to_cancel_.front();
    to_cancel_.pop_front();
    if (busy.count(position) > 0) {
      to_cancel_.push_back(position);
      continue;
    }
    const Event event{now, cloud_clock_.now(now), Directed{Directive::cancel, "engine", ""}};
    if (can_meet(seams_.workflow, members_[position].run, event)) happen(position, event);
  }
  again_ = again_ || !to_cancel_.empty();
}

void Loop::cancel_what_waits() {
  for (std::uint32_t i = 0; i < members_.size(); ++i) {
    if (rollout_->cancels(members_[i].run)) to_cancel_.push_back(i);
  }
}

}  // namespace pawl
