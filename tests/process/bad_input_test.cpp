// What a person can get wrong, and what a machine can.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <fstream>

#include "storage/store.h"
#include "tests/engine_io/raw_server.h"
#include "tests/storage/tampering.h"
#include "tests/support/fleet.h"

using namespace pawl::test;
using namespace std::chrono_literals;
using nlohmann::json;

TEST_CASE("a wrong command line exits 2 and says what is wrong, at what, and where to read on") {
  const Desk desk;
  struct Row {
    std::vector<std::string> words;
    const char* says;
  };
  const std::vector<Row> rows{
      {{}, "`pawl` needs a command; `pawl --help` tells more"},
      {{"frobnicate"}, "`frobnicate` is no command of `pawl`; `pawl --help` tells more"},
      {{"staus", "--watch"}, "`staus` is no command of `pawl` (did you mean `status`?); `pawl "},
      {{"--jsn", "status"}, "`--jsn` is no option of `pawl` (did you mean `--json`?); `pawl "},
      {{"status", "--jsn"},
       "`--jsn` is no option of `pawl status` (did you mean `--json`?); `pawl status --help` "},
      {{"run"}, "`pawl run` needs PLAN: the plan file; `pawl run --help` tells more"},
      {{"run", "--no-wiat"}, "`--no-wiat` is no option of `pawl run` (did you mean `--no-wait`?)"},
      {{"run", "a", "b"}, "`b` is one argument too many for `pawl run`; "},
      {{"list", "--", "x"}, "`x` is one argument too many for `pawl list`; `pawl list --help` "},
      {{"run", "a", "--", "--new"}, "`--new` is one argument too many for `pawl run`; "},
      {{"run", "a", "--new", "--failed-of", "b"},
       "`--new` and `--failed-of` cannot be given together to `pawl run`; "},
      {{"status", "--output", "xml"},
       "`--output` of `pawl status`: `xml` is none of csv, json, ndjson, table; "},
      {{"status", "--output", "ndjsn"}, "(did you mean `ndjson`?)"},
      {{"--json", "status", "--output", "csv"}, "`--json` is short for `--output json`, and "},
      {{"status", "--log-level", "loud"}, "`--log-level` of `pawl status`: `loud` is none of "},
      {{"status", "--watch=x"}, "`--watch` of `pawl status` takes no value; "},
      {{"status", "--store"}, "`--store` of `pawl status` needs a value; "},
      {{"status", "--store", "a", "--store", "b"}, "`--store` may be given once to `pawl status`"},
      {{"status", "--store", ""}, "`--store` of `pawl status`: it names no file; "},
      {{"history", "--limit", "many"},
       "`--limit` of `pawl history`: `many` is no number from 0 on"},
      {{"history", "--limit", "-1"}, "`-1` is no number from 0 on"},
      {{"history", "--since", "yesterday"}, "yesterday"},
      {{"history", "--state", "fialed"}, "(did you mean `failed`?)"},
      {{"audit"}, "`pawl audit` needs a command: verify; `pawl audit --help` tells more"},
      {{"audit", "verfy"}, "`verfy` is no command of `pawl audit` (did you mean `verify`?)"},
      {{"audit", "verify", "--head", "abc"}, "--head takes the 64 hexadecimal digits of a hash"},
      {{"obligations", "clse"}, "`clse` is no command of `pawl obligations` (did you mean "},
      {{"obligations", "close"}, "`pawl obligations close` needs --reason: what was done, for "},
      {{"obligations", "close", "x", "--reason", "y"},
       "`NUMBER` of `pawl obligations close` cannot take `x` as a number; "},
      {{"obligations", "--kind", "prepayd"}, "(did you mean `prepaid`?)"},
      {{"simulate", "--auth", "tokn"}, "tokn is not none, token or aksk"},
      {{"resume", "no-such-1"}, "no store at"}};
  for (const Row& row : rows) {
    std::vector<std::string> all{program()};
    all.insert(all.end(), row.words.begin(), row.words.end());
    const Ended ended = run(all, desk.directory().path(),
                            {"PAWL_STORE=" + desk.store(), "HOME=" + desk.directory().path()});
    CAPTURE(row.says);
    CHECK(ended.code == 2);
    CHECK_MESSAGE(ended.err.starts_with("pawl: error: "), ended.err);
    CHECK_MESSAGE(ended.err.find(row.says) != std::string::npos, ended.err);
    CHECK(ended.out.empty());
  }
}

