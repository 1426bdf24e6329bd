// One name of one namespace has one home: of two constants of different headers the linker would
// keep either, and nothing would say so where no file includes both. One of a source hides that of
// a header from every source that a unity build puts behind it, and nothing says so either.
#include <cctype>
#include <map>
#include <utility>

#include "tests/tidy/rules.h"

namespace pawl::test {

namespace {

/// Without what is a comment, and without what stands in quotes.
std::string bare(std::string_view line) {
  std::string kept;
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (quoted && line[i] == '\\') {
      ++i;
    } else if (line[i] == '"') {
      quoted = !quoted;
    } else if (!quoted) {
      if (line.substr(i).starts_with("//")) break;
      kept += line[i];
    }
  }
  return kept;
}

std::string last_word(std::string_view text) {
  const auto joins = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; };
  std::size_t end = text.size();
  while (end > 0 && !joins(text[end - 1]))
    --end;
  std::size_t begin = end;
  while (begin > 0 && joins(text[begin - 1]))
    --begin;
  return std::string(text.substr(begin, end - begin));
}

/// The names that a declaration gives values to: "int a = 1, b{2};" has a and b.
std::vector<std::string> names_in(std::string_view declaration) {
  std::vector<std::string> names;
  int depth = 0;
  bool valued = false;
  for (std::size_t i = 0; i < declaration.size(); ++i) {
    const char c = declaration[i];
    if (depth == 0 && c == ';') break;
    if (depth == 0 && !valued && (c == '=' || c == '{')) {
      names.push_back(last_word(declaration.substr(0, i)));
      valued = true;
    }
    if (depth == 0 && c == ',') valued = false;
    const bool angle = c == '<' || c == '>';  // of a type, not of a value
    if (angle && valued) continue;
    if (c == '(' || c == '{' || c == '<') ++depth;
    if (c == ')' || c == '}' || c == '>') --depth;
  }
  return names;
}

struct Constant {
  std::string name;  ///< with its namespace
  std::size_t line;
};

std::vector<Constant> constants_of(const SourceFile& header) {
  const std::string_view begins = header.is_header() ? "inline constexpr " : "constexpr ";
  std::vector<Constant> constants;
  std::vector<std::string> open;
  for (std::size_t i = 0; i < header.lines.size(); ++i) {
    const std::string& line = header.lines[i];
    if (line == "namespace {") {
      open.emplace_back();
    } else if (line.starts_with("namespace ") && line.ends_with("{")) {
      open.push_back(line.substr(10, line.size() - 12) + "::");
    } else if (line.starts_with("}  // namespace") && !open.empty()) {
      open.pop_back();
    } else if (line.starts_with(begins)) {
      std::string declaration;
      for (std::size_t at = i; at < header.lines.size(); ++at) {
        declaration += bare(header.lines[at]) + ' ';
        if (declaration.find("; ") != std::string::npos) break;
      }
      std::string where;
      for (const std::string& part : open)
        where += part;
      for (const std::string& name : names_in(declaration))
        constants.push_back({where + name, i + 1});
    }
  }
  return constants;
}

}  // namespace

void check_constants(const Tree& tree, std::vector<Violation>& found) {
  std::map<std::string, const SourceFile*> homes;
  for (const SourceFile& file : tree) {
    // Headers of tests are not all of one program.
    if (!file.is_header() || file.path.starts_with("tests/")) continue;
    for (const Constant& constant : constants_of(file)) {
      const auto [home, fresh] = homes.emplace(constant.name, &file);
      if (fresh || home->second == &file) continue;
      found.push_back({file.path, constant.line,
                       constant.name + " is a constant of " + home->second->path + " already"});
    }
  }
  for (const SourceFile& file : tree) {
    if (!file.is_code() || file.is_header() || file.path.starts_with("tests/")) continue;
    for (const Constant& constant : constants_of(file)) {
      const auto home = homes.find(constant.name);
      if (home == homes.end()) continue;
      found.push_back({file.path, constant.line,
                       constant.name + " hides the constant of " + home->second->path});
    }
  }
}

}  // namespace pawl::test
