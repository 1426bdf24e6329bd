// Programs as children of a test: started, read, killed, never left behind.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/directory.h"

namespace pawl::test {

/// What a program has cost.
struct Used {
  double cpu_seconds = 0;            ///< in user and kernel mode
  std::int64_t peak_memory_KiB = 0;  ///< the largest resident set
  std::int64_t written_bytes = 0;    ///< handed to the disk, as /proc/PID/io counts them
};

/// What a program that has ended left.
struct Ended {
  int code = 0;  ///< its exit code, or 128 + the signal that ended it
  std::string out, err;
  Used used{};
};

class Child final {
 public:
  /// Starts `words` (the first is the program) in `directory`, with `environment` (NAME=value)
  /// added to this process's own.
  Child(const std::vector<std::string>& words, const std::string& directory,
        const std::vector<std::string>& environment = {});
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  /// Kills what still runs.
  ~Child();

  /// Nothing when it still runs after `limit`.
  std::optional<Ended> wait(std::chrono::milliseconds limit);
  void signal(int number);
  /// What it has written to stdout so far.
  std::string out_so_far() const;
  int pid() const { return pid_; }

 private:
  std::string out_path_, err_path_;
  int pid_ = -1;
  bool ended_ = false;
};

/// Runs a program to its end; a test fails that takes longer than five minutes.
Ended run(const std::vector<std::string>& words, const std::string& directory,
          const std::vector<std::string>& environment = {});

/// The same of a line for a shell, on a terminal of this size: what that is sent is in `out`.
Ended run_on_terminal(std::size_t rows, std::size_t columns, const std::string& line);

/// `pawl simulate` with these options on a free port.
class StandIn final {
 public:
  /// At a port that is free, unless the options name one.
  explicit StandIn(std::vector<std::string> options,
                   const std::vector<std::string>& environment = {});

  int port() const { return port_; }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  void signal(int number) { child_->signal(number); }
  /// Ends it; its port is free from then on.
  void stop() { child_.reset(); }
  /// The body of an answer to a plain GET.
  std::string get(const std::string& target) const;

 private:
  Directory directory_;
  std::optional<Child> child_;
  int port_ = 0;
};

/// The program under test, the same with failpoints, and the tree that they were built from.
std::string program();
std::string program_with_failpoints();
std::string source_directory();

}  // namespace pawl::test
