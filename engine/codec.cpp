#include "engine/codec.h"

#include <fmt/core.h>

#include <algorithm>
#include <concepts>
#include <limits>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>

#include "engine/digest.h"
#include "engine/json_writer.h"

namespace pawl {

namespace {

using nlohmann::json;

// Encoding: absent rather than null, so that a state stays small; the keys in the order of their
// bytes.

void put(JsonWriter& to, const char* key, const std::optional<CloudInstant>& value) {
  if (value) to.key(key).value(utc_text(value->at).view());
}
void put(JsonWriter& to, const char* key, const std::optional<CloudNow>& value) {
  if (!value) return;
  to.key(key).open_array();
  to.value(utc_text(value->earliest.at).view()).value(utc_text(value->latest.at).view());
  to.close_array();
}
void put(JsonWriter& to, const char* key, Instant value) {
  if (value != Instant{}) to.key(key).value(utc_text(value).view());
}
void put(JsonWriter& to, const char* key, const std::string& value) {
  if (!value.empty()) to.key(key).value(value);
}
/// Nothing where it is zero or false.
template <std::integral Number>
void put(JsonWriter& to, const char* key, Number value) {
  if (value != 0) to.key(key).value(value);
}

void put_facts(JsonWriter& to, const Facts& facts) {
  std::vector<std::pair<std::string_view, std::string_view>> sorted;
  sorted.reserve(facts.size());
  for (const auto& [key, text] : facts)
    sorted.emplace_back(key.name, text);
  std::sort(sorted.begin(), sorted.end());
  to.open_object();
  for (const auto& [name, text] : sorted)
    to.key(name).value(text);
  to.close_object();
}

void put_reply(JsonWriter& to, const HttpResponse& reply) {
  to.open_object().key("body").value(reply.body);
  put(to, "content_type", reply.content_type);
  put(to, "date", reply.date);
  put(to, "request_id", reply.request_id);
  if (reply.retry_after) to.key("retry_after_ms").value(reply.retry_after->count());
  to.key("status").value(reply.status).close_object();
}

void put_event(JsonWriter& to, const Event& event) {
  to.open_object();
  if (const auto* admitted = std::get_if<Admitted>(&event.what)) {
    to.key("admitted").value(static_cast<int>(admitted->gate));
  }
  to.key("at").value(utc_text(event.at).view());
  put(to, "cloud", event.cloud);
  if (const auto* admitted = std::get_if<Admitted>(&event.what)) put(to, "group", admitted->group);
  std::visit(Overloaded{[&](const Admitted&) {},
                        [&](const Replied& replied) {
                          to.key("replied");
                          put_reply(to, replied.response);
                        },
                        [&](const Unanswered& none) {
                          to.key("unanswered").open_object();
                          to.key("not_sent").value(none.delivery == Delivery::not_sent);
                          to.key("why").value(none.why).close_object();
                        },
                        [&](const Woke&) { to.key("woke").value(true); },
                        [&](const Directed& directed) {
                          to.key("directed").open_object().key("by").value(directed.by);
                          to.key("directive").value(static_cast<int>(directed.directive));
                          to.key("reason").value(directed.reason).close_object();
                        },
                        [&](const Exited& exited) {
                          to.key("exited").open_object().key("code").value(exited.code);
                          to.key("output").value(exited.output).key("signal").value(exited.signal);
                          to.key("timed_out").value(exited.timed_out).close_object();
                        }},
             event.what);
  to.close_object();
}

std::string encode_event(const Event& event) {
  JsonWriter out;
  put_event(out, event);
  return out.take();
}

void put_evidence(JsonWriter& to, const HttpResponse& answer, const std::string& asked) {
  to.open_object().key("digest").value(sha256_hex(answer.body));
  put(to, "endpoint", asked);
  put(to, "request_id", answer.request_id);
  to.key("status").value(answer.status).close_object();
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

std::string dump(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

Event decode_event(const json& from) {
  Event event{{}, {}, Woke{}};
  event.at = instant(from, "at");
  event.cloud = cloud_now(from, "cloud");
  if (from.contains("admitted")) {
    const auto gate = number<std::uint8_t>(from, "admitted");
    if (gate > static_cast<int>(Gate::after)) throw std::invalid_argument("unknown gate");
    event.what = Admitted{static_cast<Gate>(gate), number_or_zero<std::int64_t>(from, "group")};
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
  } else if (const auto exited = from.find("exited"); exited != from.end()) {
    event.what =
        Exited{number<int>(*exited, "code"), number<int>(*exited, "signal"),
               exited->at("timed_out").get<bool>(), exited->at("output").get<std::string>()};
  }
  // What else stands there, or nothing at all, would be lost without a word.
  if (encode_event(event) != dump(from)) {
    throw std::invalid_argument("not an event as pawl writes them");
  }
  return event;
}

template <typename T>
void take_by_step(const json& from, const char* key, std::array<T, steps_max>& by_step) {
  if (!from.is_array() || from.size() > steps_max) {
    throw std::invalid_argument(fmt::format("`{}` has the wrong size", key));
  }
  for (std::size_t i = 0; i < from.size(); ++i)
    by_step[i] = whole<T>(from[i], key);
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
  run.done = number_or_zero<std::uint16_t>(from, "done");
  run.group = number_or_zero<std::int64_t>(from, "group");
  run.attempt_open = from.value("attempt_open", false);
  run.checked_once = from.value("checked_once", false);
  run.halts = from.value("halts", false);
  run.absences = number_or_zero<std::uint8_t>(from, "absences");
  run.sighted = from.value("sighted", false);
  run.late_looks = number_or_zero<std::uint8_t>(from, "late_looks");
  run.unclear = number_or_zero<std::uint8_t>(from, "unclear");
  run.renewals = number_or_zero<std::uint16_t>(from, "renewals");
  take_by_step(from.at("attempts"), "attempts", run.attempts);
  if (const auto sends = from.find("sends"); sends != from.end() && sends->is_array()) {
    take_by_step(*sends, "sends", run.sends);
  } else if (run.step < steps_max) {
    run.sends[run.step] = number_or_zero<std::uint8_t>(from, "sends");
  }
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
      run.facts.set(key, value.get_ref<const std::string&>());
      known = true;
    }
    if (!known) throw std::invalid_argument(fmt::format("unknown fact `{}`", name));
  }
  return run;
}

/// Those of the first `least` steps, and further ones up to the last that is not zero.
template <typename T>
void put_by_step(JsonWriter& out, const std::array<T, steps_max>& by_step, std::size_t least) {
  std::size_t count = steps_max;
  while (count > least && by_step[count - 1] == 0)
    --count;
  out.open_array();
  for (std::size_t i = 0; i < count; ++i)
    out.value(by_step[i]);
  out.close_array();
}

/// A number where only its own step has any, as nearly always; so were all before 0.6.0.
void put_sends(JsonWriter& out, const Run& run) {
  auto of_others = run.sends;
  const std::uint8_t own = run.step < steps_max ? std::exchange(of_others[run.step], 0) : 0;
  if (of_others == decltype(of_others){}) return put(out, "sends", own);
  out.key("sends");
  put_by_step(out, run.sends, 1);
}

Error unreadable(const char* what, const std::exception& why) {
  return {Fault::store,
          fmt::format("the store holds {} that cannot be read: {}\n`pawl audit verify` finds the "
                      "first bad entry",
                      what, why.what())};
}

}  // namespace

std::string encode_run(const Run& run) {
  JsonWriter out;
  out.open_object();
  put(out, "absences", run.absences);
  put(out, "attempt_open", run.attempt_open);
  out.key("attempts");
  put_by_step(out, run.attempts, 4);
  put(out, "checked_once", run.checked_once);
  put(out, "deadline", run.deadline);
  put(out, "done", run.done);
  if (run.ended_in != Phase::waiting) out.key("ended_in").value(to_string(run.ended_in));
  out.key("facts");
  put_facts(out, run.facts);
  put(out, "group", run.group);
  put(out, "halts", run.halts);
  out.key("instance_id").value(run.instance_id);
  put(out, "intended", run.intended);
  put(out, "last_absence", run.last_absence);
  put(out, "late_looks", run.late_looks);
  out.key("look").value(static_cast<int>(run.look));
  out.key("name").value(run.name);
  out.key("phase").value(to_string(run.phase));
  put(out, "reason", run.reason);
  put(out, "renewals", run.renewals);
  out.key("run").value(run.id);
  put(out, "sender_gone", run.sender_gone);
  put_sends(out, run);
  put(out, "sighted", run.sighted);
  put(out, "since", run.since);
  out.key("state").value(to_string(run.state));
  out.key("step").value(run.step);
  put(out, "unclear", run.unclear);
  put(out, "valid_until", run.valid_until);
  out.key("wave").value(run.wave);
  return out.close_object().take();
}

Result<Run> decode_run(std::string_view text, std::span<const FactKey> keys) {
  try {
    Run run = decode_members(json::parse(text), keys);
    // What else stands there would be lost with the run's next entry, without a word.
    if (encode_run(run) != text) throw std::invalid_argument("not a run as pawl writes them");
    return run;
  } catch (const std::exception& why) {
    return unreadable("a run", why);
  }
}

std::string encode_data(const std::string& reason, const std::string& asked,
                        std::span<const Event> events, std::optional<Duration> took) {
  JsonWriter out;
  out.open_object();
  if (!events.empty()) {
    out.key("events").open_array();
    for (const Event& event : events)
      put_event(out, event);
    out.close_array();
    if (const auto* last = std::get_if<Replied>(&events.back().what)) {
      out.key("evidence");
      put_evidence(out, last->response, asked);
    }
  }
  put(out, "reason", reason);
  if (took) out.key("took_ms").value(took->count());
  return out.close_object().take();
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
