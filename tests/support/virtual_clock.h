// A clock that stands still until somebody waits.
#pragma once

#include <algorithm>
#include <chrono>

#include "engine/ports.h"

namespace pawl::test {

class VirtualClock final : public Clock {
 public:
  Instant now() override { return now_; }
  void advance_to(Instant at) { now_ = std::max(now_, at); }
  void advance(Duration by) { now_ += by; }

 private:
  Instant now_ = std::chrono::sys_days{std::chrono::year{2026} / 11 / 22};
};

}  // namespace pawl::test
