#include "workflows/yaml_reader.h"

#include <fmt/core.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <numeric>
#include <sstream>
#include <utility>

#include "workflows/cloud_text.h"
#include "workflows/plain_text.h"

namespace pawl {

namespace {

/// Ends the parser from within an event, since it offers no other way.
struct Stop {
  Mistake mistake;
};

Place place_of(const YAML::Mark& mark) {
  const auto from_one = [](int n) { return static_cast<std::uint32_t>(std::max(n, 0)) + 1; };
  return {from_one(mark.line), from_one(mark.column)};
}

Mistake mistake_at(Place place, std::string message) {
  return {place.line, place.column, std::move(message)};
}

/// Builds the tree from the parser's events. The parser recurses, so the depth is judged here,
/// where each level is announced before its content is read.
class TreeBuilder final : public YAML::EventHandler {
 public:
  explicit TreeBuilder(std::string_view text) : text_(text) {
    line_starts_.push_back(0);
    for (std::size_t at = 0; (at = text.find('\n', at)) != std::string_view::npos;) {
      line_starts_.push_back(++at);
    }
  }

  YamlReading finish() && { return {std::move(root_), std::move(mistakes_)}; }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (documents_++ > 0) {
      throw Stop{mistake_at(place_of(mark),
                            "a second document starts here; a file holds one, so remove the rest")};
    }
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override {
    add({YamlNode::Kind::null, place_of(mark), {}, {}, {}});
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    refuse(mark, "an alias (*) may not stand here; write the value out");
    add({YamlNode::Kind::broken, place_of(mark), {}, {}, {}});
  }
  void OnAnchor(const YAML::Mark& mark, const std::string&) override {
    refuse(mark, "an anchor (&) may not stand here, since aliases are not taken; remove it");
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                const std::string& value) override {
    const Place place = place_of(mark);
    if (tag != "!" && tag != "?" && !tag.empty()) {
      refuse(mark, "a tag (!) may not stand here; remove it");
      return add({YamlNode::Kind::broken, place, {}, {}, {}});
    }
    const auto kind = tag == "!" ? YamlNode::Kind::quoted : YamlNode::Kind::plain;
    if (quote_stays_open(place)) {
      throw Stop{mistake_at(place, "the quote that opens here is never closed")};
    }
    add({kind, place, value, {}, {}});
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {
    open(YamlNode::Kind::list, mark, tag);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {
    open(YamlNode::Kind::mapping, mark, tag);
  }
  void OnMapEnd() override {
    drop_repeated_keys(open_.back());
    close();
  }

 private:
  void refuse(const YAML::Mark& mark, std::string message) {
    mistakes_.push_back(mistake_at(place_of(mark), std::move(message)));
  }

  void open(YamlNode::Kind kind, const YAML::Mark& mark, const std::string& tag) {
    if (open_.size() == yaml_levels_max) {
      throw Stop{mistake_at(
          place_of(mark),
          fmt::format("nested deeper than {} levels; nothing here needs that", yaml_levels_max))};
    }
    if (tag != "?" && !tag.empty()) refuse(mark, "a tag (!) may not stand here; remove it");
    open_.push_back({kind, place_of(mark), {}, {}, {}});
  }

  void close() {
    YamlNode node = std::move(open_.back());
    open_.pop_back();
    add(std::move(node));
  }

  void add(YamlNode node) {
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    YamlNode& parent = open_.back();
    const bool is_key =
        parent.kind == YamlNode::Kind::mapping && parent.keys.size() == parent.items.size();
    if (!is_key) {
      parent.items.push_back(std::move(node));
      return;
    }
    if (node.text.empty() && node.kind != YamlNode::Kind::broken) {
      mistakes_.push_back(mistake_at(node.place, "a key must be a word, with a value after it"));
    }
    parent.keys.push_back({std::move(node.text), node.place});
  }

  /// Keeps the first of keys that are the same, and drops those that are no texts.
  void drop_repeated_keys(YamlNode& mapping) {
    std::vector<std::size_t> order(mapping.keys.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    const auto text = [&mapping](std::size_t i) { return std::string_view(mapping.keys[i].text); };
    std::stable_sort(order.begin(), order.end(),
                     [&text](std::size_t a, std::size_t b) { return text(a) < text(b); });
    std::vector<bool> drop(order.size(), false);
    for (std::size_t i = 0, first = 0; i < order.size(); ++i) {
      if (text(order[i]) != text(order[first])) first = i;
      drop[order[i]] = text(order[i]).empty() || i != first;
      if (text(order[i]).empty() || i == first) continue;
      mistakes_.push_back(mistake_at(
          mapping.keys[order[i]].place,
          fmt::format("the key `{}` stands here again; it stands in line {} already",
                      cloud::one_line(text(order[i]), 60), mapping.keys[order[first]].place.line)));
    }
    if (std::find(drop.begin(), drop.end(), true) == drop.end()) return;
    YamlNode kept{mapping.kind, mapping.place, {}, {}, {}};
    for (std::size_t i = 0; i < drop.size(); ++i) {
      if (drop[i]) continue;
      kept.keys.push_back(std::move(mapping.keys[i]));
      kept.items.push_back(std::move(mapping.items[i]));
    }
    mapping = std::move(kept);
  }

  /// The parser takes the end of the file for a closing quote; a file that was cut off must not
  /// pass for a whole one.
  bool quote_stays_open(Place place) const {
    if (place.line > line_starts_.size()) return false;
    std::size_t at = line_starts_[place.line - 1] + place.column - 1;
    if (at >= text_.size() || (text_[at] != '"' && text_[at] != '\'')) return false;
    const char quote = text_[at];
    while (++at < text_.size()) {
      const bool escapes = quote == '"' ? text_[at] == '\\' : text_.substr(at, 2) == "''";
      if (escapes) {
        ++at;
      } else if (text_[at] == quote) {
        return false;
      }
    }
    return true;
  }

  std::string_view text_;
  std::vector<std::size_t> line_starts_;
  int documents_ = 0;
  std::vector<YamlNode> open_;
  std::optional<YamlNode> root_;
  std::vector<Mistake> mistakes_;
};

YamlReading unreadable(std::vector<Mistake> before, Mistake mistake) {
  before.push_back(std::move(mistake));
  return {std::nullopt, std::move(before)};
}

}  // namespace

const YamlNode* YamlNode::find(std::string_view key) const {
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (keys[i].text == key) return &items[i];
  }
  return nullptr;
}

std::string_view without_byte_order_mark(std::string_view bytes) {
  return bytes.substr(bytes.starts_with("\xEF\xBB\xBF") ? 3 : 0);
}

YamlReading read_yaml(std::string_view text) {
  if (text.size() > yaml_bytes_max) {
    return unreadable(
        {}, mistake_at({}, fmt::format("the file has more than {} bytes (1 MiB), the most that a "
                                       "plan may have",
                                       yaml_bytes_max)));
  }
  if (auto flaw = flaw_of_text(text)) return unreadable({}, std::move(*flaw));
  TreeBuilder builder(text);
  std::istringstream stream{std::string(text)};
  try {
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (Stop& stop) {
    return unreadable(std::move(builder).finish().mistakes, std::move(stop.mistake));
  } catch (const YAML::Exception& failure) {
    return unreadable(std::move(builder).finish().mistakes,
                      mistake_at(place_of(failure.mark),
                                 fmt::format("cannot be read as YAML: {}; look at the indentation, "
                                             "quotes and colons here and just before",
                                             cloud::one_line(failure.msg))));
  }
  YamlReading reading = std::move(builder).finish();
  if (!reading.root)
    return unreadable(std::move(reading.mistakes), mistake_at({}, "the file is empty"));
  return reading;
}

}  // namespace pawl
