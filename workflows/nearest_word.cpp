#include "workflows/nearest_word.h"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace pawl {

namespace {

constexpr std::size_t given_max = 64;

/// The optimal string alignment distance: a swap of neighbours counts as one change.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before_last(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j)
    last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before_last[j - 2] + 1);
      }
    }
    before_last.swap(last);
    last.swap(row);
  }
  return last[b.size()];
}

}  // namespace

std::string_view nearest_word(std::string_view given, std::span<const std::string_view> known) {
  if (given.size() > given_max) return {};
  std::string_view nearest;
  std::size_t fewest = std::clamp<std::size_t>(given.size() / 3, 1, 3) + 1;
  for (const std::string_view word : known) {
    const std::size_t changes = distance(given, word);
    if (changes >= fewest) continue;
    fewest = changes;
    nearest = word;
  }
  return nearest;
}

}  // namespace pawl
