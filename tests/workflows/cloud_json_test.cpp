#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cstdint>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "workflows/quick_json.h"

using pawl::cloud::Json;
using pawl::cloud::JsonDocument;
using pawl::cloud::NotJson;
using pawl::cloud::parse_json;
using pawl::cloud::read_quickly;
using pawl::cloud::read_thoroughly;

namespace {

std::string why_not(const std::string& body) {
  const auto parsed = parse_json(body);
  const auto* bad = std::get_if<NotJson>(&parsed);
  return bad == nullptr ? "read" : bad->why;
}

std::string nested(std::size_t levels, const std::string& open, const std::string& close) {
  std::string body;
  for (std::size_t i = 0; i < levels; ++i)
    body += open;
  for (std::size_t i = 0; i < levels; ++i)
    body += close;
  return body;
}

}  // namespace

TEST_CASE("a body becomes a tree of its values") {
  const auto parsed =
      parse_json(R"( {"text":"a\nb","whole":-5,"half":0.5,"yes":true,"none":null,"list":[1,[],{}],)"
                 R"("large":18446744073709551615,"inner":{"text":"x"}} )");
  REQUIRE(std::holds_alternative<JsonDocument>(parsed));
  const Json& json = std::get<JsonDocument>(parsed).root();
  REQUIRE(json.kind == Json::Kind::object);
  CHECK(json.items.size() == 8);
  CHECK(json.find("text")->text == "a\nb");
  CHECK(json.find("whole")->integer == -5);
  CHECK(json.find("half")->kind == Json::Kind::real);
  CHECK(json.find("half")->text == "0.5");
  CHECK(json.find("yes")->truth);
  CHECK(json.find("none")->kind == Json::Kind::null);
  CHECK(json.find("large")->kind == Json::Kind::real);
  CHECK(json.find("inner")->find("text")->text == "x");
  CHECK(json.find("absent") == nullptr);
  const Json& list = *json.find("list");
  REQUIRE(list.items.size() == 3);
  CHECK(list.items[0].integer == 1);
  CHECK(list.items[0].name.empty());
  CHECK(list.items[1].kind == Json::Kind::array);
  CHECK(list.items[2].kind == Json::Kind::object);
  CHECK(list.find("text") == nullptr);
}

TEST_CASE("the texts of a tree stay where they are when it is moved, and outlive the body") {
  std::string body =
      R"({"a\u00e9":["b","c\ud83d\udc18"],"long":"a text that fits into no string"})";
  for (const auto& read :
       {+[](std::string_view from) { return *read_quickly(from); },
        +[](std::string_view from) { return std::get<JsonDocument>(read_thoroughly(from)); }}) {
    JsonDocument first = read(body);
    const JsonDocument moved = std::move(first);
    body.replace(0, body.size(), body.size(), 'x');
    REQUIRE(moved.root().items.size() == 2);
    CHECK(moved.root().items[0].name == "a\xc3\xa9");
    CHECK(moved.root().items[0].items[1].text == "c\xf0\x9f\x90\x98");
    CHECK(moved.root().find("long")->text == "a text that fits into no string");
    body = R"({"a\u00e9":["b","c\ud83d\udc18"],"long":"a text that fits into no string"})";
  }
}

