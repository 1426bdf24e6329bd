#include "engine/codec.h"

#include <fmt/format.h>

#include <limits>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>

#include "engine/digest.h"

namespace pawl {

namespace {

using nlohmann::json;

/// Bytes that are no UTF-8 cannot stand in JSON; the cloud's garbage must not end the driver.
std::string dump(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

// Encoding: absent rather than null, so that a state stays small.

void put(json& to, const char* key, const std::optional<CloudInstant>& value) {
  if (value) to[key] = format_utc(value->at);
}
void put(json& to, const char* key, const std::optional<CloudNow>& value) {
  if (value) to[key] = {format_utc(value->earliest.at), format_utc(value->latest.at)};
}
void put(json& to, const char* key, Instant value) {
  if (value != Instant{}) to[key] = format_utc(value);
}

json encode_members(const Run& run) {
  json out = {{"run", run.id},
              {"wave", run.wave},
              {"instance_id", run.instance_id},
              {"name", run.name},
              {"state", to_string(run.state)},
              {"phase", to_string(run.phase)},
              {"step", run.step},
              {"look", static_cast<int>(run.look)},
              {"attempts", run.attempts}};
  if (run.ended_in != Phase::waiting) out["ended_in"] = to_string(run.ended_in);
  if (run.attempt_open) out["attempt_open"] = true;
  if (run.checked_once) out["checked_once"] = true;
  if (run.absences != 0) out["absences"] = run.absences;
  if (run.sends != 0) out["sends"] = run.sends;
  if (run.late_looks != 0) out["late_looks"] = run.late_looks;
  if (run.renewals != 0) out["renewals"] = run.renewals;
  put(out, "since", run.since);
  put(out, "deadline", run.deadline);
  put(out, "intended", run.intended);
  put(out, "sender_gone", run.sender_gone);
  put(out, "last_absence", run.last_absence);
  put(out, "valid_until", run.valid_until);
  if (!run.reason.empty()) out["reason"] = run.reason;
  json facts = json::object();
  for (const auto& [key, text] : run.facts)
    facts[std::string(key.name)] = text;
  out["facts"] = std::move(facts);
  return out;
}

json encode_event(const Event& event) {
  json out = {{"at", format_utc(event.at)}};
  put(out, "cloud", event.cloud);
  std::visit(
      Overloaded{
          [&](const Admitted& admitted) { out["admitted"] = static_cast<int>(admitted.gate); },
          [&](const Replied& replied) {
            const HttpResponse& r = replied.response;
            json reply = {{"status", r.status}, {"body", r.body}};
            if (!r.request_id.empty()) reply["request_id"] = r.request_id;
            if (!r.content_type.empty()) reply["content_type"] = r.content_type;
            put(reply, "date", r.date);
            if (r.retry_after) reply["retry_after_ms"] = r.retry_after->count();
            out["replied"] = std::move(reply);
          },
          [&](const Unanswered& none) {
            out["unanswered"] = {{"not_sent", none.delivery == Delivery::not_sent},
                                 {"why", none.why}};
          },
          [&](const Woke&) { out["woke"] = true; },
          [&](const Directed& directed) {
            out["directed"] = {{"directive", static_cast<int>(directed.directive)},
                               {"by", directed.by},
                               {"reason", directed.reason}};
          },
      },
      event.what);
  return out;
}

// Decoding: json's own exceptions carry what is wrong; they end where decode() catches them.

std::optional<CloudInstant> cloud_instant(const json& from, const char* key) {
  const auto found = from.find(key);
  if (found == from.end()) return std::nullopt;
  const auto at = parse_utc(found->get<std::string>());
  if (!at) throw std::invalid_argument(fmt::format("`{}` is not a time", key));
  return CloudInstant{*at};
}
Instant instant(const json& from, const char* key) {
  const auto at = cloud_instant(from, key);
  return at ? at->at : Instant{};
}
std::optional<CloudNow> cloud_now(const json& from, const char* key) {
  const auto found = from.find(key);
  if (found == from.end()) return std::nullopt;
  const auto earliest = parse_utc(found->at(0).get<std::string>());
  const auto latest = parse_utc(found->at(1).get<std::string>());
  if (!earliest || !latest) throw std::invalid_argument(fmt::format("`{}` is not a time", key));
  return CloudNow{{*earliest}, {*latest}};
}
/// json's own conversion would cut a number that is too large, and take true for 1.
template <typename T>
T whole(const json& value, const char* key) {
  if (!value.is_number_unsigned() || !std::in_range<T>(value.get<std::uint64_t>())) {
    throw std::invalid_argument(
        fmt::format("`{}` is not a whole number from 0 to {}", key, std::numeric_limits<T>::max()));
  }
  return value.get<T>();
}
template <typename T>
T number(const json& from, const char* key) {
  return whole<T>(from.at(key), key);
}
template <typename T>
T number_or_zero(const json& from, const char* key) {
  const auto found = from.find(key);
  return found == from.end() ? T{0} : whole<T>(*found, key);
}

Event decode_event(const json& from) {
  Event event{{}, {}, Woke{}};
  event.at = instant(from, "at");
  event.cloud = cloud_now(from, "cloud");
  if (from.contains("admitted")) {
    const auto gate = number<std::uint8_t>(from, "admitted");
    if (gate > static_cast<int>(Gate::send)) throw std::invalid_argument("unknown gate");
    event.what = Admitted{static_cast<Gate>(gate)};
  } else if (const auto reply = from.find("replied"); reply != from.end()) {
    HttpResponse r;
    r.status = number<int>(*reply, "status");
    r.body = reply->at("body").get<std::string>();
    r.request_id = reply->value("request_id", "");
    r.content_type = reply->value("content_type", "");
    r.date = cloud_instant(*reply, "date");
    if (reply->contains("retry_after_ms")) {
      r.retry_after = Duration{number<std::int64_t>(*reply, "retry_after_ms")};
    }
    event.what = Replied{std::move(r)};
  } else if (const auto none = from.find("unanswered"); none != from.end()) {
    event.what =
        Unanswered{none->at("not_sent").get<bool>() ? Delivery::not_sent : Delivery::unknown,
                   none->at("why").get<std::string>()};
  } else if (const auto directed = from.find("directed"); directed != from.end()) {
    const auto directive = number<std::uint8_t>(*directed, "directive");
    if (directive > static_cast<int>(Directive::cancel)) {
      throw std::invalid_argument("unknown directive");
    }
    event.what = Directed{static_cast<Directive>(directive), directed->at("by").get<std::string>(),
                          directed->at("reason").get<std::string>()};
  }
  // What else stands there, or nothing at all, would be lost without a word.
  if (encode_event(event) != from) throw std::invalid_argument("not an event as pawl writes them");
  return event;
}

Run decode_members(const json& from, std::span<const FactKey> keys) {
  Run run;
  run.id = number<std::int64_t>(from, "run");
  run.wave = number<std::int32_t>(from, "wave");
  run.instance_id = from.at("instance_id").get<std::string>();
  run.name = from.at("name").get<std::string>();
  const auto state = run_state_from(from.at("state").get<std::string>());
  const auto phase = phase_from(from.at("phase").get<std::string>());
  if (!state || !phase) throw std::invalid_argument("unknown state or phase");
  run.state = *state;
  run.phase = *phase;
  run.step = number<std::uint8_t>(from, "step");
  run.look = static_cast<Look>(number<std::uint8_t>(from, "look"));
  if (from.contains("ended_in")) {
    const auto ended_in = phase_from(from.at("ended_in").get<std::string>());
    if (!ended_in) throw std::invalid_argument("unknown phase");
    run.ended_in = *ended_in;
  }
  run.attempt_open = from.value("attempt_open", false);
  run.checked_once = from.value("checked_once", false);
  run.absences = number_or_zero<std::uint8_t>(from, "absences");
  run.sends = number_or_zero<std::uint16_t>(from, "sends");
  run.late_looks = number_or_zero<std::uint8_t>(from, "late_looks");
  run.renewals = number_or_zero<std::uint16_t>(from, "renewals");
  const json& attempts = from.at("attempts");
  if (!attempts.is_array() || attempts.size() != steps_max) {
    throw std::invalid_argument("`attempts` has the wrong size");
  }
  for (std::size_t i = 0; i < steps_max; ++i)
    run.attempts[i] = whole<std::uint16_t>(attempts[i], "attempts");
  run.since = instant(from, "since");
  run.deadline = instant(from, "deadline");
  run.intended = cloud_now(from, "intended");
  run.sender_gone = cloud_instant(from, "sender_gone");
  run.last_absence = cloud_instant(from, "last_absence");
  run.valid_until = cloud_instant(from, "valid_until");
  run.reason = from.value("reason", "");
  for (const auto& [name, value] : from.at("facts").items()) {
    bool known = false;
    for (const FactKey key : keys) {
      if (key.name != name) continue;
      run.facts.set(key, value.get<std::string>());
      known = true;
    }
    if (!known) throw std::invalid_argument(fmt::format("unknown fact `{}`", name));
  }
  // What else stands there would be lost with the run's next entry, without a word.
  if (encode_members(run) != from) throw std::invalid_argument("not a run as pawl writes them");
  return run;
}

Error unreadable(const char* what, const std::exception& why) {
  return {Fault::store,
          fmt::format("the store holds {} that cannot be read: {}\n`pawl audit verify` finds the "
                      "first bad entry",
                      what, why.what())};
}

}  // namespace

std::string encode_run(const Run& run) {
  return dump(encode_members(run));
}

Result<Run> decode_run(std::string_view text, std::span<const FactKey> keys) {
  try {
    return decode_members(json::parse(text), keys);
  } catch (const std::exception& why) {
    return unreadable("a run", why);
  }
}

std::string encode_data(const std::string& reason, const std::string& asked,
                        std::span<const Event> events) {
  json out = json::object();
  if (!reason.empty()) out["reason"] = reason;
  json list = json::array();
  for (const Event& event : events)
    list.push_back(encode_event(event));
  if (!events.empty()) {
    if (const auto* last = std::get_if<Replied>(&events.back().what)) {
      json evidence = {{"status", last->response.status},
                       {"digest", sha256_hex(last->response.body)}};
      if (!asked.empty()) evidence["endpoint"] = asked;
      if (!last->response.request_id.empty()) {
        evidence["request_id"] = last->response.request_id;
      }
      out["evidence"] = std::move(evidence);
    }
  }
  if (!list.empty()) out["events"] = std::move(list);
  return dump(out);
}

Result<std::vector<Event>> decode_events(std::string_view data) {
  try {
    std::vector<Event> events;
    const json parsed = json::parse(data);
    if (!parsed.is_object()) throw std::invalid_argument("not an object");
    if (const auto list = parsed.find("events"); list != parsed.end()) {
      for (const json& event : list->get_ref<const json::array_t&>())
        events.push_back(decode_event(event));
    }
    return events;
  } catch (const std::exception& why) {
    return unreadable("an entry", why);
  }
}

Result<std::string> decode_word(std::string_view text, const std::string& fallback) {
  if (text.empty()) return fallback;
  try {
    return json::parse(text).at("state").get<std::string>();
  } catch (const std::exception& why) {
    return unreadable("a state", why);
  }
}

Result<std::optional<CloudInstant>> decode_until(std::string_view text) {
  if (text.empty()) return std::optional<CloudInstant>();
  try {
    return cloud_instant(json::parse(text), "until");
  } catch (const std::exception& why) {
    return unreadable("a state", why);
  }
}

std::string encode_object(std::span<const std::pair<std::string, std::string>> members) {
  json out = json::object();
  for (const auto& [key, value] : members)
    out[key] = value;
  return dump(out);
}

}  // namespace pawl
