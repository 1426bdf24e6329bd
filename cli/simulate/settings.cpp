#include "cli/simulate/settings.h"

#include <charconv>

#include "workflows/durations.h"

namespace pawl::simulate {

std::optional<Range> parse_range(std::string_view text) {
  const std::size_t dots = text.find("..");
  const auto one = [](std::string_view part) {
    return part == "0" ? std::optional(Duration{0}) : parse_duration(part);
  };
  const auto least = one(text.substr(0, dots));
  const auto most = dots == std::string_view::npos ? least : one(text.substr(dots + 2));
  if (!least || !most || *most < *least) return std::nullopt;
  return Range{*least, *most};
}

std::optional<CallRange> parse_calls(std::string_view text) {
  const std::size_t dots = text.find("..");
  const auto one = [](std::string_view part) {
    std::uint64_t number = 0;
    const auto [end, flaw] = std::from_chars(part.data(), part.data() + part.size(), number);
    return flaw == std::errc{} && end == part.data() + part.size() ? number : 0;
  };
  const std::uint64_t first = one(text.substr(0, dots));
  const std::uint64_t last = dots == std::string_view::npos ? first : one(text.substr(dots + 2));
  if (first == 0 || last < first) return std::nullopt;
  return CallRange{first, last};
}

std::optional<double> parse_share(std::string_view text) {
  const bool percent = text.ends_with('%');
  if (percent) text.remove_suffix(1);
  double share = -1;
  const auto [end, flaw] = std::from_chars(text.data(), text.data() + text.size(), share);
  if (flaw != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  if (percent) share /= 100;
  return share >= 0 && share <= 1 ? std::optional(share) : std::nullopt;
}

}  // namespace pawl::simulate
