#include "engine/entries.h"

#include <fmt/core.h>

#include <utility>

#include "engine/codec.h"
#include "engine/version.h"

namespace pawl {

namespace {

using Members = std::vector<std::pair<std::string, std::string>>;

Entry base(Subject subject, const std::string& rollout, const std::string& event,
           const std::string& actor, Instant at) {
  Entry entry;
  entry.at = at;
  entry.subject = subject;
  entry.rollout = rollout;
  entry.event = event;
  entry.actor = actor;
  entry.data = "{}";
  entry.state = "{}";
  entry.engine_version = engine_version;
  return entry;
}

/// An entry about the same subject, which stays as `last` left it.
Entry stays(const Entry& last, const std::string& event) {
  Entry entry = last;
  entry.event = event;
  entry.from = last.to;
  return entry;
}

std::string why(const std::string& reason) {
  return reason.empty() ? "{}" : encode_object(Members{{"reason", reason}});
}

Duration middle(const ClockOffset& offset) {
  return (offset.least + offset.most) / 2;
}
Duration error(const ClockOffset& offset) {
  return (offset.most - offset.least + Duration{1}) / 2;
}
std::string words_of(const ClockOffset& offset) {
  const Duration by = middle(offset);
  return fmt::format("{} {} ours, give or take {}", format_duration(std::chrono::abs(by)),
                     by < Duration{0} ? "behind" : "ahead of", format_duration(error(offset)));
}

}  // namespace

Entry run_entry(const std::string& rollout, const Run& before, const Run& after,
                const std::string& event, Instant at) {
  Entry entry = base(Subject::run, rollout, event, "engine", at);
  entry.wave = after.wave;
  entry.run = after.id;
  entry.instance_id = after.instance_id;
  entry.from = to_string(before.state);
  entry.to = to_string(after.state);
  if (after.phase != Phase::over) entry.phase = to_string(after.phase);
  entry.attempt = after.attempts[before.step];
  entry.state = encode_run(after);
  return entry;
}

Entry move_entry(const std::string& rollout, const RolloutMove& move, Instant at) {
  const Subject subject = move.wave < 0 ? Subject::rollout : Subject::wave;
  Entry entry = base(subject, rollout, move.event, "engine", at);
  entry.wave = move.wave;
  entry.from = move.from;
  entry.to = move.to;
  entry.data = why(move.reason);
  Members state{{"state", move.to}};
  if (!move.reason.empty()) state.emplace_back("reason", move.reason);
  if (move.until) state.emplace_back("until", format_utc(move.until->at));
  entry.state = encode_object(state);
  return entry;
}

Entry store_entry(const std::string& event, const std::string& actor, const std::string& reason,
                  Instant at) {
  Entry entry = base(Subject::store, "", event, actor, at);
  entry.data = why(reason);
  return entry;
}

Entry clock_entry(const ClockMove& move, Instant at, Instant wall) {
  constexpr Duration notable{1'000};
  std::string reason = "the cloud's clock is " + words_of(move.after);
  Members data{{"error_ms", std::to_string(error(move.after).count())},
               {"offset_ms", std::to_string(middle(move.after).count())}};
  if (move.before) {
    reason += "; it was " + words_of(*move.before);
    data.emplace_back("before_error_ms", std::to_string(error(*move.before).count()));
    data.emplace_back("before_offset_ms", std::to_string(middle(*move.before).count()));
  }
  if (std::chrono::abs(at - wall) > notable) {
    data.emplace_back("wall_offset_ms", std::to_string((middle(move.after) + (at - wall)).count()));
  }
  Entry entry = store_entry("cloud_clock_moved", "engine", "", at);
  data.emplace_back("reason", std::move(reason));
  entry.data = encode_object(data);
  return entry;
}

Entry rate_entry(const RateMove& move, const std::string& request_id, Instant at) {
  const bool slowed = move.after < move.before;
  std::string reason =
      slowed
          ? fmt::format("the cloud says that calls are too many: {} a minute go out instead of {}",
                        move.after, move.before)
          : fmt::format("{} calls a minute go out again, as the plan has it", move.after);
  if (slowed && move.quiet_until > at)
    reason += fmt::format(", and none before {}", format_utc(move.quiet_until));
  Entry entry = store_entry(slowed ? "calls_slowed" : "calls_restored", "engine", "", at);
  Members data{{"before", std::to_string(move.before)},
               {"calls_per_minute", std::to_string(move.after)},
               {"configured", std::to_string(move.most)},
               {"reason", std::move(reason)}};
  if (slowed && !request_id.empty()) data.emplace_back("request_id", request_id);
  entry.data = encode_object(data);
  return entry;
}

Entry refused_lever_entry(const Lever& lever, const std::string& why, Instant at) {
  std::string what(to_string(lever.kind));
  for (const std::string* word : {&lever.rollout, &lever.target}) {
    if (!word->empty()) what += ' ' + *word;
  }
  Entry entry = store_entry("lever_refused", lever.by, "", at);
  entry.data =
      encode_object(Members{{"lever", std::to_string(lever.id)}, {"reason", what + ": " + why}});
  return entry;
}

Entry store_lever_entry(const Lever& lever, bool& frozen, Instant at) {
  const bool freeze = lever.kind == LeverKind::freeze;
  if (frozen == freeze) {
    return refused_lever_entry(
        lever, freeze ? "the store is frozen already" : "the store is not frozen", at);
  }
  frozen = freeze;
  return store_entry(freeze ? "freeze_set" : "freeze_lifted", lever.by, lever.reason, at);
}

Entry followed_entry(const std::string& rollout, const std::string& word, const std::string& state,
                     const std::string& by, const std::string& actor, Instant at) {
  Entry entry = base(Subject::rollout, rollout, "rollout_followed", actor, at);
  entry.from = entry.to = word;
  entry.data = encode_object(Members{{"followed_by", by}});
  entry.state = state;
  return entry;
}

Entry obligation_opened_entry(const Entry& last, const Obligation& obligation) {
  Entry entry = stays(last, "obligation_opened");
  entry.actor = "engine";
  entry.data =
      encode_object(Members{{"kind", std::string(obligation.kind)}, {"reason", obligation.text}});
  return entry;
}

Entry obligation_closed_entry(const Entry& last, std::int64_t number, std::string_view kind,
                              const Lever& lever, Instant at) {
  Entry entry = stays(last, "obligation_closed");
  entry.at = at;
  entry.actor = lever.by;
  entry.data = encode_object(Members{{"kind", std::string(kind)},
                                     {"obligation", std::to_string(number)},
                                     {"reason", lever.reason}});
  entry.engine_version = engine_version;
  return entry;
}

Entry started_entry(const NewRollout& created, const std::string& actor, Instant at,
                    const std::string& failed_of) {
  Entry start = base(Subject::rollout, created.rollout.id, "rollout_started", actor, at);
  start.to = to_string(RolloutState::running);
  Members told{{"endpoint", created.rollout.endpoint},
               {"instances", std::to_string(created.runs.size())},
               {"project_id", created.rollout.project_id},
               {"workflow", created.rollout.workflow}};
  if (!failed_of.empty()) told.emplace_back("failed_of", failed_of);
  start.data = encode_object(told);
  start.state = encode_object(Members{{"state", start.to}});
  return start;
}

Entry enrolled_entry(const std::string& rollout, const Run& run, Instant at) {
  Entry entry = run_entry(rollout, run, run, "instance_enrolled", at);
  entry.from.clear();
  entry.data = encode_data(run.reason, "", {});
  // There are as many of these at once as the fleet has instances.
  entry.data.shrink_to_fit();
  entry.state.shrink_to_fit();
  return entry;
}

}  // namespace pawl
