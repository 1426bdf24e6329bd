// What a run of the major upgrade remembers, and the questions that it asks.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/facts.h"
#include "engine/run.h"
#include "engine/time.h"
#include "workflows/cloud_api.h"

namespace pawl {

/// Known to every output under the same names (contract.md, `pawl status --json`).
namespace fact {
inline constexpr FactKey target_version{"target_version"};  ///< as offered, frozen once a run
inline constexpr FactKey source_version{"source_version"};  ///< as last read before the check
inline constexpr FactKey source_updated{"source_updated"};  ///< `updated`, read with it, verbatim
inline constexpr FactKey source_status{"source_status"};    ///< as last read, where not ready
inline constexpr FactKey source_addresses{"source_addresses"};  ///< before the upgrade
inline constexpr FactKey replicas{"replicas"};                  ///< ids of its read replicas then
inline constexpr FactKey dr_role{"dr_role"};  ///< in disaster recovery, when its rollout began
inline constexpr FactKey prepaid{"prepaid"};  ///< its charge mode, where it is that
inline constexpr FactKey adopted_check{
    "adopted_check"};  ///< start of someone else's that we follow
inline constexpr FactKey adopted_upgrade{"adopted_upgrade"};  ///< its start and target
inline constexpr FactKey seen_check{"seen_check"};  ///< start of the check shown before ours
inline constexpr FactKey report_id{"report_id"};    ///< of our check
inline constexpr FactKey checked_between{"checked_between"};  ///< two times at the cloud's clock
inline constexpr FactKey seen_upgrade{"seen_upgrade"};  ///< start of the upgrade shown before ours
inline constexpr FactKey unexplained{
    "unexplained_upgrade"};  ///< start of an ended upgrade that may have replaced the instance,
                             ///< until the history shows it
inline constexpr FactKey listed_at{
    "listed_at"};  ///< when the list showed it before its rollout began, until a look is answered
inline constexpr FactKey replaced{"replaced"};  ///< by what, as the journal knew at the start
inline constexpr FactKey seen_history{"seen_history"};  ///< ids in the upgrade history before ours
inline constexpr FactKey job_id{"job_id"};              ///< of our upgrade
inline constexpr FactKey answered{
    "answered"};                          ///< the Date of the answer that accepted our upgrade
inline constexpr FactKey claim{"claim"};  ///< what status last said of our task
inline constexpr FactKey upgrade_id{"upgrade_id"};  ///< the history's id of our upgrade
inline constexpr FactKey another_upgrade{
    "another_upgrade"};  ///< that may be of the attempt as well, in the history when ours succeeded
inline constexpr FactKey new_instance_id{"new_instance_id"};
inline constexpr FactKey backup_id{"backup_id"};  ///< of the backup before the upgrade
inline constexpr FactKey backed_up_between{"backed_up_between"};  ///< as checked_between
inline constexpr FactKey listed{"listed"};  ///< rows that a round in doubt has read of the list
inline constexpr FactKey listed_source{"listed_source"};  ///< the source is among them
inline constexpr FactKey renamed{"renamed"};              ///< to what, in a round in doubt
inline constexpr FactKey not_found_since{
    "not_found_since"};  ///< the first intent of the attempt of which no trace was found
}  // namespace fact

inline constexpr std::array upgrade_facts{
    fact::target_version,   fact::source_version,  fact::source_updated, fact::source_status,
    fact::source_addresses, fact::replicas,        fact::prepaid,        fact::adopted_check,
    fact::adopted_upgrade,  fact::seen_check,      fact::report_id,      fact::checked_between,
    fact::seen_upgrade,     fact::seen_history,    fact::job_id,         fact::claim,
    fact::upgrade_id,       fact::new_instance_id, fact::backup_id,      fact::backed_up_between,
    fact::listed,           fact::dr_role,         fact::unexplained,    fact::replaced,
    fact::answered,         fact::another_upgrade, fact::listed_at,      fact::listed_source,
    fact::renamed,          fact::not_found_since};

/// The questions; none of them changes anything at the cloud.
namespace look {
inline constexpr Look instance{1};         ///< the instance, from a fresh list page
inline constexpr Look versions{2};         ///< what it may be upgraded to
inline constexpr Look check_status{3};     ///< status?action=check
inline constexpr Look check_history{4};    ///< inspection-histories
inline constexpr Look upgrade_status{5};   ///< status?action=upgrade
inline constexpr Look upgrade_history{6};  ///< upgrade-histories
inline constexpr Look made_instances{7};   ///< the list by name: an instance that an upgrade made
inline constexpr Look new_instance{8};  ///< the history until it names the new one, then that one
inline constexpr Look source{9};        ///< the source after the upgrade
inline constexpr Look upgrade_while_busy{10};  ///< whether an upgrade is what keeps it busy
inline constexpr Look backups{11};             ///< its manual backups: one of ours by its name
inline constexpr Look backup{12};              ///< our backup, by its id
}  // namespace look

/// How many rows fact::listed tells of; 0 where it is not known or no number.
std::uint32_t listed_of(const Facts& facts);

/// Times and lists as facts keep them; what cannot be read back is nothing.
std::string to_fact(CloudInstant at);
std::optional<CloudInstant> instant_from_fact(std::string_view text);
std::string to_fact(const std::vector<std::string>& words);
std::vector<std::string> words_from_fact(std::string_view text);

}  // namespace pawl
