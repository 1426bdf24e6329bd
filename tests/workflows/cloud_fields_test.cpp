#include "workflows/cloud_fields.h"

#include <doctest/doctest.h>

#include <string>

using namespace pawl::cloud;

namespace {

JsonDocument object(const std::string& body) {
  auto parsed = parse_json(body);
  REQUIRE(std::holds_alternative<JsonDocument>(parsed));
  return std::get<JsonDocument>(std::move(parsed));
}

enum class Colour { red, green };
constexpr std::array<std::pair<std::string_view, Colour>, 2> colours{
    {{"red", Colour::red}, {"green", Colour::green}}};

}  // namespace

TEST_CASE("an answer is opened only when it is a success and JSON") {
  struct Row {
    int status;
    const char* type;
    const char* body;
    const char* expected;  // empty = opened
    Flaw flaw;
  };
  for (const Row& row : {
           Row{200, "application/json", "{}", "", Flaw::not_json},
           Row{202, "", "{}", "", Flaw::not_json},
           Row{299, "application/json;charset=UTF-8", "[]", "", Flaw::not_json},
           Row{199, "", "{}", "it has status 199, which is no success", Flaw::wrong_content},
           Row{302, "", "{}", "it has status 302, which is no success", Flaw::wrong_content},
           Row{409, "", "{}", "it has status 409, which is no success", Flaw::wrong_content},
           Row{200, "Text/HTML", "{}", "it calls itself Text/HTML, not JSON", Flaw::wrong_content},
           Row{200, "application/xml", "{}", "it calls itself application/xml, not JSON",
               Flaw::wrong_content},
           Row{200, "text/html", "<p>", "it is no JSON but a page: <p>", Flaw::not_json},
           Row{200, "application/json", "", "it is empty", Flaw::not_json},
       }) {
    CAPTURE(row.status);
    CAPTURE(row.type);
    pawl::HttpResponse response;
    response.status = row.status;
    response.content_type = row.type;
    response.body = row.body;
    const auto opened = open_answer(response, "it");
    if (*row.expected == '\0') {
      CHECK(opened);
    } else {
      REQUIRE_FALSE(opened);
      CHECK(opened.unreadable() == Unreadable{row.flaw, row.expected});
    }
  }
}

TEST_CASE("the first flaw is the one that is told") {
  const JsonDocument json = object(R"({"a":1,"b":[]})");
  Fields fields(json.root(), "it");
  CHECK_FALSE(fields.flaw());
  CHECK(fields.text("a").empty());
  CHECK(fields.text("b").empty());
  CHECK(fields.count("c") == 0);
  REQUIRE(fields.flaw());
  CHECK(*fields.flaw() ==
        Unreadable{Flaw::wrong_shape, "in it, \"a\" is the number 1 where a text is expected"});
}

TEST_CASE("null, absent and blank are the same: not given") {
  const JsonDocument json = object(R"({"null":null,"empty":"","blank":" \t"})");
  for (const char* name : {"null", "empty", "blank", "absent"}) {
    CAPTURE(name);
    Fields optional(json.root(), "it");
    CHECK(optional.optional_text(name).empty());
    CHECK(optional.optional_id(name).empty());
    CHECK(optional.verbatim(name).empty());
    CHECK(optional.optional_time(name) == OptionalTime{NotGiven{}});
    CHECK_FALSE(optional.optional_version(name));
    CHECK_FALSE(optional.optional_boolean(name));
    CHECK(optional.optional_object(name) == nullptr);
    CHECK(optional.optional_array(name).empty());
    CHECK_FALSE(optional.flaw());

    Fields text(json.root(), "it"), time(json.root(), "it"), version(json.root(), "it"),
        word(json.root(), "it");
    text.text(name);
    time.time(name);
    version.version(name);
    word.word(name, colours);
    for (const Fields* fields : {&text, &time, &version, &word}) {
      REQUIRE(fields->flaw());
      CHECK(fields->flaw()->flaw == Flaw::wrong_shape);
    }
  }
}

