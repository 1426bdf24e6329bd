// Where credentials come from, what is sent with them, and what happens when they end.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <tuple>

#include "engine/entries.h"
#include "storage/sqlite_journal.h"
#include "storage/store.h"
#include "tests/engine_io/raw_server.h"
#include "tests/support/fleet.h"

using namespace pawl::test;
using nlohmann::json;

namespace {

const std::string good_secret = "skExample0123456789abcdefghijklmnopqrst";
const std::vector<std::string> sdk_key{"HUAWEICLOUD_SDK_AK=AKEXAMPLE0123456789X",
                                       "HUAWEICLOUD_SDK_SK=" + good_secret};
const std::vector<std::string> user{"OS_USERNAME=pawl", "OS_PASSWORD=Example-Password-1",
                                    "OS_USER_DOMAIN_NAME=pawl-domain"};

/// Kinds of credentials that pawl fetches itself, from a place still to be named.
const std::vector<std::pair<const char*, std::vector<std::string>>> fetched{
    {"token", {user[0], user[1], user[2], "OS_AUTH_URL={}"}},
    {"aksk", {"PAWL_METADATA_ENDPOINT={}", "OS_AUTH_URL={}"}}};

/// `environment` with the stand-in as that place.
std::vector<std::string> at(const StandIn& cloud, std::vector<std::string> environment) {
  for (std::string& pair : environment)
    pair = fmt::format(fmt::runtime(pair), cloud.url());
  return environment;
}

/// A plan that leaves the project to be looked up by its region, in the stand-in's IAM.
std::string plan_by_region(const StandIn& cloud, const std::string& more = "") {
  std::string plan = plan_for(cloud, more);
  const std::string project = "project_id: 0483b6b16e954cb88930a360d2c4e663";
  plan.replace(plan.find(project), project.size(), "region: eu-de");
  return plan;
}

std::vector<std::string> with(std::vector<std::string> environment, const std::string& more) {
  environment.push_back(more);
  return environment;
}

StandIn cloud_with(const std::string& auth, std::vector<std::string> more = {}) {
  more.insert(more.begin(), {"--auth", auth, "--check-time", "0", "--upgrade-time", "0..100ms"});
  return StandIn(std::move(more));
}

/// A list of so many instances that can be upgraded.
std::string list_of(int count) {
  json list{{"instances", json::array()}, {"total_count", count}};
  for (int i = 0; i < count; ++i) {
    const json datastore{{"type", "PostgreSQL"}, {"version", "13"}, {"complete_version", "13.9"}};
    list["instances"].push_back({{"id", fmt::format("{:032x}in03", i + 1)},
                                 {"name", fmt::format("orders-{}", i + 1)},
                                 {"status", "ACTIVE"},
                                 {"type", "Single"},
                                 {"datastore", datastore},
                                 {"tags", {{{"key", "env"}, {"value", "prod"}}}}});
  }
  return list.dump();
}

}  // namespace

TEST_CASE("every call of a rollout is signed as the stand-in's own reading of it demands") {
  const StandIn cloud = cloud_with("aksk", {"--instances", "12"});
  const Desk desk;
  const std::string plan = desk.directory().write("plan.yaml", plan_for(cloud));
  const Ended ended = desk.pawl({"run", plan}, sdk_key);
  CHECK_MESSAGE(ended.code == 0, ended.err);
  CHECK(desk.json_of({"status"})["counts"]["succeeded"] == 12);
  CHECK(stats(cloud)["by_endpoint"]["refused"] == 0);
  check_agreement(desk, cloud);
}

TEST_CASE("a wall clock that was once ahead spoils neither the signatures nor the cloud's time") {
  using namespace std::chrono_literals;
  const StandIn cloud = cloud_with("aksk", {"--instances", "3"});
  const Desk desk;
  const auto wall = [] {
    return std::chrono::floor<pawl::Duration>(std::chrono::system_clock::now());
  };
  const pawl::Instant ahead = wall() + 2h;
  {
    auto store = pawl::Store::open_for_driving(desk.store(), {1, "host", ahead});
    REQUIRE(store);
    auto journal = pawl::SqliteJournal::make((*store)->database(), (*store)->holder());
    REQUIRE(journal);
    const pawl::Entry entry = pawl::store_entry("driver_started", "ann@host", "", ahead);
    pawl::Batch batch;
    batch.entries = {&entry, 1};
    REQUIRE((*journal)->commit(batch));
  }
  const std::string plan = desk.directory().write("plan.yaml", plan_for(cloud));
  const Ended ended = desk.pawl({"run", plan}, sdk_key);
  CHECK_MESSAGE(ended.code == 0, ended.err);
  CHECK(desk.history().back()["time"] >= pawl::format_utc(ahead));
  const auto told = desk.json_of({"why", "orders-1"})["at"].get<std::string>();
  CHECK(told > pawl::format_utc(wall() - 1h));
  CHECK(told < pawl::format_utc(wall() + 1h));
  check_agreement(desk, cloud);
}

