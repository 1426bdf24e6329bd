#include "cli/status_table.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <utility>

#include "cli/asked.h"
#include "cli/failures.h"
#include "cli/in_flight.h"
#include "cli/obligation_rows.h"
#include "cli/rollout_start.h"
#include "cli/run_facts.h"
#include "cli/text.h"
#include "workflows/failure_signature.h"

namespace pawl {

namespace {

constexpr std::size_t instances_shown = 40;
constexpr std::size_t wide = 160;  ///< what is for no terminal is laid out as for one so wide
/// What a low screen keeps, the first longest.
enum Rank { standing_still, numbers, waves, failed, instances, notes };

/// Sentences, each wrapped to the terminal.
class Sentences {
 public:
  Sentences(std::size_t width, Rank rank) : width_(width) { part_.rank = rank; }
  void add(const std::string& sentence) { part_.items.push_back(wrapped(sentence, width_, 2)); }
  /// For lines that none is to be left out of.
  Part whole() {
    part_.least = part_.items.size();
    return std::move(part_);
  }
  Part take() { return std::move(part_); }

 private:
  std::size_t width_;
  Part part_;
};

std::int64_t done_of(const std::vector<StateCount>& counts) {
  std::int64_t done = 0;
  for (const StateCount& count : counts) {
    const auto state = run_state_from(count.state);
    if (state && ended(*state)) done += count.count;
  }
  return done;
}

/// The state, why it stands still, and what to do about it.
Result<Part> standing_part(const RolloutView& view, const InFlight& flying,
                           const StatusBeside& beside, std::size_t width) {
  Sentences sentences(width, standing_still);
  const RolloutSummary& summary = view.summary;
  const std::string& id = summary.record.id;
  if (beside.as_of) sentences.add(fmt::format("as of {}", format_utc(*beside.as_of)));
  const std::string state = shown_state(summary, beside.still);
  const bool held = !summary.finished && state != "running" && flying.all() == 0;
  sentences.add(fmt::format("{}: {}{}, started {}, last change {}", id, state,
                            held ? " (quiesced)" : "", format_utc(summary.record.started),
                            format_utc(summary.updated)));
  if (const std::string why = text_of_halt(summary); !why.empty())
    sentences.add(fmt::format("halted because {}", printable(why)));
  if (beside.frozen && !summary.finished) {
    sentences.add("the store is frozen: nothing new starts until `pawl unfreeze`");
  } else if (!beside.still.why.empty()) {
    sentences.add(beside.driver ? beside.still.why : words_of(beside.still));
  }
  for (const std::string& words : words_of(beside.asked.value_or(std::vector<AskedLever>{})))
    sentences.add(words);
  if (beside.slowed) sentences.add(words_of(*beside.slowed));
  if (!beside.left_over.empty()) sentences.add(beside.left_over);
  if (summary.finished && summary.followed_by.empty() && !beside.as_of) {
    const auto code = exit_code_of(view);
    if (!code) return code.error();
    if (*code != exit_code::finished && kind_of(summary.record.workflow) == RolloutKind::upgrade)
      sentences.add(
          fmt::format("`pawl run PLAN --failed-of {}` takes up what did not succeed", id));
  }
  if (beside.driver) sentences.add(words_of(*beside.driver, id, beside.still));
  return sentences.whole();
}

Part numbers_part(const RolloutView& view, const InFlight& flying, std::size_t width) {
  Sentences sentences(width, numbers);
  std::string counts;
  for (std::size_t i = 0; i < run_states; ++i) {
    const auto word = to_string(static_cast<RunState>(i));
    const std::int64_t count = count_of(view.summary.counts, word);
    if (count > 0) counts += fmt::format("{}{} {}", counts.empty() ? "" : ", ", count, word);
  }
  sentences.add(
      fmt::format("{} of {} done: {}", done_of(view.summary.counts), view.runs.size(), counts));
  if (flying.all() > 0) sentences.add(in_flight_words(flying));
  return sentences.whole();
}

Part notes_part(const RolloutSummary& summary, std::size_t width) {
  Sentences sentences(width, notes);
  if (!summary.failed_of.empty())
    sentences.add(fmt::format("takes up what did not succeed in {}", summary.failed_of));
  if (!summary.followed_by.empty())
    sentences.add(fmt::format("what did not succeed is taken up by {}", summary.followed_by));
  if (summary.open_obligations > 0)
    sentences.add(words_of_open(summary.open_obligations, summary.record.id));
  return sentences.take();
}

/// Only what a person may want to do something about.
Part stale_part(const std::vector<StaleChecks>& all, std::size_t width) {
  Sentences sentences(width, notes);
  for (const StaleChecks& wave : all) {
    if (!wave.instances.empty()) {
      sentences.add(
          fmt::format("wave {}: {} of {} checks go stale before their turn and are made anew then",
                      wave.wave, wave.instances.size(), wave.remaining));
    } else if (wave.approval && wave.from) {
      sentences.add(
          fmt::format("wave {}: its checks go stale from {} on, should its approval take so long",
                      wave.wave, format_utc(wave.from->at)));
    }
  }
  return sentences.take();
}

/// A narrow terminal shows whose need is greatest: names give way to numbers.
std::vector<Column> wave_columns(std::size_t width, std::size_t state) {
  constexpr std::size_t roomy = 100, narrow = 72, least = 8;
  const bool few = width < narrow;
  const std::size_t others = few ? 46 : 58;  // what the other columns take
  const std::size_t states = few ? std::min<std::size_t>(state, 14) : state;
  return {{"wave", "WAVE",
           width >= roomy ? 40 : std::max(least, width - std::min(width, others + states))},
          {"state", "STATE", states},
          {"total", few ? "" : "TOTAL", 10},
          {"done", "DONE", 10},
          {"in_flight", few ? "FLIGHT" : "IN FLIGHT", 10},
          {"failed", "FAILED", 10},
          {"needs_operator", width >= roomy ? "NEEDS OPERATOR" : "OPERATOR", 14}};
}

Part waves_part(const RolloutView& view, std::size_t width) {
  std::vector<std::int64_t> flying(view.waves.size());
  for (const RunView& run : view.runs)
    flying[static_cast<std::size_t>(run.record.wave)] += is_in_flight(run) ? 1 : 0;
  std::vector<std::vector<Cell>> rows;
  std::size_t widest = 7, closed = 0;
  for (std::size_t i = 0; i < view.waves.size(); ++i) {
    const WaveView& wave = view.waves[i];
    const std::string state = shown_state(wave, view.summary);
    widest = std::max(widest, state.size());
    closed += closed == i && state == "closed" ? 1 : 0;
    const auto count = [&](std::string_view of) { return count_of(wave.counts, of); };
    rows.push_back({Cell::of(wave.name), Cell::of(state), Cell::of(wave.total),
                    Cell::of(done_of(wave.counts)), Cell::of(flying[i]), Cell::of(count("failed")),
                    Cell::of(count("needs_operator"))});
  }
  const auto columns = wave_columns(width == 0 ? wide : width, widest);
  if (columns[2].heading.empty()) {
    for (auto& row : rows)
      row[3] = Cell::of(row[3].text + " of " + row[2].text);
  }
  Part part = table_part(columns, rows, width);
  part.one = "wave";
  part.many = "waves";
  part.rank = waves;
  part.least = 2;
  part.from = std::min(closed, rows.empty() ? 0 : rows.size() - 1);
  part.apart = true;
  return part;
}

/// Those that a person asks about first: what needs them, what failed, then what moves.
int order_of(const RunView& run, StatusDetail detail) {
  const auto state = run_state_from(run.word);
  if (!state || state == RunState::needs_operator) return 0;
  if (state == RunState::failed) return 1;
  if (detail == StatusDetail::brief || !is_in_flight(run)) return -1;
  return state == RunState::checking ? 3 : 2;
}

Result<Part> instances_part(const RolloutView& view, StatusDetail detail, std::size_t width) {
  std::array<std::vector<std::pair<const RunView*, Run>>, 4> ordered;
  for (const RunView& stored : view.runs) {
    const int place = order_of(stored, detail);
    if (place < 0) continue;
    Result<Run> run = run_of(stored);
    if (!run) return run.error();
    ordered[static_cast<std::size_t>(place)].emplace_back(&stored, std::move(*run));
  }
  std::vector<std::vector<Cell>> rows;
  std::size_t beyond = 0;
  for (const auto& group : ordered) {
    for (const auto& [stored, run] : group) {
      if (rows.size() == instances_shown) {
        ++beyond;
        continue;
      }
      rows.push_back({Cell::of(run.instance_id), Cell::of(run.name), Cell::of(stored->wave_name),
                      Cell::of(std::string(to_string(run.state))), Cell::of(shown_phase(run)),
                      Cell::of(run.state == RunState::failed ? gist_of(run.reason) : run.reason)});
    }
  }
  Part part = table_part(instance_columns(width == 0 ? wide : width), rows, width);
  part.one = "instance";
  part.many = "instances";
  part.rank = instances;
  part.least = 1;
  part.beyond = beyond;
  // Failures have a table of their own: a low screen shows what moves.
  const std::size_t still = ordered[0].size() + ordered[1].size();
  part.from = still < part.items.size() ? still : 0;
  part.apart = true;
  return part;
}

}  // namespace

std::vector<Column> instance_columns(std::size_t width) {
  constexpr std::size_t room_for_sentences = 160;  // of the longest, so that no frame differs
  const std::size_t names = width < 60 ? 14 : 24;
  return {id_column(),
          {"name", "NAME", names},
          {"wave", "WAVE", width < 60 ? 8U : 16U},
          {"state", "STATE", 14},
          {"phase", "PHASE", 21},
          {"reason", "WHY", std::max<std::size_t>(width, 130) - 95,
           width < room_for_sentences ? "why" : ""}};
}

std::vector<Column> rollout_columns(std::size_t width) {
  const bool narrow = width < 120;
  const auto roomy = [narrow](const char* heading) { return narrow ? "" : heading; };
  return {{"rollout", "ROLLOUT", narrow ? 30U : 70U},
          {"plan", "", 0},
          {"state", "STATE", 10},
          {"started", roomy("STARTED"), 24},
          {"updated", roomy("LAST CHANGE"), 24},
          {"finished", roomy("FINISHED"), 24},
          {"instances", "INSTANCES", 10},
          {"succeeded", "SUCCEEDED", 10},
          {"failed", "FAILED", 10},
          {"needs_operator", narrow ? "OPERATOR" : "NEEDS OPERATOR", 14},
          {"kind", roomy("KIND"), 8},
          {"failed_of", roomy("FAILED OF"), 40},
          {"followed_by", roomy("FOLLOWED BY"), 40},
          {"open_obligations", "LEFT TO DO", 10},
          {"last_driver", "", 0}};
}

Result<std::vector<Part>> status_parts(const RolloutView& view, StatusDetail detail,
                                       const StatusBeside& beside, std::size_t width) {
  const auto flying = in_flight_of(view.runs);
  if (!flying) return flying.error();
  auto standing = standing_part(view, *flying, beside, width);
  if (!standing) return standing.error();
  const auto kinds = failures_of(view);
  if (!kinds) return kinds.error();
  auto those = instances_part(view, detail, width);
  if (!those) return those.error();
  Part failures = failures_part(*kinds, width);
  failures.rank = failed;
  std::vector<Part> parts;
  parts.push_back(std::move(*standing));
  parts.push_back(numbers_part(view, *flying, width));
  parts.push_back(notes_part(view.summary, width));
  parts.push_back(waves_part(view, width));
  parts.push_back(stale_part(beside.stale, width));
  parts.push_back(std::move(failures));
  parts.push_back(std::move(*those));
  return parts;
}

}  // namespace pawl