TEST_CASE("texts lose their outer blanks, except where they are kept verbatim") {
  const JsonDocument json = object(R"({"a":" x y\t","d":" x\n"})");
  Fields fields(json.root(), "it");
  CHECK(fields.text("a") == "x y");
  CHECK(fields.optional_text("a") == "x y");
  CHECK(fields.verbatim("d") == " x\n");
}

TEST_CASE("a word is one of the documented ones, to the letter") {
  struct Row {
    const char* body;
    const char* flaw;  // empty = green
  };
  for (const Row& row : {
           Row{R"({"c":"green"})", ""},
           Row{R"({"c":" green "})", ""},
           Row{R"({"c ":"green"})", ""},
           Row{R"({"c":"Green"})", R"(in it, "c" is "Green" where a documented value is expected)"},
           Row{R"({"c":"greenish"})",
               R"(in it, "c" is "greenish" where a documented value is expected)"},
           Row{R"({"c":"green","c ":"red"})",
               R"(in it, "c" is given twice where one value is expected)"},
           Row{R"({"c":5})", R"(in it, "c" is the number 5 where a text is expected)"},
           Row{R"({"c":null})", R"(in it, "c" is null where a text is expected)"},
           Row{R"({})", R"(in it, "c" is missing where a text is expected)"},
       }) {
    CAPTURE(row.body);
    const JsonDocument json = object(row.body);
    Fields fields(json.root(), "it");
    const Colour colour = fields.word("c", colours, "c ");
    CHECK((fields.flaw() ? fields.flaw()->text : "") == row.flaw);
    if (!fields.flaw()) CHECK(colour == Colour::green);
  }
}

TEST_CASE("numbers, booleans, ids and lists are taken in their own type only") {
  const JsonDocument json =
      object(R"({"n":3,"neg":-1,"half":0.5,"text":"3","yes":true,"id":"f7-a8","gap":"f7 a8",)"
             R"("list":[1],"obj":{}})");
  const auto flawed = [&](auto read) {
    Fields fields(json.root(), "it");
    read(fields);
    return fields.flaw().has_value();
  };
  CHECK_FALSE(flawed([](Fields& f) { f.count("n"); }));
  for (const char* name : {"neg", "half", "text", "yes", "list", "absent"}) {
    CAPTURE(name);
    CHECK(flawed([&](Fields& f) { f.count(name); }));
  }
  CHECK_FALSE(flawed([](Fields& f) { f.optional_boolean("yes"); }));
  CHECK(flawed([](Fields& f) { f.optional_boolean("n"); }));
  CHECK(flawed([](Fields& f) { f.optional_boolean("text"); }));
  CHECK_FALSE(flawed([](Fields& f) { f.id("id"); }));
  CHECK(flawed([](Fields& f) { f.id("gap"); }));
  CHECK(flawed([](Fields& f) { f.optional_id("gap"); }));
  CHECK_FALSE(flawed([](Fields& f) { f.array("list"); }));
  CHECK(flawed([](Fields& f) { f.array("obj"); }));
  CHECK(flawed([](Fields& f) { f.array("absent"); }));
  CHECK(flawed([](Fields& f) { f.optional_array("obj"); }));
  CHECK_FALSE(flawed([](Fields& f) { f.optional_object("obj"); }));
  CHECK(flawed([](Fields& f) { f.optional_object("list"); }));
}

TEST_CASE("entries that cannot be read are kept with their id and the reason") {
  const JsonDocument json =
      object(R"([{"id":"a","n":1},{"id":"b"},{"n":2},5,{"id":"c","n":3},{"id":"x y","n":"?"}])");
  std::vector<std::int64_t> numbers;
  std::vector<UnreadableEntry> unreadable;
  read_entries(
      json.root().items, "it", [](Fields& fields) { return fields.count("n"); }, numbers,
      unreadable);
  CHECK(numbers == std::vector<std::int64_t>{1, 2, 3});
  REQUIRE(unreadable.size() == 3);
  CHECK(unreadable[0].id == "b");
  CHECK(unreadable[0].why.text == R"(in it, "n" is missing where a number from 0 on is expected)");
  CHECK(unreadable[1].id.empty());
  CHECK(unreadable[1].why.text == "it holds the number 5 where an object is expected");
  CHECK(unreadable[2].id.empty());
}
