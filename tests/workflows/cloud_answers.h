// What the cloud's readers are given in tests, and what they are expected to make of it.
#pragma once

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <utility>

#include "engine/http.h"
#include "workflows/cloud_time.h"
#include "workflows/versions.h"

namespace pawl::test {

inline HttpResponse answer(std::string body, int status = 200) {
  HttpResponse response;
  response.status = status;
  response.content_type = "application/json";
  response.body = std::move(body);
  return response;
}

inline cloud::CloudTime time_of(std::string_view text) {
  const auto parsed = cloud::parse_cloud_time(text);
  REQUIRE(parsed);
  return *parsed;
}

inline cloud::VersionText version_of(const std::string& text) {
  const auto parsed = cloud::parse_version(text);
  REQUIRE(parsed);
  return {text, *parsed};
}

}  // namespace pawl::test
