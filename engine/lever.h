// What an operator asks of a rollout or of the store, from any terminal, while a driver runs or
// while none does (contract.md, "operators' levers").
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/time.h"

namespace pawl {

enum class LeverKind : std::uint8_t {
  pause,  ///< no new intent; what is in flight comes to its end
  unpause,
  cancel,   ///< for good: what has not been sent is not sent, and nobody is waited for any more
  approve,  ///< the wave that waits for it may open
  deny,     ///< it may not; the rollout is halted
  freeze,   ///< no new intent in any rollout of the store
  unfreeze,
  retry,  ///< a failed run, or one that needs an operator, goes on
  skip,   ///< it is left alone
  close,  ///< what an upgrade left to be done has been; no rollout's own, so no loop answers it
};
inline constexpr std::size_t lever_kinds = 10;
std::string_view to_string(LeverKind kind);
std::optional<LeverKind> lever_kind_from(std::string_view word);

/// As it was written down, before anybody acted on it.
struct Lever {
  std::int64_t id = 0;  ///< given by the store, in the order in which they came
  Instant at{};
  LeverKind kind = LeverKind::pause;
  std::string rollout;  ///< its id; empty for freeze, unfreeze and close
  std::string target;   ///< a wave's name (approve, deny), an instance's id (retry, skip), or the
                        ///< obligations' numbers, a blank between them (close)
  std::string by;       ///< user@host
  std::string reason;   ///< may be empty
  bool operator==(const Lever&) const = default;
};

}  // namespace pawl
