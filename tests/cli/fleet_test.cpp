// The list of instances, by clouds that page it as they should and as they should not.
#include "cli/fleet.h"

#include <doctest/doctest.h>
#include <fmt/core.h>

#include <functional>

#include "cli/credential_sources.h"
#include "tests/support/fake_client.h"

using namespace pawl;
using namespace pawl::test;

namespace {

/// The ids of one page, and how many instances there are said to be.
struct Listed {
  std::uint32_t first = 0, count = 0;
  std::int64_t total = 0;
};

HttpResponse page_of(const Listed& listed) {
  HttpResponse answer;
  answer.status = 200;
  for (std::uint32_t i = listed.first; i < listed.first + listed.count; ++i) {
    answer.body += fmt::format(R"({}{{"id":"i{}"}})", answer.body.empty() ? "" : ",", i);
  }
  answer.body = fmt::format(R"({{"instances":[{}],"total_count":{}}})", answer.body, listed.total);
  return answer;
}

/// A cloud whose list answers to an offset as `list` does.
struct ListingCloud {
  std::function<Listed(std::uint32_t offset, std::size_t call)> list;
  VirtualClock clock{};
  std::size_t calls = 0;
  std::string body{};       ///< if any, in place of a page of that list
  std::string relations{};  ///< if any; else it has no disaster recovery
  FakeClient client{clock, [this](const Sent& sent) {
                      const bool asks_relations = sent.call.request.path.ends_with("relation");
                      HttpResponse answer;
                      answer.body = asks_relations ? relations : body;
                      answer.status = answer.body.empty() ? 404 : 200;
                      if (asks_relations || !body.empty()) return Answer{answer};
                      std::uint32_t offset = 0;
                      for (const auto& [key, value] : sent.call.request.query)
                        if (key == "offset") offset = static_cast<std::uint32_t>(std::stoul(value));
                      REQUIRE(++calls < 100);
                      return Answer{page_of(list(offset, calls))};
                    }};

  Result<Fleet> fleet() {
    Plan plan;
    plan.cloud.endpoint = "http://127.0.0.1:1";
    plan.cloud.project_id = "p1";
    auto credentials = Credentials::open({}, {plan.cloud.endpoint, "", "p1", ""}, clock);
    REQUIRE(credentials);
    Quota quota("a", 1'000'000, std::nullopt, clock.now());
    const auto lease = [this](Quota& spent) -> Result<bool> {
      const auto next = spent.next_lease(clock.now());
      if (next) spent.leased(*next);
      return next.has_value();
    };
    return list_fleet({clock, client, **credentials, lease, [] { return Outcome(Done{}); }}, quota,
                      plan);
  }
};

std::string error_of(ListingCloud& cloud) {
  const auto fleet = cloud.fleet();
  REQUIRE_FALSE(fleet);
  CHECK(fleet.error().fault == Fault::remote);
  return fleet.error().what;
}

}  // namespace

TEST_CASE("a list is read page by page, and again where it changed meanwhile") {
  ListingCloud whole{[](std::uint32_t offset, std::size_t) {
    return Listed{offset, std::min(100U, 250U - offset), 250};
  }};
  const auto fleet = whole.fleet();
  REQUIRE(fleet);
  CHECK(fleet->instances.size() == 250);
  CHECK(fleet->instances[0].busy == "its status is not given, which is waited for");
  CHECK(fleet->instances[0].tags_left_out);
  CHECK(whole.calls == 3);
  // One more came to the front after the first page: the second brings the last one again.
  ListingCloud moved{[](std::uint32_t offset, std::size_t call) {
    if (call == 1) return Listed{1, 100, 100 + 1};
    if (call == 2) return Listed{100, 1, 100 + 2};
    return Listed{offset, offset == 0 ? 100U : 2U, 102};
  }};
  CHECK(moved.fleet()->instances.size() == 102);
}

TEST_CASE("a list ends with an error where its server heeds no offset or counts too many") {
  ListingCloud deaf{[](std::uint32_t, std::size_t) { return Listed{0, 100, 250}; }};
  CHECK(error_of(deaf).find("a page before its end had none but those of earlier pages, 4 times") !=
        std::string::npos);
  CHECK(deaf.calls == 8);
  ListingCloud empty{[](std::uint32_t offset, std::size_t) {
    return Listed{offset, offset == 0 ? 100U : 0U, 250};
  }};
  CHECK(error_of(empty).find("it says to have 250 instances") != std::string::npos);
  ListingCloud vast{[](std::uint32_t offset, std::size_t) {
    return Listed{offset, 100, 5'000'000'000};
  }};
  CHECK(error_of(vast).find("it says to have 5000000000 instances, more than 1000000") !=
        std::string::npos);
  CHECK(vast.calls == 1);
}

TEST_CASE("what a page tells stands for a first look where the instance could be checked at once") {
  ListingCloud cloud;
  cloud.body =
      R"({"total_count":4,"instances":[)"
      R"({"id":"plain","status":"ACTIVE","updated":"u1","datastore":{"complete_version":"13.9"}},)"
      R"({"id":"busy","status":"BACKING UP","datastore":{"complete_version":"13.9"}},)"
      R"({"id":"replica","status":"ACTIVE","type":"Replica"},)"
      R"({"id":"standby","status":"ACTIVE","datastore":{"complete_version":"13.9"}}]})";
  cloud.relations =
      R"({"instance_dr_relations":[{"instance_id":"standby","master_instance":{"id":"x"}}]})";
  const Instant before = cloud.clock.now();
  const auto fleet = cloud.fleet();
  REQUIRE(fleet);
  REQUIRE(fleet->instances.size() == 4);
  CHECK(fleet->instances[0].listed == ListedAs{before, "13.9", "u1"});
  for (std::size_t i = 1; i < 4; ++i)
    CHECK_FALSE(fleet->instances[i].listed);
}
