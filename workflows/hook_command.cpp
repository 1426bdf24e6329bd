#include "workflows/hook_command.h"

#include <fmt/core.h>

#include <algorithm>

#include "engine/ascii.h"
#include "engine/json_writer.h"
#include "engine/result.h"
#include "workflows/upgrade_facts.h"

namespace pawl {

namespace {

/// An environment cannot hold a zero byte, and a name of the cloud's may be anything.
std::string plain(std::string_view value) {
  std::string text(value.substr(0, 1'000));
  std::replace(text.begin(), text.end(), '\0', ' ');
  return text;
}

}  // namespace

Command hook_command(const UpgradeGoal& goal, const Run& run) {
  const Around& around = goal.around;
  const bool before = is_before_hook(run.step);
  check(before || is_after_hook(run.step), "a hook of a step that is none");
  const auto& hooks = before ? around.before : around.after;
  const std::size_t index =
      run.step - (before ? upgrade_step::before_hooks : upgrade_step::after_hooks);
  const std::string_view when = before ? "before_upgrade" : "after_upgrade";
  const int attempt = run.attempts[run.step] + (run.attempt_open ? 0 : 1);
  const Facts& facts = run.facts;
  const auto wave = static_cast<std::size_t>(run.wave);
  const std::vector<std::pair<std::string, std::string>> told{
      {"HOOK",
       fmt::format("{}/{}/{}/{}/{}", around.rollout, run.instance_id, when, index + 1, attempt)},
      {"ROLLOUT", around.rollout},
      {"WAVE", wave < around.waves.size() ? around.waves[wave] : ""},
      {"INSTANCE_ID", run.instance_id},
      {"INSTANCE_NAME", plain(run.name)},
      {"WHEN", std::string(when)},
      {"ATTEMPT", std::to_string(attempt)},
      {"CUTOVER", goal.cutover == cloud::Cutover::yes ? "true" : "false"},
      {"SOURCE_VERSION", plain(facts.get(fact::source_version))},
      {"TARGET_VERSION", plain(facts.get(fact::target_version))},
      {"SOURCE_ADDRESSES", plain(facts.get(fact::source_addresses))},
      {"REPORT_ID", plain(facts.get(fact::report_id))},
      {"BACKUP_ID", plain(facts.get(fact::backup_id))},
      {"JOB_ID", before ? "" : plain(facts.get(fact::job_id))},
      {"NEW_INSTANCE_ID", before ? "" : plain(facts.get(fact::new_instance_id))}};
  Command command;
  command.line = hooks[index].run;
  command.timeout = hooks[index].timeout;
  command.directory = around.directory;
  JsonWriter json;
  json.open_object();
  for (const auto& [name, value] : told) {
    command.variables.emplace_back("PAWL_" + name, value);
    json.key(to_lower(name)).value(value);
  }
  command.input = json.close_object().take() + "\n";
  return command;
}

}  // namespace pawl