TEST_CASE("a wrong key is tried once, exits 5 and starts nothing") {
  const StandIn cloud = cloud_with("aksk", {"--instances", "3"});
  const Desk desk;
  const std::string plan = desk.directory().write("plan.yaml", plan_for(cloud));
  const Ended ended =
      desk.pawl({"run", plan, "--log-level", "trace"},
                {"HW_ACCESS_KEY=AKEXAMPLE0123456789X", "HW_SECRET_KEY=not-the-secret-of-this-key"});
  CHECK(ended.code == 5);
  CHECK(ended.err.find("verify aksk signature fail") != std::string::npos);
  CHECK(ended.err.find("not-the-secret") == std::string::npos);
  CHECK(stats(cloud)["requests"] == 1);
  CHECK(desk.history().empty());
}

TEST_CASE("the project is looked up by its region, with a signature as with a token") {
  for (const auto& row : {std::pair{"aksk", sdk_key}, std::pair{"token", user}}) {
    const auto& [auth, environment] = row;
    CAPTURE(row.first);
    const StandIn cloud = cloud_with(auth, {"--instances", "3"});
    const Desk desk;
    const std::string plan = desk.directory().write("plan.yaml", plan_by_region(cloud));
    const auto all = with(with(environment, "OS_AUTH_URL=" + cloud.url() + "/v3"),
                          "HUAWEICLOUD_SDK_IAM_ENDPOINT=" + cloud.url());
    const Ended ended = desk.pawl({"run", plan}, all);
    CHECK_MESSAGE(ended.code == 0, ended.err);
    check_agreement(desk, cloud);
    CHECK(desk.pawl({"run", plan}, all).code == 0);  // nothing to do, in the same project
    CHECK(stats(cloud)["by_endpoint"]["refused"] == 0);
  }
}

TEST_CASE("a region without a project is told with what to do") {
  const StandIn cloud = cloud_with("aksk", {"--region", "eu-nl"});
  const Desk desk;
  const std::string plan = desk.directory().write("plan.yaml", plan_by_region(cloud));
  const Ended ended =
      desk.pawl({"run", plan}, with(sdk_key, "HUAWEICLOUD_SDK_IAM_ENDPOINT=" + cloud.url()));
  CHECK(ended.code == 5);
  CHECK(ended.err.find("no project named eu-de") != std::string::npos);
  CHECK(ended.err.find("cloud.project_id") != std::string::npos);
}

TEST_CASE("what is missing is told with what is set and does not count") {
  const StandIn cloud({"--instances", "1"});
  const Desk desk;
  std::string text = plan_for(cloud);
  text.replace(text.find(cloud.url()), cloud.url().size(), "https://rds.example.com");
  const std::string home = "HOME=" + desk.directory().path();
  const Ended far = desk.pawl({"run", desk.directory().write("far.yaml", text)},
                              {home, "OS_CLOUD=mine", "HUAWEICLOUD_SDK_IDP_ID=x"});
  CHECK(far.code == 5);
  CHECK(far.err.find("no credentials for https://rds.example.com: set ") != std::string::npos);
  CHECK(far.err.find("name the other sources; found OS_CLOUD, ") != std::string::npos);
  CHECK(far.err.find("; found HUAWEICLOUD_SDK_IDP_ID, ") != std::string::npos);

  // On loopback a plan needs no credentials, but nobody can look a project up without.
  const Ended near =
      desk.pawl({"run", desk.directory().write("plan.yaml", plan_by_region(cloud))}, {home});
  CHECK(near.code == 2);
  CHECK(near.err.find("without credentials none is looked up") != std::string::npos);
  CHECK(near.err.find("or a region") == std::string::npos);
}

