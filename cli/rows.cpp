#include "cli/rows.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <span>

#include "cli/json.h"
#include "cli/text.h"
#include "engine/result.h"

namespace pawl {

namespace {

constexpr std::size_t rows_kept = 500;
constexpr std::size_t between = 2;  // columns of a table
/// Of a terminal that does not tell its own: cells are cut, lines are not.
constexpr std::size_t unknown_width = 100'000;
/// Printing goes as deep as a value nests. Deeper than anything of ours, it is shown as text.
constexpr int depth_max = 64;

Json to_json(const Cell& cell) {
  switch (cell.kind) {
    case Cell::Kind::null:
      return nullptr;
    case Cell::Kind::text:
      return cell.text;
    case Cell::Kind::number:
      return std::stoll(cell.text);
    case Cell::Kind::json:
      break;
  }
  bool too_deep = false;
  const auto keep = [&too_deep](int depth, Json::parse_event_t, const Json&) {
    too_deep = too_deep || depth > depth_max;
    return !too_deep;
  };
  Json value = Json::parse(cell.text, keep, false);
  return value.is_discarded() || too_deep ? Json(cell.text) : value;
}

/// RFC 4180: quoted where it must be, quotes doubled.
std::string to_csv(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

std::vector<std::string> texts_of(const std::vector<Cell>& cells) {
  std::vector<std::string> texts;
  texts.reserve(cells.size());
  for (const Cell& cell : cells)
    texts.push_back(printable(cell.text));
  return texts;
}

std::vector<std::string> headings_of(const std::vector<Column>& columns) {
  std::vector<std::string> headings;
  for (const Column& column : columns)
    headings.push_back(column.heading);
  return headings;
}

/// Where nothing is cut (a `terminal` of 0), no column is narrower than its widest text.
std::vector<std::size_t> widths_of(const std::vector<Column>& columns,
                                   const std::vector<std::vector<std::string>>& rows,
                                   std::size_t terminal) {
  std::vector<std::size_t> widths;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    std::size_t width = columns_of(columns[i].heading);
    for (const auto& texts : rows)
      width = std::max(width, columns_of(texts[i]));
    widths.push_back(terminal == 0 ? width : std::min(width, columns[i].columns_max));
  }
  return widths;
}

bool stands_beside(const Column& column) {
  return !column.heading.empty() && column.below.empty();
}

void settle_ids(std::vector<Column>& columns, std::span<std::vector<std::string>> rows,
                std::size_t terminal) {
  if (terminal == 0 || terminal >= room_for_ids) return;
  for (std::size_t i = 0; i + 1 < columns.size(); ++i) {
    if (!columns[i].is_id) continue;
    columns[i].heading.clear();
    Column& name = columns[i + 1];
    for (auto& texts : rows) {
      if (!texts[i + 1].empty()) continue;
      texts[i + 1] = texts[i];
      name.columns_max = std::max(name.columns_max, id_columns);
    }
  }
}

/// Puts beside the others what may stand there, where all of it fits: in a pipe, always. A column
/// that says nothing takes no room from a terminal; whether rows beyond `rows` fit is unknown.
void settle_below(std::vector<Column>& columns, const std::vector<std::vector<std::string>>& rows,
                  bool all_rows, std::size_t terminal) {
  if (terminal > 0 && !all_rows) return;
  std::vector<Column> beside = columns;
  bool says_something = terminal == 0;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (columns[i].heading.empty() || !columns[i].beside_if_it_fits) continue;
    beside[i].below.clear();
    says_something = says_something || std::any_of(rows.begin(), rows.end(), [i](const auto& row) {
                       return !row[i].empty();
                     });
  }
  std::size_t taken = 0;
  const auto widths = widths_of(beside, rows, terminal);
  for (std::size_t i = 0; i < beside.size(); ++i)
    taken += stands_beside(beside[i]) ? widths[i] + between : 0;
  if (says_something && (terminal == 0 || taken <= terminal + between)) columns = std::move(beside);
}

/// `width` as table_lines has it.
std::string table_line(const std::vector<Column>& columns, const std::vector<std::size_t>& widths,
                       const std::vector<std::string>& texts, std::size_t width) {
  std::string line;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (!stands_beside(columns[i])) continue;
    std::string text = texts[i].empty() ? "-" : texts[i];
    // A row that came after the widths were known may reach into the next column, but says all.
    if (width > 0) text = cut(text, std::max(widths[i], columns[i].columns_max));
    const std::size_t taken = columns_of(text);
    line += text + std::string(std::max(widths[i], taken) - taken + between, ' ');
  }
  line.erase(line.find_last_not_of(' ') + 1);
  // A line that wraps makes a table unreadable; --output json has the rest.
  return width > 0 ? cut(line, width) : line;
}

