#include "workflows/versions.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using pawl::cloud::matches;
using pawl::cloud::newest_offered;
using pawl::cloud::NotOffered;
using pawl::cloud::Offered;
using pawl::cloud::parse_version;
using pawl::cloud::same_target;
using pawl::cloud::Version;

namespace {

Version version(std::string_view text) {
  const auto parsed = parse_version(text);
  REQUIRE(parsed);
  return *parsed;
}

std::string chosen(const std::vector<std::string>& offered, std::string_view wanted,
                   std::string_view source) {
  const auto choice = newest_offered(offered, wanted, source);
  if (const auto* good = std::get_if<Offered>(&choice)) return good->text;
  return "refused: " + std::get<NotOffered>(choice).reason;
}

}  // namespace

TEST_CASE("versions of one to four numbers are read") {
  CHECK(version("14") == Version{{14}, 1});
  CHECK(version("14.6") == Version{{14, 6}, 2});
  CHECK(version("14.6.1") == Version{{14, 6, 1}, 3});
  CHECK(version("9.6.24.0") == Version{{9, 6, 24, 0}, 4});
  CHECK(version("65535.0") == Version{{65535, 0}, 2});
  CHECK(version("14.6.1").major() == 14);
}

TEST_CASE("texts of one target match in the parts that both give") {
  CHECK(same_target("14", "14.6"));
  CHECK(same_target("14.6.1", "14.6"));
  CHECK_FALSE(same_target("14.5", "14.6"));
  CHECK_FALSE(same_target("", ""));
}

TEST_CASE("what is no version is refused") {
  for (const char* text :
       {"",          " ",      ".",          "14.",  ".14",      "14..6", "14.6.1.2.3",
        "14.6.1.2.", "+14",    "-14",        "014",  "14.06",    "00",    "65536",
        "99999",     "100000", "4294967310", "14 ",  " 14",      "14. 6", "14.6-beta",
        "v14",       "14,6",   "1e1",        "0x0e", "\xd9\xa1", "14.6\n"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_version(text));
  }
  CHECK_FALSE(parse_version(std::string_view("14\0", 3)));
}

TEST_CASE("versions are ordered by their numbers") {
  const std::vector<std::string> ascending{"9.6",    "12",    "13",      "13.9",   "13.9.1",
                                           "13.10",  "14",    "14.0",    "14.0.0", "14.4",
                                           "14.4.1", "14.10", "14.10.2", "100"};
  for (std::size_t a = 0; a < ascending.size(); ++a) {
    for (std::size_t b = 0; b < ascending.size(); ++b) {
      CAPTURE(ascending[a]);
      CAPTURE(ascending[b]);
      CHECK((version(ascending[a]) < version(ascending[b])) == (a < b));
    }
  }
}

TEST_CASE("two spellings match on the parts that both give") {
  struct Row {
    const char* a;
    const char* b;
    bool expected;
  };
  for (const Row& row :
       {Row{"14", "14.6.1", true}, Row{"14.6", "14.6.1", true}, Row{"14.6.1", "14.6.1", true},
        Row{"14.9.0", "14.9", true}, Row{"14.6", "14.60", false}, Row{"14.6.0", "14.6.1", false},
        Row{"1", "14", false}, Row{"13.9", "14.9", false}}) {
    CAPTURE(row.a);
    CAPTURE(row.b);
    CHECK(matches(version(row.a), version(row.b)) == row.expected);
    CHECK(matches(version(row.b), version(row.a)) == row.expected);
  }
  CHECK_FALSE(matches(Version{}, version("14")));
}

TEST_CASE("the newest offered version that matches the wish is sent as it was listed") {
  struct Row {
    std::vector<std::string> offered;
    const char* wanted;
    const char* source;
    const char* expected;
  };
  for (const Row& row : {
           Row{{"13.9", "14.4"}, "14", "12.7", "14.4"},
           Row{{"13.9", "14.4"}, "13", "12.7", "13.9"},
           Row{{"14.10", "14.9", "14.4.1"}, "14", "13.9", "14.10"},
           Row{{"14.6.1", "14.6.10", "14.6.9", "15.2"}, "14", "13.9", "14.6.10"},
           Row{{"14.4", "14.6.1", "14.60"}, "14.6", "13.9", "14.6.1"},
           Row{{"14.6", "14.6.1"}, "14.6", "13.9", "14.6.1"},
           Row{{"14.6.1", "14.6.2"}, "14.6.1", "13.9", "14.6.1"},
           Row{{"14.9"}, "14.9.0", "13.9", "14.9"},
           Row{{"14"}, "14", "13", "14"},
           Row{{"14.beta", "014.9", "14.4", ""}, "14", "13.9", "14.4"},
           Row{{"14", "14.6"}, "14.6.1", "13.9", "14.6"},
           Row{{"14", "14.6"}, "14.6", "13.9", "14.6"},
       }) {
    CAPTURE(row.wanted);
    CHECK(chosen(row.offered, row.wanted, row.source) == row.expected);
  }
}

TEST_CASE("a target that is not offered or no later major is refused with the reason") {
  CHECK(chosen({"13.9", "15.4"}, "14", "12.7") ==
        "refused: the cloud does not offer 14 to this instance of version 12.7; it offers 13.9, "
        "15.4");
  CHECK(chosen({"14"}, "14.12", "13.9") ==
        "refused: the cloud does not offer 14.12 to this instance of version 13.9; it offers 14");
  CHECK(chosen({"14"}, "14.12.1", "13.9") ==
        "refused: the cloud does not offer 14.12.1 to this instance of version 13.9; it offers 14");
  CHECK(chosen({}, "14", "13.9") ==
        "refused: the cloud does not offer 14 to this instance of version 13.9; it offers nothing");
  CHECK(chosen({"13.10"}, "13.10", "13.9") ==
        "refused: 13.10 is no later major version than 13.9, the instance's own");
  CHECK(chosen({"12.9"}, "12", "13.9") ==
        "refused: 12 is no later major version than 13.9, the instance's own");
  CHECK(chosen({"14.4"}, "14", "") == "refused: the version of the instance, \"\", cannot be read");
  CHECK(chosen({"14.4"}, "latest", "13.9") ==
        "refused: the target version \"latest\" is no version");
}

TEST_CASE("a hostile list of offers keeps the reason short and clean") {
  const std::string reason =
      chosen(std::vector<std::string>(1000, "\x1b]0;x\x07" + std::string(500, 'y')), "14", "13.9");
  CHECK(reason.size() < 1200);
  CHECK(reason.find('\x1b') == std::string::npos);
  CHECK(reason.ends_with(" and 980 more"));
}
