// "Did you mean": the known word nearest to one that is not known.
#pragma once

#include <span>
#include <string_view>

namespace pawl {

/// The word of `known` with the fewest changed, added, dropped or swapped letters to `given`, the
/// first of several; empty when that would be a guess: more than a third of the letters (at least
/// one, at most three) differ, or `given` is longer than 64 bytes.
std::string_view nearest_word(std::string_view given, std::span<const std::string_view> known);

}  // namespace pawl
