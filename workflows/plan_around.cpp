#include "workflows/plan_around.h"

namespace pawl {

namespace {

void read_backup(const PlanValue& value, Plan& plan) {
  PlanFields fields(value);
  take(fields.find("before_upgrade"), plan.backup_before_upgrade,
       [](const PlanValue& word) { return word.boolean(); });
  fields.finish();
}

}  // namespace

void read_around(PlanFields& fields, Plan& plan) {
  if (const auto backup = fields.find("backup")) read_backup(*backup, plan);
}

}  // namespace pawl
