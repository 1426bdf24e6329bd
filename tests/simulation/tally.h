// What the worlds have been through, so that a simulation that exercises nothing shows.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace pawl::simulation {

class Tally {
 public:
  void count(std::string_view what, std::uint64_t by = 1) {
    const auto found = counts_.find(what);
    if (found == counts_.end()) {
      counts_.emplace(what, by);
    } else {
      found->second += by;
    }
  }
  std::uint64_t of(std::string_view what) const {
    const auto found = counts_.find(what);
    return found == counts_.end() ? 0 : found->second;
  }
  const std::map<std::string, std::uint64_t, std::less<>>& counts() const { return counts_; }

 private:
  std::map<std::string, std::uint64_t, std::less<>> counts_;
};

}  // namespace pawl::simulation
