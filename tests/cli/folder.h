// A directory for a test that needs files.
#pragma once

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>

namespace pawl::test {

/// Goes when it does.
class Folder final {
 public:
  Folder() : path_(std::filesystem::temp_directory_path() / "pawl-plan-XXXXXX") {
    REQUIRE(mkdtemp(path_.data()) != nullptr);
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  const std::string& path() const { return path_; }
  /// Writes its one plan; the path of that.
  std::string write(const std::string& bytes) const {
    std::ofstream(path_ + "/plan.yaml", std::ios::binary) << bytes;
    return path_ + "/plan.yaml";
  }

 private:
  std::string path_;
};

}  // namespace pawl::test