TEST_CASE("the SDK's credentials file and the metadata service are taken where nothing else is") {
  const StandIn cloud = cloud_with("aksk", {"--instances", "3"});
  const Desk desk;
  const std::string plan = desk.directory().write("plan.yaml", plan_by_region(cloud));
  std::vector<std::string> environment;
  SUBCASE("the file") {
    const std::string file = desk.directory().write(
        "credentials", fmt::format("[global]\nak = other\nsk = other\n\n[basic]\n# ours\n"
                                   "ak = AKEXAMPLE0123456789X\nsk= {}\niam_endpoint = {}\n",
                                   good_secret, cloud.url()));
    environment = {"HUAWEICLOUD_SDK_CREDENTIALS_FILE=" + file};
  }
  SUBCASE("the metadata service") {
    environment = {"PAWL_METADATA_ENDPOINT=" + cloud.url(),
                   "HUAWEICLOUD_SDK_IAM_ENDPOINT=" + cloud.url()};
  }
  const Ended ended = desk.pawl({"run", plan}, environment);
  CHECK_MESSAGE(ended.code == 0, ended.err);
  CHECK(stats(cloud)["by_endpoint"]["refused"] == 0);
  check_agreement(desk, cloud);
}

TEST_CASE("nothing is told of a metadata answer that is spoiled and may hold a key") {
  const std::string key_text = "PLANTEDSECRETKEY0123456789";
  const std::string cut = R"({"credential":{"access":"AKX","secret":")" + key_text + "\",";
  const std::string odd = cut + R"("securitytoken":"t","expires_at":")" + key_text + "\"}}";
  const StandIn cloud({"--instances", "1"});
  for (const std::string& answer : {ok(cut), ok(odd), refusal(500, "x", key_text)}) {
    CAPTURE(answer);
    const RawServer server([&answer](Peer& peer, int) {
      while (peer.read_request())
        peer.write(answer);
    });
    const Desk desk;
    const std::string plan = desk.directory().write("plan.yaml", plan_by_region(cloud));
    const std::vector<std::string> environment{"PAWL_METADATA_ENDPOINT=" + server.url()};
    for (const char* command : {"run", "doctor"}) {
      CAPTURE(command);
      const Ended ended = desk.pawl({command, plan, "--log-level", "trace"}, environment);
      CHECK(ended.code == 5);
      CHECK((ended.out + ended.err).find(key_text) == std::string::npos);
      CHECK((ended.out + ended.err).find("no usable key") != std::string::npos);
    }
  }
}

TEST_CASE("IAM and the metadata service are asked again while they say later, and no longer") {
  const std::string later = refusal(503, "APIGW.0613", "not now", "Retry-After: 1\r\n");
  for (const bool metadata : {false, true}) {
    CAPTURE(metadata);
    const RawServer server([&](Peer& peer, int) {
      int calls = 0;
      while (peer.read_request()) {
        ++calls;
        const bool put = metadata && calls == 1;
        peer.write(put          ? refusal(404, "x", "no tokens here")
                   : calls <= 2 ? later
                                : refusal(401, "IAM.0066", "unknown"));
      }
    });
    const StandIn cloud({"--instances", "1"});
    const Desk desk;
    const std::string plan = desk.directory().write("plan.yaml", plan_by_region(cloud));
    const auto environment =
        metadata ? std::vector<std::string>{"PAWL_METADATA_ENDPOINT=" + server.url()}
                 : with(user, "OS_AUTH_URL=" + server.url());
    CHECK(desk.pawl({"run", plan}, environment).code == 5);
    CHECK(server.seen().requests.size() == 3);
  }
}

TEST_CASE("a refusal that quotes the password tells it neither escaped nor short") {
  struct Row {
    const char *password, *quoted;
  };
  for (const Row& row : {Row{"Exa/mple\"Pass", R"(\u0045xa\/mple\"Pass)"}, Row{"aB3!x", "aB3!x"}}) {
    CAPTURE(row.password);
    const std::string words = fmt::format("wrong password {} of pawl", row.quoted);
    const RawServer iam(always(refusal(401, "IAM.0066", words)));
    const StandIn cloud({"--instances", "1"});
    const Desk desk;
    const std::string plan = desk.directory().write("plan.yaml", plan_by_region(cloud));
    const std::vector<std::string> environment{user[0], fmt::format("OS_PASSWORD={}", row.password),
                                               user[2], "OS_AUTH_URL=" + iam.url()};
    for (const char* command : {"run", "doctor"}) {
      CAPTURE(command);
      const Ended ended = desk.pawl({command, plan, "--log-level", "trace"}, environment);
      CHECK(ended.code == 5);
      const std::string said = ended.out + ended.err;
      CHECK(said.find("wrong password *** of pawl") != std::string::npos);
      CHECK(said.find(row.password) == std::string::npos);
    }
  }
}

