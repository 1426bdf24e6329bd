// The names of the journal's events; of those of the first list a person may ask to be told.
#pragma once

#include <array>
#include <string_view>

namespace pawl {

inline constexpr std::array<std::string_view, 57> audit_events{
    "rollout_started",   "rollout_resumed",    "rollout_paused",    "rollout_unpaused",
    "rollout_halted",    "rollout_cancelled",  "rollout_finished",  "driver_started",
    "driver_stopped",    "wave_opened",        "wave_closed",       "approval_requested",
    "approval_granted",  "approval_denied",    "soak_started",      "freeze_set",
    "freeze_lifted",     "lever_refused",      "instance_enrolled", "precheck_requested",
    "precheck_accepted", "precheck_adopted",   "precheck_unsure",   "precheck_passed",
    "precheck_failed",   "precheck_expired",   "backup_requested",  "backup_accepted",
    "backup_adopted",    "backup_unsure",      "backup_completed",  "backup_failed",
    "hook_started",      "hook_passed",        "hook_failed",       "upgrade_requested",
    "upgrade_accepted",  "upgrade_adopted",    "upgrade_unsure",    "upgrade_succeeded",
    "upgrade_failed",    "verify_passed",      "verify_failed",     "instance_skipped",
    "instance_retried",  "instance_cancelled", "operator_needed",   "obligation_opened",
    "obligation_closed", "precheck_unclear",   "precheck_clear",    "backup_unclear",
    "backup_clear",      "upgrade_unclear",    "upgrade_clear",     "verify_unclear",
    "verify_clear"};

/// Those besides them that stand in a journal: of the store's own affairs, and of submits that came
/// to nothing.
inline constexpr std::array<std::string_view, 21> further_events{
    "rollout_followed",    "cloud_clock_moved", "calls_slowed",      "calls_restored",
    "precheck_needless",   "precheck_refused",  "precheck_not_sent", "precheck_not_found",
    "precheck_looked_for", "precheck_sighted",  "backup_needless",   "backup_refused",
    "backup_not_sent",     "backup_not_found",  "backup_looked_for", "upgrade_needless",
    "upgrade_refused",     "upgrade_not_sent",  "upgrade_not_found", "upgrade_looked_for",
    "upgrade_sighted"};

}  // namespace pawl