TEST_CASE("an event that this version does not write is asked for all the same, with a warning") {
  const Desk desk;
  REQUIRE(pawl::Store::open_for_driving(desk.store(), {1, "host", {}}));  // makes it
  const Ended near = desk.pawl({"history", "--event", "driver_startd", "--json"});
  CHECK(near.code == 0);
  CHECK(json::parse(near.out) == json::array());
  CHECK_MESSAGE(near.err.find("`driver_startd` is no event that this version writes (did you mean "
                              "`driver_started`?)") != std::string::npos,
                near.err);
  CHECK(desk.pawl({"history", "--event", "no_such_thing"}).err.find("did you mean") ==
        std::string::npos);
  CHECK(desk.pawl({"history", "--event", "driver_started"}).err.empty());
}

TEST_CASE("only a command that opens a store needs a place for it") {
  const Desk desk;
  const std::vector<std::string> bare{"HOME=", "XDG_STATE_HOME=", "PAWL_STORE="};
  const StandIn cloud({"--instances", "1"});
  const std::string plan = desk.directory().write("plan.yaml", plan_for(cloud));
  const Ended valid = run({program(), "validate", plan}, desk.directory().path(), bare);
  CHECK_MESSAGE(valid.code == 0, valid.err);
  const Ended listed = run({program(), "list"}, desk.directory().path(), bare);
  CHECK(listed.code == 2);
  CHECK(listed.err.find("no store is named and HOME is not set") != std::string::npos);
  Child simulated({program(), "simulate", "--port", "0"}, desk.directory().path(), bare);
  while (simulated.out_so_far().empty())
    REQUIRE_FALSE(simulated.wait(20ms));
}

TEST_CASE("what every command takes may stand before the command as well") {
  const Desk desk;
  REQUIRE(pawl::Store::open_for_driving(desk.store(), {1, "host", {}}));  // makes it
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           {"--store", desk.store(), "--json", "audit", "verify"},
           {"audit", "--store", desk.store(), "--json", "verify"},
           {"audit", "verify", "--store", desk.store(), "--json"},
           {"--store", "elsewhere.db", "audit", "verify", "--store", desk.store(), "--json"}}) {
    std::vector<std::string> all{program()};
    all.insert(all.end(), words.begin(), words.end());
    const Ended ended = run(all, "/", {"PAWL_STORE=/nowhere/at/all.db"});
    CHECK_MESSAGE(ended.code == 0, ended.err);
    CHECK(json::parse(ended.out)["whole"] == true);
  }
}

TEST_CASE("every mistake of a plan is told at once with its place, and nothing is started") {
  const Desk desk;
  const std::string plan = desk.directory().write("plan.yaml", R"(name: Bad Name
cloud: {endpoint: "http://example.com", region: eu-west-101}
target_version: 14
cutover: maybe
instances: []
wavez: [{name: a}]
timeouts: {check: 5 minutes}
)");
  const Ended ended = desk.pawl({"run", plan});
  CHECK(ended.code == 2);
  for (const char* place : {"plan.yaml:1:", "plan.yaml:2:", "plan.yaml:4:", "plan.yaml:5:",
                            "plan.yaml:6:", "plan.yaml:7:"}) {
    CHECK_MESSAGE(ended.err.find(place) != std::string::npos, place, ended.err);
  }
  CHECK(ended.err.find("waves") != std::string::npos);  // the nearest known key
  CHECK(access(desk.store().c_str(), F_OK) != 0);
}

