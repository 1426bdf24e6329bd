// What may stand in a file, and how large it may be.
#include <algorithm>
#include <array>
#include <cctype>

#include "tests/tidy/rules.h"

namespace pawl::test {

namespace {

constexpr std::size_t columns_max = 100;
constexpr std::size_t source_lines_max = 400, header_lines_max = 150;

/// A longer file than that is harder to read than two. Those that are longer today may be, up to
/// here; no other may become it, and whatever is short enough again loses its place in this list.
constexpr std::size_t excepted_source_lines_max = 500, excepted_header_lines_max = 300;
constexpr std::array<std::string_view, 24> excepted{
    "engine/journal.h",
    "engine/loop.h",
    "engine/rollout.cpp",
    "engine/rollout.h",
    "workflows/major_upgrade.cpp",
    "workflows/plan.h",
    "storage/sqlite.h",
    "cli/arguments.cpp",
    "cli/driver.cpp",
    "tests/cli/facts_test.cpp",
    "tests/engine/gated_rig.h",
    "tests/engine/loop_rig.h",
    "tests/engine/quota_test.cpp",
    "tests/engine/rollout_model.h",
    "tests/engine/rollout_waves_test.cpp",
    "tests/engine/two_step.h",
    "tests/explorer/exploration.h",
    "tests/explorer/world.cpp",
    "tests/process/credentials_test.cpp",
    "tests/process/levers_test.cpp",
    "tests/process/steering_test.cpp",
    "tests/workflows/major_upgrade_test.cpp",
    "tests/workflows/plan_reader_test.cpp",
    "tests/workflows/upgrade_desk.h",
};

constexpr std::array<std::string_view, 3> unfinished{"TODO", "FIXME", "XXX"};
constexpr std::array<std::string_view, 4> machine_folders{"work", "home", "root", "Users"};
constexpr std::string_view skipped = "doctest::skip";
/// The rules and their tests have to name what they forbid.
constexpr std::string_view rules_folder = "tests/tidy/";

/// engine/ names no cloud, no SQL, no command line.
constexpr std::array<std::string_view, 16> strange_to_engine{
    "huawei", "otc",    "rds",    "postgres", "postgresql", "mysql", "aliyun", "sqlite",
    "sql",    "SELECT", "INSERT", "argv",     "argc",       "CLI",   "DBS",    "APIGW"};

std::string lower(std::string_view text) {
  std::string made(text);
  std::transform(made.begin(), made.end(), made.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return made;
}

bool is_lower(std::string_view word) {
  return std::none_of(word.begin(), word.end(),
                      [](unsigned char c) { return std::isupper(c) != 0; });
}

/// Is this line, all or its end, in a raw string of several lines? Those are shown as they are.
/// `quoted`: that the line before was not its last.
bool stays_quoted(std::string_view line, bool& quoted) {
  const bool before = quoted;
  const std::size_t open = line.rfind("R\"(");
  const std::size_t close = line.rfind(")\"");
  const bool opens = open != std::string_view::npos;
  const bool closes = close != std::string_view::npos;
  if (opens || closes) quoted = opens && (!closes || close < open);
  return before || quoted;
}

std::size_t usual_lines_max(const SourceFile& file) {
  return file.is_header() ? header_lines_max : source_lines_max;
}

std::size_t lines_max(const SourceFile& file) {
  if (std::find(excepted.begin(), excepted.end(), file.path) == excepted.end()) {
    return usual_lines_max(file);
  }
  return file.is_header() ? excepted_header_lines_max : excepted_source_lines_max;
}

std::size_t columns(std::string_view line) {
  return static_cast<std::size_t>(std::count_if(line.begin(), line.end(), [](unsigned char c) {
    return (c & 0xC0U) != 0x80U;  // what continues a character of UTF-8 takes no column
  }));
}

}  // namespace

bool has_word(std::string_view text, std::string_view word) {
  const auto joins = [&](std::size_t at) {
    return at < text.size() && std::isalpha(static_cast<unsigned char>(text[at])) != 0;
  };
  for (std::size_t at = text.find(word); at != std::string_view::npos;
       at = text.find(word, at + 1)) {
    if ((at == 0 || !joins(at - 1)) && !joins(at + word.size())) return true;
  }
  return false;
}

void check_words(const SourceFile& file, std::vector<Violation>& found) {
  if (file.path.starts_with(rules_folder)) return;
  const bool engine = file.is_code() && file.path.starts_with("engine/");
  const bool program = file.is_code() && !file.path.starts_with("tests/");
  for (std::size_t i = 0; i < file.lines.size(); ++i) {
    const std::string& line = file.lines[i];
    const auto add = [&](const std::string& words) { found.push_back({file.path, i + 1, words}); };
    for (const std::string_view word : unfinished) {
      if (has_word(line, word)) add("unfinished: " + std::string(word));
    }
    for (const std::string_view folder : machine_folders) {
      const std::string place = '/' + std::string(folder) + '/';
      if (line.find(place) != std::string::npos) add("a path of one machine: " + place);
    }
    if (line.find(skipped) != std::string::npos) add("a test that is not run");
    if (program && line.find("fmt::print(") != std::string::npos)
      add("fmt::print throws where the disk is full: print_line does not");
    // A host under example.com is nobody's.
    if (!engine || line.find(".example.com") != std::string::npos) continue;
    for (const std::string_view word : strange_to_engine) {
      // Words in capitals are meant as they stand, such as SQL's.
      if (has_word(is_lower(word) ? lower(line) : line, word)) {
        add("engine/ does not know what this is: " + std::string(word));
      }
    }
  }
}

void check_shape(const SourceFile& file, std::vector<Violation>& found) {
  if (!file.is_code()) return;
  if (const std::size_t most = lines_max(file); file.lines.size() > most) {
    found.push_back(
        {file.path, file.lines.size(), "longer than " + std::to_string(most) + " lines"});
  }
  bool quoted = false;
  for (std::size_t i = 0; i < file.lines.size(); ++i) {
    if (stays_quoted(file.lines[i], quoted) || columns(file.lines[i]) <= columns_max) continue;
    found.push_back({file.path, i + 1, "wider than 100 columns"});
  }
  if (!file.is_header()) return;
  const auto first = std::find_if(file.lines.begin(), file.lines.end(), [](const auto& line) {
    return !line.empty() && !line.starts_with("//");
  });
  if (first != file.lines.end() && *first == "#pragma once") return;
  found.push_back({file.path, 1, "a header begins with #pragma once, after its comment"});
}

void check_exceptions(const Tree& tree, std::vector<Violation>& found) {
  for (const std::string_view path : excepted) {
    const bool needed = std::any_of(tree.begin(), tree.end(), [path](const SourceFile& file) {
      return file.path == path && file.lines.size() > usual_lines_max(file);
    });
    if (needed) continue;
    found.push_back({std::string(path), 0, "needs its exception in text_rules.cpp no more"});
  }
}

}  // namespace pawl::test
