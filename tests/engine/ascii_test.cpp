#include "engine/ascii.h"

#include <doctest/doctest.h>

using namespace pawl;

TEST_CASE("only outer blanks are trimmed, and only those that are named") {
  CHECK(trim(" \t\r\n a b \n") == "a b");
  CHECK(trim("   ").empty());
  CHECK(trim("").empty());
  CHECK(trim(" \n a\t", " \t") == "\n a");
}

TEST_CASE("only ASCII letters have a lower case") {
  CHECK(to_lower("AZ@[az09-\xC3\x84") == "az@[az09-\xC3\x84");
  CHECK(to_lower("").empty());
}

TEST_CASE("a hexadecimal digit may be of either case") {
  CHECK(hex_value('9') == 9);
  CHECK(hex_value('a') == 10);
  CHECK(hex_value('F') == 15);
  CHECK(hex_value('g') == -1);
  CHECK(hex_value('/') == -1);
}
