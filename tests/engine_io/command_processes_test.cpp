// Commands as real processes: what they see, how they end, and what they leave behind.
#include "engine/io/command_processes.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "engine/io/process_groups.h"
#include "engine/io/signals.h"
#include "engine/io/system_clock.h"
#include "tests/engine_io/forked.h"

using namespace pawl;
using namespace pawl::test;
using namespace std::chrono_literals;

namespace {

constexpr Ticket ticket{7, 1};
SystemClock local;

Command command(std::string line) {
  return {
      std::move(line), "/", {{"PAWL_HOOK", "this one"}, {"PAWL_NAME", "orders 1"}}, "facts\n", 60s};
}

void let_go(CommandProcesses& processes, Ticket which) {
  processes.release(which, local.now() + 60s);
}

/// Waits until something has ended; no test of this file waits for a time to pass.
std::vector<CommandEnd> wait_for_end(CommandProcesses& processes) {
  std::vector<CommandEnd> ended;
  for (int turns = 0; ended.empty(); ++turns) {
    REQUIRE(turns < 100'000);
    pollfd ready{processes.descriptor(), POLLIN, 0};
    REQUIRE(::poll(&ready, 1, 60'000) == 1);
    processes.collect(ended);
  }
  return ended;
}

Exited run(CommandProcesses& processes, const Command& what) {
  REQUIRE(processes.prepare(ticket, what) > 0);
  let_go(processes, ticket);
  const std::vector<CommandEnd> ended = wait_for_end(processes);
  REQUIRE(ended.size() == 1);
  CHECK(ended[0].ticket == ticket);
  return std::get<Exited>(ended[0].what);
}

Exited run(const Command& what, const CommandRules& rules = {{}, 100ms}) {
  CommandProcesses processes(rules, local);
  return run(processes, what);
}

}  // namespace

TEST_CASE(
    "a command has its variables, its facts on stdin and its directory, and exits as it likes") {
  const Exited exited = run(command("cat; echo $PAWL_NAME; pwd; echo wrong >&2; exit 3"));
  CHECK(exited == Exited{3, 0, false, "facts\norders 1\n/\nwrong\n"});
  CHECK(run(command("true")) == Exited{0, 0, false, ""});
  CHECK(run(command("kill -9 $$")) == Exited{0, 9, false, ""});
}

TEST_CASE("nothing runs before it is released, and what is dropped never runs") {
  CommandProcesses processes({{}, 100ms}, local);
  REQUIRE(processes.prepare(ticket, command("echo ran")) > 0);
  std::vector<CommandEnd> ended;
  processes.collect(ended);
  CHECK(ended.empty());
  processes.drop(ticket);
  CHECK(run(processes, command("echo other")).output == "other\n");
}

TEST_CASE("what comes to run too late never runs, whatever its exit code would be") {
  CommandProcesses processes({{}, 100ms}, local);
  for (const Duration left : {-1ms, 0ms}) {
    REQUIRE(processes.prepare(ticket, command("echo ran; exit 0")) > 0);
    processes.release(ticket, local.now() + left);
    const std::vector<CommandEnd> ended = wait_for_end(processes);
    REQUIRE(ended.size() == 1);
    const auto& none = std::get<NoAnswer>(ended[0].what);
    CHECK(none.delivery == Delivery::not_sent);
    CHECK(none.why.starts_with("held back: "));
  }
  CHECK(run(processes, command("echo other")).output == "other\n");
}

TEST_CASE("a command that stood still before it began looks at the time itself") {
  CommandProcesses processes({{}, 100ms}, local);
  const auto group = static_cast<pid_t>(processes.prepare(ticket, command("echo ran")));
  ::kill(group, SIGSTOP);
  const Instant limit = local.now() + 50ms;
  processes.release(ticket, limit);
  while (local.now() < limit) {
  }
  ::kill(group, SIGCONT);
  const std::vector<CommandEnd> ended = wait_for_end(processes);
  CHECK(std::get<NoAnswer>(ended[0].what).delivery == Delivery::not_sent);
}

TEST_CASE("a command for which no descriptor is left is not begun, wherever they run out") {
  CommandProcesses processes({{}, 100ms}, local);
  const int next = ::dup(0);
  REQUIRE(next >= 0);
  ::close(next);
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  int refused = 0;
  for (bool made = false; !made; ++refused) {
    REQUIRE(refused < 64);
    rlimit few = before;
    few.rlim_cur = static_cast<rlim_t>(next + refused);
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &few) == 0);
    made = processes.prepare(ticket, command("true")) > 0;
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
    let_go(processes, ticket);
    if (made) break;
    std::vector<CommandEnd> ended;
    processes.collect(ended);
    REQUIRE(ended.size() == 1);
    const auto& none = std::get<NoAnswer>(ended[0].what);
    CHECK(none.delivery == Delivery::not_sent);
    CHECK(none.why == "no process could be made: Too many open files");
    CHECK(::waitpid(-1, nullptr, WNOHANG) == -1);  // no child is left
  }
  CHECK(refused >= 8);  // three pipes, a timer, and the process itself
  CHECK(std::get<Exited>(wait_for_end(processes)[0].what).code == 0);
}

TEST_CASE("a command that cannot be run says so by its exit code and its output") {
  const Exited missing = run(command("./no-such-hook.sh"));
  CHECK(missing.code == 127);
  CHECK(missing.output.find("no-such-hook") != std::string::npos);
  CHECK(run(command("/")).code == 126);
  Command elsewhere = command("true");
  elsewhere.directory = "/no/such/directory";
  std::fflush(nullptr);  // _exit under the thread sanitizer writes what the parent has buffered
  const Exited lost = run(elsewhere);
  CHECK(lost.code == 126);
  CHECK(lost.output == "the plan's directory cannot be entered: /no/such/directory\n");
  CHECK(lost_its_directory(lost));
}

TEST_CASE("a command sees no secret, no blocked signal and no descriptor of ours") {
  ::setenv("TEST_SECRET", "hunter2", 1);
  ::setenv("TEST_PLAIN", "seen", 1);
  ::setenv("PAWL_NAME", "of the driver's", 1);
  sigset_t blocked, before;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGTERM);
  ::sigprocmask(SIG_BLOCK, &blocked, &before);
  const int leak = ::open("/dev/null", O_RDONLY);  // not close-on-exec, on purpose
  const Exited exited = run(command("echo $TEST_SECRET-$TEST_PLAIN-$PAWL_NAME; "
                                    "ls /proc/self/fd | tr '\\n' ' '; "
                                    "grep SigBlk /proc/self/status"),
                            {{"TEST_SECRET"}, 100ms});
  ::close(leak);
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
  ::unsetenv("PAWL_NAME");
  // 3 is the directory that ls reads.
  CHECK(exited.output == "-seen-orders 1\n0 1 2 3 SigBlk:\t0000000000000000\n");
}

