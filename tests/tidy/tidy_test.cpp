// The tree keeps the rules of the house, and the rules bite.
#include <doctest/doctest.h>

#include <algorithm>
#include <sstream>
#include <string>

#include "tests/tidy/rules.h"
#include "tests/tidy/tree.h"

namespace pawl::test {

namespace {

SourceFile file(std::string path, const std::string& text) {
  SourceFile made{std::move(path), {}};
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);)
    made.lines.push_back(line);
  return made;
}

/// What is wrong with this file in a tree that has all its READMEs and nothing else.
std::string wrong_with(const std::string& path, const std::string& text) {
  Tree tree{file(path, text)};
  for (const char* room :
       {"engine/", "workflows/", "storage/", "cli/", "tests/", "engine/io/", "cli/simulate/"})
    tree.push_back(file(std::string(room) + "README.md", ""));
  std::string words;
  for (const Violation& violation : violations_of(tree))
    words += to_string(violation) + '\n';
  return words;
}

}  // namespace

TEST_CASE("the tree keeps the rules of the house") {
  const Tree tree = read_tree(PAWL_SOURCE_DIR);
  CHECK(tree.size() > 150);
  for (const char* known : {"engine/loop.cpp", "cli/demo", "tests/CMakeLists.txt"}) {
    CAPTURE(known);
    CHECK(std::any_of(tree.begin(), tree.end(),
                      [known](const SourceFile& read) { return read.path == known; }));
  }
  std::vector<Violation> found = violations_of(tree);
  check_exceptions(tree, found);
  for (const Violation& violation : found)
    MESSAGE(to_string(violation));
  CHECK(found.empty());
}

TEST_CASE("an include against the arrows is found, one along them is not") {
  struct Row {
    const char* path;
    const char* target;
    bool allowed;
  };
  const Row rows[] = {
      {"engine/a.cpp", "engine/run.h", true},
      {"engine/a.cpp", "engine/io/poller.h", false},
      {"engine/a.cpp", "workflows/plan.h", false},
      {"engine/a.cpp", "storage/store.h", false},
      {"engine/a.cpp", "cli/text.h", false},
      {"engine/a.cpp", "tests/support/child.h", false},
      {"engine/a.cpp", "run.h", false},
      {"engine/io/a.cpp", "engine/run.h", true},
      {"engine/io/a.cpp", "engine/io/poller.h", true},
      {"engine/io/a.cpp", "workflows/plan.h", false},
      {"workflows/a.cpp", "workflows/plan.h", true},
      {"workflows/a.cpp", "engine/run.h", true},
      {"workflows/a.cpp", "engine/io/poller.h", false},
      {"workflows/a.cpp", "storage/store.h", false},
      {"workflows/a.cpp", "cli/text.h", false},
      {"storage/a.cpp", "engine/run.h", true},
      {"storage/a.cpp", "workflows/plan.h", false},
      {"storage/a.cpp", "cli/simulate/settings.h", false},
      {"cli/a.cpp", "storage/store.h", true},
      {"cli/a.cpp", "engine/io/poller.h", true},
      {"cli/a.cpp", "cli/simulate/server.h", false},
      {"cli/arguments.cpp", "cli/simulate/server.h", true},
      {"cli/arguments.cpp", "storage/store.h", true},
      {"cli/a.cpp", "tests/support/child.h", false},
      {"cli/simulate/a.cpp", "workflows/durations.h", true},
      {"cli/simulate/a.cpp", "workflows/cloud_api.h", false},
      {"cli/simulate/a.cpp", "storage/store.h", false},
      {"cli/simulate/a.cpp", "cli/log.h", true},
      {"cli/simulate/a.cpp", "cli/text.h", false},
      {"tests/cli/a.cpp", "storage/store.h", true},
  };
  for (const Row& row : rows) {
    const std::string include = std::string("#include \"") + row.target + "\"\n";
    CAPTURE(row.path);
    CAPTURE(include);
    CHECK(wrong_with(row.path, include).empty() == row.allowed);
  }
  CHECK(wrong_with("engine/a.cpp", "\n  #  include  \"cli/text.h\"\n") ==
        "engine/a.cpp:2: engine/ may not include \"cli/text.h\"\n");
}

