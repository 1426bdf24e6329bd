// Nothing that a run leaves behind, or shows while it runs, holds a secret.
#include <doctest/doctest.h>
#include <signal.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/engine_io/raw_server.h"
#include "tests/support/fleet.h"

using namespace pawl::test;
using nlohmann::json;
using namespace std::chrono_literals;

namespace {

std::string text_in(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

using Secrets = std::vector<std::string>;

void check_clean(const std::string& where, const std::string& bytes, const Secrets& secrets) {
  CAPTURE(where);
  CHECK_FALSE(bytes.empty());
  for (const std::string& secret : secrets) {
    CAPTURE(secret);
    CHECK(bytes.find(secret) == std::string::npos);
  }
}

/// The store, what SQLite and the lock keep beside it, and whatever else has come there.
void check_files(const Desk& desk, const Secrets& secrets) {
  std::size_t seen = 0;
  for (const auto& entry : std::filesystem::directory_iterator(desk.directory().path())) {
    const std::string bytes = text_in(entry.path());
    if (bytes.empty()) continue;  // a lock that nobody holds
    check_clean(entry.path(), bytes, secrets);
    ++seen;
  }
  CHECK(seen >= 2);  // the plan, the store; while a driver runs or was killed, its log besides
}

struct Planted {
  const char* kind;
  Secrets secrets;
  std::vector<std::string> stand_in, environment;
};

const std::string access = "PLANTEDACCESS7YQ2", secret = "planted-secret-7Yq2",
                  token = "planted-token-7Yq2", webhook = "planted-webhook-7Yq2",
                  proxy = "planted-proxy-7Yq2";
/// What the stand-in is to know.
const std::vector<std::string> known{"PLANTED=" + secret, "PLANTED_TOKEN=" + token};
const std::vector<Planted> all_planted{
    {"an access key and its secret",
     {access, secret},
     {"--auth", "aksk", "--access-key", access, "--secret-key-env", "PLANTED"},
     {"HW_ACCESS_KEY=" + access, "HW_SECRET_KEY=" + secret}},
    {"a temporary key and its security token",
     {access, secret, token},
     {"--auth", "aksk", "--access-key", access, "--secret-key-env", "PLANTED",
      "--security-token-env", "PLANTED_TOKEN"},
     {"HUAWEICLOUD_SDK_AK=" + access, "HUAWEICLOUD_SDK_SK=" + secret,
      "HUAWEICLOUD_SDK_SECURITY_TOKEN=" + token}},
    {"a token", {token}, {"--token-env", "PLANTED_TOKEN"}, {"OS_TOKEN=" + token}},
    {"a password",
     {secret},
     {"--auth", "token", "--password-env", "PLANTED"},
     {"OS_USERNAME=pawl", "OS_PASSWORD=" + secret, "OS_DOMAIN_NAME=pawl-domain"}}};

}  // namespace

TEST_CASE("no file, no word at any log level and no entry of /proc holds a secret") {
  for (const Planted& planted : all_planted) {
    CAPTURE(planted.kind);
    std::vector<std::string> options = planted.stand_in;
    options.insert(options.end(), {"--instances", "4", "--check-time", "0", "--upgrade-time", "1s",
                                   "--fault", "500-after=5%", "--fault", "garbage=5%"});
    const StandIn cloud(options, known);
    const RawServer hook(always(ok("")));
    const Desk desk;
    const std::string plan = desk.directory().write(
        "plan.yaml",
        plan_for(cloud, "notify: [{url: '" + hook.url() + "/', events: [upgrade_accepted]}]"));
    auto environment = planted.environment;
    Secrets secrets = planted.secrets;
    environment.push_back("PAWL_WEBHOOK_SECRET=" + webhook);
    secrets.push_back(webhook);
    if (planted.environment[0].starts_with("OS_")) {
      environment.push_back("OS_AUTH_URL=" + cloud.url() + "/v3");
    }
    environment.push_back("HOME=" + desk.directory().path());
    const std::vector<std::string> words{program(),    "run",         plan,   "--store",
                                         desk.store(), "--log-level", "trace"};
    {
      Child driver(words, desk.directory().path(), environment);
      while (upgrades(cloud) == 0)
        REQUIRE_FALSE(driver.wait(5ms));
      const std::string proc = "/proc/" + std::to_string(driver.pid());
      check_clean("the process list", text_in(proc + "/cmdline"), secrets);
      check_clean("the environment", text_in(proc + "/environ"), secrets);
      const std::string limits = text_in(proc + "/limits");
      const std::string core = limits.substr(limits.find("Max core file size"));
      std::istringstream fields(core.substr(18, core.find('\n') - 18));
      std::string soft, hard;
      fields >> soft >> hard;
      CHECK(soft == "0");
      CHECK(hard == "0");
      driver.signal(SIGKILL);  // the write-ahead log stays behind
      const auto killed = driver.wait(10s);
      REQUIRE(killed);
      check_clean("what it said", killed->out + killed->err + ".", secrets);
      check_files(desk, secrets);
    }
    const Ended ended = run(words, desk.directory().path(), environment);
    CHECK_MESSAGE(ended.code == 0, ended.err);
    check_clean("what it said", ended.out + ended.err, secrets);
    check_files(desk, secrets);
    std::string told;
    for (const json& entry : desk.history())
      told += entry.dump();
    check_clean("the journal", told, secrets);
  }
}

TEST_CASE("refused credentials are told without them") {
  for (const Planted& planted : all_planted) {
    CAPTURE(planted.kind);
    const StandIn cloud(planted.stand_in, {"PLANTED=other", "PLANTED_TOKEN=" + token + "x"});
    const Desk desk;
    auto environment = planted.environment;
    if (environment[0].starts_with("OS_")) {
      environment.push_back("OS_AUTH_URL=" + cloud.url() + "/v3");
    }
    const std::string plan = desk.directory().write("plan.yaml", plan_for(cloud));
    for (const char* command : {"run", "doctor"}) {
      CAPTURE(command);
      const Ended ended = desk.pawl({command, plan, "--log-level", "trace"}, environment);
      CHECK(ended.code == 5);
      check_clean("what it said", ended.out + ended.err, planted.secrets);
    }
  }
}

TEST_CASE("a proxy that refuses is told without its password, in no file and at no log level") {
  const RawServer server(always("HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n"));
  const StandIn cloud({"--instances", "1"});
  const Desk desk;
  std::string text = plan_for(cloud);
  text.replace(text.find(cloud.url()), cloud.url().size(), "https://rds.example.com");
  const std::string plan = desk.directory().write("plan.yaml", text);
  const std::vector<std::string> environment{
      "OS_TOKEN=" + token,
      "https_proxy=http://me:" + proxy + "@127.0.0.1:" + std::to_string(server.port())};
  for (const char* command : {"run", "doctor"}) {
    CAPTURE(command);
    const Ended ended = desk.pawl({command, plan, "--log-level", "trace"}, environment);
    CHECK(ended.code == 5);
    check_clean("what it said", ended.out + ended.err, {token, proxy});
  }
  CHECK(server.seen().requests.size() == 2);
  check_files(desk, {token, proxy});
}