TEST_CASE("what was fetched is renewed before it expires, while the rollout goes on") {
  for (const auto& row : fetched) {
    const auto& [auth, environment] = row;
    CAPTURE(row.first);
    const StandIn cloud({"--auth", auth, "--instances", "4", "--credentials-valid", "3s",
                         "--check-time", "0", "--upgrade-time", "4s"});
    const Desk desk;
    const std::string plan = desk.directory().write("plan.yaml", plan_by_region(cloud));
    const Ended ended = desk.pawl({"run", plan}, at(cloud, environment));
    CHECK_MESSAGE(ended.code == 0, ended.err);
    CHECK(stats(cloud)["by_endpoint"]["refused"] == 0);
    check_agreement(desk, cloud);
  }
}

TEST_CASE("credentials revoked in mid-rollout stop every call, fail no run, and resume goes on") {
  const StandIn cloud = cloud_with("aksk", {"--instances", "30", "--revoked", "60..60"});
  const Desk desk;
  const std::string plan = desk.directory().write(
      "plan.yaml", plan_for(cloud, "defaults: {max_parallel: 4}\ncheck: {parallel: 4}"));
  Ended ended = desk.pawl({"run", plan}, sdk_key);
  CHECK(ended.code == 5);
  CHECK(ended.err.find("the cloud refuses the credentials") != std::string::npos);
  CHECK(ended.err.find("pawl resume fleet-1") != std::string::npos);
  CHECK(stats(cloud)["by_endpoint"]["refused"] == 1);
  const json stopped = desk.json_of({"status"});
  CHECK(stopped["counts"]["failed"] == 0);
  CHECK(stopped["counts"]["needs_operator"] == 0);
  const std::string why = stopped["last_driver"]["reason"];
  CHECK(why.find("the cloud refuses the credentials") != std::string::npos);
  CHECK(desk.pawl({"status"}).out.find("nothing drives it: the last driver stopped at ") !=
        std::string::npos);
  CHECK(desk.json_of({"list"})[0]["last_driver"] == stopped["last_driver"]);
  CHECK(desk.pawl({"list"}).out.find("nothing drives it: the last driver stopped at ") !=
        std::string::npos);
  const auto entries = desk.history({"--event", "driver_stopped"});
  REQUIRE(entries.size() == 1);
  CHECK(entries[0]["data"]["reason"].get<std::string>().find("ak not exist") != std::string::npos);

  // A driver that is started again and again, as systemd would, calls nobody with this key.
  const json before = stats(cloud);
  for (int tries = 0; tries < 3; ++tries) {
    ended = desk.pawl({"resume"}, sdk_key);
    CHECK(ended.code == 5);
    CHECK(ended.err.find("the next try is at ") != std::string::npos);
  }
  CHECK(stats(cloud) == before);
  ended = desk.pawl({"resume"}, {"PAWL_METADATA_ENDPOINT=" + cloud.url()});
  CHECK_MESSAGE(ended.code == 0, ended.err);
  CHECK(desk.json_of({"status"})["counts"]["succeeded"] == 30);
  check_agreement(desk, cloud);
}

TEST_CASE("refused credentials are tried again when they have changed, or doctor finds them good") {
  const StandIn cloud = cloud_with("aksk", {"--instances", "3", "--revoked", "2..2"});
  const Desk desk;
  const std::string plan = desk.directory().write("plan.yaml", plan_for(cloud));
  const std::vector<std::string> wrong{sdk_key[0], "HUAWEICLOUD_SDK_SK=not-the-secret-of-this-key"};
  CHECK(desk.pawl({"run", plan}, wrong).code == 5);
  CHECK(desk.pawl({"run", plan}, wrong).code == 5);
  CHECK(stats(cloud)["requests"] == 1);
  CHECK(desk.pawl({"run", plan}, sdk_key).code == 5);  // another one, and refused as well
  CHECK(stats(cloud)["requests"] == 2);
  CHECK(desk.pawl({"run", plan}, sdk_key).code == 5);
  CHECK(stats(cloud)["requests"] == 2);
  const Ended doctor = desk.pawl({"doctor", plan}, sdk_key);
  CHECK_MESSAGE(doctor.code == 0, doctor.err);
  const Ended ended = desk.pawl({"run", plan}, sdk_key);
  CHECK_MESSAGE(ended.code == 0, ended.err);
}

