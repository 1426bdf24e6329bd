#include "engine/request_target.h"

#include <doctest/doctest.h>
#include <fmt/core.h>

using namespace pawl;

TEST_CASE("every byte but the unreserved ones is spelled in hex") {
  const std::string unreserved =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  for (unsigned byte = 0; byte < 256; ++byte) {
    CAPTURE(byte);
    const std::string text(1, static_cast<char>(byte));
    const bool plain = unreserved.find(text) != std::string::npos;
    CHECK(is_unreserved(text.front()) == plain);
    const std::string hex = fmt::format("%{:02X}", byte);
    std::string out, path;
    append_encoded('a' + text + 'b', out);
    CHECK(out == 'a' + (plain ? text : hex) + 'b');
    append_encoded_path(text, path);
    CHECK(path == (plain || text == "/" ? text : hex));
  }
}

TEST_CASE("a target keeps its path's slashes and the order of its query") {
  struct Row {
    HttpRequest request;
    const char* expected;
  };
  for (const Row& row : {
           Row{{.path = "/", .query = {}, .body = {}}, "/"},
           Row{{.path = "/v3/a b/..", .query = {}, .body = {}}, "/v3/a%20b/.."},
           Row{{.path = "/?#%", .query = {}, .body = {}}, "/%3F%23%25"},
           Row{{.path = "/", .query = {{"b", "1&2=3"}, {"a", ""}, {"b", "/ä"}}, .body = {}},
               "/?b=1%262%3D3&a=&b=%2F%C3%A4"},
           Row{{.path = "/", .query = {{"", ""}}, .body = {}}, "/?="},
       }) {
    CAPTURE(row.expected);
    std::string out = "https://a";
    append_target(row.request, out);
    CHECK(out == std::string("https://a") + row.expected);
  }
}
