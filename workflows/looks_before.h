// What the looks before a check and before an upgrade share.
#pragma once

#include <optional>
#include <string_view>

#include "workflows/cloud_instances.h"
#include "workflows/upgrade_looks.h"

namespace pawl {

/// In the reason of every run that is skipped because an upgrade with cutover has replaced its
/// instance; the store is searched for it, so it is never changed.
inline constexpr std::string_view replaced_words = "an upgrade with cutover has made";

/// The one instance that was asked for, or null; the filter of the list is not trusted.
const cloud::Instance* find_instance(const cloud::InstancePage& page, std::string_view id);

/// Keeps what of the instance is compared or told after its upgrade.
void note_surroundings(Facts& facts, const cloud::Instance& instance);

/// An upgrade that may be one that was sent before, come late, is a person's to tell.
Reading ask_of_late(const cloud::UpgradeReport& entry);

/// What a history has against starting anything: an upgrade in progress, one with cutover that has
/// replaced the instance (trap 13, decision 7), or that it cannot be read to its end.
std::optional<Reading> history_forbids(const Looked& looked,
                                       const cloud::History<cloud::UpgradeReport>& history);

/// The status of an instance that is busy: an upgrade may be what keeps it so.
Reading look_while_busy(const Looked& looked);

}  // namespace pawl