TEST_CASE("a plan that is refused knocks once, and heeds what a driver was told") {
  const StandIn cloud = cloud_with("aksk", {"--instances", "2"});
  const Desk desk;
  const std::string plan =
      desk.directory().write("plan.yaml", plan_for(cloud, "defaults: {approval: required}"));
  CHECK(desk.pawl({"run", plan, "--no-wait"}, sdk_key).code == 3);
  const std::vector<std::string> wrong{sdk_key[0], "HUAWEICLOUD_SDK_SK=not-the-secret-of-this-key"};
  CHECK(desk.pawl({"plan", plan}, wrong).code == 5);
  const int asked = counted(cloud, "requests");
  for (const char* command : {"plan", "run"}) {
    CAPTURE(command);
    const Ended held = desk.pawl({command, plan}, wrong);
    CHECK(held.code == 5);
    CHECK_MESSAGE(held.err.find("the next try is at ") != std::string::npos, held.err);
  }
  CHECK(counted(cloud, "requests") == asked);
  CHECK(desk.pawl({"plan", plan}, sdk_key).code == 0);
}

TEST_CASE("a driver that is refused before it drives leaves word of it, for list and status") {
  const StandIn cloud = cloud_with("aksk", {"--instances", "2"});
  const Desk desk;
  const std::string plan =
      desk.directory().write("plan.yaml", plan_for(cloud, "defaults: {approval: required}"));
  CHECK(desk.pawl({"run", plan, "--no-wait"}, sdk_key).code == 3);
  CHECK(desk.json_of({"list"})[0]["last_driver"]["reason"] ==
        "fleet-1 waits: wave all waits for approval");
  const std::vector<std::string> wrong{sdk_key[0], "HUAWEICLOUD_SDK_SK=not-the-secret-of-this-key"};
  for (int tries = 0; tries < 2; ++tries) {
    CHECK(desk.pawl({"resume", "--no-wait"}, wrong).code == 5);
    const std::string reason = desk.json_of({"list"})[0]["last_driver"]["reason"];
    CHECK(reason.find("the cloud refuses the credentials: ") != std::string::npos);
    CHECK(desk.history({"--event", "driver_stopped"}).size() == 2);  // one that held back is silent
  }
  CHECK(desk.pawl({"cancel"}, sdk_key).code == 0);
  CHECK(desk.json_of({"list"})[0]["last_driver"].is_null());
}

TEST_CASE("after a knock that proves nothing only a few calls are on their way at a time") {
  std::atomic<int> under_way = 0, most = 0, calls = 0;
  std::atomic<bool> resumed = false;
  const RawServer server([&](Peer& peer, int) {
    while (const auto request = peer.read_request()) {
      ++calls;
      const int now = ++under_way;
      if (resumed) {
        most = std::max<int>(most, now);
        peer.closed_within(50);  // so that what is sent together is here together
      }
      const bool list = request->find("limit=100") != std::string::npos;
      peer.write(list ? ok(list_of(20)) : refusal(503, "APIGW.0613", "not now"));
      --under_way;
    }
  });
  const StandIn cloud({"--instances", "1"});
  const Desk desk;
  std::string text = plan_for(cloud);
  text.replace(text.find(cloud.url()), cloud.url().size(), server.url());
  const std::string plan = desk.directory().write("plan.yaml", text);
  const auto drive = [&](std::vector<std::string> words) {
    const int before = calls;
    words.insert(words.begin(), program());
    words.insert(words.end(), {"--store", desk.store()});
    Child driver(words, desk.directory().path(), sdk_key);
    while (calls < before + 40)
      REQUIRE_FALSE(driver.wait(std::chrono::milliseconds{5}));
    driver.signal(SIGKILL);
    REQUIRE(driver.wait(std::chrono::seconds{10}));
  };
  drive({"run", plan});
  resumed = true;
  drive({"resume"});
  CHECK(most == 4);
}

