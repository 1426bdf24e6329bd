// The local clock of a driver.
#pragma once

#include "engine/ports.h"

namespace pawl {

/// What this machine's wall clock shows; it may be set back at any time.
Instant wall_time();

/// By CLOCK_BOOTTIME, which counts time asleep. May be asked between fork and exec.
Duration since_boot();

/// The wall clock as it stood at construction plus what CLOCK_BOOTTIME has counted since: time
/// asleep counts, and a wall clock that is set meanwhile changes nothing. One thread.
class SystemClock final : public Clock {
 public:
  /// Starts at the wall clock, or at `floor` where that is later: the last time a store holds, so
  /// that its times go on upwards after the wall clock was set back.
  explicit SystemClock(Instant floor = Instant::min());

  Instant now() override;
  Instant wall() override;

 private:
  const Duration boot_at_start_;
  const Instant start_;
};

}  // namespace pawl
