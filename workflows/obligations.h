// What an upgrade leaves for people to do: what is documented of every upgrade
// (cloud-api 6.1, 6.3), and what is known of this one. pawl does none of it.
#pragma once

#include <array>
#include <string_view>
#include <vector>

#include "workflows/major_upgrade.h"

namespace pawl {

/// The kinds, by stable words.
namespace obligation {
inline constexpr std::string_view old_instance = "old_instance";  ///< kept and billed: release it
inline constexpr std::string_view rehearsal_copy = "rehearsal_copy";        ///< the copy is billed
inline constexpr std::string_view prepaid = "prepaid";                      ///< two bills
inline constexpr std::string_view read_replicas = "read_replicas";          ///< to make anew
inline constexpr std::string_view disaster_recovery = "disaster_recovery";  ///< the same
inline constexpr std::string_view statistics = "statistics";                ///< to see to
inline constexpr std::string_view extensions = "extensions";                ///< to update
inline constexpr std::string_view failed_upgrade = "failed_upgrade";        ///< what is left of it
inline constexpr std::string_view in_doubt = "in_doubt";  ///< left alone while it may be upgrading
inline constexpr std::string_view unverified = "unverified";  ///< made, and not seen to be well
}  // namespace obligation

inline constexpr std::array obligation_kinds{
    obligation::old_instance,  obligation::rehearsal_copy,    obligation::prepaid,
    obligation::read_replicas, obligation::disaster_recovery, obligation::statistics,
    obligation::extensions,    obligation::failed_upgrade,    obligation::in_doubt,
    obligation::unverified};

/// What the decision from `before` to `after` leaves: once a run, when its upgrade is made, however
/// the verification goes on; once more, when the verification or a hook behind it first comes to no
/// good end; for each attempt that fails once it was accepted; and where a person leaves a run
/// alone, or cancels its rollout, while its upgrade may be under way.
std::vector<Obligation> obligations_of(const UpgradeGoal& goal, const Run& before,
                                       const Run& after);

}  // namespace pawl
