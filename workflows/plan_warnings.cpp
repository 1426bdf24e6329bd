#include "workflows/plan_warnings.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "workflows/cloud_text.h"
#include "workflows/plan_fields.h"

namespace pawl {

namespace {

/// Where a rule of a wave stands: in the wave itself, in `defaults`, or nowhere.
struct Stands {
  Place place;
  bool given = false;  ///< by the wave or by `defaults`
  bool by_wave = false;
};

/// Collects warnings, each at the value that it is about.
class Warnings {
 public:
  Warnings(const YamlNode& root, const Plan& plan) : root_(root), plan_(plan) {}

  void add(Place place, std::string message) {
    Mistake mistake{place.line, place.column, std::move(message)};
    // A rule of `defaults` is every wave's, and told once.
    if (std::find(list_.begin(), list_.end(), mistake) == list_.end()) {
      list_.push_back(std::move(mistake));
    }
  }

  /// The key of `section`, or of the plan itself where that is empty.
  Stands of_plan(std::string_view section, std::string_view key) const {
    const YamlNode* node = section.empty() ? &root_ : root_.find(section);
    return of(node, key, root_.place);
  }

  Stands of_wave(std::size_t wave, std::string_view key) const {
    const YamlNode* waves = root_.find("waves");
    const bool listed = waves != nullptr && wave < waves->items.size();
    const YamlNode* own = listed ? &waves->items[wave] : nullptr;
    Stands found = of(own, key, own == nullptr ? root_.place : own->place);
    found.by_wave = found.given;
    return found.given ? found : of(root_.find("defaults"), key, found.place);
  }

  const Plan& plan() const { return plan_; }
  const YamlNode& root() const { return root_; }
  std::vector<Mistake> take() { return std::move(list_); }

 private:
  static Stands of(const YamlNode* node, std::string_view key, Place otherwise) {
    if (node == nullptr) return {otherwise};
    for (std::size_t i = 0; i < node->keys.size(); ++i) {
      if (node->keys[i].text == key) return {node->items[i].place, true};
    }
    return {otherwise};
  }

