#include "workflows/looks_at_backup.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "engine/digest.h"
#include "workflows/cloud_backups.h"
#include "workflows/readings.h"
#include "workflows/upgrade_evidence.h"

namespace pawl {

namespace {

using reading::again;

Reading look_before_backup(const Looked& looked) {
  const Reading found = look_before_hook(looked);
  const bool no_more = found.verdict == Verdict::clear ||
                       (found.verdict == Verdict::next && found.look == look::upgrade_status);
  if (!no_more) return found;
  looked.facts.forget(fact::listed);
  looked.facts.forget(fact::backup_id);
  return reading::next(look::backups);
}

/// The list by name; `none` is what it means that ours is not in it.
Reading find_backup(const Looked& looked, Reading none) {
  const auto page = cloud::read_backups(looked.answer);
  if (!page) return not_readable(looked.run, page.unreadable());
  const std::uint32_t before = listed_of(looked.run.facts);
  looked.facts.forget(fact::listed);
  const std::string name = backup_name(looked.goal, looked.run);
  for (const cloud::Backup& backup : page->backups) {
    if (backup.name != name) continue;
    looked.facts.set(fact::backup_id, backup.id);
    return reading::accepted(
        fmt::format("the list shows backup {} by its name {}", backup.id, name));
  }
  if (!page->unreadable.empty()) return not_readable(looked.run, page->unreadable.front().why);
  const auto listed = before + static_cast<std::int64_t>(page->backups.size());
  if (listed >= page->total_count) return none;
  if (page->backups.empty())
    return not_yet(looked.run, "the list of backups ends before its count");
  looked.facts.set(fact::listed, std::to_string(listed));
  return reading::next(look::backups);
}

/// The changes of the instance that may be the backup's own trace lie in this time.
void note_time_of_backup(const Looked& looked, const cloud::Backup& backup) {
  auto from = looked.run.intended ? std::optional(looked.run.intended->earliest)
                                  : certain_time(backup.begin);
  if (!from || !looked.event.cloud) return looked.facts.forget(fact::backed_up_between);
  looked.facts.set(fact::backed_up_between,
                   to_fact({to_fact(*from), to_fact(looked.event.cloud->latest)}));
}

Reading poll_backup(const Looked& looked) {
  const auto page = cloud::read_backups(looked.answer);
  if (!page) return not_readable(looked.run, page.unreadable());
  const std::string_view id = looked.run.facts.get(fact::backup_id);
  const auto found = std::find_if(page->backups.begin(), page->backups.end(),
                                  [id](const cloud::Backup& backup) { return backup.id == id; });
  if (found == page->backups.end())
    return again(fmt::format("the list does not show backup {}", id));
  if (found->status == "COMPLETED") {
    note_time_of_backup(looked, *found);
    return reading::of(Verdict::passed, fmt::format("backup {} is complete", id));
  }
  if (found->status == "FAILED" || found->status == "DELETING") {
    return reading::failed(fmt::format("backup {} is `{}`", id, found->status));
  }
  return again(fmt::format("backup {} is `{}`", id, found->status));
}

}  // namespace

std::string backup_name(const UpgradeGoal& goal, const Run& run) {
  const int attempt = run.attempts[upgrade_step::backup] + (run.attempt_open ? 0 : 1);
  return fmt::format("pawl-{}-{}-{}", sha256_hex(goal.around.origin).substr(0, 12), run.id,
                     attempt);
}

HttpRequest request_backup(const UpgradeGoal& goal, const Run& run) {
  return cloud::post_backup({goal.project_id, run.instance_id}, backup_name(goal, run),
                            fmt::format("made by pawl before the upgrade to {} in rollout {}",
                                        run.facts.get(fact::target_version), goal.around.rollout));
}

Reading look_at_backup(const Looked& looked) {
  if (looked.run.phase == Phase::submitted) return poll_backup(looked);
  if (looked.run.phase == Phase::unsure) {
    return find_backup(looked, reading::absent("the list shows no backup of ours"));
  }
  if (looked.run.look == look::backups) return find_backup(looked, reading::clear());
  return look_before_backup(looked);
}

}  // namespace pawl
