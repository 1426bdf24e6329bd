// The laws of design.md, judged by what is true at the cloud and not by what the run believes.
#pragma once

#include <optional>
#include <string>

#include "tests/explorer/world.h"

namespace pawl::explorer {

/// What the run was given to decide by.
enum class Given : std::uint8_t {
  leave_to_send,
  unreadable,        ///< an answer
  entry_unreadable,  ///< of a history: what is known otherwise may still tell that a task is there
  directive,         ///< of a person's
  other,
};

/// A submit leaves the process now.
std::optional<std::string> judge_send(const World& world);
/// The cloud takes on an upgrade of the run's.
std::optional<std::string> judge_taken_on(const World& world, int attempt);
/// The run went from `before` to what it is now.
std::optional<std::string> judge_move(const World& world, const Run& before, Given given);

}  // namespace pawl::explorer
