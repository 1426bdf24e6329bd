#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/json.h"
#include "cli/plan_file.h"
#include "cli/plan_view.h"
#include "cli/rows.h"
#include "cli/text.h"

namespace pawl {

namespace {

/// The same fields as of a good plan.
void print_flawed(Format format, const std::vector<Mistake>& mistakes) {
  const Json object{{"plan", nullptr},           {"valid", false},
                    {"target_version", nullptr}, {"cutover", nullptr},
                    {"waves", nullptr},          {"endpoint", nullptr},
                    {"warnings", Json::array()}, {"mistakes", mistakes_json(mistakes)}};
  print_object(format, dump(object));
}

}  // namespace

int validate_command(const Options& options, const Log& log, const std::string& plan) {
  std::vector<Mistake> mistakes;
  const auto file = read_plan_file(plan, log, PlanUse::to_start, &mistakes);
  if (!file) {
    if (options.format != Format::table && !mistakes.empty())
      print_flawed(options.format, mistakes);
    return fail(log, file.error());
  }
  const Plan& good = file->plan;
  if (options.format == Format::table) {
    print_words(fmt::format("{}: plan {} is good: to version {} {} cutover, in {} {}", plan,
                            good.name, good.target_version,
                            good.cutover == cloud::Cutover::yes ? "with" : "without",
                            good.waves.size(), good.waves.size() == 1 ? "wave" : "waves"));
    return exit_code::finished;
  }
  const Json object{{"plan", good.name},
                    {"valid", true},
                    {"target_version", good.target_version},
                    {"cutover", good.cutover == cloud::Cutover::yes},
                    {"waves", good.waves.size()},
                    {"endpoint", good.cloud.endpoint},
                    {"warnings", mistakes_json(file->warnings)},
                    {"mistakes", Json::array()}};
  print_object(options.format, dump(object));
  return exit_code::finished;
}

}  // namespace pawl
