#include "cli/simulate/delays.h"

#include <microhttpd.h>

#include <algorithm>
#include <utility>

namespace pawl::simulate {

void Delays::hold(MHD_Connection* connection, Duration time, std::function<void()> first) {
  MHD_suspend_connection(connection);
  held_.emplace(std::chrono::steady_clock::now() + time, Held{connection, std::move(first)});
}

void Delays::release_due(Moment now) {
  while (!held_.empty() && held_.begin()->first <= now) {
    const Held held = std::move(held_.begin()->second);
    held_.erase(held_.begin());
    if (held.first) held.first();
    MHD_resume_connection(held.connection);
  }
}

int Delays::wait_ms(Moment now) const {
  if (held_.empty()) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(held_.begin()->first - now);
  return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 60'000));
}

}  // namespace pawl::simulate
