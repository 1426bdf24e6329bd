#include "engine/codec.h"

#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "engine/digest.h"

using namespace std::chrono_literals;
using namespace pawl;
using nlohmann::json;

namespace {

constexpr FactKey colour{"colour"}, size{"size"};
constexpr std::array keys{colour, size};
constexpr Instant midday = std::chrono::sys_days{std::chrono::year{2026} / 11 / 22} + 12h;

CloudInstant cloud(Duration after) {
  return {midday + after};
}

/// A run in which every stored member differs from its default.
Run full_run() {
  Run run;
  run.id = 9'007'199'254'740'993;  // not a double
  run.wave = 3;
  run.instance_id = "in03";
  run.name = "orders \"1\"\n\xc3\xa9";
  run.state = RunState::upgrading;
  run.phase = Phase::unsure;
  run.step = 1;
  run.look = Look{5};
  run.attempt_open = true;
  run.checked_once = true;
  run.absences = 1;
  run.sends = {1, 2};
  run.renewals = 3;
  run.halts = true;
  run.late_looks = 1;
  run.unclear = 2;
  run.attempts = {1, 2, 0, 65'535};
  run.done = 8;
  run.group = 4'711;
  run.since = midday + 1ms;
  run.deadline = midday + 1h;
  run.intended = CloudNow{cloud(1s), cloud(3s)};
  run.sender_gone = cloud(4s);
  run.last_absence = cloud(5s);
  run.valid_until = cloud(96h);
  run.reason = "nobody can say";
  run.facts.set(size, "large");
  run.facts.set(colour, "red");
  return run;
}

json full_json() {
  return json::parse(encode_run(full_run()));
}

/// decode_run refuses `text`, as something that the operator must mend in the store.
void check_refused(const std::string& text) {
  CAPTURE(text.substr(0, 400));
  const auto run = decode_run(text, keys);
  REQUIRE_FALSE(run);
  CHECK(run.error().fault == Fault::store);
  CHECK(run.error().what.find("the store holds a run that cannot be read") != std::string::npos);
}

std::vector<Event> all_events() {
  HttpResponse bare;
  bare.status = 404;
  HttpResponse full{200, "req-1", cloud(9s), 7s, "application/json", R"({"a":"\u0000"})"};
  const CloudNow now{cloud(0s), cloud(1s)};
  return {{midday, std::nullopt, Admitted{Gate::check}},
          {midday + 1ms, now, Admitted{Gate::upgrade}},
          {midday + 2ms, now, Admitted{Gate::send}},
          {midday + 2ms, now, Admitted{Gate::after, 4'711}},
          {midday + 2ms, now, Exited{3, 0, false, "no\nspace"}},
          {midday + 2ms, now, Exited{0, 15, true, ""}},
          {midday + 3ms, now, Replied{bare}},
          {midday + 4ms, now, Replied{full}},
          {midday + 5ms, now, Unanswered{Delivery::not_sent, "no such host"}},
          {midday + 6ms, now, Unanswered{Delivery::unknown, ""}},
          {midday + 7ms, std::nullopt, Woke{}}};
}

json object_with(const json& event) {
  return {{"events", json::array({event})}};
}

void check_event_refused(const json& data) {
  CAPTURE(data.dump());
  const auto events = decode_events(data.dump());
  REQUIRE_FALSE(events);
  CHECK(events.error().fault == Fault::store);
}

}  // namespace

TEST_CASE("a run comes back as it was stored, member by member") {
  const Run run = full_run();
  const auto back = decode_run(encode_run(run), keys);
  REQUIRE(back);
  CHECK(encode_run(*back) == encode_run(run));
  Run same = *back;
  same.facts = run.facts;  // their order is not stored
  CHECK(same == run);
  CHECK(back->facts.get(colour) == "red");
  CHECK(back->facts.get(size) == "large");
}

TEST_CASE("a run that has just begun is small and comes back too") {
  Run run;
  run.id = 1;
  run.instance_id = "in";
  const auto back = decode_run(encode_run(run), keys);
  REQUIRE(back);
  CHECK(*back == run);
  CHECK(encode_run(run).size() < 200);
}

TEST_CASE("runs and data are written as nlohmann/json writes them, keys sorted") {
  const auto events = all_events();
  for (const std::string& text : {encode_run(full_run()), encode_run(Run{}),
                                  encode_data("because", "GET /x", std::span(events).first(8)),
                                  encode_data("why \xff", "", events)}) {
    CHECK(text == json::parse(text).dump());
  }
}

TEST_CASE("every state and phase comes back") {
  for (std::size_t state = 0; state < run_states; ++state) {
    for (std::uint8_t phase = 0; phase <= static_cast<std::uint8_t>(Phase::over); ++phase) {
      Run run;
      run.state = static_cast<RunState>(state);
      run.phase = static_cast<Phase>(phase);
      CAPTURE(to_string(run.state));
      CAPTURE(to_string(run.phase));
      const auto back = decode_run(encode_run(run), keys);
      REQUIRE(back);
      CHECK(*back == run);
    }
  }
}

TEST_CASE("what ends with the process is not stored") {
  Run run = full_run();
  run.holds_place = true;
  run.cleared = true;
  run.looked_at = midday;
  CHECK(encode_run(run) == encode_run(full_run()));
}

TEST_CASE("equal runs give equal text, whatever the order in which facts were learned") {
  Run other = full_run();
  other.facts.forget(size);
  other.facts.set(size, "large");
  CHECK(encode_run(other) == encode_run(full_run()));
}

TEST_CASE("bytes that are no UTF-8 are replaced, and the store stays readable") {
  Run run = full_run();
  run.reason = "the cloud said \xff\xfe";
  const auto back = decode_run(encode_run(run), keys);
  REQUIRE(back);
  CHECK(back->reason == "the cloud said \xef\xbf\xbd\xef\xbf\xbd");
}

TEST_CASE("a text that is no run is refused") {
  for (const char* text : {"", " ", "null", "true", "0", "[]", "{}", "\"run\"", "{", "{\"run\":1",
                           "{\"run\":1}x", "[{}]", "nan", "\xff"}) {
    check_refused(text);
  }
  check_refused(std::string(200'000, '['));
  check_refused(std::string(200'000, '[') + std::string(200'000, ']'));
}

TEST_CASE("a run without one of the members that always stand there is refused") {
  for (const char* key : {"run", "wave", "instance_id", "name", "state", "phase", "step", "look",
                          "attempts", "facts"}) {
    json run = full_json();
    run.erase(key);
    check_refused(run.dump());
  }
}

TEST_CASE("a member of another type is refused, whichever member and type") {
  json deep = 1;
  for (int i = 0; i < 500; ++i)
    deep = json::array({std::move(deep)});
  const std::array<json, 9> values{nullptr,       true,           -1,  1.5, "word", 1e300,
                                   json::array(), json::object(), deep};
  const json good = full_json();
  for (const auto& [key, value] : good.items()) {
    for (const json& other : values) {
      const bool text = key == "instance_id" || key == "name" || key == "reason";
      if ((text && other.is_string()) || value == other) continue;
      if (key == "facts" && other.is_object()) continue;
      json run = good;
      run[key] = other;
      check_refused(run.dump());
    }
  }
}

TEST_CASE("a number that does not fit is refused, not cut") {
  for (const char* key : {"step", "look", "absences"}) {
    for (const std::int64_t value : {256, 65'536, 1'000'000'000}) {
      json run = full_json();
      run[key] = value;
      check_refused(run.dump());
    }
  }
  json run = full_json();
  run["sends"] = 256;
  check_refused(run.dump());
  run["sends"] = json::array({1, 256});
  check_refused(run.dump());
  run = full_json();
  run["attempts"][3] = 65'536;
  check_refused(run.dump());
  run = full_json();
  run["wave"] = 2'147'483'648;
  check_refused(run.dump());
  run = full_json();
  run["run"] = 18'446'744'073'709'551'615U;
  check_refused(run.dump());
  std::string text = full_json().dump();
  text.replace(text.find("9007199254740993"), 16, "1e999");
  check_refused(text);
}

TEST_CASE("a word, a time, a list or a fact that pawl does not write is refused") {
  const std::array<std::pair<json::json_pointer, json>, 11> changes{
      {{"/state"_json_pointer, "Upgrading"},
       {"/phase"_json_pointer, ""},
       {"/since"_json_pointer, "2026-11-22T12:00:00Z"},
       {"/since"_json_pointer, "1970-01-01T00:00:00.000Z"},  // written as absent
       {"/valid_until"_json_pointer, "2026-02-30T12:00:00.000Z"},
       {"/intended/1"_json_pointer, ""},
       {"/intended/2"_json_pointer, "2026-11-22T12:00:00.000Z"},
       {"/attempts/4"_json_pointer, 0},
       {"/facts/smell"_json_pointer, "sweet"},
       {"/facts/colour"_json_pointer, 7},
       {"/facts/colour"_json_pointer, ""}}};
  for (const auto& [where, value] : changes) {
    const std::string place = where.to_string();
    CAPTURE(place);
    json run = full_json();
    run[where] = value;
    check_refused(run.dump());
  }
}

TEST_CASE("a member that pawl does not write is refused, for it would be lost") {
  json run = full_json();
  run["cleared"] = true;
  check_refused(run.dump());
  run = full_json();
  run["absences"] = 0;  // written as absent
  check_refused(run.dump());
}

TEST_CASE("every event comes back from an entry's data, oldest first") {
  const auto events = all_events();
  const auto back = decode_events(encode_data("because", "GET /x", events));
  REQUIRE(back);
  CHECK(*back == events);
}

TEST_CASE("an entry's data names the reason and the evidence of the last answer") {
  const auto events = all_events();
  const json data = json::parse(encode_data("because", "GET /x", std::span(events).first(8)));
  const auto& last = std::get<Replied>(events[7].what).response;
  CHECK(data.at("reason") == "because");
  CHECK(data.at("evidence") == json{{"status", 200},
                                    {"endpoint", "GET /x"},
                                    {"request_id", "req-1"},
                                    {"digest", sha256_hex(last.body)}});
  CHECK(data.at("events").size() == 8);
}

TEST_CASE("where no answer decided there is no evidence") {
  const auto events = all_events();
  CHECK_FALSE(json::parse(encode_data("because", "GET /x", events)).contains("evidence"));
  CHECK(encode_data("", "", {}) == "{}");
}

TEST_CASE("data without events has none, and what is no data is refused") {
  const auto none = decode_events("{}");
  REQUIRE(none);
  CHECK(none->empty());
  for (const char* text : {"", "[]", "5", "null", "{\"events\":{}}", "{\"events\":5}",
                           "{\"events\":null}", "{\"events\":[5]}", "{\"events\":[[]]}"}) {
    CAPTURE(text);
    const auto events = decode_events(text);
    REQUIRE_FALSE(events);
    CHECK(events.error().fault == Fault::store);
  }
}

TEST_CASE("an event that pawl does not write is refused, not taken for another") {
  const std::string at = format_utc(midday);
  const json reply = {{"status", 200}, {"body", ""}};
  json bad_status = reply, bad_wait = reply, more = reply;
  bad_status["status"] = 1e300;
  bad_wait["retry_after_ms"] = -1;
  more["trailer"] = "x";
  for (const json& event :
       {json{{"at", at}}, json{{"woke", true}}, json{{"at", 7}, {"woke", true}},
        json{{"at", at}, {"woke", false}}, json{{"at", at}, {"slept", true}},
        json{{"at", at}, {"admitted", 4}}, json{{"at", at}, {"admitted", -1}},
        json{{"at", at}, {"admitted", true}}, json{{"at", at}, {"replied", 7}},
        json{{"at", at}, {"replied", {{"status", 200}}}}, json{{"at", at}, {"replied", bad_status}},
        json{{"at", at}, {"replied", bad_wait}}, json{{"at", at}, {"replied", more}},
        json{{"at", at}, {"replied", reply}, {"woke", true}},
        json{{"at", at}, {"unanswered", {{"not_sent", 1}, {"why", ""}}}},
        json{{"at", at}, {"unanswered", {{"not_sent", true}}}}}) {
    check_event_refused(object_with(event));
  }
}

TEST_CASE("a word is read from a state, and an absent state is the one to fall back on") {
  CHECK(*decode_word(R"({"state":"open"})", "pending") == "open");
  CHECK(*decode_word("", "pending") == "pending");
  for (const char* text :
       {"{}", "null", "[]", "\"open\"", R"({"state":7})", R"({"state":null})", R"({"state":)"}) {
    CAPTURE(text);
    const auto word = decode_word(text, "pending");
    REQUIRE_FALSE(word);
    CHECK(word.error().fault == Fault::store);
  }
}

TEST_CASE("an object of texts is JSON, whatever the texts are") {
  const std::vector<std::pair<std::string, std::string>> members{{"b", "\"\\\n"}, {"a", "\xff"}};
  CHECK(encode_object(members) == "{\"a\":\"\xef\xbf\xbd\",\"b\":\"\\\"\\\\\\n\"}");
}
