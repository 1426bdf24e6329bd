#include "cli/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

#include "cli/json_field.h"
#include "cli/text.h"

namespace pawl {

namespace {

constexpr Duration redraw_every{100};
constexpr Duration plain_every{10'000};

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

std::string described(const Entry& entry, const Rollout* rollout) {
  std::string subject = entry.instance_id;
  if (entry.subject == Subject::wave && rollout != nullptr) {
    subject = "wave " + rollout->rules().waves[static_cast<std::size_t>(entry.wave)].name;
  }
  const std::string reason = printable(text_field(entry.data, "reason"));  // the cloud's words
  const std::string by = entry.actor == "engine" ? "" : " by " + printable(entry.actor);
  return fmt::format("{}{}{}{}{}{}", subject, subject.empty() ? "" : ": ", entry.event, by,
                     reason.empty() ? "" : ": ", reason);
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
  std::string text = fmt::format("{}/{} done", done, total);
  for (const RunState state : {RunState::checking, RunState::ready, RunState::upgrading,
                               RunState::verifying, RunState::failed, RunState::needs_operator}) {
    const std::uint32_t count = rollout.total(state);
    if (count > 0) text += fmt::format(", {} {}", count, to_string(state));
  }
  if (rollout.in_flight() > 0) text += fmt::format(", {} in flight", rollout.in_flight());
  for (std::size_t i = 0; i < rollout.rules().waves.size(); ++i) {
    if (rollout.wave_state(i) != WaveState::open) continue;
    return fmt::format("wave {}: {}", rollout.rules().waves[i].name, text);
  }
  return text;
}

}  // namespace

Progress::Progress(const Log& log, std::string rollout, bool terminal)
    : log_(log), rollout_(std::move(rollout)), terminal_(terminal) {}

Progress::~Progress() {
  clear_line();
}

void Progress::clear_line() {
  if (!drawn_) return;
  std::fputs("\r\033[K", stderr);
  std::fflush(stderr);
  drawn_ = false;
}

void Progress::committed(std::span<const Entry> entries) {
  for (const Entry& entry : entries) {
    if (!log_.shows(notable(entry) ? LogLevel::info : LogLevel::debug)) continue;
    clear_line();
    const LogLevel level = notable(entry) ? LogLevel::info : LogLevel::debug;
    log_.write(level, fmt::format("{}: {}", rollout_, described(entry, seen_)));
  }
}

void Progress::say(std::string_view text) {
  clear_line();
  log_.info(fmt::format("{}: {}", rollout_, text));
}

void Progress::turned(const Rollout& rollout, Instant now) {
  seen_ = &rollout;
  if (now < next_line_ || !log_.shows(LogLevel::info)) return;
  next_line_ = now + (terminal_ ? redraw_every : plain_every);
  std::string line = fmt::format("{}: {}", rollout_, summary(rollout));
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
