#include "workflows/left_alone.h"

#include <doctest/doctest.h>

using namespace pawl;

TEST_CASE("what can never be upgraded or need not be is left alone, and what is busy is not") {
  cloud::Instance instance;
  instance.id = "id";
  instance.version = "13.9";
  instance.engine = "PostgreSQL";
  instance.status = "ACTIVE";
  CHECK_FALSE(left_alone(instance, "14"));
  cloud::Instance other = instance;
  other.engine = "MySQL";
  CHECK(left_alone(other, "14") == "it is a MySQL instance, not PostgreSQL");
  other = instance;
  other.type = "Replica";
  CHECK(left_alone(other, "14")->find("read replica") != std::string::npos);
  other = instance;
  other.related = {{"primary", "replica_of"}};
  CHECK(left_alone(other, "14")->find("read replica") != std::string::npos);
  other.related = {{"copy", "replica"}};
  CHECK_FALSE(left_alone(other, "14"));
  other = instance;
  other.version = "14.6.1";
  CHECK(left_alone(other, "14.6") == "already on its target: it runs version 14.6.1");
  CHECK_FALSE(left_alone(other, "14.7"));
  other = instance;
  other.status = "FROZEN";
  CHECK(left_alone(other, "14") == "its status is `FROZEN`");
  other.status = "BACKING UP";
  CHECK_FALSE(left_alone(other, "14"));
}

TEST_CASE("of a disaster-recovery pair the primary alone is upgraded, and without cutover only") {
  CHECK_FALSE(left_alone(cloud::DrRole::none, cloud::Cutover::yes));
  CHECK_FALSE(left_alone(cloud::DrRole::primary, cloud::Cutover::no));
  CHECK(left_alone(cloud::DrRole::primary, cloud::Cutover::yes)->find("without cutover only") !=
        std::string::npos);
  for (const auto cutover : {cloud::Cutover::no, cloud::Cutover::yes})
    CHECK(left_alone(cloud::DrRole::standby, cutover)->find("the standby of") != std::string::npos);
}
