// The looks at what has come of an upgrade. The old id goes on naming the old instance (trap 12),
// so the outcome is judged by the new one's version and by who has which address (traps 14, 15).
#include <fmt/format.h>

#include <utility>

#include "workflows/cloud_api.h"
#include "workflows/cloud_instances.h"
#include "workflows/upgrade_evidence.h"
#include "workflows/upgrade_looks.h"

namespace pawl {

namespace {

Reading next(Look look) {
  return {Verdict::next, "", look, {}};
}
Reading again(std::string reason) {
  return {Verdict::again, std::move(reason), Look::none, {}};
}

Reading find_new_instance(const Looked& looked) {
  const auto history = cloud::read_upgrade_history(looked.answer);
  if (!history) return not_readable(looked.run, history.unreadable());
  const auto* entry = our_entry(*history, looked.run, looked.goal.cutover);
  if (entry) note_entry(looked.facts, *entry);
  if (!entry || entry->destination_id.empty()) {
    return again("the history does not name the new instance yet");
  }
  return next(look::new_instance);
}

Reading judge_new_instance(const Looked& looked) {
  const auto page = cloud::read_instances(looked.answer);
  if (!page) return not_readable(looked.run, page.unreadable());
  const Facts& facts = looked.run.facts;
  for (const cloud::Instance& made : page->instances) {
    if (made.id != facts.get(fact::new_instance_id)) continue;
    const auto version = cloud::parse_version(made.version);
    if (!cloud::ready_status(made.status)) {
      return again(fmt::format("the new instance {} is `{}`", made.id, made.status));
    }
    if (!version || !cloud::matches(*version, target_of(looked.run))) {
      return again(fmt::format("the new instance {} runs version {}", made.id, made.version));
    }
    const bool moved = to_fact(made.private_ips) == facts.get(fact::source_addresses);
    if (looked.goal.cutover == cloud::Cutover::yes && (!moved || made.private_ips.empty())) {
      return again(fmt::format("the new instance {} does not have the old addresses yet", made.id));
    }
    return next(look::source);
  }
  return again(fmt::format("the list does not show the new instance {} yet",
                           facts.get(fact::new_instance_id)));
}

Reading judge_source(const Looked& looked) {
  const auto page = cloud::read_instances(looked.answer);
  if (!page) return not_readable(looked.run, page.unreadable());
  const std::string& before = looked.run.facts.get(fact::source_addresses);
  const bool cutover = looked.goal.cutover == cloud::Cutover::yes;
  for (const cloud::Instance& source : page->instances) {
    if (source.id != looked.run.instance_id) continue;
    const bool unchanged = to_fact(source.private_ips) == before;
    if (cutover && unchanged) return again("the source still has its addresses");
    if (!cutover && !unchanged) {
      return again("the source has lost its addresses, though no cutover was asked for");
    }
    return {Verdict::passed,
            cutover ? "the addresses have moved to the new instance"
                    : "the source is unchanged and the new instance is ready",
            Look::none,
            {}};
  }
  if (!cutover) return again("the list does not show the source");
  return {Verdict::passed, "the addresses have moved and the source is gone", Look::none, {}};
}

}  // namespace

Reading look_at_outcome(const Looked& looked) {
  if (looked.run.look == look::source) return judge_source(looked);
  if (!looked.run.facts.has(fact::new_instance_id)) return find_new_instance(looked);
  return judge_new_instance(looked);
}

}  // namespace pawl
