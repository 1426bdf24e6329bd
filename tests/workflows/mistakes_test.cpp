#include "workflows/mistakes.h"

#include <doctest/doctest.h>

using pawl::Mistake;
using pawl::render_mistakes;
using pawl::sort_and_count_characters;

TEST_CASE("mistakes are sorted by place and their columns count characters") {
  const std::string text = "\xC3\xA4\xE2\x82\xACx: 1\nb: \xF0\x9F\x98\x80 c\n";
  std::vector<Mistake> mistakes{{2, 9, "c"}, {1, 6, "x"}, {1, 3, "euro"}, {2, 4, "face"}};
  sort_and_count_characters(mistakes, text);
  CHECK(mistakes == std::vector<Mistake>{{1, 2, "euro"}, {1, 3, "x"}, {2, 4, "face"}, {2, 6, "c"}});
}

TEST_CASE("a place outside of the text is moved to its end") {
  std::vector<Mistake> mistakes{{9, 9, "far"}, {1, 99, "wide"}};
  sort_and_count_characters(mistakes, "ab\nc");
  CHECK(mistakes == std::vector<Mistake>{{1, 3, "wide"}, {2, 2, "far"}});
}

TEST_CASE("mistakes are shown as compilers show them, at most a hundred") {
  CHECK(render_mistakes({}, "p.yaml").empty());
  const std::vector<Mistake> two{{1, 2, "one"}, {3, 4, "two"}};
  CHECK(render_mistakes(two, "a\nb.yaml") == "a b.yaml:1:2: one\na b.yaml:3:4: two");
  const std::string many = render_mistakes(std::vector<Mistake>(103, Mistake{1, 1, "x"}), "p");
  CHECK(many.ends_with("p:1:1: x\np: and 3 more mistakes; mend these first"));
}
