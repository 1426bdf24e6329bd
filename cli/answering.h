// A rollout taken up for its levers alone: nothing leaves, and nothing of it is moved forward.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cli/log.h"
#include "cli/progress.h"
#include "cli/stored_plan.h"
#include "engine/loop.h"

namespace pawl {

class Answering final {
 public:
  /// All but `rollout` outlive it. Fault::store when its plan or state cannot be read.
  static Result<std::unique_ptr<Answering>> take_up(Journal& journal, Clock& clock, const Log& log,
                                                    const std::string& rollout);
  Answering(const Answering&) = delete;
  Answering& operator=(const Answering&) = delete;

  /// Answers the levers that wait. A failed commit is an error.
  Outcome pull_levers(LeversOf which) { return loop_->pull_levers(which); }

 private:
  class NoClient final : public HttpClient {
   public:
    std::size_t idle() const override { return 0; }
    void start(Ticket ticket, const Call& call, Instant send_by) override;
    void wait(Instant, std::vector<Completion>&) override {}
  };

  Answering(StoredPlan plan, const Log& log, const std::string& rollout);

  StoredPlan plan_;
  NoClient client_;
  Progress progress_;
  std::unique_ptr<Loop> loop_;
};

}  // namespace pawl
