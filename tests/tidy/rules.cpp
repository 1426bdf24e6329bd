#include "tests/tidy/rules.h"

#include <fmt/format.h>

#include <algorithm>

namespace pawl::test {

std::string to_string(const Violation& violation) {
  return fmt::format("{}:{}: {}", violation.path, violation.line, violation.words);
}

void check_readmes(const Tree& tree, std::vector<Violation>& found) {
  for (const std::string folder :
       {"engine/", "workflows/", "storage/", "cli/", "tests/", "engine/io/", "cli/simulate/"}) {
    const bool there = std::any_of(tree.begin(), tree.end(), [&folder](const SourceFile& file) {
      return file.path == folder + "README.md";
    });
    if (!there) found.push_back({folder + "README.md", 0, "each room has one"});
  }
}

std::vector<Violation> violations_of(const Tree& tree) {
  std::vector<Violation> found;
  for (const SourceFile& file : tree) {
    check_arrows(file, found);
    check_homes(file, found);
    check_purity(file, found);
    check_own_header_first(file, tree, found);
    check_words(file, found);
    check_shape(file, found);
  }
  check_citations(tree, found);
  check_constants(tree, found);
  check_readmes(tree, found);
  return found;
}

}  // namespace pawl::test
