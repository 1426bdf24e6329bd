#include "engine/cloud_clock.h"

#include <utility>

namespace pawl {

namespace {
constexpr Duration grain{1'000};
constexpr Duration fresh_for{60'000};
constexpr Duration told_beyond{1'000};
constexpr Duration doubted_for{5'000};

/// Further apart than two servers that cut their seconds differently can be.
bool contradict(const ClockOffset& a, const ClockOffset& b) {
  return a.least > b.most + told_beyond || a.most < b.least - told_beyond;
}

}  // namespace

void CloudClock::observe(CloudInstant date, Instant sent, Instant received) {
  if (received < sent) return;
  if (offset_ && received < seen_) return;
  // The Date was written at some moment between `sent` and `received`, and cut to the second.
  const ClockOffset told{date.at - received, date.at + grain - sent};
  if (offset_ && received - seen_ <= fresh_for && contradict(*offset_, told)) {
    contradicted_ = received;
  }
  offset_ = told;
  seen_ = received;
}

std::optional<CloudNow> CloudClock::now(Instant at) const {
  if (!offset_ || at - seen_ > fresh_for) return std::nullopt;
  if (contradicted_ && at - *contradicted_ < doubted_for) return std::nullopt;
  return CloudNow{{at + offset_->least}, {at + offset_->most}};
}

CloudInstant CloudClock::guess(Instant at) const {
  return {offset_ ? at + (offset_->least + offset_->most) / 2 : at};
}

std::optional<ClockMove> CloudClock::take_move() {
  if (!offset_) return std::nullopt;
  if (told_ && !contradict(*offset_, *told_)) return std::nullopt;
  return ClockMove{std::exchange(told_, offset_), *offset_};
}

}  // namespace pawl
