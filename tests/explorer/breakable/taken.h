// A law's guard, taken away for a test.
#pragma once

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <string_view>

#include "engine/breakable.h"
#include "tests/explorer/exploration.h"

namespace pawl::explorer {

/// Takes a guard away for as long as it lives.
class Taken {
 public:
  explicit Taken(Guard guard) { broken_guard = guard; }
  ~Taken() { broken_guard = Guard::none; }
  Taken(const Taken&) = delete;
  Taken& operator=(const Taken&) = delete;
};

/// What was found broken is `law`, and how it came to that is told.
inline void check_found(const Explored& explored, std::string_view law) {
  REQUIRE(explored.violation);
  CHECK_MESSAGE(explored.violation->law.starts_with(law), explored.violation->law);
  REQUIRE_FALSE(explored.violation->story.empty());
  MESSAGE(fmt::format("{} after {} states:\n{}\n", explored.violation->law, explored.states,
                      fmt::join(explored.violation->story, "\n")));
}

}  // namespace pawl::explorer
