#include "engine/lever.h"

#include <array>

#include "engine/enum_words.h"

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
  return find_word<LeverKind>(lever_words, word);
}

}  // namespace pawl