TEST_CASE("a user whom IAM refused is not asked for again at once") {
  const RawServer iam(always(refusal(401, "IAM.0066", "unknown")));
  const StandIn cloud({"--instances", "1"});
  const Desk desk;
  const std::string plan = desk.directory().write("plan.yaml", plan_by_region(cloud));
  for (int tries = 0; tries < 3; ++tries)
    CHECK(desk.pawl({"run", plan}, with(user, "OS_AUTH_URL=" + iam.url())).code == 5);
  CHECK(iam.seen().requests.size() == 1);
}

TEST_CASE("a refused token that can be fetched anew is, once, and the rollout goes on") {
  const Desk desk;
  SUBCASE("and the fresh one is let in") {
    const StandIn cloud = cloud_with("token", {"--instances", "20", "--revoked", "60..60"});
    const std::string plan = desk.directory().write("plan.yaml", plan_by_region(cloud));
    const Ended ended = desk.pawl({"run", plan}, with(user, "OS_AUTH_URL=" + cloud.url()));
    CHECK_MESSAGE(ended.code == 0, ended.err);
    CHECK(stats(cloud)["by_endpoint"]["refused"] == 1);
    check_agreement(desk, cloud);
  }
  SUBCASE("and the fresh one is refused too") {
    const StandIn cloud = cloud_with("token", {"--instances", "20", "--revoked", "60..1000"});
    const std::string plan = desk.directory().write(
        "plan.yaml", plan_by_region(cloud, "defaults: {max_parallel: 1}\ncheck: {parallel: 1}"));
    const Ended ended = desk.pawl({"run", plan}, with(user, "OS_AUTH_URL=" + cloud.url()));
    CHECK(ended.code == 5);
    CHECK(ended.err.find("the cloud refuses the credentials") != std::string::npos);
    CHECK(stats(cloud)["by_endpoint"]["refused"] <= 3);
    CHECK(desk.json_of({"status"})["counts"]["failed"] == 0);
  }
}

TEST_CASE("a plan stops at the first refusal of its credentials, however much it had to ask") {
  const StandIn cloud = cloud_with(
      "aksk", {"--instances", "12", "--versions",
               "13.3,13.4,13.5,13.6,13.7,13.8,13.9,12.7,12.8,12.9", "--revoked", "3..1000"});
  const Desk desk;
  const std::string plan = desk.directory().write("plan.yaml", plan_for(cloud));
  const Ended ended = desk.pawl({"plan", plan}, sdk_key);
  CHECK(ended.code == 5);
  CHECK(ended.out.empty());
  CHECK(ended.err.find("the available versions of") != std::string::npos);
  CHECK(ended.err.find("ak not exist") != std::string::npos);
  CHECK(ended.err.find("renew the credentials") != std::string::npos);
  CHECK(stats(cloud)["by_endpoint"]["refused"] == 1);
}

TEST_CASE("a plan fetches a refused token anew, once") {
  const Desk desk;
  for (const auto& row : {std::tuple{"2..2", 0, 1}, std::tuple{"2..1000", 5, 2}}) {
    const auto& [revoked, code, refused] = row;
    CAPTURE(std::get<0>(row));
    const StandIn cloud = cloud_with("token", {"--instances", "3", "--revoked", revoked});
    const std::string plan = desk.directory().write("plan.yaml", plan_by_region(cloud));
    const Ended ended = desk.pawl({"plan", plan}, with(user, "OS_AUTH_URL=" + cloud.url()));
    CHECK_MESSAGE(ended.code == code, ended.err);
    CHECK(stats(cloud)["by_endpoint"]["refused"] == refused);
  }
}

TEST_CASE("what was fetched is renewed before it expires, while a long list is read") {
  for (const auto& row : fetched) {
    const auto& [auth, environment] = row;
    CAPTURE(row.first);
    const StandIn cloud(
        {"--auth", auth, "--instances", "2500", "--credentials-valid", "3s", "--latency", "150ms"});
    const Desk desk;
    const std::string plan = desk.directory().write("plan.yaml", plan_by_region(cloud));
    const Ended ended = desk.pawl({"plan", plan}, at(cloud, environment));
    CHECK_MESSAGE(ended.code == 0, ended.err);
    CHECK(stats(cloud)["by_endpoint"]["refused"] == 0);
  }
}
