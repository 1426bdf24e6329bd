#include "workflows/plan_difference.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <vector>

#include "workflows/cloud_text.h"
#include "workflows/yaml_reader.h"

namespace pawl {

namespace {

constexpr std::size_t lines_max = 20;
constexpr std::size_t entries_shown_max = 5;

bool is_scalar(const YamlNode& node) {
  return node.kind == YamlNode::Kind::plain || node.kind == YamlNode::Kind::quoted;
}

bool all_scalars(const YamlNode& list) {
  return std::all_of(list.items.begin(), list.items.end(), is_scalar);
}

std::string shown(const YamlNode& node) {
  if (is_scalar(node)) return fmt::format("`{}`", cloud::one_line(node.text, 60));
  if (node.kind == YamlNode::Kind::list) return fmt::format("a list of {}", node.items.size());
  if (node.kind == YamlNode::Kind::mapping) return "a mapping";
  return "nothing";
}

/// A section of the plan whose keys are worth telling one by one.
bool is_section(const YamlNode& node) {
  return node.kind == YamlNode::Kind::mapping && !node.keys.empty();
}

/// The name by which an entry of a list is known, else its position from 1.
std::string entry_name(const YamlNode& entry, std::size_t index) {
  const YamlNode* name = entry.find("name");
  if (name != nullptr && is_scalar(*name)) return cloud::one_line(name->text, 60);
  return fmt::format("{}", index + 1);
}

/// Those of `list`, in its order, that `other` has as well.
std::vector<std::string> names_common_to(const YamlNode& list, const YamlNode& other) {
  std::set<std::string> others;
  for (std::size_t i = 0; i < other.items.size(); ++i)
    others.insert(entry_name(other.items[i], i));
  std::vector<std::string> names;
  for (std::size_t i = 0; i < list.items.size(); ++i) {
    std::string name = entry_name(list.items[i], i);
    if (others.contains(name)) names.push_back(std::move(name));
  }
  return names;
}

class Comparison {
 public:
  void compare(const std::string& path, const YamlNode& before, const YamlNode& after) {
    const YamlNode nothing{YamlNode::Kind::mapping, {}, {}, {}, {}};
    if (is_scalar(before) && is_scalar(after)) {
      if (before.text != after.text) changed(path, before, after);
    } else if (before.kind == YamlNode::Kind::null && is_section(after)) {
      compare(path, nothing, after);
    } else if (is_section(before) && after.kind == YamlNode::Kind::null) {
      compare(path, before, nothing);
    } else if (before.kind != after.kind) {
      changed(path, before, after);
    } else if (before.kind == YamlNode::Kind::mapping) {
      compare_parts(
          before, after,
          [](const YamlNode& node, std::size_t i) { return std::string(node.keys[i].text); },
          [&path](const std::string& key) {
            const std::string name = cloud::one_line(key, 60);
            return path.empty() ? name : path + '.' + name;
          },
          Depth::each_key);
    } else if (before.kind == YamlNode::Kind::list && all_scalars(before) && all_scalars(after)) {
      compare_texts(path, before, after);
    } else if (before.kind == YamlNode::Kind::list) {
      compare_parts(
          before, after,
          [](const YamlNode& node, std::size_t i) { return entry_name(node.items[i], i); },
          [&path](const std::string& name) { return fmt::format("{}[{}]", path, name); },
          Depth::as_a_whole);
      if (names_common_to(before, after) != names_common_to(after, before)) order_changed(path);
    }
  }

  std::string finish() && {
    if (lines_.empty()) return "only comments, quotes or layout differ";
    const std::size_t left = lines_.size() - std::min(lines_.size(), lines_max);
    lines_.resize(lines_.size() - left);
    if (left > 0) lines_.push_back(fmt::format("and {} more", left));
    return fmt::format("{}", fmt::join(lines_, "\n"));
  }

 private:
  /// How a part that only one side has is told.
  enum class Depth : std::uint8_t { each_key, as_a_whole };

  void changed(const std::string& path, const YamlNode& before, const YamlNode& after) {
    lines_.push_back(fmt::format("{}: {}, now {}", path.empty() ? "the plan" : path, shown(before),
                                 shown(after)));
  }

  /// Compares the parts that go by the same name, and tells those that only one side has.
  template <typename Name, typename Path>
  void compare_parts(const YamlNode& before, const YamlNode& after, Name name_of, Path path_of,
                     Depth depth) {
    const YamlNode nothing;
    const auto told_by_key = [depth](const YamlNode& part) {
      return depth == Depth::each_key && is_section(part);
    };
    std::map<std::string, const YamlNode*> olds;
    for (std::size_t i = 0; i < before.items.size(); ++i) {
      olds.emplace(name_of(before, i), &before.items[i]);
    }
    for (std::size_t i = 0; i < after.items.size(); ++i) {
      const std::string name = name_of(after, i);
      const auto old = olds.find(name);
      if (old == olds.end() && told_by_key(after.items[i])) {
        compare(path_of(name), nothing, after.items[i]);
        continue;
      }
      if (old == olds.end()) {
        lines_.push_back(fmt::format("{}: added, {}", path_of(name), shown(after.items[i])));
        continue;
      }
      compare(path_of(name), *old->second, after.items[i]);
      olds.erase(old);
    }
    for (const auto& [name, node] : olds) {
      if (told_by_key(*node)) {
        compare(path_of(name), *node, nothing);
        continue;
      }
      lines_.push_back(fmt::format("{}: removed, was {}", path_of(name), shown(*node)));
    }
  }

  void compare_texts(const std::string& path, const YamlNode& before, const YamlNode& after) {
    std::multiset<std::string> olds, news;
    for (const YamlNode& item : before.items)
      olds.insert(item.text);
    for (const YamlNode& item : after.items)
      news.insert(item.text);
    std::vector<std::string> removed, added;
    std::set_difference(olds.begin(), olds.end(), news.begin(), news.end(),
                        std::back_inserter(removed));
    std::set_difference(news.begin(), news.end(), olds.begin(), olds.end(),
                        std::back_inserter(added));
    tell_texts(path, "added", added);
    tell_texts(path, "removed", removed);
    if (!added.empty() || !removed.empty()) return;
    const auto same = [](const YamlNode& a, const YamlNode& b) { return a.text == b.text; };
    if (!std::equal(before.items.begin(), before.items.end(), after.items.begin(),
                    after.items.end(), same)) {
      order_changed(path);
    }
  }

  void tell_texts(const std::string& path, std::string_view what, std::vector<std::string>& texts) {
    if (texts.empty()) return;
    const std::size_t count = texts.size();
    texts.resize(std::min(count, entries_shown_max));
    for (std::string& text : texts)
      text = cloud::one_line(text, 60);
    lines_.push_back(fmt::format("{}: {} {} ({}{})", path, count, what, fmt::join(texts, ", "),
                                 count > entries_shown_max ? ", …" : ""));
  }

  void order_changed(const std::string& path) {
    lines_.push_back(fmt::format("{}: the order changed", path));
  }

  std::vector<std::string> lines_;
};

}  // namespace

std::string describe_difference(std::string_view before, std::string_view after) {
  const YamlReading old_plan = read_yaml(without_byte_order_mark(before));
  const YamlReading new_plan = read_yaml(without_byte_order_mark(after));
  if (!old_plan.root) return "the old plan cannot be read as YAML, so no difference can be shown";
  if (!new_plan.root) return "the new plan cannot be read as YAML, so no difference can be shown";
  Comparison comparison;
  comparison.compare("", *old_plan.root, *new_plan.root);
  return std::move(comparison).finish();
}

}  // namespace pawl
