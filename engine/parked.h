// Runs that wait at a gate, in the order of their positions, where no more than so many of one
// spread value may be beyond it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <queue>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

namespace pawl {

class Parked {
 public:
  /// At most `spread_max` of one value beyond the gate; 0: any number. Value 0 is never bounded.
  void bound(std::uint32_t spread_max) { spread_max_ = spread_max; }

  void park(std::uint32_t position, std::uint32_t value);
  /// The first that may pass, taken out; nothing when none may. Whoever passes is told of by
  /// `passed`.
  std::optional<std::uint32_t> take();
  bool empty() const { return count_ == 0; }
  /// The one that take() would take.
  std::optional<std::uint32_t> next() const {
    return ready_.empty() ? std::nullopt : std::optional(ready_.begin()->first);
  }
  /// No more of `value` may go beyond the gate now.
  bool full(std::uint32_t value) const;
  /// One of `value` has gone beyond the gate (+1), or come back or ended (-1).
  void passed(std::uint32_t value, int by);

 private:
  using Queue = std::priority_queue<std::uint32_t, std::vector<std::uint32_t>, std::greater<>>;
  struct OfValue {
    Queue waiting;
    std::uint32_t beyond = 0;
    std::optional<std::uint32_t> offered;  // the position under which it stands in ready_
  };
  void offer(std::uint32_t value, OfValue& of);
  bool full(std::uint32_t value, const OfValue& of) const {
    return spread_max_ != 0 && value != 0 && of.beyond >= spread_max_;
  }

  std::uint32_t spread_max_ = 0;
  std::size_t count_ = 0;
  std::unordered_map<std::uint32_t, OfValue> values_;
  std::set<std::pair<std::uint32_t, std::uint32_t>> ready_;  // first position and value
};

}  // namespace pawl
