// The laws' guards, each of which a test-only build can take away, so that the explorer can show
// that it finds what the guard keeps out. In every other build nothing of this is left.
#pragma once

#include <cstdint>

namespace pawl {

/// By law (design.md): the place that alone keeps it.
enum class Guard : std::uint8_t {
  none,
  never_twice,     ///< 1: the settle time and the second look before another submit
  never_stale,     ///< 2: the proof is judged at the last moment
  never_anothers,  ///< 3: a start that lies before the intent is not ours
  intent_first,    ///< 4: the intent is an entry
  in_bounds,       ///< 5: leave to send
  fail_closed,     ///< 8: an answer that cannot be read lets nothing through
  sight_kept,      ///< 1: once a look has shown what may be the submit, its absence later proves
                   ///< nothing
  lost_kept,       ///< 1: nothing fails while what was sent and not found may be under way
  late_told,       ///< 1: what shows only after the submit was taken for unsent may be that submit:
                   ///< a person decides
  checked_anew,    ///< 2: what a person tries again after a failure begins with a check
  // 5, a fleet's:
  stops_obeyed,    ///< a pause, a freeze, a cancelled rollout
  budget_kept,     ///< a halt that is due
  places_counted,  ///< the parallel limit of a wave
  waves_in_order,  ///< only an open wave upgrades
  approval_asked,  ///< before a wave opens
  no_overshoot,    ///< what is in flight is counted as if it failed
};

#ifdef PAWL_BREAKABLE
inline Guard broken_guard = Guard::none;  // NOLINT: the tests' switch
inline bool broken(Guard guard) {
  return guard == broken_guard;
}
#else
constexpr bool broken(Guard) {
  return false;
}
#endif

}  // namespace pawl
