// What a run has learned, as its workflow names it: a small ordered list of names and texts that
// the engine stores and never reads.
#pragma once

#include <cstddef>
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

/// Every run in flight has a dozen of these in memory, and each event copies them: all texts lie in
/// one string, one after another.
class Facts {
  struct Item {
    FactKey key;
    std::size_t size;  ///< of its text
    bool operator==(const Item&) const = default;
  };

 public:
  /// The fact's text, or an empty one where it is not known. Lives until the facts change.
  std::string_view get(FactKey key) const;
  bool has(FactKey key) const { return !get(key).empty(); }
  /// An empty text forgets the fact.
  void set(FactKey key, std::string_view text);
  void forget(FactKey key) { set(key, {}); }

  /// Pairs of a key and its text, in the order in which they were learned.
  class Iterator {
   public:
    std::pair<FactKey, std::string_view> operator*() const {
      return {item_->key, rest_.substr(0, item_->size)};
    }
    Iterator& operator++() {
      rest_.remove_prefix(item_->size);
      ++item_;
      return *this;
    }
    bool operator==(const Iterator& other) const { return item_ == other.item_; }

   private:
    friend class Facts;
    Iterator(const Item* item, std::string_view rest) : item_(item), rest_(rest) {}

    const Item* item_;
    std::string_view rest_;  // the texts from the item's own on
  };
  Iterator begin() const { return {items_.data(), texts_}; }
  Iterator end() const { return {items_.data() + items_.size(), {}}; }
  std::size_t size() const { return items_.size(); }
  bool operator==(const Facts&) const = default;

 private:
  std::vector<Item> items_;
  std::string texts_;
};

}  // namespace pawl
