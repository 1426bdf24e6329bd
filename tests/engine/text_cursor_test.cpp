#include "engine/text_cursor.h"

#include <doctest/doctest.h>

#include <array>
#include <string_view>

using pawl::TextCursor;

TEST_CASE("a text that fits is taken to its end") {
  constexpr std::array<std::string_view, 2> words{"red", "green"};
  TextCursor in("green \t12:345-");
  CHECK(in.one_of(words) == 1);
  in.skip_blanks();
  CHECK(in.digits(2) == 12);
  in.expect(":");
  CHECK(in.next_is_digit());
  CHECK(in.digits(3) == 345);
  CHECK_FALSE(in.accept('+'));
  CHECK_FALSE(in.finished());
  CHECK(in.accept('-'));
  CHECK(in.finished());
  CHECK(in.peek() == '\0');
}

TEST_CASE("the first thing that does not fit sticks") {
  constexpr std::array<std::string_view, 1> words{"a"};
  TextCursor letter("1x"), literal("ab"), word("b"), shorter("1");
  CHECK(letter.digits(2) == 0);
  literal.expect("ax");
  CHECK(word.one_of(words) == 0);
  CHECK(shorter.digits(2) == 0);
  for (TextCursor* in : {&letter, &literal, &word, &shorter}) {
    CHECK_FALSE(in->finished());
    CHECK(in->peek() == '\0');
    CHECK(in->digits(1) == 0);
    in->expect("");
    CHECK_FALSE(in->accept('b'));
    CHECK_FALSE(in->finished());
  }
}

TEST_CASE("a NUL in the text is no end of it") {
  TextCursor in(std::string_view("\0", 1));
  CHECK_FALSE(in.accept('\0'));
  CHECK_FALSE(in.finished());
}
