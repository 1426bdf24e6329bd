// A desk at which a test is the cloud: it hands an answer to a run of the major upgrade and sees
// how the workflow reads it. Times are seconds after noon at the cloud's clock.
#pragma once

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <optional>
#include <string>
#include <vector>

#include "tests/workflows/cloud_answers.h"
#include "workflows/major_upgrade.h"
#include "workflows/upgrade_facts.h"

namespace pawl::test {

inline constexpr Instant noon =
    std::chrono::sys_days{std::chrono::year{2026} / 11 / 22} + std::chrono::hours{12};
inline constexpr Duration clock_error{500};
inline constexpr const char* database = "3aa441c4c98a4b36b100a7e3e87d17cein03";
inline constexpr const char* made = "6b5750504be1403191c4f00e4ffaee5ein03";

inline Instant at(int seconds) {
  return noon + std::chrono::seconds{seconds};
}
inline CloudNow clock_at(int seconds) {
  return {{at(seconds) - clock_error}, {at(seconds) + clock_error}};
}
/// As the cloud spells it: whole seconds, an offset without colon.
inline std::string told(int seconds, std::string_view offset = "+0000") {
  return format_utc(at(seconds)).substr(0, 19) + std::string(offset);
}
inline std::string fact_of(int seconds) {
  return format_utc(at(seconds));
}

inline HttpResponse refusal(int status, std::string_view code) {
  return answer(fmt::format(R"({{"error_code":"{}","error_msg":"no"}})", code), status);
}

struct Status {
  std::string state = "success", target = "14.6", start = told(0), expires = "", detail = "d";
};
inline HttpResponse shows(const Status& status) {
  const std::string expires =
      status.expires.empty() ? "" : fmt::format(R"("check_expiration_time":"{}",)", status.expires);
  return answer(fmt::format(R"({{"status":"{}","target_version":"{}","start_time":"{}",{})"
                            R"("detail":"{}"}})",
                            status.state, status.target, status.start, expires, status.detail));
}
inline HttpResponse shows_nothing() {
  return answer("{}");
}

struct Report {
  std::string id = "r1", state = "success", target = "14.6", start = told(0), expires = told(7200);
};
inline HttpResponse check_history(const std::vector<Report>& reports) {
  std::string entries;
  for (const Report& report : reports) {
    entries += fmt::format(R"({}{{"id":"{}","check_time":"{}","expiration_time":"{}",)"
                           R"("target_version":"{}","result":"{}","detail":"d"}})",
                           entries.empty() ? "" : ",", report.id, report.start, report.expires,
                           report.target, report.state);
  }
  return answer(
      fmt::format(R"({{"total_count":{},"inspection_reports":[{}]}})", reports.size(), entries));
}

struct Entry {
  std::string id = "u1", state = "success", start = told(0), target = "14.6";
  std::string cutover = "true";  ///< as JSON
  std::string source = database, destination = made;
  std::string moved = "";  ///< private_ip_change_time
};
inline HttpResponse upgrade_history(const std::vector<Entry>& entries,
                                    std::optional<std::size_t> total = {}) {
  std::string rows;
  for (const Entry& entry : entries) {
    rows += fmt::format(R"({}{{"id":"{}","start_time":"{}","src_instance_id":"{}",)"
                        R"("dst_instance_id":"{}","dst_database_version":"{}","result":"{}",)"
                        R"("is_private_ip_changed":{},"private_ip_change_time":"{}"}})",
                        rows.empty() ? "" : ",", entry.id, entry.start, entry.source,
                        entry.destination, entry.target, entry.state, entry.cutover, entry.moved);
  }
  return answer(fmt::format(R"({{"total_count":{},"upgrade_reports":[{}]}})",
                            total.value_or(entries.size()), rows));
}

struct Listed {
  std::string id = database, name = "orders", status = "ACTIVE", type = "Ha";
  std::string engine = "PostgreSQL", version = "13.9", ip = "10.0.0.1";
  std::string created = told(-90'000), updated = told(-80'000), related = "";
  std::string charge = "{}";  ///< charge_info, as JSON
};
inline HttpResponse list(const std::vector<Listed>& instances,
                         std::optional<std::size_t> total = {}) {
  std::string rows;
  for (const Listed& one : instances) {
    rows += fmt::format(
        R"({}{{"id":"{}","name":"{}","status":"{}","type":"{}","datastore":{{"type":"{}",)"
        R"("complete_version":"{}"}},"private_ips":["{}"],"created":"{}","updated":"{}",)"
        R"("related_instance":[{}],"charge_info":{}}})",
        rows.empty() ? "" : ",", one.id, one.name, one.status, one.type, one.engine, one.version,
        one.ip, one.created, one.updated, one.related, one.charge);
  }
  return answer(fmt::format(R"({{"total_count":{},"instances":[{}]}})",
                            total.value_or(instances.size()), rows));
}

inline HttpResponse offers(std::string_view versions) {
  return answer(fmt::format(R"({{"available_versions":[{}]}})", versions));
}

/// One run and what it has learned; `now` is the cloud's clock at the next answer.
struct Desk {
  UpgradeGoal goal{"p1", "14", cloud::Cutover::yes, cloud::Statistics::before_cutover,
                   OnForeign::stop};
  Run run;
  int now = 0;
  bool clock_known = true;

