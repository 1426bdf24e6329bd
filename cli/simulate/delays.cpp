#include "cli/simulate/delays.h"

#include <microhttpd.h>

#include <algorithm>

namespace pawl::simulate {

void Delays::hold(MHD_Connection* connection, Duration time) {
  MHD_suspend_connection(connection);
  held_.emplace(std::chrono::steady_clock::now() + time, connection);
}

void Delays::release_due(Moment now) {
  while (!held_.empty() && held_.begin()->first <= now) {
    MHD_resume_connection(held_.begin()->second);
    held_.erase(held_.begin());
  }
}

int Delays::wait_ms(Moment now) const {
  if (held_.empty()) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(held_.begin()->first - now);
  return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 60'000));
}

}  // namespace pawl::simulate
