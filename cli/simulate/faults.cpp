#include "cli/simulate/faults.h"

#include <fmt/core.h>

namespace pawl::simulate {

std::optional<Trouble> trouble_from(std::string_view word) {
  for (const TroubleKind& kind : trouble_kinds) {
    if (kind.word == word) return kind.trouble;
  }
  return std::nullopt;
}

const TroubleKind& kind_of(Trouble trouble) {
  return trouble_kinds[static_cast<std::size_t>(trouble)];
}

std::string trouble_words() {
  std::string words;
  for (const TroubleKind& kind : trouble_kinds)
    words += fmt::format("{}{}", words.empty() ? "" : ", ", kind.word);
  return words;
}

std::string trouble_help() {
  std::string lines = "Kinds of --fault, and what comes instead of the answer:\n";
  for (const TroubleKind& kind : trouble_kinds) {
    lines += fmt::format("  {:<16} {}; {} was done\n", kind.word, kind.comes,
                         kind.done ? "it" : "nothing");
  }
  return lines;
}

}  // namespace pawl::simulate
