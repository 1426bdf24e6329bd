// What a low terminal leaves out, and what a narrow one moves.
#include "cli/screen.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>

#include "cli/failures.h"
#include "tests/support/dice.h"

namespace pawl::test {

namespace {

using Lines = std::vector<std::string>;

/// Items of one line each, "a0", "a1", …
Part part_of(std::string name, std::size_t items, int rank, std::size_t least) {
  Part part;
  part.one = "thing";
  part.many = "things";
  part.rank = rank;
  part.least = least;
  for (std::size_t i = 0; i < items; ++i)
    part.items.push_back({fmt::format("{}{}", name, i)});
  return part;
}

}  // namespace

TEST_CASE(
    "a screen that is high enough shows every part in its order, apart where they are to be") {
  std::vector<Part> parts{part_of("a", 2, 1, 0), part_of("b", 0, 0, 0), part_of("c", 1, 0, 0)};
  parts[1].head = {"B"};
  parts[2].head = {"C"};
  parts[1].apart = parts[2].apart = true;
  const Lines all{"a0", "a1", "", "C", "c0"};
  CHECK(fitted(parts, 0) == all);
  CHECK(fitted(parts, 5) == all);
  parts[2].beyond = 1;
  CHECK(fitted(parts, 6) == Lines{"a0", "a1", "", "C", "c0", "and 1 more thing; --json shows all"});
}

TEST_CASE("a low screen serves the ranks, then each part by turns, and counts what is left out") {
  std::vector<Part> parts{part_of("a", 9, 2, 2), part_of("b", 9, 1, 2), part_of("c", 9, 3, 1)};
  parts[1].many = "others";
  parts[0].head = {"A"};
  const auto last = [](int a, int b, int c) {
    return fmt::format("and {} more things, {} others, {} things; --json shows all", a, b, c);
  };
  CHECK(fitted(parts, 1) == Lines{last(9, 9, 9)});
  CHECK(fitted(parts, 3) == Lines{"b0", "b1", last(9, 7, 9)});
  // The heading of the first part would leave no room for what is below it.
  CHECK(fitted(parts, 4) == Lines{"b0", "b1", "c0", last(9, 7, 8)});
  CHECK(fitted(parts, 7) == Lines{"A", "a0", "a1", "b0", "b1", "c0", last(7, 7, 8)});
  CHECK(fitted(parts, 9) == Lines{"A", "a0", "a1", "a2", "b0", "b1", "b2", "c0", last(6, 6, 8)});
  parts[0].from = 7;
  parts[1].from = 4;
  parts[1].one = parts[1].many = "";  // such lines are not counted
  CHECK(fitted(parts, 11) == Lines{"A", "a6", "a7", "a8", "b4", "b5", "b6", "b7", "c0", "c1",
                                   "and 6 more things, 7 things; --json shows all"});
}

TEST_CASE("no part makes more lines than fit, and none is shown twice or out of its order") {
  Dice dice(7);
  for (int round = 0; round < 200; ++round) {
    std::vector<Part> parts;
    std::size_t all = 0;
    for (std::size_t i = 0; i < 5; ++i) {
      Part part = part_of(std::string(1, static_cast<char>('a' + i)), dice.below(9),
                          static_cast<int>(dice.below(3)), dice.below(4));
      for (auto& item : part.items)
        item.resize(1 + dice.below(3), item.front());
      if (dice.below(2) == 0) part.head = {"H"};
      part.apart = dice.below(2) == 0;
      part.beyond = dice.below(2);
      part.from = part.items.empty() ? 0 : dice.below(part.items.size());
      for (const auto& item : part.items)
        all += item.size();
      parts.push_back(std::move(part));
    }
    const Lines whole = fitted(parts, 0);
    for (std::size_t rows = 1; rows <= whole.size(); ++rows) {
      const Lines lines = fitted(parts, rows);
      REQUIRE(lines.size() <= rows);
      auto at = whole.begin();  // what is shown is in the whole, in that order, but the last line
      for (auto line = lines.begin(); line + 1 < lines.end(); ++line) {
        at = std::find(at, whole.end(), *line);
        REQUIRE(at != whole.end());
        ++at;
      }
    }
    CHECK(whole.size() >= all);
  }
}

TEST_CASE("what to do about a failure stands below it where beside it would be cut off") {
  FailureSignature signature;
  signature.id = "1a2b3c4d";
  signature.text = "the disk is full, and nothing more can be written to it";
  signature.remedy = "make room, then check anew";
  const std::vector<FailureKind> kinds{{signature, {"i1", "i2"}}};
  for (const std::size_t width : {0U, 200U, 101U}) {
    const Part beside = failures_part(kinds, width);
    CHECK(beside.head.front().ends_with("WHAT TO DO"));
    REQUIRE(beside.items.size() == 1);
    CHECK(beside.items[0] == Lines{"2       1a2b3c4d  the disk is full, and nothing more can be "
                                   "written to it  make room, then check anew"});
  }
  FailureSignature other;
  other.id = "5e6f7a8b";
  other.text = std::string(100, 'x');
  other.remedy = "wait";
  const Part uncut = failures_part({kinds.front(), {other, {"i3"}}}, 0);
  CHECK(uncut.items[0].front().find(signature.remedy) == uncut.items[1].front().find("wait"));
  const Part below = failures_part(kinds, 60);
  CHECK(below.items ==
        std::vector<Lines>{{"2       1a2b3c4d  the disk is full, and nothing more can be",
                            "                  written to it",
                            "                  do: make room, then check anew"}});
  CHECK(failures_part(kinds, 100).items[0].size() == 2);
  CHECK(failures_part({}, 60).items.empty());
}

}  // namespace pawl::test
