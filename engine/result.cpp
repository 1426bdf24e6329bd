#include "engine/result.h"

#include <cstdio>
#include <cstdlib>

namespace pawl {

void check(bool truth, const char* what, const char* file, int line) {
  if (!truth) broken_rule(what, file, line);
}

void broken_rule(const char* what, const char* file, int line) {
  std::fprintf(stderr, "pawl: bug: %s (%s:%d)\n", what, file, line);
  std::abort();
}

}  // namespace pawl
