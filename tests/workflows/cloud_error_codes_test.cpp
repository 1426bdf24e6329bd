#include "workflows/cloud_error_codes.h"

#include <doctest/doctest.h>

#include <string>

using pawl::cloud::CodeSource;
using pawl::cloud::ErrorClass;
using pawl::cloud::find_code;

TEST_CASE("a code is found by its system and its whole number") {
  const auto busy = find_code("DBS.200019");
  REQUIRE(busy);
  CHECK(busy->source == CodeSource::service);
  CHECK(busy->error_class == ErrorClass::wait);
  // first, middle and last number of a row
  for (const char* code : {"DBS.108000", "DBS.213004", "DBS.200412"}) {
    CAPTURE(code);
    REQUIRE(find_code(code));
    CHECK(find_code(code)->error_class == ErrorClass::retry);
  }
  for (const char* code : {"DBS.20001", "DBS.00019", "DBS.2000191", "DBS.200019.1", "DBS 200019"}) {
    CAPTURE(code);
    CHECK_FALSE(find_code(code));
  }
}

TEST_CASE("both spellings of the gateway's codes mean the same") {
  for (const char* number : {"0101", "0201", "0301", "0308", "0613", "0802"}) {
    CAPTURE(number);
    const auto huawei = find_code(std::string("APIGW.") + number);
    const auto telekom = find_code(std::string("APIG.") + number);
    REQUIRE(huawei);
    REQUIRE(telekom);
    CHECK(huawei->source == CodeSource::gateway);
    CHECK(telekom->source == CodeSource::gateway);
    CHECK(huawei->error_class == telekom->error_class);
  }
  CHECK_FALSE(find_code("APIGWX.0101"));
}

TEST_CASE("one code of the gateway leaves its meaning to the status") {
  REQUIRE(find_code("APIGW.0201"));
  CHECK_FALSE(find_code("APIGW.0201")->error_class);
}

TEST_CASE("the codes of IAM have a source of their own") {
  REQUIRE(find_code("IAM.0012"));
  CHECK(find_code("IAM.0012")->source == CodeSource::identity);
}
