#include "engine/result.h"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <memory>
#include <string>

using pawl::Error;
using pawl::Fault;
using pawl::Result;

namespace {

/// The signal that ends a process which runs `what`, 0 when it comes to its end.
template <typename What>
int signal_of(What what) {
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    std::signal(SIGABRT, SIG_DFL);  // doctest reports a signal as a failed test
    close(STDERR_FILENO);
    what();
    _exit(0);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

}  // namespace

TEST_CASE("a good Result holds its value, which may be moved out") {
  Result<std::unique_ptr<int>> result(std::make_unique<int>(7));
  REQUIRE(result);
  CHECK(**result == 7);
  const std::unique_ptr<int> out = std::move(*result);
  CHECK(*out == 7);
}

TEST_CASE("a failed Result holds who has to act and what happened") {
  const Result<std::string> result(Error{Fault::held, "somebody else drives it"});
  REQUIRE_FALSE(result);
  CHECK(result.error() == Error{Fault::held, "somebody else drives it"});
}

TEST_CASE("a Result of nothing says only whether it went well") {
  const pawl::Outcome well = pawl::Done{}, badly = Error{Fault::store, "disk full"};
  CHECK(well);
  CHECK_FALSE(badly);
}

TEST_CASE("asking a Result for its wrong side aborts") {
  CHECK(signal_of([] { (void)Result<int>(1).error(); }) == SIGABRT);
  CHECK(signal_of([] { (void)*Result<int>(Error{Fault::usage, ""}); }) == SIGABRT);
}

TEST_CASE("a check that holds goes on, one that does not aborts") {
  CHECK(signal_of([] { pawl::check(true, ""); }) == 0);
  CHECK(signal_of([] { pawl::check(false, ""); }) == SIGABRT);
  CHECK(signal_of([] { pawl::broken_rule(""); }) == SIGABRT);
}
