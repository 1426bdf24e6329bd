#include "engine/facts.h"

#include <doctest/doctest.h>

#include <string>

using pawl::FactKey;
using pawl::Facts;

namespace {
constexpr FactKey hue{"colour"}, extent{"size"};
}

TEST_CASE("a fact that is not known is an empty text") {
  const Facts facts;
  CHECK(facts.get(hue).empty());
  CHECK_FALSE(facts.has(hue));
}

TEST_CASE("a fact is known until it is forgotten, whichever way") {
  Facts facts;
  facts.set(hue, "red");
  facts.set(extent, "large");
  facts.set(hue, "green");
  CHECK(facts.get(hue) == "green");
  CHECK(facts.get(extent) == "large");
  facts.forget(hue);
  CHECK_FALSE(facts.has(hue));
  facts.set(extent, "");
  CHECK(facts == Facts{});
  facts.forget(extent);
  CHECK(facts == Facts{});
}

TEST_CASE("a key is its name, not its address") {
  const std::string name = "colour";
  const FactKey other{name.c_str()};
  Facts facts;
  facts.set(hue, "red");
  CHECK(facts.get(other) == "red");
}

TEST_CASE("facts are listed in the order in which they were learned") {
  Facts facts;
  facts.set(extent, "large");
  facts.set(hue, "red");
  facts.set(extent, "small");
  std::string list;
  for (const auto& [key, text] : facts)
    list += std::string(key.name) + '=' + std::string(text) + ' ';
  CHECK(list == "size=small colour=red ");
}