  const YamlNode& root_;
  const Plan& plan_;
  std::vector<Mistake> list_;
};

void warn_of_cloud(Warnings& warnings) {
  const Plan& plan = warnings.plan();
  const Stands statistics = warnings.of_plan("", "statistics");
  if (statistics.given && plan.cutover == cloud::Cutover::no) {
    warnings.add(statistics.place, "`statistics` counts only with `cutover: true`");
  }
  if (plan.cloud.plain_http == PlainHttp::anywhere) {
    warnings.add(warnings.of_plan("cloud", "insecure").place,
                 plan.cloud.endpoint.starts_with("https:")
                     ? "`insecure` changes nothing for an https endpoint"
                     : "calls go over plain http, where others can read and change them");
  }
  // Three looks and the trigger, with what else is under way in between.
  constexpr std::uint32_t calls_needed = 6;
  if (plan.cloud.calls_per_minute < calls_needed) {
    warnings.add(warnings.of_plan("cloud", "calls_per_minute").place,
                 fmt::format("an upgrade is triggered within a minute of the looks before it, for "
                             "which fewer than {} calls a minute may never leave room",
                             calls_needed));
  }
}

void warn_of_margin(Warnings& warnings) {
  const Check& check = warnings.plan().check;
  const Place place = warnings.of_plan("check", "margin").place;
  if (check.margin >= report_counts_for) {
    warnings.add(
        place, fmt::format("a check's report counts for {}, so with a margin of {} each counts as "
                           "expired at once: every check is made anew {} times and then fails, "
                           "and nothing is upgraded",
                           format_duration(report_counts_for), format_duration(check.margin),
                           check.attempts));
  } else if (check.margin >= report_counts_at_least) {
    warnings.add(
        place, fmt::format("a check's report may count for {} only, and with a margin of {} such "
                           "a report counts as expired at once: its instance is not upgraded",
                           format_duration(report_counts_at_least), format_duration(check.margin)));
  }
}

/// Looks so far apart that an end may go unseen for a good part of the time that is given.
void warn_of_polling(Warnings& warnings) {
  const Polling& polling = warnings.plan().polling;
  const Timeouts& timeouts = warnings.plan().timeouts;
  const bool first = polling.first > polling.max;  // as in plans of old that go on
  const std::string_view longest = first ? "first" : "max";
  const Duration apart = first ? polling.first : polling.max;
  const std::array<std::pair<std::string_view, Duration>, 3> served{
      {{"check", timeouts.check}, {"upgrade", timeouts.upgrade}, {"verify", timeouts.verify}}};
  for (const auto& [name, timeout] : served) {
    if (apart <= timeout / 4) continue;
    const Stands polled = warnings.of_plan("polling", longest);
    warnings.add(polled.given ? polled.place : warnings.of_plan("timeouts", name).place,
                 fmt::format("`polling.{}` is {}, more than a quarter of `timeouts.{}`, which is "
                             "{}: an end may be seen late, or too late to count",
                             longest, format_duration(apart), name, format_duration(timeout)));
  }
}

/// Soaks that outlive the checks made before them.
void warn_of_soaks(Warnings& warnings) {
  const Plan& plan = warnings.plan();
  Duration soaked{0};
  for (std::size_t i = 0; i < plan.waves.size(); ++i) {
    const Wave& wave = plan.waves[i];
    const Stands soak = warnings.of_wave(i, "soak");
    if (i + 1 == plan.waves.size()) {
      if (soak.by_wave && wave.soak > Duration{0}) {
        warnings.add(soak.place, "`soak` does nothing in the last wave: no other opens after it");
      }
      return;
    }
    const Duration before = std::exchange(soaked, soaked + wave.soak);
    const bool outlives = soaked + plan.check.margin >= report_counts_for &&
                          before + plan.check.margin < report_counts_for;
    if (plan.check.first != FirstCheck::ahead || !outlives) continue;
    warnings.add(soak.place,
                 fmt::format("checks made ahead count for {}, and the wave `{}` opens after {} of "
                             "soak: all checks of it and of later waves expire before, and are "
                             "made anew at their turn",
                             format_duration(report_counts_for), plan.waves[i + 1].name,
                             format_duration(soaked)));
  }
}

/// How long `windows`, not empty, are open in one go at most, in any week but one in which clocks
/// change: those that meet count as one, as where they are waited for.
Duration longest_opening(const std::vector<Window>& windows) {
  const CloudInstant from{std::chrono::sys_days{std::chrono::year{2026} / 1 / 12}};
  Duration longest{0};
  for (CloudInstant now = from; now.at < from.at + std::chrono::days{7};) {
    const auto opening = opening_at(windows, now);
    if (!opening) break;
    longest = std::max<Duration>(longest, opening->to.at - opening->from.at);
    now = opening->to;
  }
  return longest;
}

void warn_of_windows(Warnings& warnings, std::size_t i) {
  const Wave& wave = warnings.plan().waves[i];
  if (wave.windows.empty()) return;
  const Duration longest = longest_opening(wave.windows);
  if (longest >= sample_upgrade) return;
  warnings.add(warnings.of_wave(i, "windows").place,
               fmt::format("no window is open for longer than {}, and an upgrade takes some {}: "
                           "the first ones may run past its end, and once some have been "
                           "measured, none is triggered that cannot end in its window, and the "
                           "wave stands still",
                           format_duration(longest), format_duration(sample_upgrade)));
}

void warn_of_limits(Warnings& warnings, std::size_t i) {
  const Wave& wave = warnings.plan().waves[i];
  const FailureBudget& budget = wave.max_failures;
  const Stands failures = warnings.of_wave(i, "max_failures");
  const Stands parallel = warnings.of_wave(i, "max_parallel");
  if (budget.unit == FailureBudget::Unit::percent && budget.value == 100) {
    warnings.add(failures.place,
                 "a budget of 100% never halts the rollout, even when every instance of the wave "
                 "fails");
  }
  const bool counted = budget.unit == FailureBudget::Unit::count;
  if (wave.overshoot == Overshoot::never && counted && parallel.given &&
      wave.max_parallel > budget.value + 1) {
    warnings.add(parallel.place,
                 fmt::format("with `overshoot: never` and `max_failures: {}` at most {} {} in "
                             "flight at once; `max_parallel: {}` is never reached",
                             budget.value, budget.value + 1,
                             budget.value == 0 ? "upgrade is" : "upgrades are", wave.max_parallel));
  }
  const auto& all = warnings.plan().max_failures;
  if (all && all->unit == FailureBudget::Unit::count && counted && failures.given &&
      budget.value > all->value) {
    warnings.add(
        failures.place,
        fmt::format("the plan's own `max_failures: {}` halts the rollout before the wave's "
                    "`max_failures: {}` is reached",
                    all->value, budget.value));
  }
  if (wave.spread && wave.spread->max >= wave.max_parallel) {
    warnings.add(
        warnings.of_wave(i, "spread").place,
        fmt::format("`spread` lets {} of one value be in flight and `max_parallel` no more "
                    "than {} at all: it holds nothing back",
                    wave.spread->max, wave.max_parallel));
  }
}

const char* plural(std::size_t count, const char* one, const char* many) {
  return count == 1 ? one : many;
}

/// What a budget means for those that it is about: a wave, or all of the plan.
struct Budgeted {
  FailureBudget budget;
  Place place;
  std::string of;              ///< "wave `a`", "the plan"
  std::size_t total, unknown;  ///< members; of them ids that the cloud does not know
  bool never_halts;            ///< nor does anything else, where all of them fail
};

void warn_of_budget(Warnings& warnings, const Budgeted& about) {
  const FailureBudget& budget = about.budget;
  const std::size_t borne = failures_borne(budget, about.total);
  if (about.unknown > borne) {
    const bool ahead = warnings.plan().check.first == FirstCheck::ahead;
    warnings.add(
        about.place,
        fmt::format("{} {} of {} {} not known to the cloud and will fail, and it may have {} "
                    "failed: the rollout halts{}",
                    about.unknown, plural(about.unknown, "id", "ids"), about.of,
                    plural(about.unknown, "is", "are"), borne,
                    ahead ? fmt::format(" before the first upgrade of {}", about.of) : ""));
  }
  const bool whole = budget.unit == FailureBudget::Unit::percent && budget.value == 100;
  if (about.never_halts && borne >= about.total && about.total > 0 && !whole) {
    warnings.add(about.place, fmt::format("{} has {} {} and may have {} failed: that never halts "
                                          "the rollout, even when all of it fails",
                                          about.of, about.total,
                                          plural(about.total, "instance", "instances"), borne));
  }
  if (borne == 0 && budget.value > 0 && about.total > 0) {
    warnings.add(about.place,
                 fmt::format("{}% of the {} {} of {} is less than one: the first failure halts "
                             "the rollout",
                             budget.value, about.total,
                             plural(about.total, "instance", "instances"), about.of));
  }
}

/// Each wave's budget against the wave, the plan's own against the whole fleet.
void warn_of_budgets(Warnings& warnings, const std::vector<WaveShape>& waves) {
  const Plan& plan = warnings.plan();
  std::size_t total = 0, unknown = 0;
  for (const WaveShape& shape : waves) {
    total += shape.total;
    unknown += shape.unknown;
  }
  const std::size_t borne = plan.max_failures ? failures_borne(*plan.max_failures, total) : total;
  if (plan.max_failures) {
    warn_of_budget(warnings, {*plan.max_failures, warnings.of_plan("", "max_failures").place,
                              "the plan", total, unknown, true});
  }
  for (std::size_t i = 0; i < waves.size(); ++i) {
    const FailureBudget& budget = plan.waves[i].max_failures;
    const Stands stands = warnings.of_wave(i, "max_failures");
    const std::string wave = fmt::format("wave `{}`", plan.waves[i].name);
    warn_of_budget(warnings, {budget, stands.place, wave, waves[i].total, waves[i].unknown,
                              borne >= waves[i].total});
    if (!plan.max_failures || !stands.given) continue;
    const std::size_t its = failures_borne(budget, waves[i].total);
    const bool counts =
        budget.unit == FailureBudget::Unit::count && plan.max_failures->unit == budget.unit;
    if (counts || its <= borne) continue;  // two counts need no fleet
    warnings.add(stands.place,
                 fmt::format("the plan's own `max_failures` lets {} of its {} instances fail and "
                             "halts the rollout before the {} of {}",
                             borne, total, its, wave));
  }
}

void warn_of_spread(Warnings& warnings, std::size_t i, const WaveShape& shape) {
  const Wave& wave = warnings.plan().waves[i];
  if (!wave.spread) return;
  const Place place = warnings.of_wave(i, "spread").place;
  const std::string tag = cloud::one_line(wave.spread->tag, 40);
  if (shape.spread_values == 0 && shape.total > 0) {
    warnings.add(place, fmt::format("no instance of wave `{}` has the tag `{}`: the spread holds "
                                    "nothing back",
                                    wave.name, tag));
    return;
  }
  const std::size_t most = shape.spread_values * wave.spread->max + shape.spread_free;
  if (most >= std::min<std::size_t>(wave.max_parallel, shape.total)) return;
  warnings.add(place, fmt::format("wave `{}` has {} {} of the tag `{}`, each {} at once: no more "
                                  "than {} are in flight, and `max_parallel: {}` is never reached",
                                  wave.name, shape.spread_values,
                                  shape.spread_values == 1 ? "value" : "values", tag,
                                  wave.spread->max, most, wave.max_parallel));
}

}  // namespace

std::vector<Mistake> plan_warnings(const YamlNode& root, const Plan& plan) {
  Warnings warnings(root, plan);
  warn_of_cloud(warnings);
  warn_of_margin(warnings);
  warn_of_polling(warnings);
  warn_of_soaks(warnings);
  if (plan.max_failures && plan.max_failures->unit == FailureBudget::Unit::percent &&
      plan.max_failures->value == 100) {
    warnings.add(warnings.of_plan("", "max_failures").place,
                 "a budget of 100% never halts the rollout, even when every instance fails");
  }
  for (std::size_t i = 0; i < plan.waves.size(); ++i) {
    warn_of_windows(warnings, i);
    warn_of_limits(warnings, i);
  }
  return warnings.take();
}

std::vector<Mistake> fleet_warnings(std::string_view bytes, const Plan& plan,
                                    const std::vector<WaveShape>& waves, Duration upgrade_took) {
  const std::string_view text = without_byte_order_mark(bytes);
  const YamlReading yaml = read_yaml(text);
  if (!yaml.root) return {};
  Warnings warnings(*yaml.root, plan);
  warn_of_budgets(warnings, waves);
  for (std::size_t i = 0; i < waves.size(); ++i) {
    warn_of_spread(warnings, i, waves[i]);
    if (waves[i].untimed) {
      warnings.add(
          warnings.of_wave(i, "windows").place,
          fmt::format("no upgrade of this store tells yet how long one takes: the first of "
                      "wave `{}` are triggered as long as a window is open, and may run "
                      "past its end; a rehearsal, or an earlier wave without windows, "
                      "tells before",
                      plan.waves[i].name));
    }
    if (!waves[i].never_starts) continue;
    warnings.add(warnings.of_wave(i, "windows").place,
                 fmt::format("nine of ten upgrades took up to {}, longer than any window of wave "
                             "`{}` is open: none of it is ever triggered",
                             format_duration(upgrade_took), plan.waves[i].name));
  }
  std::vector<Mistake> list = warnings.take();
  sort_and_count_characters(list, text);
  return list;
}

}  // namespace pawl
