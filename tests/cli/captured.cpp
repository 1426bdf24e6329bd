#include "tests/cli/captured.h"

#include <doctest/doctest.h>
#include <pty.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <memory>
#include <sstream>

namespace pawl::test {

namespace {

struct Close {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

std::string all_of(std::FILE* file) {
  std::string text;
  std::rewind(file);
  for (int c = std::fgetc(file); c != EOF; c = std::fgetc(file))
    text += static_cast<char>(c);
  return text;
}

}  // namespace

std::string captured(std::FILE* stream, const std::function<void()>& act) {
  const std::unique_ptr<std::FILE, Close> file(std::tmpfile());
  REQUIRE(file);
  std::fflush(stream);
  const int before = dup(fileno(stream));
  REQUIRE(dup2(fileno(file.get()), fileno(stream)) >= 0);
  act();
  std::fflush(stream);
  REQUIRE(dup2(before, fileno(stream)) >= 0);
  close(before);
  return all_of(file.get());
}

std::string printed(Format format, const std::vector<Column>& columns,
                    const std::vector<std::vector<Cell>>& rows) {
  const std::unique_ptr<std::FILE, Close> file(std::tmpfile());
  REQUIRE(file);
  RowPrinter printer(format, columns, file.get());
  for (const auto& row : rows)
    printer.row(row);
  printer.end();
  return all_of(file.get());
}

std::string on_terminal(std::FILE* stream, Screen screen, const std::function<void()>& act) {
  int master = -1, slave = -1;
  termios raw{};
  cfmakeraw(&raw);
  const winsize size{screen.rows, screen.columns, 0, 0};
  REQUIRE(openpty(&master, &slave, nullptr, &raw, &size) == 0);
  std::fflush(stream);
  const int before = dup(fileno(stream));
  REQUIRE(dup2(slave, fileno(stream)) >= 0);
  close(slave);
  act();
  std::fflush(stream);
  REQUIRE(dup2(before, fileno(stream)) >=
          0);  // what was written stays readable; then reading fails
  close(before);
  std::string text;
  std::array<char, 4'096> part{};
  for (ssize_t count = 1; count > 0;) {
    count = read(master, part.data(), part.size());
    if (count > 0) text.append(part.data(), static_cast<std::size_t>(count));
  }
  close(master);
  return text;
}

std::string printed_on_terminal(Format format, const std::vector<Column>& columns,
                                const std::vector<std::vector<Cell>>& rows) {
  return on_terminal(stdout, {200, 24}, [&] {
    RowPrinter printer(format, columns, stdout);
    for (const auto& row : rows)
      printer.row(row);
    printer.end();
  });
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);)
    lines.push_back(line);
  return lines;
}

const std::vector<std::string>& hostile_texts() {
  static const std::vector<std::string> texts{
      "plain",
      "a,b",
      "say \"so\"",
      "\"",
      "two\nlines",
      "cr\rlf\r\n",
      " outer blanks ",
      "=1+1",
      "\x1b[31mred\x1b[0m \x1b]0;title\x07",
      std::string("nul\0inside", 10),
      "no utf-8 \xff\xfe\xc3(",
      "cut off \xe2\x82",
      "\xe2\x80\xae turned round",
      "umlaut \xc3\xa4, euro \xe2\x82\xac, \xf0\x9f\x98\x80",
      "{\"json\":[1,2]}",
      "</script><script>",
      std::string(5'000, 'x'),
  };
  return texts;
}

}  // namespace pawl::test