TEST_CASE("an outside library is found away from its home") {
  struct Row {
    const char* path;
    const char* library;
    bool allowed;
  };
  const Row rows[] = {
      {"engine/io/a.cpp", "curl/curl.h", true},
      {"engine/a.cpp", "curl/curl.h", false},
      {"cli/a.cpp", "curl/multi.h", false},
      {"storage/sqlite.cpp", "sqlite3.h", true},
      {"storage/store.cpp", "sqlite3.h", false},
      {"tests/storage/a.cpp", "sqlite3.h", true},
      {"workflows/yaml_reader.cpp", "yaml-cpp/parser.h", true},
      {"workflows/plan.cpp", "yaml-cpp/yaml.h", false},
      {"cli/arguments.cpp", "CLI/CLI.hpp", true},
      {"workflows/plan.cpp", "CLI/CLI.hpp", false},
      {"cli/simulate/a.cpp", "microhttpd.h", true},
      {"cli/a.cpp", "microhttpd.h", false},
      {"storage/chain.cpp", "openssl/evp.h", true},
      {"storage/store.cpp", "openssl/evp.h", false},
      {"engine/digest.cpp", "openssl/ssl.h", false},
      {"engine/codec.cpp", "nlohmann/json.hpp", true},
      {"workflows/cloud_json.cpp", "nlohmann/json.hpp", true},
      {"cli/simulate/a.cpp", "nlohmann/json.hpp", true},
      {"storage/a.cpp", "nlohmann/json.hpp", false},
      {"workflows/a.cpp", "nlohmann/json.hpp", false},
      {"workflows/quick_json.cpp", "simdjson.h", true},
      {"cli/a.cpp", "simdjson.h", false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.path);
    CAPTURE(row.library);
    const std::string include = std::string("#include <") + row.library + ">\n";
    CHECK(wrong_with(row.path, include).empty() == row.allowed);
  }
  CHECK(wrong_with("cli/a.cpp", "#include <openssl/evp.h>\n") ==
        "cli/a.cpp:1: <openssl/evp.h> is included in engine/digest.cpp, storage/chain.cpp alone\n");
  CHECK(wrong_with("cli/a.h", "#pragma once\n#include <nlohmann/json.hpp>\n") ==
        "cli/a.h:2: nlohmann/json stays out of headers\n");
  CHECK(wrong_with("cli/a.h", "#pragma once\n#include <nlohmann/json_fwd.hpp>\n").empty());
}

TEST_CASE("pure code that reaches for the world is found") {
  for (const char* header : {"iostream", "fstream", "thread", "cstdio", "unistd.h", "sys/socket.h",
                             "netinet/in.h", "filesystem", "random", "mutex"}) {
    CAPTURE(header);
    const std::string include = std::string("#include <") + header + ">\n";
    CHECK(wrong_with("engine/a.cpp", include) ==
          "engine/a.cpp:1: pure code does no I/O: <" + std::string(header) + ">\n");
    CHECK_FALSE(wrong_with("workflows/a.cpp", include).empty());
    CHECK(wrong_with("engine/io/a.cpp", include).empty());
    CHECK(wrong_with("storage/a.cpp", include).empty());
  }
  for (const char* line :
       {"auto t = std::chrono::system_clock::now();", "auto h = getenv(\"X\");"}) {
    CAPTURE(line);
    CHECK_FALSE(wrong_with("engine/a.cpp", line).empty());
    CHECK_FALSE(wrong_with("workflows/a.cpp", line).empty());
    CHECK(wrong_with("cli/a.cpp", line).empty());
  }
  CHECK(wrong_with("engine/a.cpp", "#include <vector>\n#include <chrono>\n").empty());
  CHECK(wrong_with("engine/result.cpp", "#include <cstdio>\n").empty());
}

TEST_CASE("a source whose own header is not its first include is found") {
  const auto wrong = [](const std::string& text) {
    Tree tree{file("cli/a.cpp", text), file("cli/a.h", "#pragma once\n")};
    std::vector<Violation> found;
    check_own_header_first(tree[0], tree, found);
    return found.empty() ? "" : to_string(found[0]);
  };
  CHECK(wrong("#include \"cli/a.h\"\n\n#include <array>\n") == "");
  CHECK(wrong("// Words.\n#include <array>\n\n#include \"cli/a.h\"\n") ==
        "cli/a.cpp:2: its first include is \"cli/a.h\"");
  CHECK(wrong("int a;\n") == "cli/a.cpp:0: its first include is \"cli/a.h\"");
}

