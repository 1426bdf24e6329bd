#include "workflows/failure_signature.h"

#include <doctest/doctest.h>

#include <set>
#include <string>

using namespace pawl;

TEST_CASE("reports that differ in names, times, ids and counts alone have one signature") {
  const std::string one =
      "the pre-check failed: 2023-03-06 18:33:26 --- pg_upgrade check task begin\n"
      "2023-03-06 18:34:40 --- pg_upgrade check on master: [user_check_report]invalid user: "
      "[\"user_02\"]";
  const std::string other =
      "the pre-check failed: 2026-11-25 09:52:03 --- pg_upgrade check task begin \n"
      "2026-11-25 09:52:09 --- pg_upgrade  check on master: \t[user_check_report]invalid user: "
      "[\"reporting\"]";
  CHECK(signature_of(one).id == signature_of(other).id);
  CHECK(signature_of(one).text == signature_of(other).text);
  CHECK(signature_of("no end of the upgrade within 12h").id ==
        signature_of("no end of the upgrade within 90m").id);
  CHECK(signature_of("instance 3aa441c4c98a4b36b100a7e3e87d17cein03 is `FROZEN`").id ==
        signature_of("instance 0aa441c4c98a4b36b100a7e3e87d17cein03 is `FROZEN`").id);
  CHECK(signature_of("the database `orders` is busy").id ==
        signature_of("the database `billing` is busy").id);
}

TEST_CASE("a status of the cloud's says what kind of failure it is") {
  const std::string failed = "backup 4a1b441c4c98a4b36b100a7e3e87d1br03 is `FAILED`";
  CHECK(signature_of(failed).text == "backup ID is FAILED");
  CHECK(signature_of(failed).id !=
        signature_of("backup 4a1b441c4c98a4b36b100a7e3e87d1br03 is `DELETING`").id);
  CHECK(signature_of(failed).id ==
        signature_of("backup fa1b441c4c98a4b36b100a7e3e87d1fabr01 is `FAILED`").id);
  CHECK(signature_of("its status is `STORAGE FULL`").text == "its status is STORAGE FULL");
  CHECK(signature_of("its status is `STORAGE FULL`").remedy.find("storage") != std::string::npos);
}

TEST_CASE("a report's good lines are no part of its signature") {
  const char* reason =
      "the pre-check failed: 2026-11-25 09:52:03 --- pg_upgrade check task begin \n"
      "2026-11-25 09:52:09 --- pg_upgrade check on master: "
      "[user_check_report]User check success\n"
      "2026-11-25 09:52:09 --- pg_upgrade check on master: [a]invalid user: [\"x\"]";
  CHECK(signature_of(reason).text == "pg_upgrade check on master: [a]invalid user: [\"…\"]");
  CHECK(gist_of(reason) == "pg_upgrade check on master: [a]invalid user: [\"x\"]");
}

TEST_CASE("failures of different kinds have different signatures") {
  std::set<std::string> ids;
  for (const char* reason : {"", "invalid user: [\"a\"]", "invalid superuser: [\"a\"]",
                             "the upgrade failed: new cluster could not be started",
                             "HTTP 409 DBS.200011: Another operation is being performed.",
                             "HTTP 409 DBS.200019: Another operation is being performed.",
                             "loadable_libraries.txt: could not load library \"$libdir/orafce\""}) {
    CHECK_MESSAGE(ids.insert(signature_of(reason).id).second, reason);
  }
}

TEST_CASE("what the reference knows a remedy for is told with it") {
  CHECK(signature_of("invalid superuser: [\"user_01\"]").remedy.find("superusers") !=
        std::string::npos);
  CHECK(
      signature_of("Checking for presence of required libraries fatal").remedy.find("extensions") !=
      std::string::npos);
  CHECK(signature_of("HTTP 403 DBS.200010: Not authorized.").remedy.find("rds:instance:update") !=
        std::string::npos);
  CHECK(signature_of("something that nobody has seen").remedy.empty());
}

TEST_CASE("a signature is one short line, whatever the report") {
  const std::string flood(100'000, 'x');
  const std::string hostile = "a\x1b[31m\nb\xff\n" + flood + "\"unclosed";
  const FailureSignature signature = signature_of(hostile);
  CHECK(signature.text.size() <= 160);
  CHECK(signature.id.size() == 8);
  CHECK(signature.text.find('\x1b') == std::string::npos);
  CHECK(signature.text.find('\n') == std::string::npos);
}