TEST_CASE("a program that reads validate's JSON is told each mistake and its place") {
  const Desk desk;
  const std::string plan = desk.directory().write("plan.yaml", "name: fleet\ntarget_version: 14\n");
  const Ended ended = desk.pawl({"validate", plan, "--json"});
  CHECK(ended.code == 2);
  const json told = json::parse(ended.out);
  CHECK(told["valid"] == false);
  CHECK(told["plan"].is_null());
  const json& mistakes = told["mistakes"];
  REQUIRE_FALSE(mistakes.empty());
  for (const json& mistake : mistakes) {
    const std::string place =
        fmt::format("plan.yaml:{}:{}: {}", mistake["line"].get<int>(), mistake["column"].get<int>(),
                    mistake["message"].get<std::string>());
    CHECK_MESSAGE(ended.err.find(place) != std::string::npos, place);
  }
}

TEST_CASE("standard descriptors that are closed are not given to the store or its lock") {
  const StandIn cloud({"--instances", "1", "--check-time", "0", "--upgrade-time", "0"});
  for (const char* closed : {"<&-", ">&-", "2>&-", "<&- >&- 2>&-"}) {
    CAPTURE(closed);
    const Desk desk;
    desk.directory().write("plan.yaml", plan_for(cloud, ""));
    const std::string line =
        fmt::format("exec {} precheck plan.yaml --store {} --log-level debug {}", program(),
                    desk.store(), closed);
    CHECK(run({"/bin/sh", "-c", line}, desk.directory().path()).code == 0);
    CHECK(desk.pawl({"audit", "verify"}).code == 0);
    std::ifstream lock(desk.store() + ".lock");
    const std::string held{std::istreambuf_iterator<char>(lock), {}};
    CHECK_MESSAGE(held.find("fleet") == std::string::npos, held);
  }
}

TEST_CASE("a full disk behind stdout or stderr is told, and ends nothing") {
  const StandIn cloud = quick_cloud(60, {"--upgrade-fail", "100%"});
  const Desk desk;
  desk.directory().write("plan.yaml", plan_for(cloud, "waves: [{name: all, max_failures: 60}]"));
  const auto into_full = [&](const std::string& words, const char* redirected) {
    const std::string line =
        fmt::format("exec {} {} --store {} {}", program(), words, desk.store(), redirected);
    return run({"/bin/sh", "-c", line}, desk.directory().path());
  };
  const Ended driven = into_full("run plan.yaml", ">/dev/full 2>/dev/full");
  CHECK(driven.code == 1);
  CHECK(desk.pawl({"status", "--json"}).out.find("\"finished\"") != std::string::npos);
  CHECK(desk.pawl({"audit", "verify"}).code == 0);
  for (const char* words :
       {"status", "status --json", "status --watch", "history", "history --json", "list",
        "why orders-1 --json", "plan plan.yaml --json"}) {
    CAPTURE(words);
    const Ended shown = into_full(words, ">/dev/full");
    CHECK(shown.code == 1);
    CHECK_MESSAGE(shown.err.find("could not be written whole") != std::string::npos, shown.err);
  }
}

TEST_CASE("a rollout does not go on from a copy of its plan in another directory") {
  const StandIn cloud({"--instances", "1"});
  const Desk desk;
  const std::string text = plan_for(cloud, "waves: [{name: all, approval: required}]");
  const std::string plan = desk.directory().write("plan.yaml", text);
  CHECK(desk.pawl({"run", plan, "--no-wait"}).code == 3);
  const Directory elsewhere;
  const std::string copy = elsewhere.write("plan.yaml", text);
  const Ended ended = desk.pawl({"run", copy, "--no-wait"});
  CHECK(ended.code == 2);
  CHECK(ended.err.find(plan) != std::string::npos);
  CHECK(ended.err.find(copy) != std::string::npos);
  const std::string same = elsewhere.path() + "/same";
  REQUIRE(symlink(desk.directory().path().c_str(), same.c_str()) == 0);
  CHECK(desk.pawl({"run", same + "/plan.yaml", "--no-wait"}).code == 3);
}

