// What the cloud's clock shows, known from the `Date` of its answers only, and so only as an
// interval: a Date has a grain of one second, and its answer was on the way for a while.
#pragma once

#include <optional>

#include "engine/time.h"

namespace pawl {

/// By how much the cloud's clock is ahead of ours, negative where it is behind: somewhere from
/// `least` to `most`.
struct ClockOffset {
  Duration least, most;
  bool operator==(const ClockOffset&) const = default;
};

/// What is known of the offset, and what was known when it was told last: nothing the first time.
struct ClockMove {
  std::optional<ClockOffset> before;
  ClockOffset after;
};

class CloudClock {
 public:
  /// An answer with this Date was asked at `sent` and here at `received` (local times).
  void observe(CloudInstant date, Instant sent, Instant received);
  /// The cloud's time at local time `at`; nothing when the last Date is older than a minute, for
  /// then a look has to come first. For a minute after two Dates have contradicted each other it is
  /// anything from the one to the other, for one of them is wrong. Where more than a minute lies
  /// between those, it is nothing until an answer has come some seconds after them that contradicts
  /// none.
  std::optional<CloudNow> now(Instant at) const;
  /// Whether any answer has told it yet.
  bool told() const { return offset_.has_value(); }
  /// What it seems to be by the last Date, however old, else by the local clock: to plan the next
  /// look by, never to decide by.
  CloudInstant guess(Instant at) const;
  /// The offset, told once when it is first known, and again whenever it has certainly moved by
  /// more than a second since it was told last. What Dates that contradict each other span is told
  /// once, and so is what is left of it when they agree.
  std::optional<ClockMove> take_move();

 private:
  bool far_apart() const;
  bool disagreed(Instant at) const;
  ClockOffset known(Instant at) const;

  std::optional<ClockOffset> offset_, told_;
  Instant seen_{};                           // when the answer came that tells the offset
  std::optional<ClockOffset> disagreement_;  // what Dates that cannot all be right span
  Instant disagreed_{};                      // when two of them last contradicted each other
  bool told_apart_ = false;                  // what was told last is such a span
};

}  // namespace pawl
