// What a run has learned, as its workflow names it: a small ordered list of names and texts that
// the engine stores and never reads.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pawl {

/// The name of a fact. Wraps a string literal, so a key costs a pointer and lives for ever.
struct FactKey {
  std::string_view name;
  constexpr explicit FactKey(const char* literal) : name(literal) {}
  bool operator==(const FactKey&) const = default;
};

class Facts {
 public:
  /// The fact's text, or an empty one where it is not known.
  const std::string& get(FactKey key) const;
  bool has(FactKey key) const { return !get(key).empty(); }
  /// An empty text forgets the fact.
  void set(FactKey key, std::string text);
  void forget(FactKey key) { set(key, {}); }

  auto begin() const { return items_.begin(); }
  auto end() const { return items_.end(); }
  bool operator==(const Facts&) const = default;

 private:
  std::vector<std::pair<FactKey, std::string>> items_;
};

}  // namespace pawl
