// Connections of the stand-in that wait for their moment.
#pragma once

#include <chrono>
#include <map>

#include "engine/time.h"

struct MHD_Connection;

namespace pawl::simulate {

class Delays final {
 public:
  using Moment = std::chrono::steady_clock::time_point;

  /// Suspends `connection` for that long; call it from a callback of the library.
  void hold(MHD_Connection* connection, Duration time);
  /// Lets go on those whose moment has come.
  void release_due(Moment now);
  void release_all() { release_due(Moment::max()); }
  /// Milliseconds until the next one is due, -1 where none waits.
  int wait_ms(Moment now) const;

 private:
  std::multimap<Moment, MHD_Connection*> held_;
};

}  // namespace pawl::simulate
