#include "workflows/selection.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using pawl::Candidate;
using pawl::glob_matches;
using pawl::InstanceRule;
using pawl::Member;
using pawl::Plan;
using pawl::resolve;
using pawl::Select;
using pawl::selects;
using pawl::Wave;

namespace {

using Tags = std::vector<std::pair<std::string, std::string>>;

Select select_by(std::string name, Tags tags = {}, std::string_view version = "") {
  Select select{std::move(name), std::move(tags), std::nullopt};
  if (!version.empty())
    select.version = {std::string(version), *pawl::cloud::parse_version(version)};
  return select;
}

Wave wave(std::string name, std::optional<Select> select = std::nullopt) {
  return {std::move(name), std::move(select), 1, {}};
}

Plan plan_of(std::vector<InstanceRule> instances, std::vector<Wave> waves = {wave("all")},
             std::vector<InstanceRule> exclude = {}) {
  Plan plan;
  plan.instances = std::move(instances);
  plan.waves = std::move(waves);
  plan.exclude = std::move(exclude);
  return plan;
}

const std::vector<Candidate>& fleet() {
  static const std::vector<Candidate> candidates{
      {"i1", "orders-1", "13.9", {{"env", "prod"}, {"tier", "canary"}}},
      {"i2", "orders-2", "13.10", {{"env", "prod"}}},
      {"i3", "orders-archive", "12.4", {{"env", "prod"}}},
      {"i4", "billing", "13.9", {{"env", "test"}}},
      {"i5", "billing", "13", {}},
  };
  return candidates;
}

/// "wave:id wave:id …", or the mistakes.
std::string resolved(const Plan& plan, const std::vector<Candidate>& candidates = fleet()) {
  const auto members = resolve(plan, candidates);
  if (!members) return members.error().what;
  std::string text;
  for (const Member& member : members->members) {
    if (!text.empty()) text += ' ';
    text += plan.waves[member.wave].name + ':' + member.id;
    if (!member.candidate) text += '?';
  }
  return text;
}

}  // namespace

TEST_CASE("globs match whole texts") {
  struct Row {
    std::string_view glob, text;
    bool matches;
  };
  const std::vector<Row> rows{
      {"orders-*", "orders-1", true},
      {"orders-*", "orders-", true},
      {"orders-*", "xorders-1", false},
      {"*", "", true},
      {"*", "anything", true},
      {"", "", true},
      {"", "a", false},
      {"?", "a", true},
      {"?", "", false},
      {"?", "\xC3\xA4", true},
      {"?\?", "\xC3\xA4", false},
      {"*?\?", "\xC3\xA4", false},
      {"a?c", "abc", true},
      {"a?c", "ac", false},
      {"*-1", "orders-1", true},
      {"*-1", "orders-12", false},
      {"*a*b*", "xxaxxbxx", true},
      {"*a*b*", "xxbxxaxx", false},
      {"a**b", "ab", true},
      {"[a]", "a", false},
      {"[a]", "[a]", true},
      {".", "a", false},
      {"Orders", "orders", false},
      {"a*", "a\nb", true},
  };
  for (const Row& row : rows) {
    CAPTURE(row.glob);
    CAPTURE(row.text);
    CHECK(glob_matches(row.glob, row.text) == row.matches);
  }
}

