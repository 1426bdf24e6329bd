// The tree as it lies on disk.
#pragma once

#include <string>

#include "tests/tidy/rules.h"

namespace pawl::test {

/// Code, scripts, build files and words of the five rooms under `top`, sorted by path; not the
/// fuzzers' corpora, which are not ours to write.
Tree read_tree(const std::string& top);

}  // namespace pawl::test
