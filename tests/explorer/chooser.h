// Walks every combination of choices that a piece of code can make: run it again and again, and
// each time it is answered with the next combination. (After TigerBeetle's exhaustigen.)
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "engine/result.h"

namespace pawl::explorer {

/// What happened on the way that was chosen, for people, a line an event.
using Story = std::vector<std::string>;

class Chooser {
 public:
  /// One of 0 … of-1. What was asked before must have been the same since the last `next`.
  std::size_t choose(std::size_t of) {
    if (at_ == path_.size()) path_.push_back({0, of});
    check(path_[at_].of == of, "the same choices lead to the same questions");
    return path_[at_++].taken;
  }
  /// Turns to the next combination; false once all were had.
  bool next() {
    at_ = 0;
    while (!path_.empty() && path_.back().taken + 1 == path_.back().of)
      path_.pop_back();
    if (path_.empty()) return false;
    ++path_.back().taken;
    return true;
  }

 private:
  struct Choice {
    std::size_t taken, of;
  };
  std::vector<Choice> path_;
  std::size_t at_ = 0;
};

}  // namespace pawl::explorer
