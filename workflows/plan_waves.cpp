#include "workflows/plan_waves.h"

#include <date/tz.h>
#include <fmt/core.h>

#include <array>
#include <exception>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/ascii.h"
#include "workflows/cloud_text.h"
#include "workflows/nearest_word.h"

namespace pawl {

namespace {

/// "HH:MM" in 24 hours.
std::optional<Duration> read_time_of_day(const PlanValue& value) {
  const std::string& text = value.node().text;
  bool good = text.size() == 5 && text[2] == ':';
  for (const std::size_t i : {0U, 1U, 3U, 4U})
    good = good && is_digit(text[i]);
  if (!good || text.substr(0, 2) > "23" || text.substr(3) > "59") {
    value.must_be("a time of day from 00:00 to 23:59");
    return std::nullopt;
  }
  const auto digits = [&text](std::size_t at) {
    return (text[at] - '0') * 10 + text[at + 1] - '0';
  };
  return std::chrono::hours{digits(0)} + std::chrono::minutes{digits(3)};
}

/// Whether this machine tells the zone's time: its file is read only when it is first asked, and
/// then an exception would meet nobody.
bool tells_time(const date::time_zone& zone) {
  try {
    zone.get_info(Instant{});
    return true;
  } catch (const std::exception&) {
    return false;
  }
}

std::optional<std::string> read_zone(const PlanValue& value) {
  const auto name = value.text();
  if (!name) return std::nullopt;
  try {
    if (tells_time(*date::locate_zone(*name))) return name;
    value.fail(fmt::format("the time zone `{}` cannot be read on this machine; mend its tzdata",
                           cloud::one_line(*name, 60)));
    return std::nullopt;
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
    return std::nullopt;
  }
  value.must_be(nearest.empty() ? std::string("a time zone such as Europe/Berlin or UTC")
                                : fmt::format("a time zone, perhaps {}", nearest));
  return std::nullopt;
}

std::uint8_t read_days(const PlanValue& value) {
  constexpr std::array<std::pair<std::string_view, int>, 7> week{
      {{"mon", 0}, {"tue", 1}, {"wed", 2}, {"thu", 3}, {"fri", 4}, {"sat", 5}, {"sun", 6}}};
  unsigned given = 0;
  for (const PlanValue& item : value.some_items()) {
    const auto day = item.word(week);
    if (!day) continue;
    const unsigned bit = 1U << static_cast<unsigned>(*day);
    if ((given & bit) != 0) {
      item.fail(fmt::format("the day `{}` stands twice in `days`", item.node().text));
    }
    given |= bit;
  }
  return static_cast<std::uint8_t>(given);
}

Window read_window(const PlanValue& value) {
  PlanFields fields(value);
  Window window;
  const std::string_view why = "a window has days, from, to and zone";
  if (const auto days = fields.need("days", why)) window.days = read_days(*days);
  const auto from = fields.need("from", why);
  const auto to = fields.need("to", why);
  take(from, window.from, read_time_of_day);
  take(to, window.to, read_time_of_day);
  if (from && to && !to->node().text.empty() && from->node().text == to->node().text) {
    to->fail("`to` is the same time as `from`; a window must have an end");
  }
  take(fields.need("zone", why), window.zone, read_zone);
  fields.finish();
  return window;
}

std::optional<Spread> read_spread(const PlanValue& value) {
  if (value.node().kind == YamlNode::Kind::mapping && value.node().keys.empty()) {
    return std::nullopt;
  }
  PlanFields fields(value);
  Spread spread;
  const std::string_view why = "a spread has tag and max";
  take(fields.need("tag", why), spread.tag, [](const PlanValue& tag) { return tag.text(); });
  take(fields.need("max", why), spread.max,
       [](const PlanValue& max) { return max.count(1, 1'000'000); });
  fields.finish();
  return spread;
}

}  // namespace

void read_wave_rules(PlanFields& fields, Wave& wave) {
  constexpr std::array<std::pair<std::string_view, Overshoot>, 2> overshoots{
      {{"allowed", Overshoot::allowed}, {"never", Overshoot::never}}};
  constexpr std::array<std::pair<std::string_view, Approval>, 2> approvals{
      {{"none", Approval::none}, {"required", Approval::required}}};
  take(fields.find("overshoot"), wave.overshoot,
       [&](const PlanValue& value) { return value.word(overshoots); });
  take(fields.find("soak"), wave.soak,
       [](const PlanValue& value) { return value.duration(Duration{0}); });
  take(fields.find("approval"), wave.approval,
       [&](const PlanValue& value) { return value.word(approvals); });
  if (const auto windows = fields.find("windows")) {
    wave.windows.clear();
    for (const PlanValue& window : windows->items())
      wave.windows.push_back(read_window(window));
  }
  if (const auto spread = fields.find("spread")) wave.spread = read_spread(*spread);
}

}  // namespace pawl
