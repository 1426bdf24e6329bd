#include "workflows/plan_start.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <utility>

#include "workflows/durations.h"

namespace pawl {

namespace {

class StartMistakes {
 public:
  void add(Place place, std::string message) {
    list_.push_back({place.line, place.column, std::move(message)});
  }
  std::vector<Mistake> take() { return std::move(list_); }

 private:
  std::vector<Mistake> list_;
};

/// Editors begin a line at it and the parser does not, so that a comment hides what stands behind.
/// One is told: a file that has some is saved anew.
void find_lone_return(std::string_view text, StartMistakes& mistakes) {
  std::size_t at = text.find('\r');
  while (at != std::string_view::npos && text.substr(at, 2) == "\r\n")
    at = text.find('\r', at + 1);
  if (at == std::string_view::npos) return;
  const std::string_view before = text.substr(0, at);
  const auto line = static_cast<std::uint32_t>(std::count(before.begin(), before.end(), '\n')) + 1;
  const std::size_t start = before.rfind('\n') + 1;  // none: npos, and so the first byte
  mistakes.add({line, static_cast<std::uint32_t>(at - start) + 1},
               "a carriage return without a line feed looks like the end of a line here and is "
               "none; save the file with LF or CRLF at the end of each line");
}

/// A `!` before a scalar makes a text of it to the parser, like quotes; a reader sees a word.
class TagFinder {
 public:
  TagFinder(std::string_view text, StartMistakes& mistakes) : text_(text), mistakes_(mistakes) {
    line_starts_.push_back(0);
    for (std::size_t at = 0; (at = text.find('\n', at)) != std::string_view::npos;)
      line_starts_.push_back(++at);
  }

  void look_through(const YamlNode& node) {
    if (node.kind == YamlNode::Kind::quoted) look_at(node.place);
    for (const YamlKey& key : node.keys)
      look_at(key.place);
    for (const YamlNode& item : node.items)
      look_through(item);
  }

 private:
  void look_at(Place place) {
    if (place.line > line_starts_.size()) return;
    const std::size_t at = line_starts_[place.line - 1] + place.column - 1;
    if (at >= text_.size() || text_[at] != '!') return;
    mistakes_.add(place, "a tag (!) may not stand here; remove it");
  }

  std::string_view text_;
  StartMistakes& mistakes_;
  std::vector<std::size_t> line_starts_;
};

void find_unions(const YamlNode& root, StartMistakes& mistakes) {
  const YamlNode* list = root.find("instances");
  if (list == nullptr) return;
  constexpr std::array<std::string_view, 3> kinds{"ids", "names", "select"};
  for (const YamlNode& entry : list->items) {
    const auto given = std::count_if(kinds.begin(), kinds.end(), [&entry](std::string_view kind) {
      return entry.find(kind) != nullptr;
    });
    if (given < 2) continue;
    mistakes.add(entry.place,
                 "an entry of `instances` with two of `ids`, `names` and `select` takes what any "
                 "of them takes; write an entry for each, which add up, or put all that must hold "
                 "into one `select`");
  }
}

void find_late_first(const YamlNode& root, const Plan& plan, StartMistakes& mistakes) {
  const YamlNode* polling = root.find("polling");
  const bool told = plan.polling.min > plan.polling.max;
  if (polling == nullptr || told || plan.polling.first <= plan.polling.max) return;
  const YamlNode* first = polling->find("first");  // one that is not given keeps to `max`
  if (first == nullptr) return;
  mistakes.add(first->place,
               fmt::format("`polling.first` is {}, longer than `polling.max`, which is {}",
                           format_duration(plan.polling.first), format_duration(plan.polling.max)));
}

/// Of the database's names, those that are not of a place: each machine has its own.
void find_zones_of_machine(const YamlNode* rules, StartMistakes& mistakes) {
  const YamlNode* windows = rules == nullptr ? nullptr : rules->find("windows");
  if (windows == nullptr) return;
  constexpr std::array<std::string_view, 3> names{"localtime", "posixrules", "Factory"};
  for (const YamlNode& window : windows->items) {
    const YamlNode* zone = window.find("zone");
    if (zone == nullptr || std::find(names.begin(), names.end(), zone->text) == names.end()) {
      continue;
    }
    mistakes.add(zone->place,
                 fmt::format("`zone` must be a time zone that is the same on every machine, such "
                             "as Europe/Berlin or UTC, not `{}`",
                             zone->text));
  }
}

void find_zones_of_machine(const YamlNode& root, StartMistakes& mistakes) {
  find_zones_of_machine(root.find("defaults"), mistakes);
  const YamlNode* waves = root.find("waves");
  if (waves == nullptr) return;
  for (const YamlNode& wave : waves->items)
    find_zones_of_machine(&wave, mistakes);
}

}  // namespace

std::vector<Mistake> start_mistakes(std::string_view text, const YamlNode& root, const Plan& plan) {
  StartMistakes mistakes;
  find_lone_return(text, mistakes);
  TagFinder(text, mistakes).look_through(root);
  find_unions(root, mistakes);
  find_late_first(root, plan, mistakes);
  find_zones_of_machine(root, mistakes);
  return mistakes.take();
}

}  // namespace pawl
