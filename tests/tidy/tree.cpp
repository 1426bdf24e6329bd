#include "tests/tidy/tree.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <utility>

namespace pawl::test {

namespace {

namespace fs = std::filesystem;

bool is_read(const std::string& path) {
  static const std::set<std::string> kinds{"", ".h", ".cpp", ".txt", ".md", ".yaml"};
  return path.find("/corpus/") == std::string::npos && kinds.contains(fs::path(path).extension());
}

SourceFile read_file(const fs::path& path, std::string name) {
  SourceFile file{std::move(name), {}};
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);)
    file.lines.push_back(std::move(line));
  return file;
}

}  // namespace

Tree read_tree(const std::string& top) {
  Tree tree;
  for (const char* room : {"engine", "workflows", "storage", "cli", "tests"}) {
    for (const fs::directory_entry& entry :
         fs::recursive_directory_iterator(fs::path(top) / room)) {
      std::string name = fs::relative(entry.path(), top).generic_string();
      if (entry.is_regular_file() && is_read(name)) {
        tree.push_back(read_file(entry.path(), std::move(name)));
      }
    }
  }
  std::sort(tree.begin(), tree.end(),
            [](const SourceFile& a, const SourceFile& b) { return a.path < b.path; });
  return tree;
}

}  // namespace pawl::test
