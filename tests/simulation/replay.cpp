#include "tests/simulation/replay.h"

#include <fmt/format.h>

#include <utility>

#include "engine/codec.h"
#include "engine/gated_step.h"

namespace pawl::simulation {

std::optional<std::string> flaw_of(const Workflow& workflow, const Entry& entry,
                                   const std::string& before) {
  if (entry.event == "obligation_opened" || entry.event == "obligation_closed") {
    return entry.state == before ? std::nullopt : std::optional("it changes its run's state");
  }
  auto run = decode_run(before.empty() ? entry.state : before, workflow.fact_keys());
  if (!run) return run.error().what;
  Decision decision;
  if (before.empty()) {
    Run bare;
    bare.id = run->id;
    bare.wave = run->wave;
    bare.instance_id = run->instance_id;
    bare.name = run->name;
    decision = begin(workflow, std::move(bare), entry.at);
  } else {
    const auto events = decode_events(entry.data);
    if (!events) return events.error().what;
    decision.next = std::move(*run);
    for (const Event& event : *events) {
      if (!can_meet(workflow, decision.next, event)) return "it keeps an event out of place";
      decision = decide(workflow, decision.next, event);
    }
  }
  const std::string led_to = decision.audit ? decision.audit->event : "no entry";
  if (led_to != entry.event) {
    return fmt::format("its events lead to {}, not to {}", led_to, entry.event);
  }
  if (encode_run(decision.next) != entry.state) return "its events lead to another state";
  return std::nullopt;
}

}  // namespace pawl::simulation
