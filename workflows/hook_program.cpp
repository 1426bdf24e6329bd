#include "workflows/hook_program.h"

#include <algorithm>
#include <utility>

#include "engine/ascii.h"

namespace pawl {

namespace {

/// Such a character means itself to a shell, wherever it stands in a word that is no assignment.
bool is_plain(char c) {
  constexpr std::string_view others = "_./+-@%,:";
  return is_letter(c) || is_digit(c) || others.find(c) != std::string_view::npos;
}

}  // namespace

HookProgram hook_program(std::string_view line) {
  constexpr std::string_view blanks = " \t\r\n", ends = " \t\n;&|";
  line.remove_prefix(std::min(line.find_first_not_of(blanks), line.size()));
  while (!line.empty() && blanks.find(line.back()) != std::string_view::npos)
    line.remove_suffix(1);
  const auto* const end = std::find_if_not(line.begin(), line.end(), is_plain);
  const std::string_view word(line.begin(), static_cast<std::size_t>(end - line.begin()));
  std::string_view rest = line.substr(word.size());
  HookProgram program;
  if (!rest.empty() && ends.find(rest.front()) == std::string_view::npos) return program;
  program.alone = rest.find_first_of(";&|\n") == std::string_view::npos;
  rest.remove_prefix(std::min(rest.find_first_not_of(blanks), rest.size()));
  if (!rest.starts_with('(')) program.word = word;  // else it is a function's name
  return program;
}

std::vector<HookProgram> hook_programs(const YamlNode& root) {
  std::vector<HookProgram> programs;
  const YamlNode* hooks = root.find("hooks");
  if (hooks == nullptr) return programs;
  for (const auto& [key, when] : {std::pair{"before_upgrade", HookProgram::When::before_upgrade},
                                  std::pair{"after_upgrade", HookProgram::When::after_upgrade}}) {
    const YamlNode* list = hooks->find(key);
    if (list == nullptr) continue;
    for (const YamlNode& hook : list->items) {
      const YamlNode* line = hook.find("run");
      if (line == nullptr) continue;
      HookProgram program = hook_program(line->text);
      program.place = line->place;
      program.when = when;
      if (!program.word.empty()) programs.push_back(std::move(program));
    }
  }
  return programs;
}

}  // namespace pawl
