#include "workflows/plan_unbuilt.h"

#include <date/tz.h>
#include <fmt/format.h>

#include <algorithm>
#include <exception>

#include "workflows/nearest_word.h"

namespace pawl {

namespace {

enum class Asks : std::uint8_t { nothing, something };

void refuse(const PlanValue& value, std::string_view neutral) {
  value.mistakes().push_back(
      {value.key_place().line, value.key_place().column,
       fmt::format("`{}` is not built yet in this version of pawl; leave it out, or set it to "
                   "`{}`, which asks for nothing",
                   value.name(), neutral)});
}

/// A word of which the first of `words` asks for nothing.
template <std::size_t N>
void refuse_word(PlanFields& fields, std::string_view key,
                 const std::array<std::string_view, N>& words) {
  const auto value = fields.find(key);
  if (!value) return;
  std::array<std::pair<std::string_view, Asks>, N> asks;
  for (std::size_t i = 0; i < N; ++i) {
    asks[i] = {words[i], i == 0 ? Asks::nothing : Asks::something};
  }
  if (value->word(asks) != Asks::nothing) refuse(*value, words[0]);
}

/// "HH:MM" in 24 hours.
void read_time_of_day(const PlanValue& value) {
  const std::string& text = value.node().text;
  bool good = text.size() == 5 && text[2] == ':';
  for (const std::size_t i : {0U, 1U, 3U, 4U})
    good = good && text[i] >= '0' && text[i] <= '9';
  if (!good || text.substr(0, 2) > "23" || text.substr(3) > "59") {
    value.must_be("a time of day from 00:00 to 23:59");
  }
}

void read_zone(const PlanValue& value) {
  const auto name = value.text();
  if (!name) return;
  try {
    date::locate_zone(*name);
    return;
  } catch (const std::exception&) {
    // Told below, with the zone that may have been meant.
  }
  std::string_view nearest;
  std::vector<std::string_view> zones;
  try {
    for (const date::time_zone& zone : date::get_tzdb().zones)
      zones.push_back(zone.name());
    if (value.mistakes().size() < mistakes_shown_max) nearest = nearest_word(*name, zones);
  } catch (const std::exception&) {
    value.fail("`zone` cannot be looked up: this machine has no time-zone data; install tzdata");
    return;
  }
  value.must_be(nearest.empty() ? std::string("a time zone such as Europe/Berlin or UTC")
                                : fmt::format("a time zone, perhaps {}", nearest));
}

void read_days(const PlanValue& value) {
  constexpr std::array<std::pair<std::string_view, int>, 7> week{
      {{"mon", 0}, {"tue", 1}, {"wed", 2}, {"thu", 3}, {"fri", 4}, {"sat", 5}, {"sun", 6}}};
  std::array<bool, 7> given{};
  for (const PlanValue& item : value.some_items()) {
    const auto day = item.word(week);
    if (!day) continue;
    bool& seen = given[static_cast<std::size_t>(*day)];
    if (seen) item.fail(fmt::format("the day `{}` stands twice in `days`", item.node().text));
    seen = true;
  }
}

void read_window(const PlanValue& window) {
  PlanFields fields(window);
  const std::string_view why = "a window has days, from, to and zone";
  if (const auto days = fields.need("days", why)) read_days(*days);
  const auto from = fields.need("from", why);
  const auto to = fields.need("to", why);
  if (from) read_time_of_day(*from);
  if (to) read_time_of_day(*to);
  if (from && to && !to->node().text.empty() && from->node().text == to->node().text) {
    to->fail("`to` is the same time as `from`; a window must have an end");
  }
  if (const auto zone = fields.need("zone", why)) read_zone(*zone);
  fields.finish();
}

void read_spread(const PlanValue& spread) {
  if (spread.node().kind == YamlNode::Kind::mapping && spread.node().keys.empty()) return;
  PlanFields fields(spread);
  const std::string_view why = "a spread has tag and max";
  if (const auto tag = fields.need("tag", why)) (void)tag->text();
  if (const auto max = fields.need("max", why)) (void)max->count(1, 1'000'000);
  fields.finish();
  refuse(spread, "{}");
}

void read_backup(const PlanValue& backup) {
  PlanFields fields(backup);
  const auto before = fields.find("before_upgrade");
  if (before && before->boolean() != false) refuse(backup, "{before_upgrade: false}");
  fields.finish();
}

void read_hook(const PlanValue& hook) {
  PlanFields fields(hook);
  if (const auto run = fields.need("run", "a hook is a command to run")) (void)run->text();
  if (const auto timeout = fields.find("timeout")) (void)timeout->duration(Duration{1});
  fields.finish();
}

void read_hooks(const PlanValue& hooks) {
  PlanFields fields(hooks);
  bool any = false;
  for (const std::string_view when : {"before_upgrade", "after_upgrade"}) {
    const auto list = fields.find(when);
    if (!list) continue;
    for (const PlanValue& hook : list->items())
      read_hook(hook);
    any = any || !list->node().items.empty();
  }
  fields.finish();
  if (any) refuse(hooks, "{}");
}

void read_notify(const PlanValue& notify) {
  for (const PlanValue& target : notify.items()) {
    PlanFields fields(target);
    if (const auto url = fields.need("url", "a notification goes to a url")) (void)url->text();
    if (const auto events = fields.need("events", "a notification is about events")) {
      for (const PlanValue& event : events->some_items())
        (void)event.text();
    }
    fields.finish();
  }
  if (!notify.node().items.empty()) refuse(notify, "[]");
}

}  // namespace

void refuse_unbuilt_of_wave(PlanFields& fields) {
  refuse_word(fields, "overshoot", std::array<std::string_view, 2>{"allowed", "never"});
  if (const auto soak = fields.find("soak")) {
    const auto time = soak->duration(Duration{0});
    if (time && *time > Duration{0}) refuse(*soak, "0s");
  }
  refuse_word(fields, "approval", std::array<std::string_view, 2>{"none", "required"});
  if (const auto windows = fields.find("windows")) {
    for (const PlanValue& window : windows->items())
      read_window(window);
    if (!windows->node().items.empty()) refuse(*windows, "[]");
  }
  if (const auto spread = fields.find("spread")) read_spread(*spread);
}

void refuse_unbuilt_of_plan(PlanFields& fields) {
  if (const auto backup = fields.find("backup")) read_backup(*backup);
  if (const auto hooks = fields.find("hooks")) read_hooks(*hooks);
  if (const auto notify = fields.find("notify")) read_notify(*notify);
}

}  // namespace pawl