TEST_CASE("a hostile glob takes no more than the product of both lengths") {
  std::string glob;
  for (int i = 0; i < 100; ++i)
    glob += "*a";
  CHECK_FALSE(glob_matches(glob + "b", std::string(5'000, 'a')));
}

TEST_CASE("a select holds when all of its parts hold") {
  const Candidate candidate{"i", "orders-1", "13.9", {{"env", "prod"}, {"tier", ""}}};
  struct Row {
    Select select;
    bool holds;
  };
  const std::vector<Row> rows{
      {select_by("orders-*"), true},
      {select_by("billing"), false},
      {select_by("", {{"env", "prod"}}), true},
      {select_by("", {{"env", "prod"}, {"tier", ""}}), true},
      {select_by("", {{"env", "prod"}, {"tier", "canary"}}), false},
      {select_by("", {{"env", "pro*"}}), false},
      {select_by("", {{"Env", "prod"}}), false},
      {select_by("", {}, "13"), true},
      {select_by("", {}, "13.9"), true},
      {select_by("", {}, "13.90"), false},
      {select_by("", {}, "13.9.1"), false},
      {select_by("", {}, "1"), false},
      {select_by("orders-*", {{"env", "prod"}}, "14"), false},
      {select_by("orders-*", {{"env", "prod"}}, "13"), true},
  };
  for (const Row& row : rows) {
    CAPTURE(row.select.name);
    CHECK(selects(row.select, candidate) == row.holds);
  }
  CHECK_FALSE(selects(select_by("", {}, "13"), {"i", "n", "", {}}));
  CHECK_FALSE(selects(select_by("", {}, "13"), {"i", "n", "thirteen", {}}));
}

TEST_CASE("instances are the union of ids, names and selects, in the fleet's order") {
  CHECK(resolved(plan_of({{{"i4", "i1"}, {}, {}}})) == "all:i1 all:i4");
  CHECK(resolved(plan_of({{{}, {"billing"}, {}}})) == "all:i4 all:i5");
  CHECK(resolved(plan_of({{{}, {"orders-?"}, {}}})) == "all:i1 all:i2");
  CHECK(resolved(plan_of({{{"i2"}, {"orders-2"}, select_by("*", {}, "13")}, {{"i2"}, {}, {}}})) ==
        "all:i1 all:i2 all:i4 all:i5");
}

TEST_CASE("what is excluded is left out, by id, name, glob or select") {
  const InstanceRule everything{{}, {}, select_by("*")};
  const std::vector<Wave> one{wave("all")};
  CHECK(resolved(plan_of({everything}, one, {{{"i1", "i5"}, {}, {}}})) == "all:i2 all:i3 all:i4");
  CHECK(resolved(plan_of({everything}, one, {{{}, {"orders-archive"}, {}}})) ==
        "all:i1 all:i2 all:i4 all:i5");
  CHECK(resolved(plan_of({everything}, one, {{{}, {"orders-*"}, {}}})) == "all:i4 all:i5");
  CHECK(resolved(plan_of({everything}, one, {{{}, {}, select_by("", {{"env", "prod"}})}})) ==
        "all:i4 all:i5");
  CHECK(resolved(plan_of({{{"i1", "gone"}, {}, {}}}, one, {{{"gone"}, {}, {}}})) == "all:i1");
}

TEST_CASE("an exclude leaves out what it may mean, as far as the list tells, and that is said") {
  std::vector<Candidate> candidates = fleet();
  candidates.push_back({"i6", "orders-6", "", {{"env", "prod"}}});
  candidates.push_back({"i7", "users", "13.9", {}, "", "", std::nullopt, true});
  candidates.push_back({"i8", "users-old", "13", {}, "", "", std::nullopt, true});
  const InstanceRule everything{{}, {}, select_by("*")};
  struct Row {
    Select exclude;
    std::string members, left_out;
  };
  const std::string why = ", so they may be meant; exclude by ids or names to have them in";
  const std::string untold = " as well: the cloud's list does not give their ";
  const std::vector<Row> rows{
      {select_by("", {}, "13.9"), "all:i2 all:i3",
       "`exclude` leaves out billing (i5), orders-6 (i6), users-old (i8)" + untold +
           "full version" + why},
      {select_by("*", {}, "13.10"), "all:i1 all:i3 all:i4 all:i7",
       "`exclude` leaves out billing (i5), orders-6 (i6), users-old (i8)" + untold +
           "full version" + why},
      {select_by("", {}, "12"), "all:i1 all:i2 all:i4 all:i5 all:i7 all:i8",
       "`exclude` leaves out orders-6 (i6)" + untold + "full version" + why},
      {select_by("", {{"env", "prod"}}), "all:i4 all:i5",
       "`exclude` leaves out users (i7), users-old (i8)" + untold + "tags" + why},
      {select_by("", {{"env", "test"}}, "13.9"), "all:i1 all:i2 all:i3 all:i5 all:i6",
       "`exclude` leaves out users (i7)" + untold + "tags" + why +
           "\n`exclude` leaves out users-old (i8)" + untold + "tags and full version" + why},
      {select_by("orders-1", {{"env", "prod"}}, "13"),
       "all:i2 all:i3 all:i4 all:i5 all:i6 all:i7 all:i8", ""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.members);
    const Plan plan = plan_of({everything}, {wave("all")}, {{{}, {}, row.exclude}});
    CHECK(resolved(plan, candidates) == row.members);
    const auto selection = resolve(plan, candidates);
    REQUIRE(selection);
    CHECK(selection->left_out == row.left_out);
  }
  const Plan named =
      plan_of({{{"i7"}, {}, {}}}, {wave("all")}, {{{}, {}, select_by("", {{"env", "prod"}})}});
  CHECK(resolved(named, candidates) ==
        "the wave `all` has no instance of this plan; mend its `select`, or remove the wave\n"
        "`exclude` leaves out users (i7)" +
            untold + "tags" + why);
}

TEST_CASE("what the list leaves out lets no instances and no wave take more") {
  const std::vector<Candidate> candidates{{"i1", "a", "13", {}},
                                          {"i2", "b", "13.9", {}, "", "", std::nullopt, true}};
  CHECK(resolved(plan_of({{{}, {}, select_by("", {}, "13.9")}}), candidates) == "all:i2");
  CHECK(resolved(plan_of({{{}, {}, select_by("*")}},
                         {wave("prod", select_by("", {{"env", "prod"}})), wave("rest")}),
                 candidates) ==
        "the wave `prod` has no instance of this plan; mend its `select`, or remove the wave");
}

TEST_CASE("waves take what they select, and the last without a select takes the rest") {
  const InstanceRule everything{{}, {}, select_by("*")};
  CHECK(resolved(plan_of({everything}, {wave("canary", select_by("", {{"tier", "canary"}})),
                                        wave("bills", select_by("billing")), wave("rest")})) ==
        "canary:i1 bills:i4 bills:i5 rest:i2 rest:i3");
}

TEST_CASE("an id that the fleet does not have goes on, at the end of the last wave") {
  const InstanceRule rule{{"gone", "i1"}, {}, {}};
  CHECK(resolved(plan_of({rule})) == "all:i1 all:gone?");
  CHECK(resolved(plan_of({rule}, {wave("one", select_by("orders-1")), wave("rest")})) ==
        "one:i1 rest:gone?");
  CHECK(resolved(plan_of({rule}, {wave("one", select_by("orders-1")),
                                  wave("two", select_by("*-2"))})) == "one:i1 two:gone?");
  const auto selection = resolve(plan_of({rule}), fleet());
  REQUIRE(selection);
  CHECK(selection->members.at(0) == Member{"i1", "orders-1", 0, 0});
  CHECK(selection->members.at(1) == Member{"gone", "", 0, std::nullopt});
}

TEST_CASE("a spread bounds an empty value of its tag like any other, and no tag not at all") {
  const std::vector<Candidate> candidates{{"i1", "a", "13", {{"service", "x"}}},
                                          {"i2", "b", "13", {{"service", ""}}},
                                          {"i3", "c", "13", {{"env", "x"}}}};
  Plan plan = plan_of({{{}, {"*"}, {}}});
  plan.waves[0].spread = pawl::Spread{"service", 1};
  const auto selection = resolve(plan, candidates);
  REQUIRE(selection);
  REQUIRE(selection->members.size() == 3);
  CHECK(selection->members[0].spread == "x");
  CHECK(selection->members[1].spread == "(empty)");
  CHECK(selection->members[2].spread.empty());
}

TEST_CASE("a candidate that is listed twice counts once") {
  std::vector<Candidate> candidates = fleet();
  candidates.push_back(candidates[0]);
  CHECK(resolved(plan_of({{{}, {"orders-1"}, {}}}), candidates) == "all:i1");
}

TEST_CASE("what matches nothing, everything twice, or nowhere is refused with its name") {
  const InstanceRule everything{{}, {}, select_by("*")};
  const std::vector<Wave> one{wave("all")};
  struct Row {
    Plan plan;
    std::string mistakes;
  };
  const std::vector<Row> rows{
      {plan_of({everything, {{}, {"nobody"}, {}}}),
       "`instances`: no instance is called `nobody`; mend or remove it"},
      {plan_of({everything, {{}, {"nobody-*"}, {}}}),
       "`instances`: no instance is called `nobody-*`; mend or remove it"},
      {plan_of({everything, {{}, {}, select_by("x*", {{"env", "prod"}}, "13")}}),
       "`instances`: the select (name `x*`, tag env=prod, version 13) matches no instance; mend or "
       "remove it"},
      {plan_of({everything}, one, {{{"gone"}, {}, {}}}),
       "`exclude`: no instance of the fleet or the plan has the id `gone`; mend or remove it"},
      {plan_of({everything}, one, {{{}, {"ordres-archive"}, {}}}),
       "`exclude`: no instance is called `ordres-archive`; mend or remove it"},
      {plan_of({everything}, one, {{{}, {}, select_by("", {}, "9")}}),
       "`exclude`: the select (version 9) matches no instance; mend or remove it"},
      {plan_of({everything}, one, {everything}),
       "the wave `all` has no instance of this plan; mend its `select`, or remove the wave"},
      {plan_of({{{"i1"}, {}, {}}}, {wave("bills", select_by("billing")), wave("rest")}),
       "the wave `bills` has no instance of this plan; mend its `select`, or remove the wave"},
      {plan_of({{{"i1"}, {}, {}}}, {wave("first", select_by("orders-1")), wave("rest")}),
       "the wave `rest` has no instance of this plan; mend its `select`, or remove the wave"},
      {plan_of({everything},
               {wave("a", select_by("orders-*")), wave("b", select_by("*-2")), wave("rest")}),
       "the waves `a` and `b` both select orders-2 (i2); an instance goes in one wave"},
      {plan_of({everything}, {wave("a", select_by("orders-*"))}),
       "no wave takes billing (i4), billing (i5); add a wave without `select` as the last one, or "
       "exclude them"},
      {plan_of({{{}, {"x", "y"}, {}}}),
       "`instances`: no instance is called `x`; mend or remove it\n"
       "`instances`: no instance is called `y`; mend or remove it\n"
       "the wave `all` has no instance of this plan; mend its `select`, or remove the wave"},
  };
  for (const Row& row : rows) {
    CHECK(resolved(row.plan) == row.mistakes);
    const auto members = resolve(row.plan, fleet());
    REQUIRE_FALSE(members);
    CHECK(members.error().fault == pawl::Fault::usage);
  }
}

TEST_CASE("what no one wave takes is told apart where a selection is wanted in part") {
  const Plan plan = plan_of({{{}, {}, select_by("*")}},
                            {wave("a", select_by("orders-*")), wave("b", select_by("*-2"))});
  const pawl::Selection selection = resolve_in_part(plan, fleet());
  REQUIRE(selection.members.size() == 2);
  CHECK(selection.members[0].id == "i1");
  CHECK(selection.members[1].id == "i3");
  REQUIRE(selection.unplaced.size() == 3);
  CHECK(selection.unplaced[0].id == "i2");
  CHECK(selection.unplaced[1].id == "i4");
  CHECK(selection.mistakes.starts_with("the waves `a` and `b` both select orders-2 (i2)"));
  CHECK(selection.mistakes.find("no wave takes billing (i4)") != std::string::npos);
}

TEST_CASE("of many instances a message lists a few") {
  std::vector<Candidate> candidates;
  for (int i = 0; i < 1'000; ++i)
    candidates.push_back({"i" + std::to_string(i), "n", "13", {}});
  candidates.push_back({"z", "other", "13", {}});
  CHECK(resolved(plan_of({{{}, {"*"}, {}}}, {wave("w", select_by("other"))}), candidates) ==
        "no wave takes n (i0), n (i1), n (i2), n (i3), n (i4) and 995 more; add a wave without "
        "`select` as the last one, or exclude them");
}

TEST_CASE("among chosen ids alone, it is no mistake that the plan matches some of them only") {
  const std::vector<Candidate> fleet{{"1", "a-1", "13.9", {}}, {"2", "b-1", "13.9", {}}};
  const Plan plan = plan_of({{{"2", "9"}, {"c-*"}, select_by("*")}},
                            {wave("first", select_by("a-*")), wave("rest")}, {{{}, {"d"}, {}}});
  CHECK_FALSE(resolve(plan, fleet));
  const pawl::Ids second{"2"};
  const auto selection = resolve(plan, fleet, &second);
  REQUIRE(selection);
  const std::vector<Member>& members = selection->members;
  REQUIRE(members.size() == 1);
  CHECK(members.front().id == "2");
  CHECK(members.front().wave == 1);
  CHECK(members.front().candidate == 1);
  const pawl::Ids none;
  CHECK(resolve(plan, fleet, &none)->members.empty());
}
