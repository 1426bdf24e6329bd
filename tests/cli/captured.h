// What a piece of the program writes, as text.
#pragma once

#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include "cli/rows.h"

namespace pawl::test {

/// What `act` writes to stdout or stderr, whichever `stream` is.
std::string captured(std::FILE* stream, const std::function<void()>& act);

/// Of a terminal.
struct Screen {
  unsigned short columns = 80, rows = 24;
};

/// The same where the stream is a terminal; at most the few KiB that one holds back.
std::string on_terminal(std::FILE* stream, Screen screen, const std::function<void()>& act);

/// What a printer with these columns makes of these rows.
std::string printed(Format format, const std::vector<Column>& columns,
                    const std::vector<std::vector<Cell>>& rows);

/// The same on a terminal that is 200 columns wide; at most the few KiB that one holds back.
std::string printed_on_terminal(Format format, const std::vector<Column>& columns,
                                const std::vector<std::vector<Cell>>& rows);

/// The lines of `text`, without their ends.
std::vector<std::string> lines_of(const std::string& text);

/// Texts that a terminal, a line or a parser could stumble over; each is a legal std::string.
const std::vector<std::string>& hostile_texts();

}  // namespace pawl::test
