// The looks at what has come of an upgrade. The old id goes on naming the old instance (trap 12),
// so the outcome is judged by the new one's version and by who has which address (traps 14, 15).
#include <fmt/core.h>

#include <algorithm>

#include "workflows/cloud_api.h"
#include "workflows/looks_before.h"
#include "workflows/readings.h"
#include "workflows/upgrade_evidence.h"
#include "workflows/upgrade_looks.h"

namespace pawl {

namespace {

using reading::again;
using reading::next;

Reading find_new_instance(const Looked& looked) {
  const auto history = cloud::read_upgrade_history(looked.answer);
  if (!history) return not_readable(looked.run, history.unreadable());
  const auto* entry = trace_of(*history, looked.run, looked.goal.cutover).ours;
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
  const std::string_view id = facts.get(fact::new_instance_id);
  const cloud::Instance* made = find_instance(*page, id);
  if (!made) return again(fmt::format("the list does not show the new instance {} yet", id));
  if (!cloud::ready_status(made->status)) {
    return again(fmt::format("the new instance {} is `{}`", id, made->status));
  }
  const auto version = cloud::parse_version(made->version);
  if (!version || !cloud::matches(*version, target_of(looked.run))) {
    return again(fmt::format("the new instance {} runs version {}", id, made->version));
  }
  const bool moved =
      !made->private_ips.empty() && to_fact(made->private_ips) == facts.get(fact::source_addresses);
  if (looked.goal.cutover == cloud::Cutover::yes && !moved) {
    return again(fmt::format("the new instance {} does not have the old addresses yet", id));
  }
  return next(look::source);
}

/// The addresses have changed places: none of the old ones is left at the source.
Reading judge_source_after_cutover(const cloud::Instance* source,
                                   const std::vector<std::string>& before) {
  if (!source) return reading::of(Verdict::passed, "the addresses have moved, the source is gone");
  const bool left = std::any_of(before.begin(), before.end(), [source](const auto& address) {
    const auto& now = source->private_ips;
    return std::find(now.begin(), now.end(), address) != now.end();
  });
  if (left) return again("the source still has its addresses");
  return reading::of(Verdict::passed, "the addresses have moved to the new instance");
}

Reading judge_source_after_rehearsal(const cloud::Instance* source, const Facts& before) {
  if (!source) return again("the list does not show the source");
  if (to_fact(source->private_ips) != before.get(fact::source_addresses)) {
    return again("the source has lost its addresses, though no cutover was asked for");
  }
  if (source->version != before.get(fact::source_version)) {
    return again(
        fmt::format("the source ran version {} and runs {}, though no cutover was asked "
                    "for",
                    before.get(fact::source_version), source->version));
  }
  return reading::of(Verdict::passed, "the source is unchanged and the new instance is ready");
}

Reading judge_source(const Looked& looked) {
  const auto page = cloud::read_instances(looked.answer);
  if (!page) return not_readable(looked.run, page.unreadable());
  if (!page->unreadable.empty()) return again(page->unreadable.front().why.text);
  const cloud::Instance* source = find_instance(*page, looked.run.instance_id);
  if (!source && page->total_count != static_cast<std::int64_t>(page->instances.size())) {
    return again("the list does not show the source, nor all that there is");
  }
  const Facts& before = looked.run.facts;
  return looked.goal.cutover == cloud::Cutover::yes
             ? judge_source_after_cutover(source,
                                          words_from_fact(before.get(fact::source_addresses)))
             : judge_source_after_rehearsal(source, before);
}

}  // namespace

Reading look_at_outcome(const Looked& looked) {
  if (looked.run.look == look::source) return judge_source(looked);
  if (!looked.run.facts.has(fact::new_instance_id)) return find_new_instance(looked);
  return judge_new_instance(looked);
}

}  // namespace pawl
