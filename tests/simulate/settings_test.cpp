// The words of the command line.
#include "cli/simulate/settings.h"

#include <doctest/doctest.h>

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "cli/simulate/options.h"

namespace pawl::test {

using namespace simulate;

namespace {

/// The settings that these words make; the test fails where they are refused.
Settings parsed(const std::string& words) {
  CLI::App app;
  Settings settings;
  add_options(app, settings);
  app.parse(words);
  return settings;
}

/// Why these words are refused; empty where they are not.
std::string refused_words(const std::string& words) {
  try {
    parsed(words);
    return "";
  } catch (const CLI::ParseError& error) {
    return error.what();
  }
}

}  // namespace

TEST_CASE("a range is one duration or two, the smaller first") {
  CHECK(parse_range("2s") == Range{Duration{2'000}, Duration{2'000}});
  CHECK(parse_range("0") == Range{});
  CHECK(parse_range("0..50ms") == Range{Duration{0}, Duration{50}});
  CHECK(parse_range("1s..1m") == Range{Duration{1'000}, Duration{60'000}});
  for (const char* word :
       {"", "..", "1s..", "..1s", "2s..1s", "1", "1s...2s", "-1s", "1s..2s..3s"}) {
    CAPTURE(word);
    CHECK_FALSE(parse_range(word));
  }
}

TEST_CASE("a share is a percentage or a number from 0 to 1") {
  CHECK(parse_share("5%") == doctest::Approx(0.05).epsilon(1e-9));
  CHECK(parse_share("0.25") == 0.25);
  CHECK(parse_share("100%") == 1.0);
  CHECK(parse_share("0") == 0.0);
  for (const char* word :
       {"", "%", "101%", "1.5", "-0.1", "-5%", "half", "5 %", "nan", "inf", "5%%"}) {
    CAPTURE(word);
    CHECK_FALSE(parse_share(word));
  }
}

TEST_CASE("the options fill the settings") {
  const Settings settings = parsed(
      "--instances 9 --replicas 1 --mysql 2 --frozen 3 --busy 4 --busy-time 1m --check-polls 2 "
      "--latency 5ms..9ms --clock-offset=-90s --fault 429-retry-after=5% --fault dribble=0.01 "
      "--versions 13.9,14.1 --second-upgrade accept --list-delay 3s --late-effect 4s "
      "--upgrading-status 'IN WORK' --made-name new-{name}");
  CHECK(settings.instances == 9);
  CHECK(settings.replicas == 1);
  CHECK(settings.mysql == 2);
  CHECK(settings.frozen == 3);
  CHECK(settings.busy == 4);
  CHECK(settings.busy_time == Duration{60'000});
  CHECK(settings.check_polls == 2);
  CHECK(settings.latency == Range{Duration{5}, Duration{9}});
  CHECK(settings.clock_offset == Duration{-90'000});
  CHECK(settings.versions == std::vector<std::string>{"13.9", "14.1"});
  CHECK(settings.second_upgrade);
  CHECK(settings.list_delay == Duration{3'000});
  CHECK(settings.late_effect == Duration{4'000});
  CHECK(settings.upgrading_status == "IN WORK");
  CHECK(settings.made_name == "new-{name}");
  CHECK_FALSE(refused_words("--second-upgrade twice").empty());
  REQUIRE(settings.faults.size() == 2);
  CHECK(settings.faults[0].trouble == Trouble::throttled_until);
  CHECK(settings.faults[1].share == 0.01);
}

TEST_CASE("a version that is none is refused") {
  for (const char* word : {"abc", "13..9", ".9", "13.", "13.9a", "-1"}) {
    CAPTURE(word);
    for (const char* option : {"--versions=13.9,", "--targets="}) {
      const std::string why = refused_words(std::string(option) + word);
      CHECK_MESSAGE(why.find(std::string(" ") + word + " is no version") != std::string::npos, why);
    }
  }
}

TEST_CASE("a fault that is none is refused with those that are, and shares over a whole too") {
  const std::string why = refused_words("--fault 404=5%");
  CHECK(why.find("404=5%") != std::string::npos);
  for (const TroubleKind& kind : trouble_kinds) {
    CAPTURE(kind.word);
    CHECK(why.find(kind.word) != std::string::npos);
    CHECK(trouble_help().find(std::string(kind.word) + " ") != std::string::npos);
  }
  CHECK_FALSE(refused_words("--fault garbage").empty());
  CHECK_FALSE(refused_words("--fault garbage=").empty());
  CHECK_FALSE(refused_words("--fault =5%").empty());
  CHECK(refused_words("--fault garbage=60% 500-after=41%").find("100%") != std::string::npos);
  CHECK(refused_words("--fault garbage=0.1 429=0.2 dribble=0.7").empty());
}

}  // namespace pawl::test
