#include "engine/pacing.h"

#include <algorithm>

namespace pawl {

namespace {

constexpr std::size_t samples_max = 64;

/// splitmix64 (Steele, Lea, Flood 2014): spreads neighbouring seeds over all values.
std::uint64_t mix(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

}  // namespace

void Pacing::took(std::size_t step, Duration duration) {
  auto& [sorted, dropped] = taken_[step];
  if (sorted.size() >= samples_max) {
    // In turn over the whole range, so that what is left is shaped like what was dropped.
    sorted.erase(sorted.begin() + static_cast<std::ptrdiff_t>(dropped++ % sorted.size()));
  }
  sorted.insert(std::upper_bound(sorted.begin(), sorted.end(), duration), duration);
}

Duration Pacing::likely(std::size_t step) const {
  const auto& sorted = taken_[step].sorted;
  return sorted.empty() ? Duration{0} : sorted[(sorted.size() * 9 - 1) / 10];
}

Duration Pacing::poll(std::size_t step, Duration elapsed) const {
  const auto& sorted = taken_[step].sorted;
  const bool first = elapsed <= Duration{0};
  // Where nothing is known the polls after the first come ever later.
  Duration pause = first ? bounds_.first : elapsed / 8;
  const auto likely = std::upper_bound(sorted.begin(), sorted.end(), elapsed);
  if (likely != sorted.end()) pause = *likely - elapsed;
  if (!first) return std::clamp(pause, bounds_.min, bounds_.max);
  // `min` keeps polls apart, and before the first there is none.
  return std::clamp(pause, std::min(bounds_.first, bounds_.min), bounds_.first);
}

Duration Pacing::backoff(unsigned tries, std::uint64_t seed) const {
  const Duration base = std::min<Duration>(bounds_.min, Duration{1'000});
  Duration limit = base;
  for (unsigned i = 1; i < tries && limit < bounds_.max; ++i)
    limit *= 2;
  limit = std::max(base, std::min(limit, bounds_.max));
  const auto span = static_cast<std::uint64_t>(limit.count());
  return Duration{static_cast<std::int64_t>(1 + mix(seed * 31 + tries) % span)};
}

}  // namespace pawl
