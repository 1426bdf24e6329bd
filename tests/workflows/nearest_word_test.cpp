#include "workflows/nearest_word.h"

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <vector>

TEST_CASE("the nearest known word is found, and no wild guess") {
  constexpr std::array<std::string_view, 6> known{"max_parallel", "max_failures", "soak",
                                                  "select",       "name",         "ids"};
  struct Row {
    std::string given;
    std::string_view nearest;
  };
  const std::vector<Row> rows{
      {"max_paralel", "max_parallel"},
      {"max-failures", "max_failures"},
      {"selects", "select"},
      {"slect", "select"},
      {"naem", "name"},
      {"id", "ids"},
      {"soaks", "soak"},
      {"maxparalell", "max_parallel"},
      {"waves", ""},
      {"", ""},
      {"x", ""},
      {"parallel", ""},
      {std::string(65, 'x'), ""},
      {std::string(1'000'000, 'm'), ""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.given.substr(0, 70));
    CHECK(pawl::nearest_word(row.given, known) == row.nearest);
  }
}

TEST_CASE("of equally near words the first is taken, and of none there is none") {
  constexpr std::array<std::string_view, 2> twins{"min", "max"};
  CHECK(pawl::nearest_word("mix", twins) == "min");
  CHECK(pawl::nearest_word("min", {}).empty());
}
