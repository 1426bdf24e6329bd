// Text for terminals: what came from outside is shown, never obeyed.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pawl {

/// One line without control characters; what is no UTF-8 becomes '?'.
std::string printable(std::string_view text);
/// As printable, but line ends stay.
std::string printable_lines(std::string_view text);
/// Whether `part` stands anywhere in `text`.
bool contains(std::string_view text, std::string_view part);
/// Columns that `text` (printable) takes up on a terminal.
std::size_t columns_of(std::string_view text);
/// At most `columns` of them; what is cut ends in "…".
std::string cut(std::string_view text, std::size_t columns);

/// The lines of `text`, and of those that are wider than `columns` several, broken between words;
/// what stands in `backquotes` is a command to copy, and one word where a line has room for it. A
/// longer word is left whole. Further lines of one begin with `indent` blanks. 0 columns: as they
/// are.
std::vector<std::string> wrapped(std::string_view text, std::size_t columns, std::size_t indent);

/// Prints `line` and its end to stdout. One that could not be written whole is told once, by main:
/// no printing may end a driver, as fmt::print would, which throws.
void print_line(const std::string& line);
/// Prints a line for people to stdout; on a terminal wrapped to its width.
void print_words(std::string_view text, std::size_t indent = 2);

/// "a, b and c"; of more than three the first two and how many more there are.
std::string first_of(const std::vector<std::string>& words);

/// " (did you mean `status`?)", or nothing where that would be a guess.
std::string did_you_mean(std::string_view given, std::span<const std::string_view> known);

/// Whether what stands on the terminal behind `descriptor` can be drawn over; a dumb one only goes
/// on, as a file does.
bool can_redraw(int descriptor);

/// The width of the terminal behind `descriptor`, or `otherwise`.
std::size_t terminal_columns(int descriptor, std::size_t otherwise);

}  // namespace pawl
