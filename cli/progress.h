// What a rollout looks like while it is driven: one line that is drawn over on a terminal, else
// plain lines, always on stderr.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/log.h"
#include "engine/loop.h"

namespace pawl {

class Progress final : public Watcher {
 public:
  Progress(const Log& log, std::string rollout, bool terminal);
  ~Progress() override;

  void committed(std::span<const Entry> entries) override;
  void turned(const Rollout& rollout, Instant now) override;
  /// A line of its own about the rollout.
  void say(std::string_view text);

 private:
  void clear_line();

  const Log& log_;
  const std::string rollout_;
  const bool terminal_;
  const Rollout* seen_ = nullptr;  // of the loop that is driven, once it has turned
  bool drawn_ = false;
  Instant next_line_{};
  std::string last_;
};

}  // namespace pawl