TEST_CASE("a word of the cloud, of SQL or of a command line in the engine is found") {
  for (const char* line :
       {"// Huawei does this", "const char* rds = 0;", "auto x = \"SELECT 1\";", "sqlite3* db;",
        "enum { postgres };", "int main(int argc, char** argv)", "bool is_sql_text();"}) {
    CAPTURE(line);
    CHECK_FALSE(wrong_with("engine/a.cpp", line).empty());
    CHECK_FALSE(wrong_with("engine/io/a.h", "#pragma once\n" + std::string(line)).empty());
    CHECK(wrong_with("workflows/a.cpp", line).empty());
  }
  CHECK(wrong_with("engine/a.cpp", "// such as https://rds.example.com").empty());
  for (const char* line :
       {"// select what words say", "int hours = words;", "// selected, inserted"}) {
    CAPTURE(line);
    CHECK(wrong_with("engine/a.cpp", line).empty());
  }
}

TEST_CASE("printing that throws is found in the program") {
  const char* const line = "  fmt::print(\"{}\", words);";
  CHECK_FALSE(wrong_with("cli/a.cpp", line).empty());
  CHECK(wrong_with("tests/cli/a_test.cpp", line).empty());
  CHECK(wrong_with("cli/a.cpp", "  print_line(words);").empty());
}

TEST_CASE("unfinished work, paths of one machine and tests that are not run are found") {
  for (const char* line :
       {"// TODO: later", "x = 1;  // FIXME", "// XXX", "TEST_CASE(\"a\" * doctest::skip())"}) {
    CAPTURE(line);
    CHECK_FALSE(wrong_with("tests/cli/a_test.cpp", line).empty());
    CHECK_FALSE(wrong_with("cli/demo", line).empty());
  }
  for (const char* folder : {"home", "root", "Users"}) {
    const std::string path = std::string("/") + folder + "/me";
    CHECK(wrong_with("cli/README.md", "cd " + path) ==
          "cli/README.md:1: a path of one machine: /" + std::string(folder) + "/\n");
  }
  CHECK(wrong_with("cli/a.cpp", "auto todo = to_do;  // at home/a, TODOS, mkstemp(\"/tmp/XXXXXX\")")
            .empty());
}

TEST_CASE("shape: width in columns, and how a header begins") {
  const std::string wide(100, 'x');
  CHECK(wrong_with("cli/a.cpp", wide).empty());
  CHECK(wrong_with("cli/a.cpp", "\n" + wide + "x") == "cli/a.cpp:2: wider than 100 columns\n");
  CHECK(wrong_with("cli/a.cpp", wide.substr(1) + "\u2026").empty());
  CHECK(wrong_with("cli/a.cpp", "auto a = R\"(b\n" + wide + "x\n)\";\n").empty());
  CHECK(wrong_with("cli/a.cpp", "auto a = R\"(b)\" R\"(c\n)\";\n" + wide + "x\n") ==
        "cli/a.cpp:3: wider than 100 columns\n");
  CHECK(wrong_with("cli/a.h", "// Why.\n\n#pragma once\n").empty());
  CHECK_FALSE(wrong_with("cli/a.h", "#include <array>\n#pragma once\n").empty());
  CHECK_FALSE(wrong_with("cli/a.h", "").empty());
}

TEST_CASE("a file that is too long is found, and an exception that is needed no more") {
  const auto wrong = [](const std::string& path, int lines) {
    std::string text = path.ends_with(".h") ? "#pragma once\n" : "x\n";
    for (int line = 1; line < lines; ++line)
      text += "x\n";
    return wrong_with(path, text);
  };
  CHECK(wrong("cli/a.cpp", 400) == "");
  CHECK(wrong("cli/a.cpp", 401) == "cli/a.cpp:401: longer than 400 lines\n");
  CHECK(wrong("cli/a.h", 150) == "");
  CHECK(wrong("cli/a.h", 151) == "cli/a.h:151: longer than 150 lines\n");
  const std::string long_today = "tests/process/steering_test.cpp";
  CHECK(wrong(long_today, 500) == "");
  CHECK(wrong(long_today, 501) == long_today + ":501: longer than 500 lines\n");
  CHECK(wrong("tests/engine/two_step.h", 300) == "");
  CHECK(wrong("tests/engine/two_step.h", 301) != "");
  const auto unneeded = [&long_today](int lines) {
    Tree tree{file(long_today, "")};
    tree[0].lines.resize(static_cast<std::size_t>(lines));
    std::vector<Violation> found;
    check_exceptions(tree, found);
    return std::any_of(found.begin(), found.end(),
                       [&long_today](const Violation& one) { return one.path == long_today; });
  };
  CHECK_FALSE(unneeded(401));
  CHECK(unneeded(400));
}

