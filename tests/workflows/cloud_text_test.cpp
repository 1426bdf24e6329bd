#include "workflows/cloud_text.h"

#include <doctest/doctest.h>

#include <string>

using pawl::cloud::one_line;

TEST_CASE("what the cloud writes becomes one harmless line") {
  struct Row {
    std::string text;
    const char* expected;
  };
  for (const Row& row : {
           Row{"", ""},
           Row{" \t\n ", ""},
           Row{"plain", "plain"},
           Row{" a \t\t b\r\nc ", "a b c"},
           Row{"a\x1b[31mred", "a [31mred"},
           Row{std::string("a\0b", 3), "a b"},
           Row{"a\x7f"
               "b",
               "a b"},
           Row{"a\xc2\x9b"
               "31m",
               "a 31m"},
           Row{"a\xe2\x80\xae"
               "b",
               "a b"},
           Row{"a\xe2\x80\xa8"
               "b",
               "a b"},
           Row{"\u200bzero\u200c\u200dwidth\u2060", "zero width"},
           Row{"Z\xc3\xbcrich \xe4\xb8\xad \xf0\x9f\x98\x80",
               "Z\xc3\xbcrich \xe4\xb8\xad \xf0\x9f\x98\x80"},
           Row{"a\xff"
               "b\xc3",
               "a?b?"},
           Row{"\xc0\x80 \xe0\x80\x80 \xed\xa0\x80 \xf4\x90\x80\x80", "?? ??? ??? ????"},
       }) {
    CAPTURE(row.text);
    CHECK(one_line(row.text) == row.expected);
  }
}

TEST_CASE("a long text is cut between characters and says so") {
  CHECK(one_line("1234567890", 10) == "1234567890");
  CHECK(one_line("12345678901", 10) == "1234567...");
  CHECK(one_line("123456\xc3\xbc"
                 "90123",
                 10) == "123456...");
  CHECK(one_line("12345\xc3\xbc"
                 "890123",
                 10) == "12345\xc3\xbc...");
  CHECK(one_line("123456\xf0\x9f\x98\x80"
                 "123",
                 10) == "123456...");
  CHECK(one_line("123456\xf0\x9f\x98\x80", 10) == "123456\xf0\x9f\x98\x80");
  CHECK(one_line(std::string(1'000'000, 'x')).size() == pawl::cloud::excerpt_max);
}
