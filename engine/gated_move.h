// The moves of a gated step, one at a time, which a decision is composed of. For gated_step.cpp,
// gated_move.cpp and directed_move.cpp alone.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "engine/event.h"
#include "engine/workflow.h"

namespace pawl {

/// One decision in the making: a run, an event, and the run as it will be.
class Move {
 public:
  Move(const Workflow& workflow, const Run& run, const Event& event)
      : workflow_(workflow), event_(event), next_(run), step_(workflow.steps()[run.step]) {}

  Decision admitted(const Admitted& admitted);
  Decision replied(const HttpResponse& answer);
  Decision unanswered(const Unanswered& none);
  Decision woke();
  Decision directed(const Directed& directed);
  Decision exited(const Exited& exited);

 private:
  Decision read_waiting(Reading reading);
  Decision read_submit(Reading reading);
  Decision read_gate(Reading reading);
  Decision hear_in_doubt(Reading reading);
  Decision read_doubt(Reading reading);
  Decision read_ending(Reading reading);

  Decision retry(std::string reason);
  Decision intend(std::int64_t group = 0);
  Decision run_again();
  Decision adopt(std::string reason);
  Decision absent(std::string reason);
  Decision present(const std::string& reason);
  Decision expire(std::string reason);
  Decision renew(std::string reason);
  Decision overdue(const std::string& reason);
  /// What a round of looks at something submitted has brought.
  enum class Heard : std::uint8_t { how_it_stands, something_else, nothing };
  Decision follow(Pace pace, Heard heard, const std::string& reason);
  Decision look_later(Await await, const std::string& reason);
  Decision out_of_time(const std::string& reason);
  Decision turned_away(std::string_view what, std::string reason);
  Decision back_to_waiting(std::string event, std::string reason);
  Decision doubt(std::string reason);
  Decision gate_open(std::string_view event, std::string reason);
  Decision go_to(std::uint8_t step, std::string_view event, std::string reason);
  Decision give_way();
  std::optional<std::uint8_t> step_in_doubt() const;
  Decision fail_in_doubt(std::uint8_t doubtful, std::string reason);
  Decision end(RunState state, std::string event, std::string reason);
  Decision look_at(Look look);

  bool proof_holds() const;
  RunState resting() const;
  Duration doubt_patience() const { return workflow_.rules().settle * 5; }
  void open_attempt();
  void enter(Phase phase);
  void enter(Phase phase, Duration patience);
  void give_time(Duration patience);
  Decision quiet(Effect effect) { return {std::move(next_), effect, std::nullopt, std::nullopt}; }
  Decision entry(std::string event, Effect effect) {
    return {std::move(next_), effect, Audit{std::move(event)}, std::nullopt};
  }

  const Workflow& workflow_;
  const Event& event_;
  Run next_;
  const Step& step_;
};

/// "<step>_<what>": an audit event that contract.md does not name.
std::string event_of(const Step& step, std::string_view what);

}  // namespace pawl