TEST_CASE("what is no JSON is told by its kind") {
  struct Row {
    const char* body;
    const char* why;
  };
  for (const Row& row : {
           Row{"", "is empty"},
           Row{" \r\n", "is empty"},
           Row{"<html><head><title>502</title></head></html>",
               "is no JSON but a page: <html><head><title>502</title></head></html>"},
           Row{R"({"status":"succ)", R"(is JSON that was cut off: {"status":"succ)"},
           Row{R"({"status":"success")", R"(is JSON that was cut off: {"status":"success")"},
           Row{R"({"status":tru)", R"(is JSON that was cut off: {"status":tru)"},
           Row{R"({"status":)", R"(is JSON that was cut off: {"status":)"},
           Row{"[", "is JSON that was cut off: ["},
           Row{"{} {}", "is no JSON (wrong at byte 4): {} {}"},
           Row{"{'a':1}", "is no JSON (wrong at byte 2): {'a':1}"},
           Row{"success", "is no JSON (wrong at byte 1): success"},
           Row{R"({"a":NaN})", R"(is no JSON (wrong at byte 6): {"a":NaN})"},
           Row{"{\"a\":\"\xff\"}", "is no JSON (wrong at byte 7): {\"a\":\"?\"}"},
           Row{R"({"a":1e999})", R"(is no JSON (wrong at byte 10): {"a":1e999})"},
           Row{R"({"a":1,"b":2,"a":1})", "gives \"a\" twice"},
           Row{R"({"x":[{"a":1,"\u0061":2}]})", "gives \"a\" twice"},
           Row{R"({"a":1,"b":{"a":1},"c":[{"a":1},{"a":1}]})", "read"},
       }) {
    CAPTURE(row.body);
    CHECK(why_not(row.body) == row.why);
  }
}

TEST_CASE("hostile nesting is refused and costs no stack") {
  CHECK(why_not(nested(32, "[", "]")) == "read");
  CHECK(why_not(nested(33, "[", "]")) == "is nested deeper than 32 levels");
  CHECK(why_not(nested(33, "{\"a\":", "}")) == "is nested deeper than 32 levels");
  CHECK(why_not(std::string(1'000'000, '[')) == "is nested deeper than 32 levels");
  CHECK(why_not(nested(200'000, "{\"a\":", "}")) == "is nested deeper than 32 levels");
}

TEST_CASE("a body has a bounded number of values, however it holds them") {
  const auto list_of = [](std::string_view value, std::size_t values) {
    std::string body = "[";
    for (std::size_t i = 0; i < values; ++i)
      body += fmt::format("{}{}", i == 0 ? "" : ",", value);
    return body + "]";
  };
  const std::string told = "holds more than 200000 values";
  for (const char* value : {"0", "1.5", "null", "true", "\"\"", "{}", "[]"}) {
    CAPTURE(value);
    CHECK(why_not(list_of(value, pawl::cloud::json_values_max - 1)) == "read");
    CHECK(why_not(list_of(value, pawl::cloud::json_values_max)) == told);
  }
  CHECK(why_not(list_of("{\"a\":0}", pawl::cloud::json_values_max / 2)) == told);
}

TEST_CASE("an object has a bounded number of fields, a list has many") {
  const auto object = [](int fields) {
    std::string body = "{\"0\":0";
    for (int i = 1; i < fields; ++i)
      body += ",\"" + std::to_string(i) + "\":0";
    return body + "}";
  };
  CHECK(why_not(object(256)) == "read");
  CHECK(why_not(object(257)) == "has an object with more than 256 fields");
  std::string list = "[0";
  for (int i = 0; i < 10'000; ++i)
    list += ",0";
  CHECK(why_not(list + "]") == "read");
}

TEST_CASE("every kind of value can be named in a message") {
  for (const auto& row : {
           std::pair{"null", "null"},
           std::pair{"true", "true"},
           std::pair{"false", "false"},
           std::pair{"-7", "the number -7"},
           std::pair{"0.50", "the number 0.50"},
           std::pair{R"("a\nb")", "\"a b\""},
           std::pair{"[1]", "an array"},
           std::pair{"{}", "an object"},
       }) {
    const auto& body = row.first;
    const auto& expected = row.second;
    CAPTURE(body);
    const auto parsed = parse_json(body);
    REQUIRE(std::holds_alternative<JsonDocument>(parsed));
    CHECK(pawl::cloud::spoken(std::get<JsonDocument>(parsed).root()) == expected);
  }
}

namespace {

/// Whether the quick reader read it; what it reads the thorough one reads alike.
bool both_read(const std::string& body) {
  const auto quick = read_quickly(body);
  if (!quick) return false;
  const auto thorough = read_thoroughly(body);
  CAPTURE(body);
  REQUIRE(std::holds_alternative<JsonDocument>(thorough));
  CHECK(quick->root() == std::get<JsonDocument>(thorough).root());
  return true;
}

std::string changed(std::string body, std::mt19937& random) {
  const std::string_view bytes = "{}[],:\"\\uade8/E+-.0 \n\t\x01\x7f\x80\xbf\xc3\xe2\xed\xf4\xff";
  const auto any = [&random](std::size_t n) { return static_cast<std::size_t>(random() % n); };
  for (std::size_t times = 1 + any(3); times > 0; --times) {
    const std::size_t at = any(body.size() + 1);
    const char byte = bytes[any(bytes.size())];
    switch (any(4)) {
      case 0:
        body.insert(at, 1, byte);
        break;
      case 1:
        body.erase(at, 1 + any(3));
        break;
      case 2:
        body.insert(at, body.substr(any(body.size() + 1), any(12)));
        break;
      default:
        if (at < body.size()) body[at] = byte;
    }
  }
  return body;
}

}  // namespace

TEST_CASE("the quick reader reads what the cloud answers") {
  CHECK(both_read("{}"));
  CHECK(both_read(R"({"job_id":"209022d1-f0bc-413b-b98b-05a2e4c40d6c"})"));
  CHECK(
      both_read(" [null,true,false,-9223372036854775808,9223372036854775807,\"\\u00e9\\ud83d\\udc18"
                "\\u0000\",{\"a\":{\"b\":[]}}] "));
}

TEST_CASE(
    "the quick reader leaves to the thorough one what it would read otherwise, or not judge") {
  for (const std::string& body : std::vector<std::string>{
           "0.5", "1E2", "18446744073709551615", "9223372036854775808",
           "123456789012345678901234567890", "\xef\xbb\xbf{}", std::string("{}\0", 3),
           "[\"" + std::string(std::size_t{1} << 20U, 'a') + "\"]"}) {
    CAPTURE(body.substr(0, 40));
    CHECK_FALSE(read_quickly(body));
    CHECK(std::holds_alternative<JsonDocument>(read_thoroughly(body)));
  }
}

TEST_CASE("whatever becomes of a body, the quick reader takes nothing else out of it") {
  const std::vector<std::string> seeds = {
      R"({"a":[1,-20,{"b":"c\u00e9\ud83d\udc18\n"},[]],"d":null,"e":true,"f":false,"g":"\\\"/"})",
      R"(["\ud83d","\udc18"])", R"([1.5,1e5,-0,10,123456789012345678])",
      "{\"k\":\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x90\x98\"}", R"([[[[{"a":{"a":{"a":[{}]}}}]]]])"};
  std::mt19937 random(14);
  int read = 0;
  for (int i = 0; i < 200'000; ++i)
    read += both_read(changed(seeds[static_cast<std::size_t>(i) % seeds.size()], random)) ? 1 : 0;
  CHECK(read > 5'000);
}
