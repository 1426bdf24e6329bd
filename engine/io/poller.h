// epoll as a value with an owner.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/time.h"

namespace pawl {

/// What a descriptor is waited for, or was found to be.
struct Readiness {
  bool readable = false;
  bool writable = false;
  bool broken = false;  ///< found only
  bool operator==(const Readiness&) const = default;
};

struct Ready {
  int descriptor = -1;
  Readiness how;
};

/// Level-triggered. Descriptors stay their owners'.
class Poller final {
 public:
  Poller();
  ~Poller();
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;

  /// Readable while any of them is ready.
  int descriptor() const { return descriptor_; }
  /// Waits for `descriptor` from now on, in place of what was asked for it before. Nothing wanted
  /// takes it out; one that is not in is no mistake then.
  void want(int descriptor, Readiness wanted);
  /// Nothing is wanted of `descriptor` for a while, and wanting the same again will be cheap. It is
  /// to be forgotten before its number comes back.
  void rest(int descriptor);
  /// `descriptor` is about to be closed, or was, and takes itself out.
  void forget(int descriptor);
  /// Up to some hundred that are ready; perhaps an empty list, after `longest` (>= 0, rounded to
  /// no less) at the latest. Valid until the next call.
  const std::vector<Ready>& wait(Duration longest);

 private:
  struct Watched {
    std::uint32_t events = 0;  ///< as epoll knows them, unless closed meanwhile; 0 when not in
    bool wanted = false;
    bool rests = false;  ///< then it is open still
  };

  void take_out(int descriptor);

  int descriptor_;
  std::vector<Watched> watched_;  ///< by descriptor
  std::vector<Ready> ready_;
};

}  // namespace pawl
