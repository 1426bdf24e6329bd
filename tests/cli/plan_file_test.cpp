// A plan file as it lies on disk.
#include "cli/plan_file.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "tests/cli/captured.h"
#include "tests/support/directory.h"

namespace pawl::test {

namespace {

const std::string good_plan =
    "name: fleet\ncloud: {endpoint: \"http://127.0.0.1:1\", project_id: p1}\n"
    "target_version: \"14\"\ncutover: true\ninstances: [{names: [orders-1]}]\n";

const Log quiet(LogLevel::error, LogFormat::text);

std::string flaw_of(const std::string& path) {
  const Result<PlanFile> read = read_plan_file(path, quiet, PlanUse::to_start);
  REQUIRE_FALSE(read);
  CHECK(read.error().fault == Fault::usage);
  return read.error().what;
}

}  // namespace

TEST_CASE("a good plan comes with its bytes as they lie there and its absolute path") {
  const Directory folder;
  const std::string path = folder.write("plan.yaml", good_plan);
  const Result<PlanFile> read = read_plan_file(path, quiet, PlanUse::to_start);
  REQUIRE(read);
  CHECK(read->bytes == good_plan);
  CHECK(read->path == path);
  CHECK(read->plan.name == "fleet");
  CHECK(read->plan.cloud.project_id == "p1");
  const Result<PlanFile> around =
      read_plan_file(folder.path() + "/./x/../plan.yaml", quiet, PlanUse::to_start);
  CHECK_FALSE(around);  // there is no x
  std::filesystem::create_directory(folder.path() + "/x");
  const Result<PlanFile> normal =
      read_plan_file(folder.path() + "/./x/../plan.yaml", quiet, PlanUse::to_start);
  REQUIRE(normal);
  CHECK(normal->path == path);
}

TEST_CASE("the directory of a plan is the one that it was opened in, also behind a link") {
  const Directory folder;
  const std::string root = std::filesystem::canonical(folder.path()).string();
  std::filesystem::create_directories(root + "/real/inner");
  std::filesystem::create_directory_symlink(root + "/real/inner", root + "/link");
  const std::string path = folder.write("real/plan.yaml", good_plan);
  const Result<PlanFile> read =
      read_plan_file(root + "/link/../plan.yaml", quiet, PlanUse::to_start);
  REQUIRE(read);
  CHECK(read->path == root + "/real/plan.yaml");
  std::filesystem::create_symlink(path, root + "/link/other.yaml");
  const Result<PlanFile> linked =
      read_plan_file(root + "/link/other.yaml", quiet, PlanUse::to_start);
  REQUIRE(linked);
  CHECK(linked->path == root + "/real/inner/other.yaml");
}

TEST_CASE("a file that cannot be read says so with its name, and starts nothing") {
  const Directory folder;
  CHECK(flaw_of(folder.path() + "/none.yaml").find("none.yaml: cannot be read: No such file") !=
        std::string::npos);
  CHECK(flaw_of(folder.path()).find("it is a directory") != std::string::npos);
  CHECK(flaw_of("").find("cannot be read") != std::string::npos);
}

TEST_CASE("every mistake is told at once, with file, line and column, and their number") {
  const Directory folder;
  const std::string path = folder.write("plan.yaml", good_plan + "colour: red\nshape: round\n");
  const std::string flaw = flaw_of(path);
  CHECK(flaw.find(path + ":6:1: ") != std::string::npos);
  CHECK(flaw.find(path + ":7:1: ") != std::string::npos);
  CHECK(flaw.ends_with("2 mistakes in the plan; nothing was started"));
  CHECK(flaw_of(folder.write("plan.yaml", good_plan + "colour: red\n"))
            .ends_with("1 mistake in the plan; nothing was started"));
}

TEST_CASE("what is no plan at all is refused: empty, not UTF-8, not YAML, too large") {
  const Directory folder;
  for (const std::string& bytes :
       {std::string(), std::string("\xff\xfe\x00x", 4), std::string("{"), std::string("7"),
        std::string(10'000'000, 'x'), std::string(1U << 20U, ' ') + good_plan}) {
    CAPTURE(bytes.substr(0, 20));
    CHECK(flaw_of(folder.write("plan.yaml", bytes)).find("in the plan; nothing was started") !=
          std::string::npos);
  }
}

TEST_CASE("what keeps a plan from being started keeps no rollout from going on with it") {
  const Directory folder;
  const std::string bytes = good_plan + "polling: {first: 10m}\n";
  const std::string path = folder.write("plan.yaml", bytes);
  CHECK(flaw_of(path).find(path + ":6:18: `polling.first` is 10m") != std::string::npos);
  CHECK(frozen_plan(bytes, "p1", "fleet-1"));
  const Result<PlanFile> read = read_plan_file(path, quiet, PlanUse::started);
  REQUIRE(read);
  const Outcome fit = fit_to_start(*read, path);
  REQUIRE_FALSE(fit);
  CHECK(fit.error().fault == Fault::usage);
  CHECK(fit.error().what == flaw_of(path));
}

TEST_CASE("a frozen plan is read again with the project that it was started with") {
  const Result<Plan> plan = frozen_plan(good_plan, "p2", "fleet-1");
  REQUIRE(plan);
  CHECK(plan->cloud.project_id == "p2");
  const Result<Plan> damaged = frozen_plan("name: [", "p2", "fleet-1");
  REQUIRE_FALSE(damaged);
  CHECK(damaged.error().fault == Fault::store);
  CHECK(damaged.error().what.find("rollout fleet-1") != std::string::npos);
}

}  // namespace pawl::test
