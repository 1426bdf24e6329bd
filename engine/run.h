// A run: one database going through the workflow. Everything that a decision may rest on besides
// the event stands here; all of it is stored with each entry but what is marked, which a new driver
// learns again.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/facts.h"
#include "engine/time.h"

namespace pawl {

/// As every output spells them; see contract.md.
enum class RunState : std::uint8_t {
  pending,
  checking,
  ready,
  upgrading,
  verifying,
  succeeded,
  failed,
  skipped,
  cancelled,
  needs_operator,
};
inline constexpr std::size_t run_states = 10;
std::string_view to_string(RunState state);
std::optional<RunState> run_state_from(std::string_view word);
/// No event moves the run any more. `needs_operator` is not an end: a person decides.
bool ended(RunState state);

/// Where a gated step stands.
enum class Phase : std::uint8_t {
  waiting,    ///< nothing has been sent, or it is proven that nothing took effect
  intended,   ///< the intent is committed, the submit may be on its way
  submitted,  ///< the submit took effect; the gate is being asked
  unsure,     ///< nobody can say whether the submit took effect
  over,       ///< the run has ended, or waits for a person
};
std::string_view to_string(Phase phase);
std::optional<Phase> phase_from(std::string_view word);

/// One question that a workflow can ask again without harm. The numbers are the workflow's own.
enum class Look : std::uint8_t { none = 0 };

inline constexpr std::size_t steps_max = 16;

/// After so many rounds in a row that do not say how the submitted task stands, an entry says so;
/// so does the first round that says it again (decision 15).
inline constexpr std::uint8_t unclear_told = 3;
/// Run::unclear beyond that: it has also been told that answers come, but do not say it.
inline constexpr std::uint8_t unclear_answered = unclear_told + 1;

struct Run {
  std::int64_t id = 0;
  std::int32_t wave = 0;
  std::uint32_t spread = 0;  ///< number of its spread value in its rollout, 0 for none; not stored
  std::string instance_id, name;

  RunState state = RunState::pending;
  Phase phase = Phase::waiting;
  std::uint8_t step = 0;  ///< position in the workflow
  Look look = Look::none;

  Phase ended_in = Phase::waiting;  ///< where it stood when it came to be over

  bool holds_place = false;    ///< counts against its step's parallel limit; not stored
  bool cleared = false;        ///< every look before the intent is done; not stored
  bool attempt_open = false;   ///< the attempt counted last has no end yet: another send of it
                               ///< opens none
  bool checked_once = false;   ///< the first step has come to an end at least once
  bool halts = false;          ///< it failed of what would fail every other run as well
  std::uint8_t absences = 0;   ///< complete rounds of looks in doubt that found no trace, in a row
  bool sighted = false;        ///< a look in doubt has shown what may be of the last submit
  std::uint16_t renewals = 0;  ///< proofs made anew that no longer held, since a person last
                               ///< opened an attempt
  std::array<std::uint16_t, steps_max> attempts{};  ///< opened so far, by step
  std::array<std::uint8_t, steps_max> sends{};  ///< submits of each step's attempt that were not
                                                ///< certainly refused
  std::uint16_t done = 0;  ///< a bit for each step that this attempt need not make again
  std::int64_t group = 0;  ///< process group of the command that runs; 0 where none does

  Instant since{};                           ///< when the phase began
  Instant deadline{};                        ///< end of patience for this phase
  std::uint8_t late_looks = 0;               ///< made past the deadline
  std::uint8_t unclear = 0;                  ///< rounds in a row that did not tell how what was
                                             ///< submitted stands, up to unclear_answered
  Instant looked_at{};                       ///< first answer before the intent; not stored
  Instant cleared_at{};                      ///< when the last one was in; not stored
  Instant round_began{};                     ///< of the looks in doubt; not stored
  std::optional<CloudNow> intended;          ///< the cloud's clock at the intent
  std::optional<CloudInstant> sender_gone;   ///< when the last sender had surely ended
  std::optional<CloudInstant> last_absence;  ///< the last complete look that found no trace
  std::optional<CloudInstant> valid_until;   ///< how long what an earlier step proved counts

  std::string reason;  ///< why it stands where it stands, for people
  Facts facts;

  bool operator==(const Run&) const = default;
};

}  // namespace pawl
