// What a rollout looks like while it is driven: one line that is drawn over on a terminal, else
// plain lines, always on stderr.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "cli/log.h"
#include "engine/loop.h"

namespace pawl {

class Progress final : public Watcher {
 public:
  /// `rules` outlives it.
  Progress(const Log& log, std::string rollout, const RolloutRules& rules, bool terminal);
  ~Progress() override;

  void committed(std::span<const Entry> entries) override;
  void turned(const Rollout& rollout, const std::optional<Waiting>& waits, Instant now) override;
  /// A line of its own about the rollout.
  void say(std::string_view text);

 private:
  void clear_line();
  bool worth_a_line(const Entry& entry);

  const Log& log_;
  const std::string rollout_;
  const RolloutRules& rules_;
  const bool terminal_;
  bool drawn_ = false;
  Instant next_line_{};
  std::string last_;
  std::optional<Waiting> waited_;  // at the last line
  // Instances of which a line has said that the cloud does not tell how their upgrade stands.
  std::set<std::string> unclear_said_;
};

}  // namespace pawl
