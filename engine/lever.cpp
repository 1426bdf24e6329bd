#include "engine/lever.h"

#include <array>

namespace pawl {

namespace {

// Written to the store: never renamed.
constexpr std::array<std::string_view, lever_kinds> lever_words{
    "pause",  "unpause",  "cancel", "approve", "deny",
    "freeze", "unfreeze", "retry",  "skip",    "close"};

}  // namespace

std::string_view to_string(LeverKind kind) {
  return lever_words[static_cast<std::size_t>(kind)];
}

std::optional<LeverKind> lever_kind_from(std::string_view word) {
  for (std::size_t i = 0; i < lever_words.size(); ++i) {
    if (lever_words[i] == word) return static_cast<LeverKind>(i);
  }
  return std::nullopt;
}

}  // namespace pawl