TEST_CASE("a missing plan and a directory are named") {
  const Desk desk;
  CHECK(desk.pawl({"run", "missing.yaml"}).code == 2);
  CHECK(desk.pawl({"validate", desk.directory().path()}).code == 2);
}

TEST_CASE("resume makes no store where there is none") {
  const Desk desk;
  const Ended nothing = desk.pawl({"resume"});
  CHECK(nothing.code == 2);
  CHECK_MESSAGE(nothing.err.find("no store at " + desk.store()) != std::string::npos, nothing.err);
  CHECK(access(desk.store().c_str(), F_OK) != 0);
  CHECK(access((desk.store() + ".lock").c_str(), F_OK) != 0);
  REQUIRE(pawl::Store::open_for_driving(desk.store(), {1, "host", {}}));  // makes it
  CHECK(desk.pawl({"resume"}).code == 0);
  const Ended other = desk.pawl({"resume", "no-such-1"});
  CHECK(other.code == 2);
  CHECK_MESSAGE(other.err.find("no-such-1") != std::string::npos, other.err);
}

TEST_CASE("an endpoint where nobody listens and a refused token exit 5, with nothing started") {
  const Desk desk;
  {
    const StandIn cloud({"--token-env", "TEST_TOKEN"}, {"TEST_TOKEN=right"});
    const std::string plan = desk.directory().write("plan.yaml", plan_for(cloud));
    const Ended wrong =
        run({program(), "run", plan, "--store", desk.store(), "--log-level", "trace"},
            desk.directory().path(), {"OS_TOKEN=secret-wrong"});
    CHECK(wrong.code == 5);
    CHECK(wrong.err.find("APIGW.0301") != std::string::npos);
    CHECK(wrong.err.find("secret-wrong") == std::string::npos);
  }
  const std::string plan = desk.directory().path() + "/plan.yaml";
  const Ended nobody = desk.pawl({"run", plan});
  CHECK(nobody.code == 5);
  CHECK(nobody.err.find("127.0.0.1") != std::string::npos);
  CHECK(desk.history().empty());
}

TEST_CASE("who interrupts a start that waits for the cloud is let go, not when the call is over") {
  std::atomic<bool> asked = false, gone = false;
  RawServer cloud([&](Peer& peer, int) {
    asked = peer.read_request().has_value();
    gone = peer.closed_within(15'000);  // the call itself may take 30 s
  });
  const Desk desk;
  const std::string plan = desk.directory().write("plan.yaml", fmt::format(R"(name: fleet
cloud: {{endpoint: "{}", project_id: 0483b6b16e954cb88930a360d2c4e663}}
target_version: "14"
cutover: true
instances: [{{select: {{name: "*"}}}}]
)",
                                                                           cloud.url()));
  Child driver({program(), "run", plan, "--store", desk.store()}, desk.directory().path());
  while (!asked)
    REQUIRE_FALSE(driver.wait(20ms));
  driver.signal(SIGINT);
  const auto ended = driver.wait(30s);
  REQUIRE(ended);
  CHECK(ended->code == 130);
  CHECK_MESSAGE(ended->err.find("before this driver started anything") != std::string::npos,
                ended->err);
  cloud.finish();
  CHECK(gone);
}

