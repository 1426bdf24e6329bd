#include "workflows/plan_unbuilt.h"

#include <fmt/format.h>

namespace pawl {

namespace {

void refuse(const PlanValue& value, std::string_view neutral) {
  value.mistakes().push_back(
      {value.key_place().line, value.key_place().column,
       fmt::format("`{}` is not built yet in this version of pawl; leave it out, or set it to "
                   "`{}`, which asks for nothing",
                   value.name(), neutral)});
}

void read_notify(const PlanValue& notify) {
  for (const PlanValue& target : notify.items()) {
    PlanFields fields(target);
    if (const auto url = fields.need("url", "a notification goes to a url")) (void)url->text();
    if (const auto events = fields.need("events", "a notification is about events")) {
      for (const PlanValue& event : events->some_items())
        (void)event.text();
    }
    fields.finish();
  }
  if (!notify.node().items.empty()) refuse(notify, "[]");
}

}  // namespace

void refuse_unbuilt_of_plan(PlanFields& fields) {
  if (const auto notify = fields.find("notify")) read_notify(*notify);
}

}  // namespace pawl
