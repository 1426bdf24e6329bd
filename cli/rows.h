// Lists as people and programs read them: one description of the columns, four forms of output.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "cli/json.h"
#include "cli/options.h"

namespace pawl {

/// A value of one column.
struct Cell {
  enum class Kind : std::uint8_t { null, text, number, json };
  Kind kind = Kind::null;
  std::string text;  ///< of `json`: one JSON value; what is none comes out as text

  static Cell of(std::string text);  ///< null where empty
  static Cell of(std::int64_t number);
  static Cell json(std::string text);
};

struct Column {
  std::string name;              ///< in machine output
  std::string heading;           ///< in the table; empty: not shown there
  std::size_t columns_max = 40;  ///< a longer text is cut in the table on a terminal
  std::string below{};           ///< unless empty, the text stands on lines below, behind this word
  /// Beside the others all the same where every row fits the terminal so, uncut; where there are
  /// too many to know that, below.
  bool beside_if_it_fits = false;
  /// An id: a terminal without room for it shows the next column alone, the name, and the id there
  /// where that is empty.
  bool is_id = false;
};

/// A terminal of fewer columns has no room for an id beside the name.
inline constexpr std::size_t room_for_ids = 110;
inline constexpr std::size_t id_columns = 36;
/// The instance that a row is about.
Column id_column();
/// Of a sentence that is wrapped, not cut.
inline constexpr std::size_t any_columns = 10'000;

/// One JSON object.
Json row_json(const std::vector<Column>& columns, const std::vector<Cell>& cells);

/// One JSON object for programs: on a line of its own, and as CSV a header and one row, in which
/// what is no text or number is JSON.
void print_object(Format format, const std::string& object);

/// A table as the lines of each row, those of the headings first; `width` is that of the terminal
/// that it is cut for, 0 where nothing is cut. Each row has a cell for each column.
std::vector<std::vector<std::string>> table_lines(std::vector<Column> columns,
                                                  const std::vector<std::vector<Cell>>& rows,
                                                  std::size_t width);

/// Rows go out as they come, but a table keeps the first ones back until it knows their widths. On
/// a terminal it is cut to fit; in a pipe or a file nothing is left out.
class RowPrinter final {
 public:
  RowPrinter(Format format, std::vector<Column> columns, std::FILE* out);
  RowPrinter(const RowPrinter&) = delete;
  RowPrinter& operator=(const RowPrinter&) = delete;

  /// `cells` as many as there are columns.
  void row(std::vector<Cell> cells);
  /// Call once after the last row.
  void end();

 private:
  void print_kept(bool all_rows);
  void print_lines(const std::vector<std::string>& lines);
  std::size_t terminal_width() const;

  Format format_;
  std::vector<Column> columns_;
  std::FILE* out_;
  const bool terminal_;
  std::size_t printed_ = 0;
  std::vector<std::size_t> widths_;             // of the table, once known
  std::vector<std::vector<std::string>> kept_;  // of the table, until then
};

}  // namespace pawl
