// How long the driver's process lives, counted in its dealings with the world: every commit and
// every call is two of them, one before it and one after.
#pragma once

#include <cstdint>

namespace pawl::simulation {

class Lifeline {
 public:
  static constexpr std::uint64_t endless = UINT64_MAX;

  /// A process begins that dies at its dealing `last`.
  void begin(std::uint64_t last) {
    left_ = last;
    alive_ = true;
  }
  /// Deals with the world once; false when the process is dead or dies at it.
  bool deals() {
    if (alive_ && left_ != endless && left_-- == 0) alive_ = false;
    return alive_;
  }
  bool alive() const { return alive_; }

 private:
  std::uint64_t left_ = endless;
  bool alive_ = true;
};

}  // namespace pawl::simulation
