#include "cli/screen.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <utility>

namespace pawl {

namespace {

/// The items of a part that are shown: those of [begin, end).
struct Shown {
  std::size_t begin, end;
  std::size_t count() const { return end - begin; }
};

std::string words_of_rest(const std::vector<Part>& parts, const std::vector<Shown>& shown) {
  std::vector<std::string> words;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const Part& part = parts[i];
    const std::size_t more = part.items.size() - shown[i].count() + part.beyond;
    if (more == 0 || part.one.empty()) continue;
    words.push_back(fmt::format("{}{} {}", more, words.empty() ? " more" : "",
                                more == 1 ? part.one : part.many));
  }
  return words.empty() ? "" : fmt::format("and {}; --json shows all", fmt::join(words, ", "));
}

/// Takes up to `most` items, as long as there are lines left for them.
void serve(const Part& part, Shown& shown, std::size_t most, std::size_t& left) {
  while (shown.count() < std::min(most, part.items.size())) {
    const bool after = shown.end < part.items.size();
    const std::size_t next = after ? shown.end : shown.begin - 1;
    const std::size_t cost = part.items[next].size() + (shown.count() == 0 ? part.head.size() : 0);
    if (cost > left) return;
    left -= cost;
    if (after) {
      ++shown.end;
    } else {
      --shown.begin;
    }
  }
}

/// Those that fit in `rows` lines, the last of which tells of the rest.
std::vector<Shown> served(const std::vector<Part>& parts, std::size_t rows) {
  std::vector<Shown> shown;
  for (const Part& part : parts)
    shown.push_back({part.from, part.from});
  std::vector<std::size_t> order(parts.size());
  std::iota(order.begin(), order.end(), 0U);
  std::stable_sort(order.begin(), order.end(), [&parts](std::size_t one, std::size_t other) {
    return parts[one].rank < parts[other].rank;
  });
  std::size_t left = rows - 1;
  for (const std::size_t i : order)
    serve(parts[i], shown[i], parts[i].least, left);
  for (std::size_t before = left + 1; left < before;) {  // then by turns
    before = left;
    for (const std::size_t i : order)
      serve(parts[i], shown[i], shown[i].count() + 1, left);
  }
  return shown;
}

}  // namespace

Part table_part(const std::vector<Column>& columns, const std::vector<std::vector<Cell>>& rows,
                std::size_t width) {
  Part part;
  auto lines = table_lines(columns, rows, width);
  part.head = std::move(lines.front());
  lines.erase(lines.begin());
  part.items = std::move(lines);
  return part;
}

std::vector<std::string> fitted(const std::vector<Part>& parts, std::size_t rows) {
  std::vector<Shown> shown;
  std::size_t all = 0;
  for (const Part& part : parts) {
    shown.push_back({0, part.items.size()});
    if (part.items.empty()) continue;
    all += part.head.size() + (part.apart ? 1U : 0U);
    for (const auto& item : part.items)
      all += item.size();
  }
  all += words_of_rest(parts, shown).empty() ? 0U : 1U;
  const bool whole = rows == 0 || all <= rows;
  if (!whole) shown = served(parts, rows);
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const Part& part = parts[i];
    if (shown[i].count() == 0) continue;
    if (whole && part.apart) lines.emplace_back();
    lines.insert(lines.end(), part.head.begin(), part.head.end());
    for (std::size_t at = shown[i].begin; at < shown[i].end; ++at)
      lines.insert(lines.end(), part.items[at].begin(), part.items[at].end());
  }
  if (std::string rest = words_of_rest(parts, shown); !rest.empty())
    lines.push_back(std::move(rest));
  return lines;
}

}  // namespace pawl