TEST_CASE("a constant that two headers of the program define is found") {
  const auto wrong = [](const std::string& path, const std::string& first,
                        const std::string& second) {
    std::vector<Violation> found;
    const std::string begin = "#pragma once\nnamespace pawl {\n", end = "\n}  // namespace pawl\n";
    check_constants({file("cli/a.h", begin + first + end), file(path, begin + second + end)},
                    found);
    return found.empty() ? "" : to_string(found[0]);
  };
  const std::string a = "inline constexpr int a = 1;";
  CHECK(wrong("engine/b.h", a, "inline constexpr Duration a{2};  // b = 3") ==
        "engine/b.h:3: pawl::a is a constant of cli/a.h already");
  CHECK(wrong("engine/b.h", a, "inline constexpr int b = f(1 << 2, 3), a = 1;") != "");
  CHECK(wrong("engine/b.h", a, "inline constexpr std::array<int, 2>\n    a{1, 2};") != "");
  CHECK(wrong("engine/b.h", a, "inline constexpr std::string_view b = \"; a = 1, a{}\";") == "");
  CHECK(wrong("engine/b.h", a, "namespace deeper {\n" + a + "\n}  // namespace deeper") == "");
  CHECK(wrong("engine/b.h", a + '\n' + a, "") == "");
  CHECK(wrong("engine/b.cpp", a, a) == "");
  CHECK(wrong("tests/b.h", a, a) == "");
  const std::string own = "namespace {\nconstexpr int a = 1;\n}  // namespace";
  CHECK(wrong("cli/b.cpp", a, own) == "cli/b.cpp:4: pawl::a hides the constant of cli/a.h");
  CHECK(wrong("cli/b.cpp", a, "namespace deeper {\n" + own + "\n}  // namespace deeper") == "");
  CHECK(wrong("tests/b.cpp", a, own) == "");
}

TEST_CASE("a number or a document that is cited and is not there is found") {
  const auto unknown = [](const std::string& text) {
    std::vector<Violation> found;
    check_citations({file("cli/a.h", text),
                     file("engine/DECISIONS.md",
                          "| old.md | e |\n| law 1 | a |\n| decision 2 | b |\n"
                          "| decision 3 | b |\n| decision 5 | b |\n"),
                     file("workflows/CLOUD.md",
                          "| trap 7 | c |\n| cloud-api 1.3 | d |\n"
                          "| cloud-api 5 | d |\n")},
                    found);
    std::string words;
    for (const Violation& violation : found) {
      words += std::to_string(violation.line) + ": " +
               violation.words.substr(0, violation.words.find(" is in")) + '\n';
    }
    return words;
  };
  for (const char* known :
       {"// Law 1: never twice (decision 2).", "// (trap 7, decisions 2, 3 and 5). 12 calls",
        "// (cloud-api\n// trap 7), (cloud-api\n/// section 5), cloud-api 1.3, for 30 s",
        "// a decision of 40 runs; decision, 40", "REQUIRE(\"law 1: 99 of them\")",
        "// as CLOUD.md has it, engine/DECISIONS.md (old.md), old.md's, \"/CLOUD.md\"",
        "// decisions 2 to 3. 4 of them", "// a trap (9 of them)"}) {
    CAPTURE(known);
    CHECK(unknown(known) == "");
  }
  CHECK(unknown("// x\n// (law 2)") == "2: law 2\n");
  CHECK(unknown("// (other.md, \"words\")") == "1: other.md\n");
  CHECK(unknown("// (decisions 2 to 5)") == "1: decision 4\n");
  CHECK(unknown("// (cloud-api 1.3, 1.4 and 5; traps 7,\n// 8)") ==
        "1: cloud-api 1.4\n2: trap 8\n");
}

TEST_CASE("a room without its README is found") {
  std::vector<Violation> found;
  check_readmes({file("engine/README.md", ""), file("cli/README.md", "")}, found);
  REQUIRE(found.size() == 5);
  CHECK(to_string(found[0]) == "workflows/README.md:0: each room has one");
}

}  // namespace pawl::test
