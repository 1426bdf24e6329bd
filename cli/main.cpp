#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <clocale>
#include <cstdio>

#include "cli/arguments.h"
#include "cli/options.h"

namespace {

/// A standard descriptor that was closed before we came would be given to the next file opened, the
/// store or its lock, and what is printed would be written into that.
bool fill_standard_descriptors() {
  for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    const bool closed = fcntl(descriptor, F_GETFD) < 0 && errno == EBADF;
    if (closed && open("/dev/null", O_RDWR) != descriptor) return false;
  }
  return true;
}

}  // namespace

int main(int count, char** words) {
  if (!fill_standard_descriptors()) return pawl::exit_code::usage;
  std::setlocale(LC_CTYPE, "C.UTF-8");
  const int code = pawl::run_command_line(count, words);
  // Data that could not be written is an error too, even when it only shows at the end.
  if ((std::fflush(stdout) != 0 || std::ferror(stdout) != 0) && code == 0) {
    std::fputs("pawl: error: the output could not be written whole\n", stderr);
    return 1;
  }
  return code;
}
