#include "engine/io/process_groups.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <memory>
#include <string_view>

namespace pawl {
namespace {

std::string read_file(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return {};
  std::string text;
  std::array<char, 8'192> block;
  ssize_t got;
  while ((got = ::read(descriptor, block.data(), block.size())) > 0)
    text.append(block.data(), static_cast<std::size_t>(got));
  ::close(descriptor);
  return text;
}

/// The fifth field of /proc/PID/stat; the second, the name, may hold anything but ends at the last
/// parenthesis. 0 where there is none.
long group_of(const std::string& stat) {
  const std::size_t name_end = stat.rfind(')');
  if (name_end == std::string::npos || name_end + 4 >= stat.size()) return 0;
  const char* at = stat.c_str() + name_end + 4;  // ") S "
  char* end = nullptr;
  std::strtol(at, &end, 10);  // the parent
  return std::strtol(end, nullptr, 10);
}

bool holds(std::string_view environment, const std::string& assignment) {
  while (!environment.empty()) {
    const std::size_t end = environment.find('\0');
    if (environment.substr(0, end) == assignment) return true;
    if (end == std::string_view::npos) return false;
    environment.remove_prefix(end + 1);
  }
  return false;
}

}  // namespace

bool group_bears(pid_t group, const std::string& assignment) {
  const std::unique_ptr<DIR, int (*)(DIR*)> processes(::opendir("/proc"), &::closedir);
  if (!processes) return false;
  while (const dirent* entry = ::readdir(processes.get())) {
    const std::string name = entry->d_name;
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    const std::string directory = "/proc/" + name;
    if (group_of(read_file(directory + "/stat")) != group) continue;
    if (holds(read_file(directory + "/environ"), assignment)) return true;
  }
  return false;
}

bool group_lives(pid_t group) {
  return ::kill(-group, 0) == 0 || errno == EPERM;
}

}  // namespace pawl
