#include "workflows/plan_around.h"

#include <fmt/format.h>

namespace pawl {

namespace {

void read_backup(const PlanValue& value, Plan& plan) {
  PlanFields fields(value);
  take(fields.find("before_upgrade"), plan.backup_before_upgrade,
       [](const PlanValue& word) { return word.boolean(); });
  fields.finish();
}

Hook read_hook(const PlanValue& value) {
  PlanFields fields(value);
  Hook hook;
  take(fields.need("run", "a hook is a command to run"), hook.run,
       [](const PlanValue& line) { return line.text(); });
  take(fields.find("timeout"), hook.timeout,
       [](const PlanValue& time) { return time.duration(Duration{1}); });
  fields.finish();
  return hook;
}

std::vector<Hook> read_hook_list(const PlanValue& list) {
  std::vector<Hook> hooks;
  for (const PlanValue& hook : list.items())
    hooks.push_back(read_hook(hook));
  if (hooks.size() > hooks_max) {
    list.fail(fmt::format("`{}` has {} hooks, more than {}; let one of them run the others",
                          list.name(), hooks.size(), hooks_max));
  }
  return hooks;
}

void read_hooks(const PlanValue& value, Plan& plan) {
  PlanFields fields(value);
  if (const auto list = fields.find("before_upgrade")) plan.before_hooks = read_hook_list(*list);
  if (const auto list = fields.find("after_upgrade")) plan.after_hooks = read_hook_list(*list);
  fields.finish();
}

}  // namespace

void read_around(PlanFields& fields, Plan& plan) {
  if (const auto backup = fields.find("backup")) read_backup(*backup, plan);
  if (const auto hooks = fields.find("hooks")) read_hooks(*hooks, plan);
}

}  // namespace pawl
