#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "cli/commands.h"
#include "cli/history_rows.h"
#include "cli/meant.h"
#include "cli/text.h"
#include "cli/time_option.h"
#include "engine/io/system_clock.h"
#include "engine/rollout.h"
#include "storage/store.h"
#include "workflows/audit_events.h"

namespace pawl {

namespace {

/// Every word that an entry's `to` can be.
std::vector<std::string_view> states() {
  std::vector<std::string_view> words;
  for (std::size_t i = 0; i < run_states; ++i)
    words.push_back(to_string(static_cast<RunState>(i)));
  for (const RolloutState state :
       {RolloutState::running, RolloutState::paused, RolloutState::halted, RolloutState::cancelling,
        RolloutState::finished})
    words.push_back(to_string(state));
  for (const WaveState state :
       {WaveState::awaiting_approval, WaveState::denied, WaveState::approved, WaveState::open,
        WaveState::soaking, WaveState::closed})
    words.push_back(to_string(state));
  return words;
}

/// A state is one of a closed list; an event that is not known may be one of a later version.
Outcome check_words(const Log& log, const HistoryFilter& filter) {
  const auto words = states();
  if (!filter.state.empty() && std::find(words.begin(), words.end(), filter.state) == words.end()) {
    return Error{Fault::usage,
                 fmt::format("no run, wave or rollout is ever `{}`{}; the states are {}",
                             printable(filter.state), did_you_mean(filter.state, words),
                             fmt::join(words, ", "))};
  }
  std::vector<std::string_view> events(audit_events.begin(), audit_events.end());
  events.insert(events.end(), further_events.begin(), further_events.end());
  if (!filter.event.empty() &&
      std::find(events.begin(), events.end(), filter.event) == events.end()) {
    log.warn(fmt::format("`{}` is no event that this version writes{}", printable(filter.event),
                         did_you_mean(filter.event, events)));
  }
  return Done{};
}

Result<int> history(const Options& options, const Log& log, const HistoryArguments& arguments) {
  HistoryFilter filter = arguments.filter;
  if (Outcome known = check_words(log, filter); !known) return known.error();
  const auto since = time_option("--since", arguments.since);
  if (!since) return since.error();
  const auto until = time_option("--until", arguments.until);
  if (!until) return until.error();
  filter.since = *since;
  filter.until = *until;
  auto store = Store::open_for_reading(options.store, wall_time());
  if (!store) return store.error();
  AuditReader audit((*store)->database());
  if (!filter.instance.empty()) {
    // Of what the instance was before, and of what became of it, as well.
    const auto runs = runs_around((*store)->database(), filter.instance, filter.rollout);
    if (!runs) return runs.error();
    filter.runs = *runs;
    filter.instance.clear();
  }
  if (!filter.rollout.empty()) {
    const auto known = audit.rollout(filter.rollout);
    if (!known) return known.error();
  }
  if (Outcome printed = print_history(options.format, audit, filter); !printed) {
    return printed.error();
  }
  return exit_code::finished;
}

}  // namespace

int history_command(const Options& options, const Log& log, const HistoryArguments& arguments) {
  const Result<int> code = history(options, log, arguments);
  return code ? *code : fail(log, code.error());
}

}  // namespace pawl
