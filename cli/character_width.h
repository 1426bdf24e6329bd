// How many columns of a terminal a character takes. The C library's wcwidth() knows it in a locale
// of UTF-8 only, and pawl is to show the same wherever it runs.
#pragma once

#include <cstddef>
#include <string_view>

namespace pawl {

/// None for a mark that joins the character before it, two for one of East Asia or an emoji.
std::size_t width_of(char32_t c);

struct ShownCharacter {
  std::size_t bytes, columns;
};
/// The one at the front of `text`, which is not empty; a byte that is no UTF-8 counts as one.
ShownCharacter first_shown(std::string_view text);

}  // namespace pawl
