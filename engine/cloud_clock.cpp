#include "engine/cloud_clock.h"

#include <utility>

namespace pawl {

namespace {
constexpr Duration grain{1'000};
constexpr Duration fresh_for{60'000};
constexpr Duration told_beyond{1'000};
}  // namespace

void CloudClock::observe(CloudInstant date, Instant sent, Instant received) {
  if (received < sent) return;
  if (offset_ && received < seen_) return;
  // The Date was written at some moment between `sent` and `received`, and cut to the second.
  offset_ = ClockOffset{date.at - received, date.at + grain - sent};
  seen_ = received;
}

std::optional<CloudNow> CloudClock::now(Instant at) const {
  if (!offset_ || at - seen_ > fresh_for) return std::nullopt;
  return CloudNow{{at + offset_->least}, {at + offset_->most}};
}

CloudInstant CloudClock::guess(Instant at) const {
  return {offset_ ? at + (offset_->least + offset_->most) / 2 : at};
}

std::optional<ClockMove> CloudClock::take_move() {
  if (!offset_) return std::nullopt;
  const bool moved = !told_ || offset_->least > told_->most + told_beyond ||
                     offset_->most < told_->least - told_beyond;
  if (!moved) return std::nullopt;
  return ClockMove{std::exchange(told_, offset_), *offset_};
}

}  // namespace pawl
