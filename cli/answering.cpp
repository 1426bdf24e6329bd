#include "cli/answering.h"

#include <utility>

#include "engine/result.h"

namespace pawl {

void Answering::NoClient::start(Ticket, const Call&, Instant) {
  broken_rule("a loop that only answers levers calls nobody");
}

Answering::Answering(StoredPlan plan, const Log& log, const std::string& rollout)
    : plan_(std::move(plan)), progress_(log, rollout, plan_.rules.rollout, false) {}

Result<std::unique_ptr<Answering>> Answering::take_up(Journal& journal, Clock& clock,
                                                      const Log& log, const std::string& rollout) {
  auto stored = journal.load(rollout);
  if (!stored) return stored.error();
  auto plan = stored_plan(std::move(*stored));
  if (!plan) return plan.error();
  std::unique_ptr<Answering> answering(new Answering(std::move(*plan), log, rollout));
  StoredPlan& its = answering->plan_;
  auto loop =
      Loop::take_up({*its.workflow, clock, answering->client_, journal, answering->progress_},
                    its.rules, its.stored);
  if (!loop) return loop.error();
  its.stored = {};  // the loop has its own
  answering->loop_ = std::move(*loop);
  return answering;
}

}  // namespace pawl
