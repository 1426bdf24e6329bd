#include "engine/parked.h"

namespace pawl {

/// Keeps ready_ true after the value's queue or count has changed.
void Parked::offer(std::uint32_t value, OfValue& of) {
  const std::optional<std::uint32_t> first =
      full(value, of) || of.waiting.empty() ? std::nullopt : std::optional(of.waiting.top());
  if (first == of.offered) return;
  if (of.offered) ready_.erase({*of.offered, value});
  if (first) ready_.insert({*first, value});
  of.offered = first;
}

bool Parked::full(std::uint32_t value) const {
  const auto found = values_.find(value);
  return found != values_.end() && full(value, found->second);
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