  Desk() {
    run.instance_id = database;
    run.name = "orders";
    run.since = at(0);
  }

  MajorUpgrade workflow() const { return {goal, Timeouts{}, Check{}}; }
  Event event() const {
    return {at(now), clock_known ? std::optional(clock_at(now)) : std::nullopt, Woke{}};
  }
  Reading read(Look look, const HttpResponse& response) {
    run.look = look;
    Facts facts = run.facts;
    const MajorUpgrade upgrade = workflow();
    REQUIRE(upgrade.sound(run));
    (void)upgrade.ask(run, look);
    Reading reading = upgrade.read(run, response, event(), facts);
    run.facts = std::move(facts);
    return reading;
  }
  Reading read_submit(const HttpResponse& response) {
    Facts facts = run.facts;
    Reading reading = workflow().read_submit(run, response, facts);
    run.facts = std::move(facts);
    return reading;
  }
  std::string_view fact(FactKey key) const { return run.facts.get(key); }
  bool has(FactKey key) const { return run.facts.has(key); }
};

inline bool says(const Reading& reading, std::string_view words) {
  return reading.reason.find(words) != std::string::npos;
}

inline Desk before_check() {
  Desk desk;
  desk.now = 100;
  return desk;
}
/// The intent of a pre-check is at second 100; the report's id is known.
inline Desk checking() {
  Desk desk;
  desk.run.phase = Phase::submitted;
  desk.run.intended = clock_at(100);
  desk.run.since = at(100);
  desk.now = 110;
  desk.run.facts.set(fact::target_version, "14.6");
  desk.run.facts.set(fact::source_version, "13.9");
  desk.run.facts.set(fact::source_updated, told(-80'000));
  desk.run.facts.set(fact::report_id, "r1");
  return desk;
}
/// The check passed between the seconds 100 and 200; nothing has been looked at since.
inline Desk before_upgrade() {
  Desk desk = checking();
  desk.run.step = 1;
  desk.run.phase = Phase::waiting;
  desk.run.intended.reset();
  desk.now = 1000;
  desk.run.since = at(1000);
  desk.run.facts.set(fact::checked_between,
                     to_fact({to_fact(clock_at(100).earliest), to_fact(clock_at(200).latest)}));
  return desk;
}
/// The intent of an upgrade is at second 1000; the history had nothing, and the job is known.
inline Desk upgrading() {
  Desk desk = before_upgrade();
  desk.run.phase = Phase::submitted;
  desk.run.intended = clock_at(1000);
  desk.now = 1010;
  desk.run.facts.set(fact::source_addresses, "10.0.0.1");
  desk.run.facts.set(fact::job_id, "j1");
  return desk;
}
inline Desk in_doubt(Desk desk) {
  desk.run.phase = Phase::unsure;
  desk.run.facts.forget(fact::report_id);
  desk.run.facts.forget(fact::job_id);
  return desk;
}
inline Desk verifying() {
  Desk desk = upgrading();
  desk.run.step = 2;
  desk.now = 3000;
  return desk;
}

}  // namespace pawl::test