/// A line of the table, and those that stand below it.
std::vector<std::string> row_lines(const std::vector<Column>& columns,
                                   const std::vector<std::size_t>& widths,
                                   const std::vector<std::string>& texts, std::size_t width) {
  constexpr std::size_t indent = 4, further = 6;
  std::vector<std::string> lines{table_line(columns, widths, texts, width)};
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const Column& column = columns[i];
    if (column.heading.empty() || column.below.empty() || texts[i].empty()) continue;
    const auto below =
        wrapped(fmt::format("{:{}}{}: {}", "", indent, column.below, texts[i]), width, further);
    lines.insert(lines.end(), below.begin(), below.end());
  }
  return lines;
}

void put(std::FILE* out, const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), out);
}

}  // namespace

Cell Cell::of(std::string text) {
  if (text.empty()) return {};
  return {Kind::text, std::move(text)};
}
Cell Cell::of(std::int64_t number) {
  return {Kind::number, std::to_string(number)};
}
Cell Cell::json(std::string text) {
  return {Kind::json, std::move(text)};
}

Column id_column() {
  Column column{"instance_id", "INSTANCE", id_columns};
  column.is_id = true;
  return column;
}

Json row_json(const std::vector<Column>& columns, const std::vector<Cell>& cells) {
  Json object = Json::object();
  for (std::size_t i = 0; i < cells.size(); ++i)
    object[columns[i].name] = to_json(cells[i]);
  return object;
}

void print_object(Format format, const std::string& object) {
  if (format != Format::csv) {
    put(stdout, object + "\n");
    std::fflush(stdout);
    return;
  }
  const Json parsed = Json::parse(object);
  std::vector<Column> columns;
  std::vector<Cell> cells;
  for (const auto& [name, value] : parsed.items()) {
    columns.push_back({name, "", 0});
    cells.push_back(value.is_null()     ? Cell{}
                    : value.is_string() ? Cell::of(value.get<std::string>())
                                        : Cell::json(value.dump()));
  }
  RowPrinter row(format, std::move(columns), stdout);
  row.row(std::move(cells));
  row.end();
}

std::vector<std::vector<std::string>> table_lines(std::vector<Column> columns,
                                                  const std::vector<std::vector<Cell>>& rows,
                                                  std::size_t width) {
  std::vector<std::vector<std::string>> all;
  for (const auto& cells : rows)
    all.push_back(texts_of(cells));
  settle_ids(columns, all, width);
  settle_below(columns, all, true, width);
  const auto widths = widths_of(columns, all, width);
  std::vector<std::vector<std::string>> lines{
      {table_line(columns, widths, headings_of(columns), width)}};
  for (const auto& texts : all)
    lines.push_back(row_lines(columns, widths, texts, width));
  return lines;
}

RowPrinter::RowPrinter(Format format, std::vector<Column> columns, std::FILE* out)
    : format_(format),
      columns_(std::move(columns)),
      out_(out),
      terminal_(isatty(fileno(out)) == 1) {
  if (format_ != Format::csv) return;
  std::string line;
  for (const Column& column : columns_)
    line += (line.empty() ? "" : ",") + to_csv(column.name);
  put(out_, line + "\r\n");
}

void RowPrinter::row(std::vector<Cell> cells) {
  check(cells.size() == columns_.size(), "a row has a cell for each column");
  if (format_ == Format::table) {
    kept_.push_back(texts_of(cells));
    if (!widths_.empty() || kept_.size() > rows_kept) print_kept(false);
    return;
  }
  if (format_ == Format::csv) {
    std::string line;
    for (std::size_t i = 0; i < cells.size(); ++i)
      line += (i == 0 ? "" : ",") + to_csv(terminal_ ? printable(cells[i].text) : cells[i].text);
    return put(out_, line + "\r\n");
  }
  const std::string text = dump(row_json(columns_, cells));
  if (format_ == Format::ndjson) return put(out_, text + "\n");
  put(out_, (printed_++ == 0 ? "[\n" : ",\n") + text);
}

void RowPrinter::end() {
  if (format_ == Format::table && widths_.empty()) print_kept(true);
  if (format_ == Format::json) put(out_, printed_ == 0 ? "[]\n" : "\n]\n");
  std::fflush(out_);
}

void RowPrinter::print_kept(bool all_rows) {
  const std::size_t width = terminal_width();
  settle_ids(columns_, kept_, width);
  if (widths_.empty()) {
    settle_below(columns_, kept_, all_rows, width);
    widths_ = widths_of(columns_, kept_, width);
    print_lines({table_line(columns_, widths_, headings_of(columns_), width)});
  }
  for (const auto& texts : kept_)
    print_lines(row_lines(columns_, widths_, texts, width));
  kept_.clear();
}

void RowPrinter::print_lines(const std::vector<std::string>& lines) {
  for (const std::string& line : lines)
    put(out_, line + "\n");
}

std::size_t RowPrinter::terminal_width() const {
  return terminal_ ? terminal_columns(fileno(out_), unknown_width) : 0;
}

}  // namespace pawl
