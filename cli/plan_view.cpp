#include "cli/plan_view.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "cli/json.h"
#include "cli/rows.h"
#include "cli/text.h"

namespace pawl {

namespace {

std::string time_or_nothing(const std::optional<CloudInstant>& at) {
  return at ? format_utc(at->at) : "";
}

/// An estimate, for a person: no finer than minutes (ISO 8601).
std::string about(const std::optional<CloudInstant>& at) {
  constexpr std::size_t to_the_minute = 16;
  return at ? format_utc(at->at).substr(0, to_the_minute) + "Z" : "";
}

struct WaveCounts {
  std::int64_t total = 0, upgrade = 0, skip = 0, fail = 0, stale = 0;
  std::optional<CloudInstant> stale_from;  ///< the first of its checks to expire
};

std::vector<WaveCounts> counts_of(const PlanView& view) {
  std::vector<WaveCounts> counts(view.plan.waves.size());
  std::size_t remaining = 0;
  for (const PlannedInstance& instance : view.planned.instances) {
    WaveCounts& wave = counts[instance.member.wave];
    ++wave.total;
    wave.skip += instance.fate == Fate::skip ? 1 : 0;
    wave.fail += instance.fate == Fate::fail ? 1 : 0;
    if (instance.fate != Fate::upgrade) continue;
    ++wave.upgrade;
    wave.stale += instance.stale ? 1 : 0;
    const CloudInstant from = view.planned.outlook.stale_from[remaining++];
    wave.stale_from = std::min(wave.stale_from.value_or(from), from);
  }
  return counts;
}

Duration span_of(const PlanView& view) {
  const auto& ends = view.planned.outlook.ends;
  return ends ? ends->at - view.planned.from.at : Duration{0};
}

double hours_of(const PlanView& view) {
  return std::chrono::duration<double, std::ratio<3600>>(span_of(view)).count();
}

Json estimate_of(const PlanView& view) {
  const Outlook& outlook = view.planned.outlook;
  const StepTimes& times = view.planned.times;
  return {{"calls", outlook.calls},
          {"calls_per_minute", view.plan.cloud.calls_per_minute},
          {"hours", outlook.ends ? Json(std::round(hours_of(view) * 100) / 100) : Json()},
          {"ends", time_or_null(outlook.ends)},
          {"check_takes", format_duration(times.check)},
          {"check_assumed", !times.check_known},
          {"upgrade_takes", format_duration(times.upgrade + times.verify)},
          {"upgrade_assumed", !times.upgrade_known}};
}

Json wave_json(const PlanView& view, std::size_t i, const WaveCounts& counts) {
  const Wave& wave = view.plan.waves[i];
  const WaveRules& rules = view.planned.rules.waves[i];
  const Timetable::Wave& times = view.planned.outlook.table.waves[i];
  const bool waits = wave.approval == Approval::required;
  return {{"name", wave.name},
          {"total", counts.total},
          {"upgrade", counts.upgrade},
          {"skip", counts.skip},
          {"fail", counts.fail},
          {"max_parallel", rules.max_parallel},
          {"max_failures", rules.max_failures},
          {"soak", format_duration(rules.soak)},
          {"approval", waits ? "required" : "none"},
          {"windows", !wave.windows.empty()},
          {"opens", time_or_null(times.opens)},
          {"ends", time_or_null(times.ends)},
          {"checks_stale", counts.stale},
          {"checks_expire_from", time_or_null(counts.stale_from)}};
}

Json instance_json(const PlanView& view, const PlannedInstance& instance) {
  return {{"instance_id", instance.member.id},
          {"name", text_or_null(instance.member.name)},
          {"wave", view.plan.waves[instance.member.wave].name},
          {"fate", to_string(instance.fate)},
          {"source_version", text_or_null(instance.source_version)},
          {"target_version", text_or_null(instance.target_version)},
          {"reason", text_or_null(instance.reason)},
          {"starts", time_or_null(instance.starts)},
          {"check_stale", instance.stale}};
}

Json plan_json(const PlanView& view) {
  Json object = {{"plan", view.plan.name},
                 {"target_version", view.plan.target_version},
                 {"cutover", view.plan.cutover == cloud::Cutover::yes},
                 {"unfinished_rollout", text_or_null(view.known.unfinished)},
                 {"frozen", view.known.frozen},
                 {"rehearsal", rehearsal_json(view.known.rehearsal)},
                 {"estimate", estimate_of(view)},
                 {"warnings", mistakes_json(view.warnings)},
                 {"waves", Json::array()},
                 {"instances", Json::array()}};
  const auto counts = counts_of(view);
  for (std::size_t i = 0; i < counts.size(); ++i)
    object["waves"].push_back(wave_json(view, i, counts[i]));
  for (const PlannedInstance& instance : view.planned.instances)
    object["instances"].push_back(instance_json(view, instance));
  return object;
}

void print_instances(Format format, const PlanView& view) {
  const bool tight = terminal_columns(1, 160) < room_for_ids;
  const bool shown = format == Format::table;
  RowPrinter rows(format,
                  {id_column(),
                   {"name", "NAME", 24},
                   {"wave", "WAVE", 16},
                   {"fate", "FATE", 8},
                   {"source_version", "FROM", 8},
                   {"target_version", "TO", 8},
                   {"reason", "WHY", any_columns, "why", true},
                   {"starts", tight ? "" : "STARTS ABOUT", 17},
                   {"check_stale", "", 0}},
                  stdout);
  for (const PlannedInstance& instance : view.planned.instances) {
    // A target that the cloud has not named yet is shown as the plan has it.
    const bool open = shown && instance.fate == Fate::upgrade && instance.target_version.empty();
    rows.row({Cell::of(instance.member.id), Cell::of(instance.member.name),
              Cell::of(view.plan.waves[instance.member.wave].name),
              Cell::of(std::string(to_string(instance.fate))), Cell::of(instance.source_version),
              Cell::of(open ? view.plan.target_version : instance.target_version),
              Cell::of(instance.reason),
              Cell::of(shown ? about(instance.starts) : time_or_nothing(instance.starts)),
              Cell::json(instance.stale ? "true" : "false")});
  }
  rows.end();
}

void print_waves(const PlanView& view, const std::vector<WaveCounts>& counts) {
  const bool few = terminal_columns(1, 160) < room_for_ids;  // what stands in the plan gives way
  RowPrinter rows(Format::table,
                  {{"name", "WAVE", few ? 20U : 40U},
                   {"total", few ? "" : "TOTAL", 10},
                   {"upgrade", "UPGRADE", 10},
                   {"skip", "SKIP", 10},
                   {"fail", "FAIL", 10},
                   {"max_parallel", few ? "" : "AT ONCE", 10},
                   {"max_failures", few ? "" : "MAY FAIL", 10},
                   {"opens", "OPENS ABOUT", 17},
                   {"ends", "ENDS ABOUT", 17},
                   {"checks_stale", few ? "" : "STALE CHECKS", 12}},
                  stdout);
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const WaveRules& rules = view.planned.rules.waves[i];
    const Timetable::Wave& times = view.planned.outlook.table.waves[i];
    rows.row({Cell::of(rules.name), Cell::of(counts[i].total), Cell::of(counts[i].upgrade),
              Cell::of(counts[i].skip), Cell::of(counts[i].fail),
              Cell::of(std::int64_t{rules.max_parallel}),
              Cell::of(std::int64_t{rules.max_failures}), Cell::of(about(times.opens)),
              Cell::of(times.ends ? about(times.ends) : "never"), Cell::of(counts[i].stale)});
  }
  rows.end();
}

void print_estimate(const PlanView& view) {
  const Outlook& outlook = view.planned.outlook;
  const StepTimes& times = view.planned.times;
  const auto takes = [](Duration duration, bool known) {
    return fmt::format("{}{}", format_duration(std::chrono::ceil<std::chrono::seconds>(duration)),
                       known ? "" : " (assumed: no run of the store tells)");
  };
  const std::string ends =
      outlook.ends ? fmt::format(", some {}, to {}", roughly(span_of(view)), about(outlook.ends))
                   : "";
  print_words(fmt::format("\nabout {} calls at {} a minute{}", outlook.calls,
                          view.plan.cloud.calls_per_minute, ends));
  print_words(
      fmt::format("a check takes {}, an upgrade {}; nothing fails, and an approval comes at once",
                  takes(times.check, times.check_known),
                  takes(times.upgrade + times.verify, times.upgrade_known)));
}

void print_rehearsal(const Rehearsal& rehearsal) {
  const std::string words = rehearsal_words(rehearsal);
  if (!words.empty()) print_words(words);
}

/// Which checks will be too old at their turn, and what an approval does to them.
void print_stale(const PlanView& view, const std::vector<WaveCounts>& counts) {
  if (view.plan.check.first != FirstCheck::ahead) return;
  bool approval = false;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const Wave& wave = view.plan.waves[i];
    approval = approval || wave.approval == Approval::required;
    if (counts[i].stale > 0) {
      print_words(
          fmt::format("wave {}: {} of {} checks go stale before their turn and are made anew then",
                      wave.name, counts[i].stale, counts[i].upgrade));
    } else if (approval && counts[i].stale_from) {
      print_words(
          fmt::format("wave {}: its checks go stale from {} on, should an approval take so long",
                      wave.name, format_utc(counts[i].stale_from->at)));
    }
  }
}

}  // namespace

