#include "workflows/cloud_recovery.h"

#include <doctest/doctest.h>

#include <string>
#include <utility>

using namespace pawl::cloud;

namespace {

Answer<std::vector<DrRelation>> read_relations(std::string body) {
  pawl::HttpResponse response;
  response.status = 200;
  response.content_type = "application/json";
  response.body = std::move(body);
  return read_dr_relations(response);
}

}  // namespace

TEST_CASE("both sides of a pair are read, in the schema's spelling and in its sample's") {
  // The documented sample.
  const auto sample = read_relations(
      R"({"instance_dr_relations":[{"instance_id":"b5e2c7fcef8b4c2f8fd8d80d73344756in03",)"
      R"("master_instance":{"instance_id":"fab4e3df67c24aa0a5b41bc2bcb41918in03","project_id":)"
      R"("08fd4e669e00d57d2ffec01352c7cb77","project_name":"masterProjectName","region":)"
      R"("aRegion"}},{"instance_id":"fab4e3df67c24aa0a5b41bc2bcb41918in03","slave_instance":[{)"
      R"("instance_id":"b5e2c7fcef8b4c2f8fd8d80d73344756in03","project_id":)"
      R"("054b61972980d4552f0bc00ac8d3f5cd","project_name":"slaveProjectName","region":)"
      R"("bRegion"}]}]})");
  REQUIRE(sample);
  CHECK(*sample ==
        std::vector<DrRelation>{{"b5e2c7fcef8b4c2f8fd8d80d73344756in03", DrRole::standby},
                                {"fab4e3df67c24aa0a5b41bc2bcb41918in03", DrRole::primary}});
  const auto other =
      read_relations(R"({"instance_dr_relations":[{"instance_id":"a","slave_instances":[{}]},)"
                     R"({"instance_id":"b","master_instance":{},"slave_instances":[{}]},)"
                     R"({"instance_id":"c","master_instance":null,"slave_instances":[]}]})");
  REQUIRE(other);
  CHECK(*other == std::vector<DrRelation>{{"a", DrRole::primary}, {"b", DrRole::standby}});
}

TEST_CASE("what is no list of relations is not taken for one without any") {
  CHECK(read_relations(R"({"instance_dr_relations":[]})")->empty());
  for (const char* body :
       {"", "[]", "{}", R"({"instance_dr_relations":null})", R"({"instance_dr_relations":[7]})",
        R"({"instance_dr_relations":[{"slave_instances":[{}]}]})",
        R"({"instance_dr_relations":[{"instance_id":"a/b","slave_instances":[{}]}]})",
        R"({"instance_dr_relations":[{"instance_id":"a","master_instance":"b"}]})"}) {
    CAPTURE(body);
    const auto relations = read_relations(body);
    REQUIRE_FALSE(relations);
    CHECK(relations.unreadable().text.find("disaster-recovery-relation") != std::string::npos);
  }
}

TEST_CASE("a role is read back as it is spelt, and nothing else is one") {
  for (const DrRole role : {DrRole::none, DrRole::primary, DrRole::standby})
    CHECK(dr_role_from(to_string(role)) == role);
  for (const char* word : {"", "None", "master", "primary "})
    CHECK_FALSE(dr_role_from(word));
}
