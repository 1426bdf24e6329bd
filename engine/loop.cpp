#include "engine/loop.h"

#include <fmt/core.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "engine/codec.h"
#include "engine/entries.h"
#include "engine/failpoint.h"
#include "engine/gated_step.h"
#include "engine/standing.h"
#include "engine/utf8.h"

// Why one commit a turn is enough: a run gets at most one event in a turn, so each decision starts
// from a committed state, and no effect is carried out before all of them are durable. A turn that
// carries two hundred events costs one fsync. After a failed commit the store's tail is unknown,
// so nothing that was decided may be acted on; the error goes up and the process ends.

namespace pawl {

namespace {

constexpr Duration answers_late_by{5'000};
/// Turns are some seconds apart at most. One that comes later than this has been slept over.
constexpr Duration away_after{60'000};

/// Something will happen to the run without anybody's leave.
bool moves(const Effect& effect) {
  return !std::holds_alternative<Park>(effect) && !std::holds_alternative<Finish>(effect);
}

/// Whether what led from `before`, in `step`, to `after` tells how long such a step takes: not a
/// failure or an end of patience, nor the end of what was adopted, which had begun before, nor of
/// what began before `watched_since`, for it may have ended while nobody looked.
bool tells_time(const Step& step, const Run& before, const Run& after, Instant watched_since) {
  const bool passed = after.step != before.step || after.state == RunState::succeeded;
  if (!passed || before.since < watched_since) return false;
  if (step.runs_command) return before.phase == Phase::intended;
  const bool accepted = before.intended && !before.sender_gone;
  return before.phase == Phase::submitted && (accepted || !step.submits);
}

}  // namespace

Loop::Loop(Seams seams, LoopRules rules, const StoredRollout& stored)
    : seams_(seams), rules_(std::move(rules)), id_(stored.record.id), pacing_(rules_.polls) {}

Result<std::unique_ptr<Loop>> Loop::take_up(Seams seams, LoopRules rules,
                                            const StoredRollout& stored) {
  std::unique_ptr<Loop> loop(new Loop(seams, std::move(rules), stored));
  auto standing = standing_of(seams.workflow, loop->rules_.rollout, stored);
  if (!standing) return standing.error();
  Result<std::optional<QuotaLease>> lease = seams.journal.lease(loop->rules_.account);
  if (!lease) return lease.error();

  const Instant now = seams.clock.now();
  loop->quota_.emplace(loop->rules_.account, loop->rules_.calls_per_minute, *lease, now);
  loop->rollout_.emplace(std::move(standing->rollout));
  loop->afters_.resize(loop->rules_.rollout.waves.size());
  std::vector<Run>& runs = standing->runs;
  learn(loop->pacing_, seams.workflow, stored);
  loop->first_run_ = runs.empty() ? 0 : runs.front().id;
  loop->members_.resize(runs.size());
  for (std::size_t i = 0; i < runs.size(); ++i) {
    Member& member = loop->members_[i];
    member.run = std::move(runs[i]);
    const auto effect = resume_effect(seams.workflow, member.run);
    member.effect = effect.value_or(Effect{Submit{}});
    loop->moving_ += moves(member.effect) ? 1 : 0;
    if (effect) loop->arm(static_cast<std::uint32_t>(i), now);
  }
  loop->cancel_what_waits();
  return loop;
}

Result<std::optional<Ending>> Loop::turn() {
  const Instant before = seams_.clock.now();
  done_.clear();
  seams_.client.wait(next_wake(before), done_);
  const Instant now = seams_.clock.now();
  if (now - turned_at_ > away_after) watched_since_ = now;
  turned_at_ = now;

  entries_.clear();
  moved_.clear();
  submits_.clear();
  pulled_.clear();
  again_ = false;
  gather(now);
  const Result<bool> begun = begin(now);
  if (!begun) return begun.error();
  if (!quiet()) admit(now);
  if (!to_cancel_.empty()) cancel_some(now);
  advance(now);
  if (Outcome written = commit(now); !written) return written.error();
  if (*begun) seams_.journal.abandon();
  if (!entries_.empty()) seams_.watcher.committed(entries_);
  act(now);
  seams_.watcher.turned(*rollout_, what_waits(now), now);
  return ending(now);
}

Present Loop::present(Instant now) const {
  return present_of(seams_.workflow, pacing_, cloud_clock_.now(now));
}

void Loop::gather(Instant now) {
  // A run whose submit was on its way when the last driver died has had no answer, and that is
  // what it is told; recovery has no other code.
  if (recovering_) end_left_behind();
  for (std::uint32_t i = 0; recovering_ && i < members_.size(); ++i) {
    if (members_[i].run.phase != Phase::intended) continue;
    happen(i, {now, cloud_clock_.now(now),
               Unanswered{Delivery::unknown, "the driver ended before the answer came"}});
  }
  recovering_ = false;
  if (!done_.empty()) failpoint("answered");
  for (Completion& completion : done_)
    take_completion(completion, now);
  if (const auto move = cloud_clock_.take_move())
    entries_.push_back(clock_entry(*move, now, seams_.clock.wall()));
  tell_rate("", now);
  take_command_ends(now);
  take_timers(now);
}

void Loop::tell_rate(const std::string& request_id, Instant now) {
  if (const auto move = quota_->take_move()) entries_.push_back(rate_entry(*move, request_id, now));
}

void Loop::take_completion(Completion& completion, Instant now) {
  if (auto* response = std::get_if<HttpResponse>(&completion.what)) {
    make_utf8(response->body);
    make_utf8(response->content_type);
    // What a gateway answers in the cloud's stead bears the gateway's clock.
    if (response->date && response->status < 500) {
      cloud_clock_.observe(*response->date, completion.sent, completion.received);
    }
    const auto throttle = seams_.workflow.throttle(*response);
    quota_->heed(*response, throttle, completion.sent, now);
    if (throttle) tell_rate(response->request_id, now);
    if (auto refusal = seams_.workflow.refuses_all(*response); refusal && refused_because_.empty())
      refused_because_ = std::move(*refusal);
  }
  if (completion.ticket.run == 0) {  // only the time was asked for
    time_comes_ = false;
    return;
  }
  const auto position = static_cast<std::uint32_t>(completion.ticket.run - first_run_);
  check(position < members_.size(), "an answer to nobody's call");
  Member& member = members_[position];
  if (member.armed != completion.ticket.number) return;  // the run has moved on
  const bool submit = std::holds_alternative<Submit>(member.effect);
  if (submit) --submits_in_flight_;
  // A look tells how things stood when it was asked. One that a suspended machine slept over tells
  // of another day; what became of a submit does not age.
  if (!submit &&
      completion.received - completion.sent > seams_.workflow.rules().request + answers_late_by) {
    completion.what = NoAnswer{Delivery::unknown, "the answer came too late to count"};
  }
  Event event{now, cloud_clock_.now(now), Woke{}};
  if (auto* response = std::get_if<HttpResponse>(&completion.what)) {
    event.what = Replied{std::move(*response)};
  } else {
    auto& none = std::get<NoAnswer>(completion.what);
    make_utf8(none.why);
    event.what = Unanswered{none.delivery, std::move(none.why)};
  }
  happen(position, std::move(event));
}

void Loop::take_timers(Instant now) {
  while (!timers_.empty() && timers_.top().at <= now) {
    const Timer timer = timers_.top();
    timers_.pop();
    if (members_[timer.position].armed != timer.armed) continue;
    happen(timer.position, {now, cloud_clock_.now(now), Woke{}});
  }
}

/// Leave to send first: those runs hold their places already, and what they looked at ages.
void Loop::admit(Instant now) {
  const Present present = this->present(now);
  std::size_t room = seams_.client.idle();
  kept_calls_ = 0;
  for (std::size_t n = clears_.size(); n > 0 && rollout_->may_start(); --n) {
    const std::uint32_t position = clears_.front();
    clears_.pop_front();
    const auto held = rollout_->obstacles(Gate::send, position, members_[position].run, present);
    if (held.test(static_cast<std::size_t>(Obstacle::window))) {
      // Long: its looks would be old, and its place is somebody else's meanwhile.
      happen(position, {now, cloud_clock_.now(now), Woke{}});
      continue;
    }
    if (held.any()) {
      clears_.push_back(position);
      continue;
    }
    if (runs_command(members_[position].run)) {
      admit_command(position, Gate::send, now);
      continue;
    }
    if (room == 0 || !quota_->take(now)) {
      clears_.push_front(position);
      kept_calls_ = n;
      break;
    }
    happen(position, {now, cloud_clock_.now(now), Admitted{Gate::send}});
    if (std::holds_alternative<Submit>(members_[position].effect)) {
      --room;
    } else {
      quota_->give_back();
    }
  }
  admit_after(now);
  for (const Gate gate : {Gate::upgrade, Gate::check}) {
    while (auto position = rollout_->admit(gate, present)) {
      happen(static_cast<std::uint32_t>(*position), {now, cloud_clock_.now(now), Admitted{gate}});
    }
  }
}

/// The call whose answer a decision about `run` rests on, as evidence.
std::string Loop::asked(const Run& run) const {
  if (run.phase != Phase::intended && run.look == Look::none) return "";
  if (run.phase == Phase::intended && runs_command(run)) return "";
  const HttpRequest request = run.phase == Phase::intended ? seams_.workflow.submit(run)
                                                           : seams_.workflow.ask(run, run.look);
  std::string text = fmt::format("{} {}", word_of(request.method), request.path);
  char joint = '?';
  for (const auto& [name, value] : request.query) {
    text += fmt::format("{}{}={}", joint, name, value);
    joint = '&';
  }
  return text;
}

/// Decides one event, and stages what the decision wants committed and done.
void Loop::happen(std::uint32_t position, Event event) {
  Member& member = members_[position];
  ++member.armed;  // no other answer or timer of before counts, not even in this turn
  Decision decision = decide(seams_.workflow, member.run, event);
  if (decision.stop && refused_because_.empty()) refused_because_ = *decision.stop;

  const Run before = std::exchange(member.run, std::move(decision.next));
  const bool changed = before != member.run;
  if (changed || decision.audit) member.trail.push_back(std::move(event));
  if (decision.audit) {
    const Instant at = member.trail.back().at;
    Entry entry = run_entry(id_, before, member.run, decision.audit->event, at);
    std::optional<Duration> took;
    if (tells_time(seams_.workflow.steps()[before.step], before, member.run, watched_since_))
      took = at - before.since;
    entry.data = encode_data(member.run.reason, asked(before), member.trail, took);
    if (const auto* directed = std::get_if<Directed>(&member.trail.back().what)) {
      entry.actor = directed->by;
    }
    entries_.push_back(std::move(entry));
    const std::size_t last = entries_.size() - 1;
    for (const Obligation& left : seams_.workflow.leaves(before, member.run))
      entries_.push_back(obligation_opened_entry(entries_[last], left));
    member.trail.clear();
    member.trail.shrink_to_fit();
    member.rests.clear();
    member.rests.shrink_to_fit();
    if (took) pacing_.took(before.step, *took);
  }
  if (changed) rollout_->moved(before, member.run);
  if (rollout_->cancels(member.run)) to_cancel_.push_back(position);
  moving_ -= moves(member.effect) ? 1 : 0;
  member.effect = decision.effect;
  moving_ += moves(member.effect) ? 1 : 0;
  const auto* await = std::get_if<Await>(&member.effect);
  if (await && await->pace == Pace::backoff) {
    member.tries = static_cast<std::uint16_t>(std::min(member.tries + 1, 1'000));
  } else if (await || member.run.step != before.step) {
    member.tries = 0;  // it got on; that a pause is over, and it asks again, proves nothing
  }
  if (await && !member.trail.empty()) end_round(member);
  moved_.push_back(position);
}

/// A round that leaves the run where an earlier one left it has told nothing, nor has what came in
/// between, and their answers are not kept: a gate may be asked for half a day.
void Loop::end_round(Member& member) {
  auto& rests = member.rests;
  const auto same = std::find_if(rests.begin(), rests.end(),
                                 [&member](const Rest& rest) { return rest.run == member.run; });
  if (same == rests.end()) {
    rests.push_back({member.run, member.trail.size()});
  } else {
    member.trail.resize(same->events);
    rests.erase(same + 1, rests.end());
  }
}

void Loop::advance(Instant now) {
  for (const RolloutMove& move : rollout_->advance(present(now))) {
    entries_.push_back(move_entry(id_, move, now));
    again_ = true;
  }
}

Outcome Loop::commit(Instant now) {
  Batch batch;
  batch.entries = entries_;
  const bool hungry =
      !clears_.empty() ||
      std::any_of(calls_.begin(), calls_.end(), [](const auto& queue) { return !queue.empty(); }) ||
      !moved_.empty() || wants_the_time(now);
  std::optional<QuotaLease> lease;
  if ((quota_->untold() || (hungry && !quiet())) && quota_->next_lease(now)) {
    const auto stored = seams_.journal.lease(rules_.account);
    if (!stored) return stored.error();
    if (*stored) quota_->stored(**stored, now);
    lease = quota_->next_lease(now);
  }
  if (lease) batch.lease = &*lease;
  const Pulse pulse{now, calls_sent_, id_};
  if (now - pulse_at_ >= pulse_every) {
    batch.pulse = &pulse;
    pulse_at_ = now;
  }
  batch.pulled = pulled_;
  if (batch.entries.empty() && !batch.lease && !batch.pulse && pulled_.empty()) return Done{};
  failpoint("before_commit");
  if (Outcome written = seams_.journal.commit(batch); !written) return written;
  failpoint("after_commit");
  if (lease) quota_->leased(*lease);
  return Done{};
}

void Loop::act(Instant now) {
  for (const std::uint32_t position : moved_)
    arm(position, now);
  send_submits(now);
  if (quiet()) return;
  send_calls(now);
  ask_the_time(now);
}

}  // namespace pawl
