#include "engine/run.h"

#include "engine/enum_words.h"

namespace pawl {

namespace {

// Written to the store and to every output: never renamed.
constexpr std::array<std::string_view, run_states> state_words{
    "pending",   "checking", "ready",   "upgrading", "verifying",
    "succeeded", "failed",   "skipped", "cancelled", "needs_operator"};
constexpr std::array<std::string_view, 5> phase_words{"waiting", "intended", "submitted", "unsure",
                                                      "over"};

}  // namespace

std::string_view to_string(RunState state) {
  return state_words[static_cast<std::size_t>(state)];
}

std::optional<RunState> run_state_from(std::string_view word) {
  return find_word<RunState>(state_words, word);
}

bool ended(RunState state) {
  switch (state) {
    case RunState::succeeded:
    case RunState::failed:
    case RunState::skipped:
    case RunState::cancelled:
      return true;
    case RunState::pending:
    case RunState::checking:
    case RunState::ready:
    case RunState::upgrading:
    case RunState::verifying:
    case RunState::needs_operator:
      return false;
  }
  return false;
}

std::string_view to_string(Phase phase) {
  return phase_words[static_cast<std::size_t>(phase)];
}

std::optional<Phase> phase_from(std::string_view word) {
  return find_word<Phase>(phase_words, word);
}

}  // namespace pawl
