// Typed access to the parts of a plan; what is not as it must be becomes a mistake, and reading
// goes on, so that all mistakes are found at once.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/time.h"
#include "workflows/mistakes.h"
#include "workflows/yaml_reader.h"

namespace pawl {

/// One value and the name under which messages speak of it. The tree, the name's characters and
/// the list of mistakes must outlive it. A getter that returns nothing has told the mistake.
class PlanValue {
 public:
  PlanValue(const YamlNode& node, std::string_view name, Place key, std::vector<Mistake>& mistakes)
      : node_(&node), name_(name), key_(key), mistakes_(&mistakes) {}

  /// One line, not empty, without control characters and outer blanks; also a plain 14 or true.
  std::optional<std::string> text() const;
  /// A plain whole number in decimal digits.
  std::optional<std::uint32_t> count(std::uint32_t least, std::uint32_t most) const;
  std::optional<Duration> duration(Duration least) const;
  std::optional<bool> boolean() const;
  /// One of `words`, exactly.
  template <typename Enum, std::size_t N>
  std::optional<Enum> word(const std::array<std::pair<std::string_view, Enum>, N>& words) const {
    std::array<std::string_view, N> spellings;
    for (std::size_t i = 0; i < N; ++i)
      spellings[i] = words[i].first;
    const auto index = index_of_word(spellings);
    if (!index) return std::nullopt;
    return words[*index].second;
  }
  /// The items of a list; with a mistake, none.
  std::vector<PlanValue> items() const;
  /// Like items, where an empty list is a mistake as well.
  std::vector<PlanValue> some_items() const;

  /// At the value, or at its key where the value is nothing.
  Place place() const;
  std::string_view name() const { return name_; }
  const YamlNode& node() const { return *node_; }
  void fail(std::string message) const;
  /// "`name` must be `expected`, not `…`", with the value as it stands.
  void must_be(std::string_view expected) const;
  std::vector<Mistake>& mistakes() const { return *mistakes_; }

 private:
  bool is_scalar() const;
  std::optional<std::size_t> index_of_word(std::span<const std::string_view> words) const;

  const YamlNode* node_;
  std::string_view name_;
  Place key_;
  std::vector<Mistake>* mistakes_;
};

/// The keys of a mapping. Those that were never asked for are unknown.
class PlanFields {
 public:
  /// Anything but a mapping is a mistake, and has no keys.
  explicit PlanFields(const PlanValue& value);

  /// `key` is a literal. Nothing when it is not given, or its mistake is told already.
  std::optional<PlanValue> find(std::string_view key);
  /// A key that is not given is a mistake; `why` says what it is for.
  std::optional<PlanValue> need(std::string_view key, std::string_view why);
  /// Whether it is given at all, well or badly.
  bool has(std::string_view key) const { return value_.node().find(key) != nullptr; }
  /// To be called last: a mistake for each key that was never asked for.
  void finish() const;

  const PlanValue& value() const { return value_; }

 private:
  PlanValue value_;
  std::vector<std::string_view> known_;
};

/// `into = read(value)` where the key is given and its value is good.
template <typename T, typename Read>
void take(const std::optional<PlanValue>& value, T& into, Read read) {
  if (!value) return;
  if (auto good = read(*value)) into = std::move(*good);
}

}  // namespace pawl
