#include "workflows/plan_reader.h"

#include <fmt/core.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <variant>

#include "engine/ascii.h"
#include "workflows/cloud_text.h"
#include "workflows/endpoints.h"
#include "workflows/plan_around.h"
#include "workflows/plan_fields.h"
#include "workflows/plan_start.h"
#include "workflows/plan_warnings.h"
#include "workflows/plan_waves.h"
#include "workflows/yaml_reader.h"

namespace pawl {

namespace {

constexpr std::uint32_t parallel_max = 100'000;
constexpr std::uint32_t calls_max = 1'000'000'000;
constexpr std::size_t name_max = 63;
constexpr std::size_t text_max = 255;

auto a_count(std::uint32_t least, std::uint32_t most) {
  return [least, most](const PlanValue& value) { return value.count(least, most); };
}
auto a_duration(Duration least) {
  return [least](const PlanValue& value) { return value.duration(least); };
}

std::optional<std::string> read_name(const PlanValue& value) {
  const auto text = value.text();
  if (!text) return std::nullopt;
  const auto alphanumeric = [](char c) { return is_lower(c) || is_digit(c); };
  const bool clean = std::all_of(text->begin(), text->end(),
                                 [&alphanumeric](char c) { return alphanumeric(c) || c == '-'; });
  if (clean && alphanumeric(text->front()) && text->size() <= name_max) return text;
  value.must_be(fmt::format(
      "at most {} lower-case letters, digits and hyphens, the first no hyphen", name_max));
  return std::nullopt;
}

std::optional<std::string> read_short_text(const PlanValue& value) {
  auto text = value.text();
  if (!text || text->size() <= text_max) return text;
  value.must_be(fmt::format("at most {} bytes long", text_max));
  return std::nullopt;
}

std::optional<std::string> read_id(const PlanValue& value) {
  auto text = value.text();
  if (!text || cloud::is_path_segment(*text)) return text;
  value.must_be("an id: at most 128 letters, digits, hyphens, points and underscores");
  return std::nullopt;
}

std::optional<cloud::VersionText> read_version(const PlanValue& value) {
  const auto text = value.text();
  if (!text) return std::nullopt;
  const auto version = cloud::parse_version(*text);
  if (version) return cloud::VersionText{*text, *version};
  value.must_be("a version such as 14 or 14.6");
  return std::nullopt;
}

std::optional<FailureBudget> read_failures(const PlanValue& value) {
  std::string_view text = value.node().text;
  if (!text.ends_with('%')) {
    const bool number = !text.empty() && text.find_first_not_of("0123456789") == text.npos;
    if (!number || value.node().kind != YamlNode::Kind::plain) {
      value.must_be("a whole number without quotes, or a percentage such as 5%");
      return std::nullopt;
    }
    const auto count = value.count(0, 1'000'000);
    if (!count) return std::nullopt;
    return FailureBudget{FailureBudget::Unit::count, *count};
  }
  text.remove_suffix(1);
  std::uint32_t percent = 0;
  bool good = !text.empty() && text.size() <= 3;
  for (const char c : text) {
    good = good && is_digit(c);
    percent = percent * 10 + static_cast<std::uint32_t>(c - '0');
  }
  if (good && percent <= 100) return FailureBudget{FailureBudget::Unit::percent, percent};
  value.must_be("a whole percentage from 0% to 100%");
  return std::nullopt;
}

/// A list, not empty, in which nothing stands twice.
template <typename Read>
std::vector<std::string> read_set(const PlanValue& list, Read read) {
  std::vector<std::string> texts;
  std::set<std::string> seen;
  for (const PlanValue& item : list.some_items()) {
    auto text = read(item);
    if (!text) continue;
    if (!seen.insert(*text).second) {
      item.fail(fmt::format("`{}` stands twice in `{}`", cloud::one_line(*text), list.name()));
      continue;
    }
    texts.push_back(std::move(*text));
  }
  return texts;
}

void read_tags(const PlanValue& value, Select& select) {
  const PlanFields must_be_a_mapping(value);
  const YamlNode& node = value.node();
  if (node.kind == YamlNode::Kind::mapping && node.keys.empty()) {
    value.fail("`tags` names no tag; write `tags: {key: value}`, or leave it out");
  }
  for (std::size_t i = 0; i < node.keys.size(); ++i) {
    const YamlNode& item = node.items[i];
    if (item.kind == YamlNode::Kind::quoted && item.text.empty()) {
      select.tags.emplace_back(node.keys[i].text, "");
      continue;
    }
    const PlanValue tag(item, node.keys[i].text, node.keys[i].place, value.mistakes());
    if (auto text = read_short_text(tag)) select.tags.emplace_back(node.keys[i].text, *text);
  }
}

Select read_select(const PlanValue& value) {
  PlanFields fields(value);
  Select select;
  take(fields.find("name"), select.name, read_short_text);
  if (const auto tags = fields.find("tags")) read_tags(*tags, select);
  take(fields.find("version"), select.version, read_version);
  fields.finish();
  if (value.node().kind == YamlNode::Kind::mapping && value.node().keys.empty()) {
    value.fail(
        "`select` selects by nothing; give it a name, tags or a version (`name: \"*\"` is all)");
  }
  return select;
}

std::vector<InstanceRule> read_rules(const PlanValue& list) {
  std::vector<InstanceRule> rules;
  for (const PlanValue& entry : list.items()) {
    PlanFields fields(entry);
    InstanceRule rule;
    if (const auto ids = fields.find("ids")) rule.ids = read_set(*ids, read_id);
    if (const auto names = fields.find("names")) rule.names = read_set(*names, read_short_text);
    if (const auto select = fields.find("select")) rule.select = read_select(*select);
    fields.finish();
    if (entry.node().kind == YamlNode::Kind::mapping && entry.node().keys.empty()) {
      entry.fail(
          fmt::format("this entry of `{}` is empty; give it ids, names or select", list.name()));
    }
    rules.push_back(std::move(rule));
  }
  return rules;
}

/// Takes `endpoint` over when calls may go there.
void read_endpoint(const PlanValue& value, Cloud& cloud) {
  const auto text = value.text();
  if (!text) return;
  const auto parsed = parse_endpoint(*text);
  if (const auto* flaw = std::get_if<NoEndpoint>(&parsed)) {
    return value.fail(fmt::format("`endpoint` must {}", flaw->must));
  }
  const auto& endpoint = std::get<Endpoint>(parsed);
  cloud.endpoint = to_string(endpoint);
  if (endpoint.scheme == UrlScheme::http && !is_loopback(endpoint) &&
      cloud.plain_http == PlainHttp::loopback_only) {
    value.fail(
        fmt::format("`endpoint` is plain http to another machine ({}), where others can read "
                    "along; use https, or say `insecure: true`",
                    endpoint.host));
  }
}

Cloud read_cloud(const PlanValue& value) {
  PlanFields fields(value);
  Cloud cloud;
  const auto region = fields.find("region");
  take(region, cloud.region, [](const PlanValue& name) { return name.text(); });
  if (!cloud.region.empty() && !is_region(cloud.region)) {
    region->must_be("a region such as eu-west-101 or eu-de");
    cloud.region.clear();
  }
  if (!cloud.region.empty()) cloud.endpoint = endpoint_for_region(cloud.region);
  const auto endpoint = fields.find("endpoint");
  take(fields.find("project_id"), cloud.project_id, read_id);
  take(fields.find("calls_per_minute"), cloud.calls_per_minute, a_count(1, calls_max));
  bool insecure = false;
  take(fields.find("insecure"), insecure, [](const PlanValue& word) { return word.boolean(); });
  cloud.plain_http = insecure ? PlainHttp::anywhere : PlainHttp::loopback_only;
  if (endpoint) read_endpoint(*endpoint, cloud);
  if (value.node().kind == YamlNode::Kind::mapping && !fields.has("region") &&
      !fields.has("endpoint")) {
    value.fail("`cloud` needs a `region`, or an `endpoint`");
  }
  fields.finish();
  return cloud;
}

/// What a wave may say and `defaults` says for all.
void read_wave_limits(PlanFields& fields, Wave& wave) {
  take(fields.find("max_parallel"), wave.max_parallel, a_count(1, parallel_max));
  take(fields.find("max_failures"), wave.max_failures, read_failures);
  read_wave_rules(fields, wave);
}

std::vector<Wave> read_waves(const std::optional<PlanValue>& list, const Wave& defaults) {
  std::vector<Wave> waves;
  std::set<std::string> names;
  const std::vector<PlanValue> entries = list ? list->items() : std::vector<PlanValue>{};
  for (std::size_t i = 0; i < entries.size(); ++i) {
    PlanFields fields(entries[i]);
    Wave wave = defaults;
    wave.name.clear();
    const auto name = fields.need("name", "every wave has its own name");
    take(name, wave.name, read_name);
    if (!wave.name.empty() && !names.insert(wave.name).second) {
      name->fail(fmt::format("another wave is called `{}` already; every wave has its own name",
                             wave.name));
    }
    if (const auto select = fields.find("select")) wave.select = read_select(*select);
    const bool takes_rest =
        entries[i].node().kind == YamlNode::Kind::mapping && !fields.has("select");
    if (takes_rest && i + 1 < entries.size()) {
      entries[i].fail(
          fmt::format("the wave `{}` has no `select`, so it takes all that is left; put "
                      "it last, or give it one",
                      wave.name));
    }
    read_wave_limits(fields, wave);
    fields.finish();
    waves.push_back(std::move(wave));
  }
  if (waves.empty()) {
    waves.push_back(defaults);
    waves.back().name = "all";
  }
  return waves;
}

Check read_check(const PlanValue& value) {
  PlanFields fields(value);
  Check check;
  take(fields.find("parallel"), check.parallel, a_count(1, parallel_max));
  bool ahead = true;
  take(fields.find("ahead"), ahead, [](const PlanValue& word) { return word.boolean(); });
  check.first = ahead ? FirstCheck::ahead : FirstCheck::before_turn;
  take(fields.find("margin"), check.margin, a_duration(Duration{0}));
  take(fields.find("attempts"), check.attempts, a_count(1, 100));
  fields.finish();
  return check;
}

Polling read_polling(const PlanValue& value) {
  PlanFields fields(value);
  Polling polling;
  const auto min = fields.find("min");
  take(fields.find("first"), polling.first, a_duration(Duration{1}));
  take(min, polling.min, a_duration(Duration{1}));
  take(fields.find("max"), polling.max, a_duration(Duration{1}));
  fields.finish();
  if (!fields.has("first")) polling.first = std::min(polling.first, polling.max);
  if (polling.min > polling.max) {
    (min ? *min : value)
        .fail(fmt::format("`polling.min` is {}, longer than `polling.max`, which is {}",
                          format_duration(polling.min), format_duration(polling.max)));
  }
  return polling;
}

Timeouts read_timeouts(const PlanValue& value) {
  PlanFields fields(value);
  Timeouts timeouts;
  take(fields.find("check"), timeouts.check, a_duration(Duration{1}));
  take(fields.find("upgrade"), timeouts.upgrade, a_duration(Duration{1}));
  take(fields.find("verify"), timeouts.verify, a_duration(Duration{1}));
  const auto settle = fields.find("settle");
  const auto request = fields.find("request");
  take(settle, timeouts.settle, a_duration(Duration{1}));
  take(request, timeouts.request, a_duration(Duration{1}));
  fields.finish();
  if (timeouts.settle <= timeouts.request) {
    (settle    ? *settle
     : request ? *request
               : value)
        .fail(
            fmt::format("`timeouts.settle` is {}; it must be longer than `timeouts.request`, which "
                        "is {}, or a call could still land after it counts as lost",
                        format_duration(timeouts.settle), format_duration(timeouts.request)));
  }
  return timeouts;
}

std::optional<OnForeign> read_on_foreign(const PlanValue& value) {
  constexpr std::array<std::pair<std::string_view, OnForeign>, 3> choices{
      {{"stop", OnForeign::stop}, {"skip", OnForeign::skip}, {"adopt", OnForeign::adopt}}};
  return value.word(choices);
}

std::string read_workflow(const PlanValue& value) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 1> workflows{
      {{major_upgrade_workflow, major_upgrade_workflow}}};
  return std::string(value.word(workflows).value_or(major_upgrade_workflow));
}

void read_target(PlanFields& fields, Plan& plan) {
  constexpr std::array<std::pair<std::string_view, cloud::Statistics>, 2> modes{
      {{"before_cutover", cloud::Statistics::before_cutover},
       {"after_cutover", cloud::Statistics::after_cutover}}};
  if (const auto workflow = fields.find("workflow")) plan.workflow = read_workflow(*workflow);
  const auto target = fields.need("target_version", "the version to upgrade to, such as \"14\"");
  if (const auto version = target ? read_version(*target) : std::nullopt) {
    plan.target_version = version->text;
  }
  const auto cutover = fields.need(
      "cutover",
      "say `true` to move the traffic to the new version, or `false` for a rehearsal copy");
  if (cutover && cutover->boolean() == true) plan.cutover = cloud::Cutover::yes;
  const auto mode = [&modes](const PlanValue& value) { return value.word(modes); };
  take(fields.find("statistics"), plan.statistics, mode);
}

Plan read_fields(const PlanValue& root) {
  PlanFields fields(root);
  Plan plan;
  take(fields.need("name", "a plan has a name, such as pg14-2026q4"), plan.name, read_name);
  if (const auto cloud = fields.need("cloud", "say where: `cloud: {region: …}`")) {
    plan.cloud = read_cloud(*cloud);
  }
  read_target(fields, plan);
  if (const auto list = fields.need("instances", "say which instances this plan may touch")) {
    if (list->node().kind == YamlNode::Kind::list && list->node().items.empty()) {
      list->fail("`instances` is an empty list; a plan needs instances to touch");
    }
    plan.instances = read_rules(*list);
  }
  if (const auto list = fields.find("exclude")) plan.exclude = read_rules(*list);
  take(fields.find("max_failures"), plan.max_failures, read_failures);
  Wave defaults;
  if (const auto value = fields.find("defaults")) {
    PlanFields default_fields(*value);
    read_wave_limits(default_fields, defaults);
    default_fields.finish();
  }
  plan.waves = read_waves(fields.find("waves"), defaults);
  if (const auto value = fields.find("check")) plan.check = read_check(*value);
  if (const auto value = fields.find("polling")) plan.polling = read_polling(*value);
  if (const auto value = fields.find("timeouts")) plan.timeouts = read_timeouts(*value);
  take(fields.find("on_foreign"), plan.on_foreign, read_on_foreign);
  read_around(fields, plan);
  fields.finish();
  return plan;
}

}  // namespace

PlanReading read_plan(std::string_view bytes, PlanUse use) {
  const std::string_view text = without_byte_order_mark(bytes);
  YamlReading yaml = read_yaml(text);
  PlanReading reading;
  reading.mistakes = std::move(yaml.mistakes);
  if (yaml.root) {
    const PlanValue root(*yaml.root, "", yaml.root->place, reading.mistakes);
    Plan plan = read_fields(root);
    if (use == PlanUse::to_start) {
      auto more = start_mistakes(text, *yaml.root, plan);
      std::move(more.begin(), more.end(), std::back_inserter(reading.mistakes));
    }
    if (reading.mistakes.empty()) {
      reading.warnings = plan_warnings(*yaml.root, plan);
      reading.programs = hook_programs(*yaml.root);
      reading.plan = std::move(plan);
    }
  }
  sort_and_count_characters(reading.mistakes, text);
  sort_and_count_characters(reading.warnings, text);
  return reading;
}

}  // namespace pawl
