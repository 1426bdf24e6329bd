#include "engine/command.h"

#include <doctest/doctest.h>

#include <initializer_list>
#include <string>

using namespace pawl;

TEST_CASE("how a command ended is told in words, with the last line that it wrote") {
  struct Row {
    int code, signal;
    bool timed_out;
    const char* output;
    const char* words;
    bool well;
  };
  for (const Row& row : std::initializer_list<Row>{
           {0, 0, false, "", "exit code 0", true},
           {0, 0, false, "all\ndrained\n", "exit code 0: drained", true},
           {3, 0, false, "one line", "exit code 3: one line", false},
           {126, 0, false, "", "exit code 126, the command cannot be run", false},
           {127, 0, false, " \n", "exit code 127, the command was not found", false},
           {0, 9, false, "", "ended by signal 9", false},
           {0, 15, true, "x", "its time was over (ended by signal 15): x", false},
           {0, 0, true, "", "its time was over (exit code 0)", false},
       }) {
    CAPTURE(row.words);
    const Exited exited{row.code, row.signal, row.timed_out, row.output};
    CHECK(describe(exited) == row.words);
    CHECK(went_well(exited) == row.well);
  }
}

TEST_CASE("a long last line is cut between two characters") {
  std::string line(199, 'x');
  for (int i = 0; i < 50; ++i)
    line += "\xc3\xa9";
  CHECK(describe({1, 0, false, line}) == "exit code 1: " + std::string(199, 'x'));
}
