// Reading a short text of fixed grammar, such as a time, from left to right.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "engine/ascii.h"

namespace pawl {

/// The first thing that does not fit sticks: from then on nothing is taken, numbers are 0 and
/// `finished` is false, so that a grammar reads as one straight list. Allocates nothing; the text
/// must outlive the cursor.
class TextCursor {
 public:
  explicit TextCursor(std::string_view text) : rest_(text) {}

  /// Everything fitted and nothing is left.
  bool finished() const { return fits_ && rest_.empty(); }
  /// The next character, or NUL at the end.
  char peek() const { return fits_ && !rest_.empty() ? rest_.front() : '\0'; }
  bool next_is_digit() const { return is_digit(peek()); }

  void skip_blanks() {
    while (peek() == ' ' || peek() == '\t')
      rest_.remove_prefix(1);
  }
  /// Takes `c` if it comes next, and says whether it did.
  bool accept(char c) {
    if (c == '\0' || peek() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void expect(std::string_view literal) {
    fits_ = fits_ && rest_.starts_with(literal);
    if (fits_) rest_.remove_prefix(literal.size());
  }
  /// Exactly `count` (1 to 9) decimal digits.
  int digits(std::size_t count) {
    int value = 0;
    for (std::size_t i = 0; i < count; ++i) {
      fits_ = next_is_digit();
      if (!fits_) return 0;
      value = value * 10 + (rest_.front() - '0');
      rest_.remove_prefix(1);
    }
    return value;
  }
  /// The place in `names` of the first one that comes next; none of them does not fit.
  std::size_t one_of(std::span<const std::string_view> names) {
    for (std::size_t i = 0; fits_ && i < names.size(); ++i) {
      if (!rest_.starts_with(names[i])) continue;
      rest_.remove_prefix(names[i].size());
      return i;
    }
    fits_ = false;
    return 0;
  }

 private:
  std::string_view rest_;
  bool fits_ = true;
};

}  // namespace pawl
