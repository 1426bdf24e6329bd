// Connections of the stand-in that wait for their moment.
#pragma once

#include <chrono>
#include <functional>
#include <map>

#include "engine/time.h"

struct MHD_Connection;

namespace pawl::simulate {

class Delays final {
 public:
  using Moment = std::chrono::steady_clock::time_point;

  /// Suspends `connection` for that long; call it from a callback of the library. `first` is called
  /// just before it goes on, also where the client has gone by then.
  void hold(MHD_Connection* connection, Duration time, std::function<void()> first = {});
  /// Lets go on those whose moment has come.
  void release_due(Moment now);
  void release_all() { release_due(Moment::max()); }
  /// Milliseconds until the next one is due, -1 where none waits.
  int wait_ms(Moment now) const;

 private:
  struct Held {
    MHD_Connection* connection;
    std::function<void()> first;
  };
  std::multimap<Moment, Held> held_;
};

}  // namespace pawl::simulate
