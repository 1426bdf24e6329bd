// The command that a hook's line begins with, told only where no shell is needed to tell it.
#include "workflows/hook_program.h"

#include <doctest/doctest.h>

#include <string>

namespace pawl::test {

TEST_CASE("the program of a line is told only where a shell would take that very word") {
  struct Row {
    const char* line;
    const char* word;
    bool alone = true;
  };
  const Row rows[] = {
      {"./drain.sh", "./drain.sh"},
      {"  ./drain.sh --all \"$PAWL_INSTANCE_NAME\"\n", "./drain.sh"},
      {"../bin/drain", "../bin/drain"},
      {"/opt/drain", "/opt/drain"},
      {"drain.sh", "drain.sh"},
      {"./drain.sh || true", "./drain.sh", false},
      {"./drain.sh; true", "./drain.sh", false},
      {"./drain.sh|tee log", "./drain.sh", false},
      {"./drain.sh\ntrue", "./drain.sh", false},
      {"set -e\n./drain.sh", "set", false},
      {"", ""},
      {" \n", ""},
      {"# ./drain.sh", ""},
      {"PATH=. drain.sh", ""},
      {"\"./drain it.sh\"", ""},
      {"./drain\"it\".sh", ""},
      {"./drain\\ it.sh", ""},
      {"$HOME/drain.sh", ""},
      {"~/drain.sh", ""},
      {"./*.sh", ""},
      {"./drain.sh>log", ""},
      {"2>log ./drain.sh", ""},
      {"{ ./drain.sh; }", ""},
      {"(./drain.sh)", ""},
      {"drain() { true; }; drain", ""},
      {"drain () { true; }; drain", ""},
      {"! ./drain.sh", ""},
      {"[ -e ready ]", ""},
      {"./dr\xc3\xa4in.sh", ""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.line);
    const HookProgram program = hook_program(row.line);
    CHECK(program.word == row.word);
    if (!program.word.empty()) CHECK(program.alone == row.alone);
  }
}

TEST_CASE("the programs of a plan stand where their lines stand, in the order of a run") {
  const YamlReading yaml = read_yaml(
      "hooks:\n"
      "  after_upgrade: [{run: smoke}]\n"
      "  before_upgrade:\n"
      "    - run: ./drain.sh\n"
      "    - {timeout: 5m, run: \"$HOME/x\"}\n");
  REQUIRE(yaml.root);
  using When = HookProgram::When;
  CHECK(hook_programs(*yaml.root) ==
        std::vector<HookProgram>{{{4, 12}, "./drain.sh", true, When::before_upgrade},
                                 {{2, 25}, "smoke", true, When::after_upgrade}});
  CHECK(hook_programs(*read_yaml("name: a\n").root).empty());
  CHECK(hook_programs(*read_yaml("hooks: {}\n").root).empty());
}

}  // namespace pawl::test
