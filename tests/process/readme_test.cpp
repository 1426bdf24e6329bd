// What the README shows is run as it stands there.
#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <vector>

#include "tests/support/fleet.h"

using namespace pawl::test;

namespace {

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  REQUIRE_MESSAGE(file.good(), path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

/// Every block that is marked as `language`, in order.
std::vector<std::string> blocks_of(const std::string& markdown, const std::string& language) {
  std::istringstream lines(markdown);
  std::vector<std::string> blocks;
  bool fenced = false, inside = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("```")) {
      inside = !fenced && line == "```" + language;
      fenced = !fenced;
      if (inside) blocks.emplace_back();
    } else if (inside) {
      blocks.back() += line + '\n';
    }
  }
  return blocks;
}

std::string readme() {
  return text_of(source_directory() + "/README.md");
}

int free_port() {
  const int descriptor = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  REQUIRE(bind(descriptor, reinterpret_cast<sockaddr*>(&address), size) == 0);
  REQUIRE(getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  close(descriptor);
  return ntohs(address.sin_port);
}

std::string with_port(std::string text, int port) {
  const std::string shown = "8080";
  for (auto at = text.find(shown); at != std::string::npos; at = text.find(shown, at + 1))
    text.replace(at, shown.size(), std::to_string(port));
  return text;
}

}  // namespace

TEST_CASE("every command of the README's tour works, in its order") {
  const int port = free_port();
  const Directory desk;
  std::filesystem::create_directory(desk.path() + "/cli");
  desk.write("cli/demo.yaml", with_port(text_of(source_directory() + "/cli/demo.yaml"), port));
  std::string commands;
  for (const std::string& block : blocks_of(readme(), "sh"))
    commands += block;
  REQUIRE(commands.find("pawl run") != std::string::npos);
  const std::string script = desk.write("tour", "set -eu\n" + with_port(commands, port));
  const std::string path = std::filesystem::path(program()).parent_path().string();
  const Ended ended = run({"/bin/bash", script}, desk.path(),
                          {"PATH=" + path + ":/usr/bin:/bin", "TMPDIR=" + desk.path()});
  CHECK_MESSAGE(ended.code == 0, ended.out, ended.err);
  CHECK(ended.out.find("60 of 60 done: 60 succeeded") != std::string::npos);
  CHECK(ended.out.find("the journal is whole") != std::string::npos);
  CHECK(ended.err.find("nothing to do") != std::string::npos);
}

TEST_CASE("the README's plans are good: the smallest, and that with what goes on around it") {
  const std::vector<std::string> plans = blocks_of(readme(), "yaml");
  REQUIRE(plans.size() == 2);
  const Directory desk;
  for (const std::string& plan : {plans[0], plans[0] + plans[1]}) {
    CAPTURE(plan);
    const std::string path = desk.write("plan.yaml", plan);
    const Ended ended = run({program(), "validate", path}, desk.path());
    CHECK_MESSAGE(ended.code == 0, ended.out, ended.err);
  }
}

TEST_CASE("the plans of the tree are good") {
  const std::string plans = source_directory() + "/tests/plans";
  int count = 0;
  for (const auto& file : std::filesystem::directory_iterator(plans)) {
    CAPTURE(file.path().string());
    const Ended ended = run({program(), "validate", file.path().string()}, plans);
    CHECK_MESSAGE(ended.code == 0, ended.err);
    ++count;
  }
  REQUIRE(count >= 3);
}
