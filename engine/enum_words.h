// The words of an enum that are stored and shown, as a table in the order of its values.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace pawl {

/// The value that `word` stands for; the values count from 0 as `words` does. Nothing for another
/// word.
template <typename Enum, std::size_t n>
constexpr std::optional<Enum> find_word(const std::array<std::string_view, n>& words,
                                        std::string_view word) {
  for (std::size_t i = 0; i < n; ++i) {
    if (words[i] == word) return static_cast<Enum>(i);
  }
  return std::nullopt;
}

}  // namespace pawl
