#include "workflows/upgrade_facts.h"

#include <doctest/doctest.h>

#include <set>

#include "upgrade_desk.h"

using namespace pawl;

TEST_CASE("times and lists come back from facts as they went in") {
  const CloudInstant noon{test::noon};
  CHECK(instant_from_fact(to_fact(noon)) == noon);
  for (const char* odd : {"", "noon", "2026-11-22T12:00:00Z"})
    CHECK_FALSE(instant_from_fact(odd));
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{}, {"a"}, {"a", "b", "c"}}) {
    CHECK(words_from_fact(to_fact(words)) == words);
  }
}

TEST_CASE("no two facts go by the same name, and no two looks by the same number") {
  std::set<std::string_view> names;
  for (const FactKey key : upgrade_facts)
    names.insert(key.name);
  CHECK(names.size() == upgrade_facts.size());
  const std::vector<Look> looks{
      look::instance,       look::versions,          look::check_status,   look::check_history,
      look::upgrade_status, look::upgrade_history,   look::made_instances, look::new_instance,
      look::source,         look::upgrade_while_busy};
  CHECK(std::set<Look>(looks.begin(), looks.end()).size() == looks.size());
}
