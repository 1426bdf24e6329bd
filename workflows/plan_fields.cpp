#include "workflows/plan_fields.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "engine/ascii.h"
#include "workflows/cloud_text.h"
#include "workflows/durations.h"
#include "workflows/nearest_word.h"

namespace pawl {

namespace {

constexpr std::size_t shown_max = 60;

std::string shown(std::string_view text) {
  return fmt::format("`{}`", cloud::one_line(text, shown_max));
}

/// The value as a message shows it.
std::string describe(const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::null:
      return "nothing";
    case YamlNode::Kind::plain:
      return shown(node.text);
    case YamlNode::Kind::quoted:
      return shown('"' + node.text + '"');
    case YamlNode::Kind::list:
      return "a list";
    case YamlNode::Kind::mapping:
      return "a mapping";
    case YamlNode::Kind::broken:
      break;
  }
  return "this";
}

/// Keys under which people put what must never stand in a plan.
bool looks_secret(std::string_view key) {
  std::string low;
  for (const char c : key) {
    if (c == '-' || c == '_') continue;
    low += to_lower(c);
  }
  if (low == "ak" || low == "sk") return true;
  constexpr std::array<std::string_view, 6> parts{"password", "passwd",    "token",
                                                  "secret",   "accesskey", "credential"};
  return std::any_of(parts.begin(), parts.end(),
                     [&low](std::string_view part) { return low.find(part) != std::string::npos; });
}

}  // namespace

Place PlanValue::place() const {
  return node_->kind == YamlNode::Kind::null ? key_ : node_->place;
}

void PlanValue::fail(std::string message) const {
  mistakes_->push_back({place().line, place().column, std::move(message)});
}

void PlanValue::must_be(std::string_view expected) const {
  if (node_->kind == YamlNode::Kind::broken) return;
  const std::string subject = name_.empty() ? "the plan" : fmt::format("`{}`", name_);
  fail(fmt::format("{} must be {}, not {}", subject, expected, describe(*node_)));
}

bool PlanValue::is_scalar() const {
  return node_->kind == YamlNode::Kind::plain || node_->kind == YamlNode::Kind::quoted;
}

std::optional<std::string> PlanValue::text() const {
  const std::string& text = node_->text;
  if (!is_scalar() || text.empty()) {
    must_be("a text");
    return std::nullopt;
  }
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
  if (std::any_of(text.begin(), text.end(), is_control)) {
    must_be("one line of text without control characters");
    return std::nullopt;
  }
  if (trim(text).size() != text.size()) {
    must_be("a text without blanks around it");
    return std::nullopt;
  }
  return text;
}

std::optional<std::uint32_t> PlanValue::count(std::uint32_t least, std::uint32_t most) const {
  const std::string& text = node_->text;
  std::uint32_t number = 0;
  const auto [stop, flaw] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = flaw == std::errc{} && stop == text.data() + text.size();
  const bool odd = text.size() > 1 && text.front() == '0';
  if (node_->kind == YamlNode::Kind::plain && whole && !odd && number >= least && number <= most) {
    return number;
  }
  must_be(fmt::format("a whole number from {} to {}, without quotes", least, most));
  return std::nullopt;
}

std::optional<Duration> PlanValue::duration(Duration least) const {
  const auto duration = is_scalar() ? parse_duration(node_->text) : std::nullopt;
  if (!duration) {
    must_be(fmt::format("{}, at most {}", duration_shape, format_duration(duration_max)));
    return std::nullopt;
  }
  if (*duration < least) {
    must_be(fmt::format("at least {}", format_duration(least)));
    return std::nullopt;
  }
  return duration;
}

std::optional<bool> PlanValue::boolean() const {
  if (node_->kind == YamlNode::Kind::plain) {
    if (node_->text == "true") return true;
    if (node_->text == "false") return false;
  }
  must_be("`true` or `false`, without quotes");
  return std::nullopt;
}

std::optional<std::size_t> PlanValue::index_of_word(std::span<const std::string_view> words) const {
  std::string list;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (is_scalar() && node_->text == words[i]) return i;
    list += fmt::format("{}`{}`", i == 0 ? "" : i + 1 == words.size() ? " or " : ", ", words[i]);
  }
  must_be(list);
  return std::nullopt;
}

std::vector<PlanValue> PlanValue::items() const {
  if (node_->kind != YamlNode::Kind::list) {
    must_be("a list");
    return {};
  }
  std::vector<PlanValue> values;
  values.reserve(node_->items.size());
  for (const YamlNode& item : node_->items) {
    if (item.kind == YamlNode::Kind::broken) continue;
    values.emplace_back(item, name_, item.place, *mistakes_);
  }
  return values;
}

std::vector<PlanValue> PlanValue::some_items() const {
  if (node_->kind == YamlNode::Kind::list && node_->items.empty()) {
    fail(fmt::format("`{}` is an empty list; put something into it, or leave it out", name_));
  }
  return items();
}

PlanFields::PlanFields(const PlanValue& value) : value_(value) {
  if (value_.node().kind != YamlNode::Kind::mapping) value_.must_be("a mapping, `key: value`");
}

std::optional<PlanValue> PlanFields::find(std::string_view key) {
  known_.push_back(key);
  const YamlNode& node = value_.node();
  for (std::size_t i = 0; i < node.keys.size(); ++i) {
    if (node.keys[i].text != key) continue;
    if (node.items[i].kind == YamlNode::Kind::broken) return std::nullopt;
    return PlanValue(node.items[i], key, node.keys[i].place, value_.mistakes());
  }
  return std::nullopt;
}

std::optional<PlanValue> PlanFields::need(std::string_view key, std::string_view why) {
  const auto value = find(key);
  if (!has(key) && value_.node().kind == YamlNode::Kind::mapping) {
    value_.fail(fmt::format("`{}` is missing: {}", key, why));
  }
  return value;
}

void PlanFields::finish() const {
  for (const YamlKey& key : value_.node().keys) {
    if (std::find(known_.begin(), known_.end(), key.text) != known_.end()) continue;
    std::string message;
    const bool told = value_.mistakes().size() < mistakes_shown_max;
    const std::string_view nearest = told ? nearest_word(key.text, known_) : std::string_view{};
    if (looks_secret(key.text)) {
      message = fmt::format(
          "{}: secrets never stand in a plan; put it into the environment or the credentials file, "
          "and change it if others may have read this file",
          shown(key.text));
    } else if (!nearest.empty()) {
      message = fmt::format("{} is not known here; did you mean `{}`?", shown(key.text), nearest);
    } else {
      message = fmt::format("{} is not known here; known are {}", shown(key.text),
                            fmt::join(known_, ", "));
    }
    value_.mistakes().push_back({key.place.line, key.place.column, std::move(message)});
  }
}

}  // namespace pawl
