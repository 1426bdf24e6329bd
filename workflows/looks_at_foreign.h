// What someone else has in progress, met by looks before an intent of ours, and what the plan's
// `on_foreign` makes of it. Only that is foreign: a check of someone else's that has ended, and an
// upgrade to another target or without cutover that has, are old news; one with cutover that has
// ended has replaced the instance, which is skipped whatever the plan says (decision 7).
#pragma once

#include <optional>

#include "workflows/upgrade_looks.h"

namespace pawl {

/// A running upgrade in the status. To adopt one, the history has to tell which it is.
Reading meet_running_upgrade(const Looked& looked, const cloud::TaskStatus& upgrade);
/// What is running in the history; nothing where all has ended. An upgrade is adopted when status
/// and history agree on it, it is what the plan asks for as far as they say, and its addresses are
/// known from before they moved.
std::optional<Reading> meet_running_upgrade(const Looked& looked,
                                            const cloud::History<cloud::UpgradeReport>& history);
/// A running check in the status.
Reading meet_running_check(const Looked& looked, const cloud::TaskStatus& check);

/// The run follows an upgrade that someone else began.
bool has_adopted_upgrade(const Run& run);
/// What a pre-check's gate says of such a run: the upgrade needs no check any more.
Reading pass_without_check(const Looked& looked);

}  // namespace pawl
