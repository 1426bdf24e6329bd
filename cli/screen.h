// Lines for a terminal, in parts of which a low one leaves out what matters least.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "cli/rows.h"

namespace pawl {

struct Part {
  std::string_view one{},
      many{};  ///< "wave", "waves": what left out items are counted as; if at all
  std::vector<std::string> head{};                ///< stands before the first item that is shown
  std::vector<std::vector<std::string>> items{};  ///< the lines of each
  std::size_t beyond = 0;                         ///< further items, shown on no terminal
  std::size_t least = 0;  ///< items shown before any part gets more, in the order of `rank`
  int rank = 0;           ///< the lowest first
  std::size_t from = 0;   ///< first item shown where not all fit
  bool apart = false;     ///< a blank line comes before it, where there is room
};

/// Of a table for a terminal of this width (0: for none), an item a row.
Part table_part(const std::vector<Column>& columns, const std::vector<std::vector<Cell>>& rows,
                std::size_t width);

/// The lines of all parts, in their order; of what does not fit in `rows` lines (0: any number),
/// and of what is beyond, a last line tells.
std::vector<std::string> fitted(const std::vector<Part>& parts, std::size_t rows);

}  // namespace pawl
