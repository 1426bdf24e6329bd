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
  auto& taken = taken_[step];
  if (taken.size() >= samples_max) {
    // Drops the sample in the middle: the ends say where the end of a step is likely.
    taken.erase(taken.begin() + static_cast<std::ptrdiff_t>(taken.size() / 2));
  }
  taken.insert(std::upper_bound(taken.begin(), taken.end(), duration), duration);
}

Duration Pacing::poll(std::size_t step, Duration elapsed) const {
  const auto& taken = taken_[step];
  if (elapsed <= Duration{0}) {
    const Duration likely = taken.empty() ? bounds_.first : taken.front();
    return std::clamp(likely, bounds_.min, std::max(bounds_.first, bounds_.min));
  }
  if (!taken.empty() && elapsed < taken.front()) {
    return std::clamp(taken.front() - elapsed, bounds_.min, bounds_.max);
  }
  if (!taken.empty() && elapsed <= taken.back()) return bounds_.min;
  return std::clamp(elapsed / 8, bounds_.min, bounds_.max);
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