TEST_CASE("a command whose time is over is ended, and killed where it ignores that") {
  Command slow = command("sleep 1000");
  slow.timeout = 50ms;
  const Exited ended = run(slow);
  CHECK(ended.timed_out);
  CHECK(ended.signal == SIGTERM);
  Command deaf = command("trap '' TERM; echo deaf; while :; do sleep 1000; done");
  deaf.timeout = 50ms;
  const Exited killed = run(deaf);
  CHECK(killed.timed_out);
  CHECK(killed.signal == SIGKILL);
}

TEST_CASE(
    "a command that is cut short ends with its group, and nobody says how it would have ended") {
  CommandProcesses processes({{}, 100ms}, local);
  const std::string deaf = "trap '' TERM; sleep 1000 & while :; do sleep 1000; done";
  const auto group = static_cast<pid_t>(processes.prepare(ticket, command(deaf)));
  let_go(processes, ticket);
  CHECK(processes.running());
  while (!group_bears(group, "PAWL_HOOK=this one")) {
  }
  processes.cut_short();
  auto ended = wait_for_end(processes);
  CHECK_FALSE(processes.running());
  CHECK(std::get<NoAnswer>(ended[0].what).delivery == Delivery::unknown);
  while (group_bears(group, "PAWL_HOOK=this one")) {
  }
  // Asked once more it is not waited for, whatever grace it has.
  CommandProcesses patient({{}, 1h}, local);
  REQUIRE(patient.prepare(ticket, command(deaf + "; exit 0")) > 0);
  let_go(patient, ticket);
  patient.cut_short();
  patient.cut_short();
  ended = wait_for_end(patient);
  CHECK(std::get<NoAnswer>(ended[0].what).delivery == Delivery::unknown);
}

TEST_CASE("what a command leaves running goes with it, and does not keep it from ending") {
  CommandProcesses processes({{}, 100ms}, local);
  const auto group = static_cast<pid_t>(processes.prepare(ticket, command("sleep 1000 & echo $!")));
  let_go(processes, ticket);
  const auto ended = wait_for_end(processes);
  CHECK(std::get<Exited>(ended[0].what).code == 0);
  // An orphan's end is noticed by whoever adopts it, so its group may live on for a moment.
  while (group_bears(group, "PAWL_HOOK=this one")) {
  }
  CHECK_FALSE(group_bears(group, "PAWL_HOOK=this one"));
}

TEST_CASE("a flood of output is read to its end and kept within a bound") {
  const Exited exited =
      run(command("echo first; head -c 3000000 /dev/zero | tr '\\0' x; echo; echo last"));
  CHECK(exited.code == 0);
  CHECK(exited.output.size() < CommandOutput::bytes_max + 100);
  CHECK(exited.output.starts_with("first\nxxx"));
  CHECK(exited.output.ends_with("xxx\nlast\n"));
  CHECK(exited.output.find("bytes left out]") != std::string::npos);
}

