// The names of the journal's events that a person may ask to be told of.
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

}  // namespace pawl
