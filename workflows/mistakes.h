// Mistakes in a text that a person wrote, each with the place where it stands.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pawl {

/// Line and column, both counted from 1.
struct Place {
  std::uint32_t line = 1;
  std::uint32_t column = 1;
  auto operator<=>(const Place&) const = default;
};

/// `message` says what is wrong and what would be right; one line, no final point.
struct Mistake {
  std::uint32_t line = 1;
  std::uint32_t column = 1;
  std::string message;
  bool operator==(const Mistake&) const = default;
  Place place() const { return {line, column}; }
};

/// How many mistakes are rendered. Beyond it nothing costly is done for another one's sake.
inline constexpr std::size_t mistakes_shown_max = 100;

/// Sorts by place and turns columns that count bytes into columns that count characters of `text`,
/// which is UTF-8. Places outside of the text are moved to its end.
void sort_and_count_characters(std::vector<Mistake>& mistakes, std::string_view text);

/// One line `file:line:column: message` each, as compilers and editors know it, without a final
/// line end; after a hundred of them a line that says how many more there are.
std::string render_mistakes(std::span<const Mistake> mistakes, std::string_view file_name);

}  // namespace pawl
