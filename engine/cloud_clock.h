// What the cloud's clock shows, known from the `Date` of its answers only, and so only as an
// interval: a Date has a grain of one second, and its answer was on the way for a while.
#pragma once

#include <optional>

#include "engine/time.h"

namespace pawl {

class CloudClock {
 public:
  /// An answer with this Date was asked at `sent` and here at `received` (local times).
  void observe(CloudInstant date, Instant sent, Instant received);
  /// The cloud's time at local time `at`; nothing when the last Date is older than a minute, for
  /// then a look has to come first.
  std::optional<CloudNow> now(Instant at) const;
  /// What it seems to be by the last Date, however old, else by the local clock: to plan the next
  /// look by, never to decide by.
  CloudInstant guess(Instant at) const;

 private:
  struct Offset {
    Duration least, most;  // cloud minus local
    Instant seen;
  };
  std::optional<Offset> offset_;
};

}  // namespace pawl
