#include "engine/cloud_clock.h"

#include <algorithm>
#include <utility>

namespace pawl {

namespace {
constexpr Duration grain{1'000};
constexpr Duration fresh_for{60'000};
constexpr Duration told_beyond{1'000};
constexpr Duration spread_max{60'000};
constexpr Duration agreed_for{5'000};

/// Further apart than two servers that cut their seconds differently can be.
bool contradict(const ClockOffset& a, const ClockOffset& b) {
  return a.least > b.most + told_beyond || a.most < b.least - told_beyond;
}

ClockOffset hull(const ClockOffset& a, const ClockOffset& b) {
  return {std::min(a.least, b.least), std::max(a.most, b.most)};
}

}  // namespace

void CloudClock::observe(CloudInstant date, Instant sent, Instant received) {
  if (received < sent) return;
  if (offset_ && received < seen_) return;
  // The Date was written at some moment between `sent` and `received`, and cut to the second.
  const ClockOffset told{date.at - received, date.at + grain - sent};
  if (offset_ && received - seen_ <= fresh_for && contradict(*offset_, told)) {
    disagreement_ = hull(disagreed(received) ? *disagreement_ : *offset_, told);
    disagreed_ = received;
  }
  offset_ = told;
  seen_ = received;
}

bool CloudClock::far_apart() const {
  return disagreement_ && disagreement_->most - disagreement_->least > spread_max;
}

/// Servers that are seconds apart go on being so. Beyond a minute one of two things has happened: a
/// clock was set, or one is wrong, of which answers that have agreed for a while tell the former.
bool CloudClock::disagreed(Instant at) const {
  if (far_apart()) return seen_ - disagreed_ < agreed_for;
  return disagreement_ && at - disagreed_ <= fresh_for;
}

/// Whichever of servers that disagree is right, the truth lies in what they have said together.
ClockOffset CloudClock::known(Instant at) const {
  return disagreed(at) ? hull(*disagreement_, *offset_) : *offset_;
}

std::optional<CloudNow> CloudClock::now(Instant at) const {
  if (!offset_ || at - seen_ > fresh_for) return std::nullopt;
  if (far_apart() && disagreed(at)) return std::nullopt;
  const ClockOffset offset = known(at);
  return CloudNow{{at + offset.least}, {at + offset.most}};
}

CloudInstant CloudClock::guess(Instant at) const {
  return {offset_ ? at + (offset_->least + offset_->most) / 2 : at};
}

std::optional<ClockMove> CloudClock::take_move() {
  if (!offset_) return std::nullopt;
  const bool agreed_again = told_apart_ && !disagreed(seen_);
  if (told_ && !contradict(*offset_, *told_) && !agreed_again) return std::nullopt;
  told_apart_ = disagreed(seen_);
  const ClockOffset offset = known(seen_);
  return ClockMove{std::exchange(told_, offset), offset};
}

}  // namespace pawl
