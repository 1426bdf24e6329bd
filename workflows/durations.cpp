#include "workflows/durations.h"

#include <array>
#include <charconv>
#include <cstdint>
#include <utility>

namespace pawl {

std::optional<Duration> parse_duration(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, std::int64_t>, 5> units{
      {{"ms", 1}, {"s", 1'000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}}};
  std::uint32_t number = 0;
  const auto [stop, flaw] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (flaw != std::errc{}) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(stop - text.data()));
  for (const auto& [name, size] : units) {
    if (text != name) continue;
    const Duration duration{number * size};
    if (duration > duration_max) return std::nullopt;
    return duration;
  }
  return std::nullopt;
}

}  // namespace pawl