TEST_CASE("two commands run at once, each in a group of its own") {
  CommandProcesses processes({{}, 100ms}, local);
  const Ticket other{8, 1};
  // The first ends only when the second ends it.
  const auto group = processes.prepare(ticket, command("while :; do sleep 1000; done"));
  const auto second =
      processes.prepare(other, command("kill -s TERM -- -" + std::to_string(group) + "; exit 5"));
  CHECK(group != second);
  let_go(processes, ticket);
  while (!group_bears(static_cast<pid_t>(group), "PAWL_HOOK=this one")) {
  }
  let_go(processes, other);
  std::vector<CommandEnd> ended = wait_for_end(processes);
  if (ended.size() < 2) {
    for (CommandEnd& one : wait_for_end(processes))
      ended.push_back(std::move(one));
  }
  REQUIRE(ended.size() == 2);
  for (const CommandEnd& one : ended) {
    const auto& exited = std::get<Exited>(one.what);
    CHECK(exited.signal == (one.ticket == ticket ? SIGTERM : 0));
    CHECK(exited.code == (one.ticket == ticket ? 0 : 5));
  }
}

TEST_CASE("a process that is never released goes when its maker dies") {
  int report[2];
  REQUIRE(::pipe(report) == 0);
  const int maker = fork_off([&report] {
    CommandProcesses processes({{}, 100ms}, local);
    const auto group = static_cast<pid_t>(processes.prepare(ticket, command("true")));
    [[maybe_unused]] const ssize_t told = ::write(report[1], &group, sizeof group);
    ::kill(::getpid(), SIGKILL);
    return 0;
  });
  pid_t group = 0;
  REQUIRE(::read(report[0], &group, sizeof group) == sizeof group);
  CHECK(WTERMSIG(status_of(maker)) == SIGKILL);
  while (std::filesystem::exists("/proc/" + std::to_string(group) + "/exe")) {
  }
  CHECK_FALSE(group_bears(group, "PAWL_HOOK=this one"));
}

TEST_CASE("what a dead driver left running is ended, and a stranger's group is not") {
  int report[2];
  REQUIRE(::pipe2(report, O_CLOEXEC) == 0);
  const int driver = fork_off([&report] {
    CommandProcesses processes({{}, 100ms}, local);
    const auto group = static_cast<pid_t>(
        processes.prepare(ticket, command("trap '' TERM; while :; do sleep 1000; done")));
    let_go(processes, ticket);
    while (!group_bears(group, "PAWL_HOOK=this one")) {
    }
    [[maybe_unused]] const ssize_t told = ::write(report[1], &group, sizeof group);
    ::kill(::getpid(), SIGKILL);
    return 0;
  });
  pid_t group = 0;
  REQUIRE(::read(report[0], &group, sizeof group) == sizeof group);
  CHECK(WTERMSIG(status_of(driver)) == SIGKILL);
  REQUIRE(group_bears(group, "PAWL_HOOK=this one"));
  CommandProcesses next({{}, 100ms}, local);
  Command another = command("");
  another.variables.front().second = "another";
  next.end_left_behind({{group, another}, {0, command("")}});
  CHECK(group_bears(group, "PAWL_HOOK=this one"));
  next.end_left_behind({{group, command("")}});
  while (group_bears(group, "PAWL_HOOK=this one")) {
  }
  CHECK_FALSE(group_bears(group, "PAWL_HOOK=this one"));
}

TEST_CASE("an end that the kernel forgets is in doubt, and is not waited for for ever") {
  const int driver = fork_off([] {
    ::signal(SIGCHLD, SIG_IGN);
    CommandProcesses processes({{}, 100ms}, local);
    processes.prepare(ticket, command("exit 3"));
    let_go(processes, ticket);
    const std::vector<CommandEnd> ended = wait_for_end(processes);
    const auto* none = std::get_if<NoAnswer>(&ended[0].what);
    return none != nullptr && none->delivery == Delivery::unknown ? 0 : 1;
  });
  CHECK(status_of(driver) == 0);
}

TEST_CASE("ends are told to a driver whose maker ignores those of its own children") {
  const int driver = fork_off([] {
    ::signal(SIGCHLD, SIG_IGN);
    const StopSignals signals;
    CommandProcesses processes({{}, 100ms}, local);
    return run(processes, command("exit 3")).code == 3 ? 0 : 1;
  });
  CHECK(status_of(driver) == 0);
}

TEST_CASE("a command ignores no end of its own children, whatever its maker does") {
  const int driver = fork_off([] {
    ::signal(SIGCHLD, SIG_IGN);
    CommandProcesses processes({{}, 100ms}, local);
    // Looked at before it becomes a shell, which may set this right by itself.
    const std::int64_t group = processes.prepare(ticket, command("true"));
    for (int looks = 0; looks < 100'000; ++looks) {
      std::ifstream status("/proc/" + std::to_string(group) + "/status");
      const std::string text{std::istreambuf_iterator<char>(status), {}};
      if (text.find("SigIgn:\t0000000000000000\n") != std::string::npos) return 0;
    }
    return 1;
  });
  CHECK(status_of(driver) == 0);
}
