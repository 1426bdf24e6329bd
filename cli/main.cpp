#include <clocale>
#include <cstdio>

#include "cli/arguments.h"

int main(int count, char** words) {
  std::setlocale(LC_CTYPE, "C.UTF-8");
  const int code = pawl::run_command_line(count, words);
  // Data that could not be written is an error too, even when it only shows at the end.
  if ((std::fflush(stdout) != 0 || std::ferror(stdout) != 0) && code == 0) {
    std::fputs("pawl: error: the output could not be written whole\n", stderr);
    return 1;
  }
  return code;
}
