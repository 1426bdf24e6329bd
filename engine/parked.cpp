#include "engine/parked.h"

namespace pawl {

/// Keeps ready_ true after the value's queue or count has changed.
void Parked::offer(std::uint32_t value, OfValue& of) {
  const bool full = spread_max_ != 0 && value != 0 && of.beyond >= spread_max_;
  const std::optional<std::uint32_t> first =
      full || of.waiting.empty() ? std::nullopt : std::optional(of.waiting.top());
  if (first == of.offered) return;
  if (of.offered) ready_.erase({*of.offered, value});
  if (first) ready_.insert({*first, value});
  of.offered = first;
}

void Parked::park(std::uint32_t position, std::uint32_t value) {
  OfValue& of = values_[value];
  of.waiting.push(position);
  ++count_;
  offer(value, of);
}

std::optional<std::uint32_t> Parked::take() {
  if (ready_.empty()) return std::nullopt;
  const auto [position, value] = *ready_.begin();
  OfValue& of = values_[value];
  of.waiting.pop();
  --count_;
  offer(value, of);
  return position;
}

void Parked::passed(std::uint32_t value, int by) {
  OfValue& of = values_[value];
  of.beyond = static_cast<std::uint32_t>(static_cast<int>(of.beyond) + by);
  offer(value, of);
}

}  // namespace pawl
