#include "engine/io/system_clock.h"

#include <algorithm>
#include <ctime>

#include "engine/result.h"

namespace pawl {

Duration since_boot() {
  timespec t{};
  check(::clock_gettime(CLOCK_BOOTTIME, &t) == 0, "CLOCK_BOOTTIME cannot be read");
  return std::chrono::duration_cast<Duration>(std::chrono::seconds(t.tv_sec) +
                                              std::chrono::nanoseconds(t.tv_nsec));
}

Instant wall_time() {
  return std::chrono::floor<Duration>(std::chrono::system_clock::now());
}

SystemClock::SystemClock(Instant floor)
    : boot_at_start_(since_boot()), start_(std::max(floor, wall())) {}

Instant SystemClock::now() {
  return start_ + (since_boot() - boot_at_start_);
}

Instant SystemClock::wall() {
  return wall_time();
}

}  // namespace pawl
