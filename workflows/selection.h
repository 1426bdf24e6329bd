// Which instances a plan means, and in which wave each of them goes. Pure: the fleet comes in as
// values, as the cloud's list told it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "engine/result.h"
#include "engine/time.h"
#include "workflows/cloud_recovery.h"
#include "workflows/plan.h"

namespace pawl {

/// What a list page tells of an instance that could be checked at once: enough to check it, in
/// place of the first look at it, where no upgrade of it shows.
struct ListedAs {
  Instant at{};  ///< when the page was asked for, at our clock
  std::string version, updated;
  bool operator==(const ListedAs&) const = default;
};

/// What a selection looks at in an instance; texts are empty where the cloud gave nothing.
struct Candidate {
  std::string id;
  std::string name;
  std::string version;
  std::vector<std::pair<std::string, std::string>> tags;
  std::string left_alone{};  ///< why a rollout leaves it alone, as far as the list tells
  std::string busy{};        ///< why it is waited for first, as far as the list tells
  std::optional<cloud::DrRole> dr_role{};  ///< nullopt: the cloud does not say
  bool tags_left_out = false;              ///< the cloud does not say which; `tags` is empty
  std::optional<ListedAs> listed{};        ///< only of one that is neither left alone nor busy
  bool operator==(const Candidate&) const = default;
};

/// `*` is any text, also none; `?` is any one character; all else is itself. The whole of `text`
/// must match. Takes time in proportion to the product of both lengths at worst.
bool glob_matches(std::string_view glob, std::string_view text);

/// All that `select` gives holds for `candidate`. A version that cannot be read matches none, and
/// one that is given in fewer parts than `select` asks for does not match.
bool selects(const Select& select, const Candidate& candidate);

/// One instance of a rollout.
struct Member {
  std::string id;
  std::string name;                      ///< empty for an id that is not among the candidates
  std::uint32_t wave = 0;                ///< index into Plan::waves
  std::optional<std::size_t> candidate;  ///< index into the candidates
  /// Its value of the tag that its wave spreads by; "(empty)" for an empty one, empty without the
  /// tag.
  std::string spread{};
  std::optional<cloud::DrRole> dr_role{};
  std::optional<ListedAs> listed{};  ///< its candidate's
  bool operator==(const Member&) const = default;
};

struct Selection {
  std::vector<Member> members;
  /// Members that `exclude` leaves out because the list does not say enough to know that it does
  /// not mean them: a line for each kind of gap, which names them. Empty where there are none.
  std::string left_out{};
  /// What keeps a rollout of the plan from being started, one line a mistake; else empty.
  std::string mistakes{};
  /// With such mistakes, what the plan takes and no wave or several take; in no wave.
  std::vector<Member> unplaced{};
};

/// The members of `plan` among `candidates` (an id that comes twice counts once), ordered by wave
/// and within a wave as the candidates come. A name means every instance that bears it. An id that
/// the plan names and the fleet does not have is a member as well, for the cloud to answer about:
/// at the end of the wave without select, else of the last wave.
///
/// An exclude fails closed: its select leaves out, besides what it selects, every instance that it
/// would select but for a version or tags that the list leaves out.
///
/// Fault::usage with one line a mistake, all at once: names, selects, excludes and waves that match
/// nothing, instances that two waves select, and instances of the plan that no wave takes.
///
/// With `only`, ids that stand in it alone are considered, and it is no mistake that something of
/// the plan matches none of them.
using Ids = std::unordered_set<std::string>;
Result<Selection> resolve(const Plan& plan, std::span<const Candidate> candidates,
                          const Ids* only = nullptr);
/// The same as far as it goes, with its mistakes.
Selection resolve_in_part(const Plan& plan, std::span<const Candidate> candidates,
                          const Ids* only = nullptr);

}  // namespace pawl
