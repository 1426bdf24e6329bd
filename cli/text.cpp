#include "cli/text.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "cli/character_width.h"
#include "workflows/cloud_text.h"
#include "workflows/nearest_word.h"

namespace pawl {

namespace {

/// The next word of `line`, with the blanks before it.
std::string_view next_word(std::string_view line, std::size_t room) {
  const std::size_t begin = std::min(line.find_first_not_of(' '), line.size());
  const std::size_t end = std::min(line.find(' ', begin), line.size());
  std::string_view word = line.substr(0, end);
  if (std::count(word.begin(), word.end(), '`') % 2 == 0) return word;
  const std::size_t close = line.find('`', end);
  if (close == std::string_view::npos) return word;
  const std::string_view whole = line.substr(0, std::min(line.find(' ', close), line.size()));
  return columns_of(whole.substr(begin)) <= room ? whole : word;
}

/// Adds `line`, in as many as it takes.
void wrap(std::string_view line, std::size_t columns, std::size_t indent,
          std::vector<std::string>& lines) {
  lines.emplace_back();
  line = line.substr(0, line.find_last_not_of(' ') + 1);
  const std::string before(std::min(indent, columns / 3), ' ');
  while (!line.empty()) {
    std::string_view word = next_word(line, columns - before.size());
    line.remove_prefix(word.size());
    if (!lines.back().empty() && columns_of(lines.back()) + columns_of(word) > columns) {
      lines.push_back(before);
      word.remove_prefix(std::min(word.find_first_not_of(' '), word.size()));
    }
    lines.back() += word;
  }
}

}  // namespace

std::string printable(std::string_view text) {
  return cloud::one_line(text, text.size() + 3);
}

std::string printable_lines(std::string_view text) {
  std::string lines;
  while (true) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    const std::size_t indent = std::min(line.find_first_not_of(' '), line.size());
    lines.append(line.substr(0, indent)).append(printable(line.substr(indent)));
    if (end == std::string_view::npos) return lines;
    lines += '\n';
    text.remove_prefix(end + 1);
  }
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

std::size_t columns_of(std::string_view text) {
  std::size_t columns = 0;
  while (!text.empty()) {
    const ShownCharacter c = first_shown(text);
    columns += c.columns;
    text.remove_prefix(c.bytes);
  }
  return columns;
}

std::string cut(std::string_view text, std::size_t columns) {
  if (columns_of(text) <= columns) return std::string(text);
  if (columns == 0) return "";
  std::string kept;
  for (std::size_t taken = 0;;) {
    const ShownCharacter c = first_shown(text);
    taken += c.columns;
    if (taken >= columns) return kept + "…";
    kept += text.substr(0, c.bytes);
    text.remove_prefix(c.bytes);
  }
}

std::vector<std::string> wrapped(std::string_view text, std::size_t columns, std::size_t indent) {
  std::vector<std::string> lines;
  while (true) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    if (columns == 0 || columns_of(line) <= columns) {
      lines.emplace_back(line);
    } else {
      wrap(line, columns, indent, lines);
    }
    if (end == std::string_view::npos) return lines;
    text.remove_prefix(end + 1);
  }
}

void print_line(const std::string& line) {
  std::puts(line.c_str());
}

void print_words(std::string_view text, std::size_t indent) {
  for (const std::string& line : wrapped(text, terminal_columns(STDOUT_FILENO, 0), indent))
    print_line(line);
}

std::string first_of(const std::vector<std::string>& words) {
  constexpr std::size_t named_max = 3;
  const std::size_t named = words.size() > named_max ? named_max - 1 : words.size();
  std::string text;
  for (std::size_t i = 0; i < named; ++i)
    text += (i == 0 ? "" : i + 1 == words.size() ? " and " : ", ") + words[i];
  if (named < words.size()) text += " and " + std::to_string(words.size() - named) + " more";
  return text;
}

std::string did_you_mean(std::string_view given, std::span<const std::string_view> known) {
  const std::string_view nearest = nearest_word(given, known);
  return nearest.empty() ? "" : " (did you mean `" + std::string(nearest) + "`?)";
}

bool can_redraw(int descriptor) {
  const char* const kind = std::getenv("TERM");
  return isatty(descriptor) == 1 && (kind == nullptr || std::string_view(kind) != "dumb");
}

std::size_t terminal_columns(int descriptor, std::size_t otherwise) {
  winsize size{};
  if (isatty(descriptor) == 1 && ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    return size.ws_col;
  }
  return otherwise;
}

}  // namespace pawl
