#include "cli/hook_files.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "cli/text.h"

namespace pawl {

namespace {

namespace fs = std::filesystem;

/// Whether the shell that runs hooks knows a command of this name; yes where it cannot be asked. It
/// is told of PATH alone: credentials stand in the environment.
bool shell_knows(const std::string& name, const std::string& directory) {
  const auto mutable_text = [](const char* text) { return const_cast<char*>(text); };
  const std::array<char*, 7> words{mutable_text("sh"),
                                   mutable_text("-c"),
                                   mutable_text("cd \"$1\" && command -v \"$2\" || exit 9"),
                                   mutable_text("sh"),
                                   mutable_text(directory.c_str()),
                                   mutable_text(name.c_str()),
                                   nullptr};
  const char* const path = std::getenv("PATH");
  const std::string told = fmt::format("PATH={}", path == nullptr ? "" : path);
  const std::array<char*, 2> environment{path == nullptr ? nullptr : mutable_text(told.c_str()),
                                         nullptr};
  posix_spawn_file_actions_t silent;
  if (posix_spawn_file_actions_init(&silent) != 0) return true;
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    posix_spawn_file_actions_addopen(&silent, stream, "/dev/null", O_RDWR, 0);
  pid_t shell = -1;
  const bool started =
      posix_spawn(&shell, "/bin/sh", &silent, nullptr, words.data(), environment.data()) == 0;
  posix_spawn_file_actions_destroy(&silent);
  int status = 0;
  if (!started || waitpid(shell, &status, 0) != shell) return true;
  return !WIFEXITED(status) || WEXITSTATUS(status) != 9;
}

/// The same of a file that is there and may be executed: what its first line asks for.
std::string cannot_interpret(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::string line(256, '\0');
  stream.read(line.data(), static_cast<std::streamsize>(line.size()));
  line.resize(static_cast<std::size_t>(stream.gcount()));
  if (!line.starts_with("#!")) return "";
  line.erase(std::min(line.find('\n'), line.size()));
  if (line.ends_with('\r'))
    return "has line ends of Windows, and cannot be run with them; take them out";
  const std::size_t begin = line.find_first_not_of(" \t", 2);
  if (begin == std::string::npos) return "";
  const std::string interpreter = line.substr(begin, line.find_first_of(" \t", begin) - begin);
  if (access(interpreter.c_str(), X_OK) == 0) return "";
  return fmt::format("is for `{}`, by its first line, and that cannot be run",
                     printable(interpreter));
}

}  // namespace

std::string cannot_start(const std::string& word, const std::string& directory) {
  if (word.find('/') == std::string::npos) {
    if (shell_knows(word, directory)) return "";
    std::error_code code;
    return fmt::format("is not found in PATH{}",
                       fs::exists(fs::path(directory) / word, code)
                           ? fmt::format("; `./{}` runs the file beside the plan", word)
                           : "");
  }
  const fs::path file = (fs::path(directory) / word).lexically_normal();
  std::error_code code;
  const fs::file_status found = fs::status(file, code);
  if (found.type() == fs::file_type::not_found)
    return fmt::format("is not there: hooks are run in {}", printable(directory));
  if (found.type() == fs::file_type::directory) return "is a directory";
  if (access(file.c_str(), X_OK) == 0) return cannot_interpret(file);
  return fmt::format("may not be executed; `chmod +x {}` lets it", printable(file.string()));
}

std::vector<Mistake> hook_warnings(std::span<const HookProgram> programs,
                                   const std::string& directory) {
  std::vector<Mistake> warnings;
  for (const HookProgram& program : programs) {
    const std::string why = cannot_start(program.word, directory);
    if (why.empty()) continue;
    const bool before = program.when == HookProgram::When::before_upgrade;
    const std::string then = !program.alone
                                 ? "this hook cannot run it"
                                 : fmt::format("each run fails at this hook, {} its upgrade",
                                               before ? "before" : "after");
    warnings.push_back({program.place.line, program.place.column,
                        fmt::format("`{}` {}; as it stands here, {}", program.word, why, then)});
  }
  return warnings;
}

}  // namespace pawl