TEST_CASE("a store that is none of pawl's, or is damaged, exits 6 and is left as it is") {
  const StandIn cloud({"--instances", "2", "--check-time", "0", "--upgrade-time", "0"});
  const Desk desk;
  const std::string plan = desk.directory().write("plan.yaml", plan_for(cloud));
  SUBCASE("not a database") {
    std::ofstream(desk.store()) << "just some notes, long enough to look like a file of a person";
    CHECK(desk.pawl({"run", plan}).code == 6);
    CHECK(desk.pawl({"status"}).code == 6);
    std::ifstream file(desk.store());
    std::string word;
    file >> word;
    CHECK(word == "just");
  }
  SUBCASE("a byte of its middle changed") {
    REQUIRE(desk.pawl({"run", plan}).code == 0);
    std::fstream file(desk.store(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(0, std::ios::end);
    const auto size = file.tellg();
    std::string bytes(static_cast<std::size_t>(size), '\0');
    file.seekg(0);
    file.read(bytes.data(), size);
    const auto at = bytes.find("upgrade_accepted");
    REQUIRE(at != std::string::npos);
    file.seekp(static_cast<std::streamoff>(at));
    file.put('U');
    file.close();
    const Ended verified = desk.pawl({"audit", "verify"});
    CHECK(verified.code == 6);
    CHECK(verified.out.find("broken at entry") != std::string::npos);
  }
  SUBCASE("no store at all is said to be missing by what reads") {
    const Ended missing = desk.pawl({"status"});
    CHECK(missing.code == 2);
    CHECK(missing.err.find(desk.store()) != std::string::npos);
  }
}

TEST_CASE("a disk that fills up in mid-run exits 6, and nothing is lost or done twice") {
  const StandIn cloud({"--instances", "200", "--check-time", "0", "--upgrade-time", "0..50ms"});
  const Desk desk;
  const std::string plan = desk.directory().write("plan.yaml", plan_for(cloud));
  // 2 MiB a file: `ulimit` stands in for the disk, whose mode root would ignore.
  const Ended full =
      run({"/bin/bash", "-c",
           "ulimit -f 2048; exec " + program() + " run " + plan + " --store " + desk.store()},
          desk.directory().path());
  CHECK(full.code == 6);
  CHECK(full.err.find(desk.store()) != std::string::npos);
  CHECK(desk.pawl({"audit", "verify"}).code == 0);
  const Ended resumed = desk.pawl({"run", plan});
  CHECK_MESSAGE(resumed.code == 0, resumed.err);
  check_agreement(desk, cloud);
}

TEST_CASE("a journal that was cut between a decision and what it leaves to be done is not whole") {
  const StandIn cloud = quick_cloud(1);
  const Desk desk;
  REQUIRE(desk.pawl({"run", desk.directory().write("plan.yaml", plan_for(cloud))}).code == 0);
  CHECK(desk.pawl({"audit", "verify"}).code == 0);
  const auto done = desk.history({"--event", "upgrade_succeeded"});
  REQUIRE(done.size() == 1);
  const std::string seq = std::to_string(done[0]["seq"].get<int>());
  const auto latest = [](const std::string& what, const std::string& of) {
    return fmt::format("(SELECT {} FROM entries WHERE subject = '{}' ORDER BY seq DESC LIMIT 1)",
                       what, of);
  };
  const auto made = latest("json_extract(state, '$.facts.new_instance_id')", "run");
  std::string cut = fmt::format(
      "PRAGMA foreign_keys = OFF; DELETE FROM obligations WHERE seq > {0}; "
      "DELETE FROM entries WHERE seq > {0}; "
      "UPDATE head SET seq = {0}, hash = (SELECT hash FROM entries WHERE seq = {0}); "
      "UPDATE run_states SET made = coalesce({1}, '');",
      seq, made);
  for (const auto& [table, of] : {std::pair{"run_states", "run"}, std::pair{"rollouts", "rollout"},
                                  std::pair{"waves", "wave"}}) {
    cut += fmt::format("UPDATE {} SET last_seq = {}, state = {};", table, latest("seq", of),
                       latest("to_state", of));
  }
  tamper(desk.store(), cut);
  const Ended verified = desk.pawl({"audit", "verify"});
  CHECK(verified.code == 6);
  CHECK_MESSAGE(verified.out.find("entry " + seq + ": its decision leaves an obligation") !=
                    std::string::npos,
                verified.out);
}
