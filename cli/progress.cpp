#include "cli/progress.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

#include "cli/json_field.h"
#include "cli/standstill.h"
#include "cli/text.h"

namespace pawl {

namespace {

constexpr Duration redraw_every{100};
constexpr Duration plain_every{10'000};
/// A cloud that falls silent does so for all that is in flight.
constexpr std::size_t unclear_said_max = 5;

/// Worth a line of its own: what a person at the terminal would want to be told.
bool notable(const Entry& entry) {
  if (entry.event == "cloud_clock_moved")
    return !text_field(entry.data, "before_offset_ms").empty();
  if (entry.event == "lever_refused") return false;  // whoever pulled it is told
  if (entry.subject != Subject::run) return true;
  if (entry.event == "obligation_opened") return false;  // counted at the end
  return entry.to == "failed" || entry.to == "needs_operator" || entry.phase == "unsure" ||
         entry.event == "upgrade_adopted";
}

/// What has happened, after its subject, as people say it; `pawl history` has the event's name.
std::string said_of(const Entry& entry) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 23> known{{
      {"rollout_started", "has started"},
      {"rollout_resumed", "goes on"},
      {"rollout_paused", "is paused"},
      {"rollout_unpaused", "is unpaused"},
      {"rollout_halted", "is halted"},
      {"rollout_cancelled", "is cancelled"},
      {"rollout_followed", "is taken up by another rollout"},
      {"wave_opened", "opens"},
      {"wave_closed", "is closed"},
      {"approval_requested", "waits for approval"},
      {"approval_granted", "is approved"},
      {"approval_denied", "is denied"},
      {"soak_started", "soaks"},
      {"freeze_set", "the store is frozen"},
      {"freeze_lifted", "the freeze is lifted"},
      {"cloud_clock_moved", "the cloud's clock has moved"},
      {"calls_slowed", "the calls are slowed down"},
      {"calls_restored", "the calls are as many as before"},
      {"upgrade_unsure", "is in doubt about its upgrade"},
      {"upgrade_adopted", "follows an upgrade that it has found"},
      {"upgrade_unclear", "hears nothing of its upgrade any more"},
      {"upgrade_clear", "hears of its upgrade again"},
      {"operator_needed", "needs an operator"},
  }};
  if (entry.event == "rollout_finished") return "is " + entry.to;
  for (const auto& [event, words] : known) {
    if (event == entry.event) return std::string(words);
  }
  std::string words = entry.event;
  std::replace(words.begin(), words.end(), '_', ' ');
  return words;
}

std::string described(const Entry& entry, const std::string& rollout, const RolloutRules& rules) {
  std::string subject = rollout + ": " + entry.instance_id;
  if (entry.subject == Subject::rollout) subject = rollout;
  if (entry.subject == Subject::wave)
    subject += "wave " + rules.waves[static_cast<std::size_t>(entry.wave)].name;
  const std::string reason = printable(text_field(entry.data, "reason"));  // the cloud's words
  if (entry.subject == Subject::run && entry.to == "failed" && !reason.empty())
    return fmt::format("{}: {}", subject, reason);  // which says what failed
  const std::string by = entry.actor == "engine" ? "" : " by " + printable(entry.actor);
  return fmt::format("{}{}{}{}{}", subject, subject.ends_with(' ') ? "" : " ", said_of(entry), by,
                     reason.empty() ? "" : ": " + reason);
}

std::string summary(const Rollout& rollout) {
  std::size_t total = 0;
  for (std::size_t state = 0; state < run_states; ++state)
    total += rollout.total(static_cast<RunState>(state));
  std::size_t done = 0;
  for (std::size_t state = 0; state < run_states; ++state) {
    const auto word = static_cast<RunState>(state);
    if (ended(word)) done += rollout.total(word);
  }
  std::string text = fmt::format("{}/{} done", done, total);  // of the rollout, not of a wave
  for (std::size_t i = 0; i < rollout.rules().waves.size(); ++i) {
    if (rollout.wave_state(i) != WaveState::open) continue;
    text += fmt::format(", wave {} open", rollout.rules().waves[i].name);
    break;
  }
  for (const RunState state : {RunState::checking, RunState::ready, RunState::upgrading,
                               RunState::verifying, RunState::failed, RunState::needs_operator}) {
    const std::uint32_t count = rollout.total(state);
    if (count > 0) text += fmt::format(", {} {}", count, to_string(state));
  }
  if (rollout.in_flight() > 0) text += fmt::format(", {} in flight", rollout.in_flight());
  if (rollout.unclear() > 0) text += fmt::format(", no word of {}", rollout.unclear());
  return text;
}

}  // namespace

Progress::Progress(const Log& log, std::string rollout, const RolloutRules& rules, bool terminal)
    : log_(log), rollout_(std::move(rollout)), rules_(rules), terminal_(terminal) {}

Progress::~Progress() {
  clear_line();
}

void Progress::clear_line() {
  if (!drawn_) return;
  std::fputs("\r\033[K", stderr);
  std::fflush(stderr);
  drawn_ = false;
}

/// The line that is drawn over and over counts those that get none.
bool Progress::worth_a_line(const Entry& entry) {
  if (entry.subject != Subject::run) return notable(entry);
  if (entry.event == "upgrade_unclear") {
    if (unclear_said_.size() < unclear_said_max) unclear_said_.insert(entry.instance_id);
    return unclear_said_.contains(entry.instance_id);
  }
  const bool said = unclear_said_.erase(entry.instance_id) > 0;
  return notable(entry) || (said && entry.event == "upgrade_clear");
}

void Progress::committed(std::span<const Entry> entries) {
  for (const Entry& entry : entries) {
    const LogLevel level = worth_a_line(entry) ? LogLevel::info : LogLevel::debug;
    if (!log_.shows(level)) continue;
    clear_line();
    log_.write(level, described(entry, rollout_, rules_));
  }
}

void Progress::say(std::string_view text) {
  clear_line();
  log_.info(fmt::format("{}: {}", rollout_, text));
}

void Progress::turned(const Rollout& rollout, const std::optional<Waiting>& waits, Instant now) {
  if ((now < next_line_ && waits == waited_) || !log_.shows(LogLevel::info)) return;
  next_line_ = now + (terminal_ ? redraw_every : plain_every);
  waited_ = waits;
  // What it waits for comes first: a narrow terminal cuts the line.
  const std::string why = waits ? words_of(standstill_of(*waits, rules_, rollout_)) + "; " : "";
  std::string line = fmt::format("{}: {}{}", rollout_, why, summary(rollout));
  if (line == last_ && !terminal_) return;
  if (!terminal_) {
    log_.info(line);
  } else if (line != last_ || !drawn_) {
    const std::string shown = cut(printable(line), terminal_columns(2, 80) - 1);
    std::fputs(("\r\033[K" + shown).c_str(), stderr);
    std::fflush(stderr);
    drawn_ = true;
  }
  last_ = std::move(line);
}

}  // namespace pawl
