#include "workflows/plan_around.h"

#include <fmt/core.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "workflows/audit_events.h"
#include "workflows/nearest_word.h"
#include "workflows/webhook_url.h"

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

std::optional<std::string> read_event(const PlanValue& value) {
  auto name = value.text();
  if (!name) return std::nullopt;
  if (std::find(audit_events.begin(), audit_events.end(), *name) != audit_events.end()) return name;
  const bool told = value.mistakes().size() < mistakes_shown_max;
  const std::string_view nearest = told ? nearest_word(*name, audit_events) : std::string_view{};
  value.must_be(nearest.empty() ? std::string("an event of the journal, such as rollout_halted")
                                : fmt::format("an event of the journal, perhaps {}", nearest));
  return std::nullopt;
}

std::optional<std::string> read_webhook_url(const PlanValue& value) {
  auto text = value.text();
  if (!text) return std::nullopt;
  const auto parsed = parse_webhook_url(*text);
  const auto* flaw = std::get_if<NoEndpoint>(&parsed);
  if (flaw == nullptr) return text;
  value.fail(fmt::format("`url` must {}", flaw->must));
  return std::nullopt;
}

Webhook read_webhook(const PlanValue& value) {
  PlanFields fields(value);
  Webhook webhook;
  take(fields.need("url", "a notification goes to a url"), webhook.url, read_webhook_url);
  if (const auto events = fields.need("events", "a notification is about events")) {
    for (const PlanValue& item : events->some_items()) {
      auto event = read_event(item);
      if (!event) continue;
      if (std::find(webhook.events.begin(), webhook.events.end(), *event) != webhook.events.end()) {
        item.fail(fmt::format("the event `{}` stands twice in `events`", *event));
      }
      webhook.events.push_back(std::move(*event));
    }
  }
  fields.finish();
  return webhook;
}

void read_notify(const PlanValue& list, Plan& plan) {
  for (const PlanValue& webhook : list.items())
    plan.notify.push_back(read_webhook(webhook));
  if (plan.notify.size() > webhooks_max) {
    list.fail(
        fmt::format("`notify` has {} webhooks, more than {}", plan.notify.size(), webhooks_max));
  }
}

}  // namespace

void read_around(PlanFields& fields, Plan& plan) {
  if (const auto backup = fields.find("backup")) read_backup(*backup, plan);
  if (const auto hooks = fields.find("hooks")) read_hooks(*hooks, plan);
  if (const auto notify = fields.find("notify")) read_notify(*notify, plan);
}

}  // namespace pawl