std::string roughly(Duration duration) {
  using namespace std::chrono;
  if (duration < minutes{2}) return format_duration(ceil<seconds>(duration));
  if (duration < hours{2}) return format_duration(ceil<minutes>(duration));
  return format_duration(ceil<hours>(duration));
}

Json mistakes_json(const std::vector<Mistake>& mistakes) {
  Json list = Json::array();
  for (const Mistake& mistake : mistakes) {
    list.push_back(
        {{"line", mistake.line}, {"column", mistake.column}, {"message", mistake.message}});
  }
  return list;
}

void print_plan(Format format, const PlanView& view) {
  if (format == Format::json) {
    print_line(dump(plan_json(view)));
    return;
  }
  if (format != Format::table) return print_instances(format, view);
  const auto counts = counts_of(view);
  const std::size_t all = view.planned.instances.size();
  print_words(fmt::format("{}: {} {} to version {} {} cutover; nothing was changed\n",
                          view.plan.name, all, all == 1 ? "instance" : "instances",
                          view.plan.target_version,
                          view.plan.cutover == cloud::Cutover::yes ? "with" : "without"));
  print_waves(view, counts);
  print_estimate(view);
  print_rehearsal(view.known.rehearsal);
  print_stale(view, counts);
  print_line("");
  print_instances(format, view);
}

}  // namespace pawl
