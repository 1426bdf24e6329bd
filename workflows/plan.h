// A plan as values: what a person wants, with every default already folded in. What it is read from
// is plan_reader's affair, what it means for a fleet selection's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/rollout.h"
#include "engine/time.h"
#include "workflows/cloud_requests.h"
#include "workflows/versions.h"
#include "workflows/windows.h"

namespace pawl {

/// May calls go over plain http to other machines than this one?
enum class PlainHttp : std::uint8_t { loopback_only, anywhere };

struct Cloud {
  std::string region;                   ///< empty where only an endpoint is given
  std::string endpoint;                 ///< http(s)://host[:port]; the region's where none is given
  std::string project_id;               ///< empty: from the environment; else one path segment
  std::uint32_t calls_per_minute = 60;  ///< the account's quota, >= 1
  PlainHttp plain_http = PlainHttp::loopback_only;
  bool operator==(const Cloud&) const = default;
};

/// A description of instances; all of what is given must hold, and something is given.
struct Select {
  std::string name;                                       ///< a glob; empty: any name
  std::vector<std::pair<std::string, std::string>> tags;  ///< each with exactly that value
  std::optional<cloud::VersionText> version;              ///< "13" holds for every 13.x
  bool operator==(const Select&) const = default;
};

/// The union of its parts, at least one of which is given. Of `instances` an entry gives one of
/// them alone, unless a rollout was started before that was asked: two look as if both must hold.
struct InstanceRule {
  std::vector<std::string> ids;    ///< path segments, none twice
  std::vector<std::string> names;  ///< globs, none twice; one without * and ? is that name
  std::optional<Select> select;
  bool operator==(const InstanceRule&) const = default;
};

/// How many failures are borne; one more halts the rollout.
struct FailureBudget {
  enum class Unit : std::uint8_t { count, percent };
  Unit unit = Unit::count;
  std::uint32_t value = 0;  ///< as percent 0 to 100
  bool operator==(const FailureBudget&) const = default;
};
/// The number of failures that `budget` bears among `total` instances, rounded down.
std::uint32_t failures_borne(const FailureBudget& budget, std::size_t total);

/// Never more than `max` upgrades in flight with the same value of the tag, be it an empty one;
/// instances without the tag are not bounded.
struct Spread {
  std::string tag;
  std::uint32_t max = 1;
  bool operator==(const Spread&) const = default;
};

struct Wave {
  std::string name;
  std::optional<Select> select;  ///< none: all that is left; only the last wave may
  std::uint32_t max_parallel = 10;
  FailureBudget max_failures;
  Overshoot overshoot = Overshoot::allowed;
  Approval approval = Approval::none;
  Duration soak{0};               ///< from the wave's last end to the opening of the next
  std::vector<Window> windows{};  ///< empty: at any time
  std::optional<Spread> spread{};
  bool operator==(const Wave&) const = default;
};

/// When the first check of an instance is made.
enum class FirstCheck : std::uint8_t {
  ahead,        ///< the whole fleet's, before the first upgrade
  before_turn,  ///< each when its upgrade's turn comes
};

/// What to do about a check or upgrade that someone else has in progress.
enum class OnForeign : std::uint8_t {
  stop,   ///< a person decides
  skip,   ///< the instance is left alone
  adopt,  ///< it is followed to its end as if it were ours, where it is what the plan asks for
};

struct Check {
  std::uint32_t parallel = 50;  ///< checks in flight, >= 1
  FirstCheck first = FirstCheck::ahead;
  Duration margin = std::chrono::minutes{10};  ///< a report that expires sooner counts as expired
  std::uint32_t attempts = 3;  ///< how often one that expired or could not run is made, >= 1
  bool operator==(const Check&) const = default;
};

/// Bounds of the time between two looks; all > 0, min <= max. Also first <= max, unless a rollout
/// was started before that was asked.
struct Polling {
  Duration first = std::chrono::seconds{30};
  Duration min = std::chrono::seconds{10};
  Duration max = std::chrono::minutes{5};
  bool operator==(const Polling&) const = default;
};

/// All > 0.
struct Timeouts {
  Duration check = std::chrono::hours{1};
  Duration upgrade = std::chrono::hours{12};
  Duration verify = std::chrono::hours{1};
  Duration settle = std::chrono::minutes{2};  ///< > request: how long a sent call may still land
  Duration request = std::chrono::seconds{30};
  bool operator==(const Timeouts&) const = default;
};

/// Where entries of the journal are told to.
struct Webhook {
  std::string url;                  ///< as parse_webhook_url takes it
  std::vector<std::string> events;  ///< audit events, not empty, none twice
  bool operator==(const Webhook&) const = default;
};

/// A command that is run around each upgrade.
struct Hook {
  std::string run;  ///< for a shell, in the plan's directory
  Duration timeout = std::chrono::minutes{10};
  bool operator==(const Hook&) const = default;
};
inline constexpr std::size_t hooks_max = 6;  ///< of each of the two lists
inline constexpr std::size_t webhooks_max = 16;

inline constexpr std::string_view major_upgrade_workflow = "rds-postgresql-major-upgrade";

struct Plan {
  std::string name;  ///< [a-z0-9][a-z0-9-]{0,62}
  Cloud cloud;
  std::string workflow{major_upgrade_workflow};
  std::string target_version;  ///< fit for cloud::parse_version
  cloud::Cutover cutover = cloud::Cutover::no;
  cloud::Statistics statistics = cloud::Statistics::before_cutover;
  std::vector<InstanceRule> instances;        ///< a union, not empty
  std::vector<InstanceRule> exclude;          ///< in doubt more is left out: selection.h
  std::optional<FailureBudget> max_failures;  ///< over the whole rollout
  std::vector<Wave> waves;                    ///< not empty; names differ
  Check check;
  Polling polling;
  Timeouts timeouts;
  OnForeign on_foreign = OnForeign::stop;
  bool backup_before_upgrade = false;
  std::vector<Hook> before_hooks, after_hooks;  ///< in their order
  std::vector<Webhook> notify;                  ///< in their order
  bool operator==(const Plan&) const = default;
};

}  // namespace pawl
