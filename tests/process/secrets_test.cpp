// Nothing that a run leaves behind, or shows while it runs, holds a secret.
#include <doctest/doctest.h>
#include <signal.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/support/fleet.h"

using namespace pawl::test;
using nlohmann::json;
using namespace std::chrono_literals;

namespace {

std::string bytes_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

void check_clean(const std::string& where, const std::string& bytes, const std::string& secret) {
  CAPTURE(where);
  CHECK_FALSE(bytes.empty());
  CHECK(bytes.find(secret) == std::string::npos);
}

/// The store, what SQLite and the lock keep beside it, and whatever else has come there.
void check_files(const Desk& desk, const std::string& secret) {
  std::size_t seen = 0;
  for (const auto& entry : std::filesystem::directory_iterator(desk.directory().path())) {
    CHECK(bytes_of(entry.path()).find(secret) == std::string::npos);
    ++seen;
  }
  CHECK(seen >= 3);  // the plan, the store, its write-ahead log
}

struct Planted {
  const char* kind;
  std::string secret;
  std::vector<std::string> stand_in, environment;
};

const std::string secret = "planted-secret-7Yq2";
const std::vector<Planted> all_planted{
    {"a key's secret",
     secret,
     {"--auth", "aksk", "--secret-key-env", "PLANTED"},
     {"HW_ACCESS_KEY=AKEXAMPLE0123456789X", "HW_SECRET_KEY=" + secret}},
    {"a token", secret, {"--token-env", "PLANTED"}, {"OS_TOKEN=" + secret}},
    {"a password",
     secret,
     {"--auth", "token", "--password-env", "PLANTED"},
     {"OS_USERNAME=pawl", "OS_PASSWORD=" + secret, "OS_DOMAIN_NAME=pawl-domain"}}};

}  // namespace

TEST_CASE("no file, no word at any log level and no entry of /proc holds a secret") {
  for (const Planted& planted : all_planted) {
    CAPTURE(planted.kind);
    std::vector<std::string> options = planted.stand_in;
    options.insert(options.end(), {"--instances", "4", "--check-time", "0", "--upgrade-time", "1s",
                                   "--fault", "500-after=5%", "--fault", "garbage=5%"});
    const StandIn cloud(options, {"PLANTED=" + planted.secret});
    const Desk desk;
    const std::string plan = desk.directory().write("plan.yaml", plan_for(cloud));
    auto environment = planted.environment;
    environment.push_back("OS_AUTH_URL=" + cloud.url() + "/v3");
    environment.push_back("HOME=" + desk.directory().path());
    const std::vector<std::string> words{program(),    "run",         plan,   "--store",
                                         desk.store(), "--log-level", "trace"};
    {
      Child driver(words, desk.directory().path(), environment);
      while (json::parse(cloud.get("/_stats"))["upgrades"] == 0)
        REQUIRE_FALSE(driver.wait(5ms));
      const std::string proc = "/proc/" + std::to_string(driver.pid());
      check_clean("the process list", bytes_of(proc + "/cmdline"), planted.secret);
      check_clean("the environment", bytes_of(proc + "/environ"), planted.secret);
      const std::string limits = bytes_of(proc + "/limits");
      const std::string core = limits.substr(limits.find("Max core file size"));
      std::istringstream fields(core.substr(18, core.find('\n') - 18));
      std::string soft, hard;
      fields >> soft >> hard;
      CHECK(soft == "0");
      CHECK(hard == "0");
      driver.signal(SIGKILL);  // the write-ahead log stays behind
      const auto killed = driver.wait(10s);
      REQUIRE(killed);
      CHECK((killed->out + killed->err).find(planted.secret) == std::string::npos);
      check_files(desk, planted.secret);
    }
    const Ended ended = run(words, desk.directory().path(), environment);
    CHECK_MESSAGE(ended.code == 0, ended.err);
    check_clean("what it said", ended.out + ended.err, planted.secret);
    check_files(desk, planted.secret);
    std::string told;
    for (const json& entry : desk.history())
      told += entry.dump();
    check_clean("the journal", told, planted.secret);
  }
}

TEST_CASE("refused credentials are told without them") {
  for (const Planted& planted : all_planted) {
    CAPTURE(planted.kind);
    const StandIn cloud(planted.stand_in, {"PLANTED=other"});
    const Desk desk;
    auto environment = planted.environment;
    environment.push_back("OS_AUTH_URL=" + cloud.url() + "/v3");
    const std::string plan = desk.directory().write("plan.yaml", plan_for(cloud));
    for (const char* command : {"run", "doctor"}) {
      CAPTURE(command);
      const Ended ended = desk.pawl({command, plan, "--log-level", "trace"}, environment);
      CHECK(ended.code == 5);
      check_clean("what it said", ended.out + ended.err, planted.secret);
    }
  }
}
