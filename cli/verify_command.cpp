// `pawl audit verify`: the chain by the store, the decisions by the engine.
#include <fmt/core.h>

#include <deque>
#include <memory>
#include <nlohmann/json.hpp>
#include <unordered_map>

#include "cli/commands.h"
#include "cli/follow_up.h"
#include "cli/json.h"
#include "cli/plan_file.h"
#include "cli/rollout_start.h"
#include "cli/rows.h"
#include "cli/text.h"
#include "engine/codec.h"
#include "engine/entries.h"
#include "engine/gated_step.h"
#include "engine/io/system_clock.h"
#include "engine/version.h"
#include "storage/chain.h"
#include "storage/load.h"
#include "storage/store.h"
#include "storage/verify.h"
#include "workflows/upgrade_facts.h"
#include "workflows/upgrade_steps.h"

namespace pawl {

namespace {

/// Makes every decision of this version again, from the events that its entry keeps.
class Redecider {
 public:
  explicit Redecider(Database& database) : database_(database) {}

  std::optional<std::string> judge(const StoredEntry& stored, const std::string& before);
  std::int64_t decisions() const { return decisions_; }
  /// The last decision leaves an obligation that no entry has told.
  bool owes() const { return !owed_.empty(); }

 private:
  const Workflow* workflow_of_rollout(const std::string& id);
  std::optional<std::string> judge_owed(const Entry& entry);
  /// What the rollout's start made of `run`.
  Result<Decision> first_of(const Workflow& workflow, const Run& run, const Entry& entry);

  Database& database_;
  std::unordered_map<std::string, std::unique_ptr<Workflow>> workflows_;
  std::int64_t decisions_ = 0;
  std::deque<Entry> owed_;  // what the last decision leaves to be done, each told by the next entry
};

const Workflow* Redecider::workflow_of_rollout(const std::string& id) {
  const auto known = workflows_.find(id);
  if (known != workflows_.end()) return known->second.get();
  std::unique_ptr<Workflow>& made = workflows_[id];
  AuditReader audit(database_);
  const auto plan_bytes = audit.plan_of(id);
  if (!plan_bytes) return nullptr;
  const auto plan = frozen_plan(plan_bytes->plan, plan_bytes->project_id, id);
  if (plan) made = workflow_for(*plan, kind_of(plan_bytes->workflow), *plan_bytes);
  return made.get();
}

std::optional<std::string> Redecider::judge_owed(const Entry& entry) {
  const bool told = entry == owed_.front();
  owed_.pop_front();
  if (told) return std::nullopt;
  return "the decision before it leaves an obligation that it does not tell";
}

Result<Decision> Redecider::first_of(const Workflow& workflow, const Run& run, const Entry& entry) {
  Run bare;
  bare.id = run.id;
  bare.wave = run.wave;
  bare.instance_id = run.instance_id;
  bare.name = run.name;
  if (!comes_after_upgrade(run.step)) {
    // What was known before there was a run.
    for (const FactKey known : {fact::dr_role, fact::replaced, fact::listed_at,
                                fact::source_version, fact::source_updated})
      bare.facts.set(known, run.facts.get(known));
    return begin(workflow, std::move(bare), entry.at);
  }
  AuditReader audit(database_);
  const auto summary = audit.summary(entry.rollout, RunCounts::left_out);
  if (!summary) return summary.error();
  const auto old = upgraded_run(audit, summary->failed_of, run.instance_id);
  if (!old) return old.error();
  return begin_upgraded(workflow, std::move(bare), *old, summary->failed_of, entry.at);
}

std::optional<std::string> Redecider::judge(const StoredEntry& stored, const std::string& before) {
  const Entry& entry = stored.entry;
  if (!owed_.empty()) return judge_owed(entry);
  if (entry.subject != Subject::run || entry.engine_version != engine_version) return std::nullopt;
  if (entry.event == "obligation_opened") return "no decision leaves the obligation that it tells";
  if (entry.event == "obligation_closed") {
    if (entry.state == before) return std::nullopt;
    return "it says another state, though it only closes an obligation";
  }
  const Workflow* workflow = workflow_of_rollout(entry.rollout);
  if (workflow == nullptr) return "the plan of its rollout cannot be read";
  auto run = decode_run(before.empty() ? entry.state : before, upgrade_facts);
  if (!run) return run.error().what;
  Decision decision;
  if (before.empty()) {
    auto first = first_of(*workflow, *run, entry);
    if (!first) return first.error().what;
    decision = std::move(*first);
  } else {
    const auto events = decode_events(entry.data);
    if (!events) return events.error().what;
    decision.next = std::move(*run);
    Run previous;
    for (const Event& event : *events) {
      if (!can_meet(*workflow, decision.next, event)) {
        return "it keeps an event that its run cannot have met";
      }
      previous = std::move(decision.next);
      decision = decide(*workflow, previous, event);
    }
    for (const Obligation& left : workflow->leaves(previous, decision.next))
      owed_.push_back(obligation_opened_entry(entry, left));
  }
  const std::string led_to = decision.audit ? decision.audit->event : "no entry";
  if (led_to != entry.event) {
    return fmt::format("the events that it keeps lead to {}, not to {}", led_to, entry.event);
  }
  if (encode_run(decision.next) != entry.state) {
    return "the events that it keeps lead to another state than it says";
  }
  ++decisions_;
  return std::nullopt;
}

Result<int> verify(const Options& options, const std::string& head) {
  std::string noted;
  if (!head.empty()) {
    const auto digest = Digest::from_hex(head);
    if (!digest) {
      return Error{Fault::usage,
                   "--head takes the 64 hexadecimal digits of a hash, as `pawl audit "
                   "verify` and `pawl history --json` print it"};
    }
    noted = digest->hex();
  }
  auto store = Store::open_for_verifying(options.store, wall_time());
  if (!store) return store.error();
  Redecider redecider((*store)->database());
  const auto verified = verify_journal((*store)->database(), noted,
                                       [&](const StoredEntry& entry, const std::string& before) {
                                         return redecider.judge(entry, before);
                                       });
  if (!verified) return verified.error();
  auto broken = verified->broken;
  if (!broken && redecider.owes()) {
    broken = Broken{verified->entries,
                    "its decision leaves an obligation, and the journal ends before it"};
  }
  if (options.format == Format::table) {
    if (!broken) {
      print_line(fmt::format("the journal is whole: {} entries, {} decisions made again, head {}",
                             verified->entries, redecider.decisions(), verified->head));
      if (verified->entries == 0) {
        print_words(
            fmt::format("nothing was ever written to {}; a copy that was made without the "
                        "log beside it, {}-wal, looks so",
                        options.store, options.store));
      }
    } else if (broken->seq > 0) {
      print_line(fmt::format("the journal is broken at entry {}: {}\n{} entries before it are good",
                             broken->seq, printable(broken->what), verified->entries));
    } else {
      print_line(fmt::format("the journal is broken: {}", printable(broken->what)));
    }
  } else {
    Json object{{"whole", !broken},
                {"entries", verified->entries},
                {"decisions", redecider.decisions()},
                {"head", verified->head},
                {"first_bad_seq", nullptr},
                {"what", nullptr}};
    if (broken) {
      if (broken->seq > 0) object["first_bad_seq"] = broken->seq;
      object["what"] = broken->what;
    }
    print_object(options.format, dump(object));
  }
  return broken ? exit_code::store : exit_code::finished;
}

}  // namespace

int verify_command(const Options& options, const Log& log, const std::string& head) {
  const Result<int> code = verify(options, head);
  return code ? *code : fail(log, code.error());
}

}  // namespace pawl
