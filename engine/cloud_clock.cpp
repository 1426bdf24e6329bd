#include "engine/cloud_clock.h"

namespace pawl {

namespace {
constexpr Duration grain{1'000};
constexpr Duration fresh_for{60'000};
}  // namespace

void CloudClock::observe(CloudInstant date, Instant sent, Instant received) {
  if (received < sent) return;
  if (offset_ && received < offset_->seen) return;
  // The Date was written at some moment between `sent` and `received`, and cut to the second.
  offset_ = Offset{date.at - received, date.at + grain - sent, received};
}

std::optional<CloudNow> CloudClock::now(Instant at) const {
  if (!offset_ || at - offset_->seen > fresh_for) return std::nullopt;
  return CloudNow{{at + offset_->least}, {at + offset_->most}};
}

CloudInstant CloudClock::guess(Instant at) const {
  return {offset_ ? at + (offset_->least + offset_->most) / 2 : at};
}

}  // namespace pawl
