// Paths, tokens and everything that goes wrong on request.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <string>

#include "tests/simulate/cloud.h"

namespace pawl::test {

using nlohmann::json;
using simulate::CloudAnswer;
using simulate::Manner;
using simulate::Trouble;

namespace {

constexpr const char* project = "0483b6b16e954cb88930a360d2c4e663";

simulate::Settings always(Trouble trouble) {
  simulate::Settings settings = ten_seconds();
  settings.faults = {{trouble, 1}};
  return settings;
}

}  // namespace

TEST_CASE("a path that is no call of the API is refused by what is wrong with it") {
  Cloud cloud;
  const std::string id = cloud.first();
  const std::string base = fmt::format("/v3/{}/instances", project);
  const std::string calls = base + "/" + id + "/major-version/";
  struct Row {
    std::string path, outcome;
  };
  const Row rows[] = {
      {"", "404 APIGW.0101"},
      {"/", "404 APIGW.0101"},
      {"/v3", "404 APIGW.0101"},
      {"/v2/x", "404 APIGW.0101"},
      {"/v3/", "403 DBS.200044"},
      {"/v3/another/instances", "403 DBS.200044"},
      {fmt::format("/v3/{}x/instances", project), "403 DBS.200044"},
      {fmt::format("/v3/{}", project), "404 APIGW.0101"},
      {fmt::format("/v3/{}/flavors", project), "404 APIGW.0101"},
      {base + "/", "404 APIGW.0101"},
      {base + "//", "404 APIGW.0101"},
      {base + "/" + id, "404 APIGW.0101"},
      {base + "/" + id + "/major-version", "404 APIGW.0101"},
      {calls, "404 APIGW.0101"},
      {calls + "stat", "404 APIGW.0101"},
      {calls + "status/", "404 APIGW.0101"},
      {calls + "inspection", "404 APIGW.0101"},
      {calls + "upgrade", "404 APIGW.0101"},
      {calls + "status", "400 DBS.200001"},
      {base + "/%s%n\xff\xfe/major-version/status", "400 DBS.280404"},
      {base + "/../../major-version/status", "404 APIGW.0101"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.path);
    CHECK(outcome(cloud.ask({Method::get, row.path, {}, ""})) == row.outcome);
  }
  CHECK(outcome(cloud.ask({Method::post, base, {}, ""})) == "404 APIGW.0101");
  CHECK(outcome(cloud.post(id, "available-version", "{}")) == "404 APIGW.0101");
  CHECK(outcome(cloud.get(id, "status", {{"action", "delete"}})) == "400 DBS.200001");
}

TEST_CASE("where a token is asked for, only that one opens") {
  simulate::Settings settings = ten_seconds();
  settings.token = "right";
  Cloud cloud(settings);
  const HttpRequest request{Method::get, fmt::format("/v3/{}/instances", project), {}, ""};
  for (const char* token : {"", "wrong", "righ", "right2"}) {
    CAPTURE(token);
    const CloudAnswer answer = cloud.model().serve(request, token, cloud.now());
    CHECK(outcome(answer) == "401 APIGW.0301");
    CHECK(answer.body.find("right") == std::string::npos);
  }
  CHECK(outcome(cloud.list()) == "200");
  CHECK(cloud.stats()["by_endpoint"]["refused"] == 4);
}

TEST_CASE("each fault is what its word says, and is done or not as it says") {
  for (const simulate::TroubleKind& kind : simulate::trouble_kinds) {
    CAPTURE(kind.word);
    CHECK(simulate::trouble_from(kind.word) == kind.trouble);
    CHECK(simulate::kind_of(kind.trouble).word == kind.word);
    Cloud plain;
    const std::string id = plain.first();
    Cloud cloud(always(kind.trouble));
    cloud.check(id);
    CHECK(cloud.stats()["checks"] == (kind.done || kind.of_upgrades ? 1 : 0));
    const json once{{std::string(kind.word), 1}};
    CHECK(cloud.stats()["faults"] == (kind.of_upgrades ? json::object() : once));
  }
  CHECK_FALSE(simulate::trouble_from("500"));
  CHECK_FALSE(simulate::trouble_from(""));
}

TEST_CASE("quota and rights are missed by upgrades alone, which do not begin then") {
  for (const auto& [trouble, said] : {std::pair{Trouble::quota, "413 DBS.200046"},
                                      std::pair{Trouble::forbidden, "403 DBS.200010"}}) {
    Cloud cloud(always(trouble));
    const std::string id = cloud.first();
    good(cloud.check(id));
    cloud.pass(Duration{10'000});
    CHECK(outcome(cloud.upgrade(id)) == said);
    CHECK(good(cloud.status(id, "upgrade")) == json::object());
    CHECK(cloud.stats()["upgrades"] == 0);
    CHECK(cloud.stats()["faults"] == json{{std::string(simulate::kind_of(trouble).word), 1}});
  }
}

TEST_CASE("faults come as answers with the documented status and code") {
  const auto of = [](Trouble trouble) {
    Cloud cloud(always(trouble));
    return cloud.list();
  };
  CHECK(outcome(of(Trouble::error_before)) == "500 DBS.200412");
  CHECK(outcome(of(Trouble::error_after)) == "500 DBS.111205");
  CHECK(outcome(of(Trouble::throttled)) == "429 APIGW.0308");
  CHECK_FALSE(of(Trouble::throttled).retry_after);
  CHECK(of(Trouble::throttled_until).retry_after == Duration{1'000});
  for (const Trouble trouble :
       {Trouble::gateway_before, Trouble::gateway_after, Trouble::garbage, Trouble::redirect}) {
    const CloudAnswer answer = of(trouble);
    CHECK(answer.content_type == "text/html");
    CHECK(answer.body.starts_with("<html>"));
  }
  CHECK(of(Trouble::gateway_before).status == 502);
  CHECK(of(Trouble::garbage).status == 200);
  CHECK(of(Trouble::redirect).status == 307);
  CHECK(of(Trouble::redirect).manner == Manner::redirect);
  CHECK(of(Trouble::reset_after).status == 0);
  CHECK(of(Trouble::reset_before).manner == Manner::none);
  CHECK_FALSE(json::accept(of(Trouble::cut_json).body));
  for (const auto& [trouble, manner] : {std::pair{Trouble::truncated, Manner::truncated},
                                        std::pair{Trouble::oversized, Manner::oversized},
                                        std::pair{Trouble::dribble, Manner::dribble}}) {
    const CloudAnswer answer = of(trouble);
    CHECK(answer.manner == manner);
    CHECK(json::accept(answer.body));
  }
}

TEST_CASE("shares of faults are kept over many calls, the same ones for the same seed") {
  simulate::Settings settings = ten_seconds();
  settings.faults = {{Trouble::error_before, 0.1}, {Trouble::throttled, 0.25}};
  const auto statuses = [&] {
    Cloud cloud(settings);
    std::string all;
    for (int call = 0; call < 1'000; ++call)
      all += std::to_string(cloud.list({{"limit", "1"}}).status) + " ";
    return std::pair(all, cloud.stats()["faults"]);
  };
  const auto [all, faults] = statuses();
  CHECK(faults["500-before"].get<int>() > 60);
  CHECK(faults["500-before"].get<int>() < 140);
  CHECK(faults["429"].get<int>() > 200);
  CHECK(faults["429"].get<int>() < 300);
  CHECK(statuses().first == all);
  settings.seed = 9;
  CHECK(statuses().first != all);
}

TEST_CASE("answers are late by the range that was asked for") {
  simulate::Settings settings = ten_seconds();
  settings.latency = {Duration{10}, Duration{20}};
  Cloud cloud(settings);
  bool differ = false;
  for (int call = 0; call < 100; ++call) {
    const Duration before = cloud.model().latency();
    cloud.list();
    const Duration late = cloud.model().latency();
    CHECK(late >= settings.latency.least);
    CHECK(late <= settings.latency.most);
    differ = differ || late != before;
  }
  CHECK(differ);
  CHECK(Cloud().model().latency() == Duration{0});
}

TEST_CASE("the count names calls, triggers and who followed a redirect") {
  Cloud cloud;
  const std::string id = cloud.first();
  good(cloud.check(id));
  cloud.check(id);
  cloud.status(id, "check");
  cloud.get(id, "inspection-histories");
  cloud.get(id, "upgrade-histories");
  cloud.model().note_followed(false);
  cloud.model().note_followed(true);
  const json stats = cloud.stats();
  CHECK(stats["requests"] == 6);
  CHECK(stats["by_endpoint"] == json{{"instances", 1},
                                     {"status", 1},
                                     {"histories", 2},
                                     {"triggers", 2},
                                     {"refused", 0},
                                     {"throttled", 0}});
  CHECK(stats["faults"] == json::object());
  CHECK(stats["followed"] == 2);
  CHECK(stats["followed_with_credentials"] == 1);
  CHECK(stats["checks"] == 1);
  CHECK(stats["instances"] ==
        json{{id, {{"checks", 1}, {"upgrades", 0}, {"upgrade_posts", 0}, {"backups", 0}}}});
}

}  // namespace pawl::test
