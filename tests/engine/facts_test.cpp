#include "engine/facts.h"

#include <doctest/doctest.h>

#include <string>

using pawl::FactKey;
using pawl::Facts;

namespace {
constexpr FactKey colour{"colour"}, size{"size"};
}

TEST_CASE("a fact that is not known is an empty text") {
  const Facts facts;
  CHECK(facts.get(colour).empty());
  CHECK_FALSE(facts.has(colour));
}

TEST_CASE("a fact is known until it is forgotten, whichever way") {
  Facts facts;
  facts.set(colour, "red");
  facts.set(size, "large");
  facts.set(colour, "green");
  CHECK(facts.get(colour) == "green");
  CHECK(facts.get(size) == "large");
  facts.forget(colour);
  CHECK_FALSE(facts.has(colour));
  facts.set(size, "");
  CHECK(facts == Facts{});
  facts.forget(size);
  CHECK(facts == Facts{});
}

TEST_CASE("a key is its name, not its address") {
  const std::string name = "colour";
  const FactKey other{name.c_str()};
  Facts facts;
  facts.set(colour, "red");
  CHECK(facts.get(other) == "red");
}

TEST_CASE("facts are listed in the order in which they were learned") {
  Facts facts;
  facts.set(size, "large");
  facts.set(colour, "red");
  facts.set(size, "small");
  std::string list;
  for (const auto& [key, text] : facts)
    list += std::string(key.name) + '=' + std::string(text) + ' ';
  CHECK(list == "size=small colour=red ");
}
