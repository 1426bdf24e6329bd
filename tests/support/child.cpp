#include "tests/support/child.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <thread>

namespace pawl::test {

namespace {

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string fresh_file() {
  std::string path = "/tmp/pawl-test-XXXXXX";
  const int descriptor = mkstemp(path.data());
  REQUIRE(descriptor >= 0);
  close(descriptor);
  return path;
}

std::int64_t written_by(int pid) {
  std::ifstream counters("/proc/" + std::to_string(pid) + "/io");
  std::string name;
  std::int64_t value = 0;
  while (counters >> name >> value) {
    if (name == "write_bytes:") return value;
  }
  return 0;
}

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

}  // namespace

std::string program() {
  return PAWL_PROGRAM;
}

std::string program_with_failpoints() {
  return PAWL_PROGRAM_WITH_FAILPOINTS;
}

std::string source_directory() {
  return PAWL_SOURCE;
}

Child::Child(const std::vector<std::string>& words, const std::string& directory,
             const std::vector<std::string>& environment)
    : out_path_(fresh_file()), err_path_(fresh_file()) {
  std::vector<char*> arguments;
  for (const std::string& word : words)
    arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  pid_ = fork();
  REQUIRE(pid_ >= 0);
  if (pid_ > 0) return;
  const int out = open(out_path_.c_str(), O_WRONLY | O_APPEND);
  const int err = open(err_path_.c_str(), O_WRONLY | O_APPEND);
  dup2(open("/dev/null", O_RDONLY), 0);
  dup2(out, 1);
  dup2(err, 2);
  ::signal(SIGHUP, SIG_DFL);  // whoever runs the tests may ignore it
  for (const std::string& pair : environment)
    putenv(const_cast<char*>(pair.c_str()));
  if (chdir(directory.c_str()) == 0) execvp(arguments[0], arguments.data());
  _exit(127);
}

Child::~Child() {
  if (!ended_) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  unlink(out_path_.c_str());
  unlink(err_path_.c_str());
}

std::optional<Ended> Child::wait(std::chrono::milliseconds limit) {
  const auto until = std::chrono::steady_clock::now() + limit;
  siginfo_t seen{};
  while (waitid(P_PID, static_cast<id_t>(pid_), &seen, WEXITED | WNOHANG | WNOWAIT) == 0 &&
         seen.si_pid == 0) {
    if (std::chrono::steady_clock::now() >= until) return std::nullopt;
    std::this_thread::sleep_for(std::chrono::milliseconds{2});
  }
  Used used;
  used.written_bytes = written_by(pid_);  // gone once it is reaped
  int status = 0;
  rusage usage{};
  REQUIRE(wait4(pid_, &status, 0, &usage) == pid_);
  ended_ = true;
  used.cpu_seconds = seconds(usage.ru_utime) + seconds(usage.ru_stime);
  used.peak_memory_KiB = usage.ru_maxrss;
  const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return Ended{code, read_file(out_path_), read_file(err_path_), used};
}

void Child::signal(int number) {
  kill(pid_, number);
}

std::string Child::out_so_far() const {
  return read_file(out_path_);
}

Ended run(const std::vector<std::string>& words, const std::string& directory,
          const std::vector<std::string>& environment) {
  Child child(words, directory, environment);
  auto ended = child.wait(std::chrono::minutes{5});
  REQUIRE_MESSAGE(ended.has_value(), "it does not end: ", words[1]);
  return std::move(*ended);
}

Ended run_on_terminal(std::size_t rows, std::size_t columns, const std::string& line) {
  const std::string sized =
      "stty rows " + std::to_string(rows) + " cols " + std::to_string(columns) + "; " + line;
  return run({"/usr/bin/script", "-qec", sized, "/dev/null"}, "/");
}

StandIn::StandIn(std::vector<std::string> options, const std::vector<std::string>& environment) {
  if (std::find(options.begin(), options.end(), "--port") == options.end())
    options.insert(options.begin(), {"--port", "0"});
  options.insert(options.begin(), {program(), "simulate"});
  child_.emplace(options, directory_.path(), environment);
  const std::string mark = "http://127.0.0.1:";
  for (int tries = 0; port_ == 0; ++tries) {
    const std::string said = child_->out_so_far();
    if (const auto at = said.find(mark); said.find('\n') != std::string::npos) {
      port_ = std::stoi(said.substr(at + mark.size()));
      return;
    }
    const auto ended = child_->wait(std::chrono::milliseconds{10});
    REQUIRE_MESSAGE(!ended, "the stand-in ended: ", ended ? ended->err : "");
    REQUIRE_MESSAGE(tries < 3'000, "the stand-in does not start");
  }
}

std::string StandIn::get(const std::string& target) const {
  const int descriptor = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port_));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(connect(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  const std::string asked =
      "GET " + target + " HTTP/1.1\r\nHost: stand-in\r\nConnection: close\r\n\r\n";
  REQUIRE(send(descriptor, asked.data(), asked.size(), 0) == static_cast<ssize_t>(asked.size()));
  std::string answer;
  std::array<char, 65'536> buffer{};
  for (ssize_t got = 0; (got = recv(descriptor, buffer.data(), buffer.size(), 0)) > 0;)
    answer.append(buffer.data(), static_cast<std::size_t>(got));
  close(descriptor);
  const auto body = answer.find("\r\n\r\n");
  REQUIRE(body != std::string::npos);
  return answer.substr(body + 4);
}

}  // namespace pawl::test
