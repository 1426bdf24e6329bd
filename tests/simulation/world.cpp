#include "tests/simulation/world.h"

#include <fmt/format.h>

#include <algorithm>

namespace pawl::simulation {

std::string last_of(const Story& story, const std::string& instance, std::size_t lines_max) {
  std::vector<std::string> lines;
  for (auto told = story.rbegin(); told != story.rend() && lines.size() < lines_max; ++told) {
    if (!instance.empty() && !told->instance.empty() && told->instance != instance) continue;
    lines.push_back(
        fmt::format("  {} {:8} {}", format_utc(told->at), told->instance.substr(0, 8), told->what));
  }
  std::reverse(lines.begin(), lines.end());
  return fmt::format("{}", fmt::join(lines, "\n"));
}

bool World::step(Instant limit) {
  if (events_.empty() || events_.top().when > limit) {
    clock_.advance_to(limit);
    return false;
  }
  clock_.advance_to(events_.top().when);
  const std::function<void()> act = events_.top().act;
  events_.pop();
  act();
  return true;
}

}  // namespace pawl::simulation
