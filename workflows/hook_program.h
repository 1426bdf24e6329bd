// What the shell starts for a hook, as far as the line alone tells.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "workflows/yaml_reader.h"

namespace pawl {

/// The command that a line for the shell begins with.
struct HookProgram {
  enum class When : std::uint8_t { before_upgrade, after_upgrade };
  Place place{};       ///< of the line; columns count bytes
  std::string word{};  ///< a path, or a name that the shell looks up; nothing that it would expand
  bool alone = true;   ///< nothing follows it that could change the hook's exit code
  When when = When::before_upgrade;
  bool operator==(const HookProgram&) const = default;
};

/// Its word and whether that is alone; an empty word where only a shell can tell.
HookProgram hook_program(std::string_view line);

/// Of the hooks of a good plan, read from the tree `root`; those without a word are left out.
std::vector<HookProgram> hook_programs(const YamlNode& root);

}  // namespace pawl
