#include "engine/utf8.h"

#include <doctest/doctest.h>

using namespace pawl;

TEST_CASE("bytes that are no UTF-8 become U+FFFD, each, and all else stays") {
  struct Row {
    std::string bytes, text;
  };
  for (const Row& row : {Row{"", ""}, Row{"plain", "plain"},
                         Row{"caf\xC3\xA9 \xE2\x82\xAC", "caf\xC3\xA9 \xE2\x82\xAC"},
                         Row{"r\xE9"
                             "essayez",
                             "r\xEF\xBF\xBD"
                             "essayez"},
                         Row{"\xFF", "\xEF\xBF\xBD"}, Row{"\xC0\xAF", "\xEF\xBF\xBD\xEF\xBF\xBD"},
                         Row{"\xED\xA0\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
                         Row{"end \xE2\x82", "end \xEF\xBF\xBD\xEF\xBF\xBD"},
                         Row{std::string("a\0b\x80", 4), std::string("a\0b\xEF\xBF\xBD", 6)}}) {
    CAPTURE(row.bytes);
    std::string text = row.bytes;
    make_utf8(text);
    CHECK(text == row.text);
    make_utf8(text);
    CHECK(text == row.text);
  }
}
