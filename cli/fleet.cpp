#include "cli/fleet.h"

#include <fmt/core.h>

#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <variant>

#include "cli/diagnosis.h"
#include "cli/exchange.h"
#include "engine/event.h"
#include "workflows/cloud_api.h"
#include "workflows/cloud_errors.h"
#include "workflows/cloud_instances.h"
#include "workflows/cloud_recovery.h"
#include "workflows/cloud_requests.h"
#include "workflows/left_alone.h"

namespace pawl {

namespace {

constexpr unsigned tries_max = 4;
constexpr Duration pause{1'000};
constexpr std::uint32_t page_size = 100;
constexpr std::int64_t listed_instances_max = 1'000'000;
constexpr std::string_view the_list = "the instance list";

Error unreachable(const Plan& plan, std::string_view what, const std::string& why) {
  return {
      Fault::remote,
      fmt::format("{} of {} could not be read: {}\nnothing was started; check endpoint, network "
                  "and credentials (`pawl doctor PLAN` looks closer), then run again",
                  what, plan.cloud.endpoint, why)};
}

Error refused(const Plan& plan, std::string_view what, const std::string& why) {
  return {Fault::refused,
          fmt::format("{} of {} could not be read: {}\nnothing was started; mend or renew the "
                      "credentials (`pawl doctor` says which are taken), then run again",
                      what, plan.cloud.endpoint, why)};
}

/// Asking once more may help.
bool may_pass(cloud::ErrorClass kind) {
  switch (kind) {
    case cloud::ErrorClass::wait:
    case cloud::ErrorClass::look:
    case cloud::ErrorClass::throttled:
    case cloud::ErrorClass::retry:
      return true;
    case cloud::ErrorClass::renew_credentials:
    case cloud::ErrorClass::stop:
    case cloud::ErrorClass::halt_rollout:
    case cloud::ErrorClass::feature_absent:
    case cloud::ErrorClass::gone:
      return false;
  }
  return false;
}

struct Unread {
  std::string why;
  bool absent = false;  ///< the cloud has no such call
};
/// Takes what an answer says; why it cannot be read, or nothing.
using Reader = std::function<std::string(const HttpResponse&)>;

/// Waits until a call may leave, the longer the more were made in vain.
Outcome await_turn(const Outside& outside, Quota& quota, unsigned tries) {
  if (tries > 0) {
    const Duration rest = pause * tries;
    if (Outcome waited = wait_for(outside.clock, outside.client, rest, outside.go_on); !waited)
      return waited;
  }
  if (Outcome taken = take_call(outside, quota); !taken) return taken;
  outside.credentials.tend_and_wait();
  return Done{};
}

/// New credentials for those of which the cloud says `why` it takes them no more.
Outcome renew_refused(const Outside& outside, const Plan& plan, std::string_view what,
                      const std::string& why) {
  if (!outside.credentials.can_be_renewed()) return refused(plan, what, why);
  Outcome renewed = outside.credentials.renew();
  if (renewed || renewed.error().fault != Fault::remote) return renewed;
  return Error{Fault::refused, renewed.error().what};
}

/// `location`: the header of that name, which is told where a redirect leads out of the API.
std::string words_of_refusal(const cloud::CloudError& error, const std::string& location) {
  const std::string host = cloud::redirects(error) ? host_of(location) : "";
  if (host.empty()) return cloud::describe(error);
  return fmt::format("HTTP {}: a redirect to {}, which is not followed", error.http_status, host);
}

/// Asks until the answer can be read, a few times; why it could not, or nothing.
Result<std::optional<Unread>> try_to_ask(const Outside& outside, Quota& quota, const Plan& plan,
                                         const HttpRequest& request, std::string_view what,
                                         const Reader& read) {
  Unread unread;
  std::string& why = unread.why;
  bool renewed = false;
  for (unsigned tries = 0; tries < tries_max; ++tries) {
    if (Outcome waited = await_turn(outside, quota, tries); !waited) return waited.error();
    auto answer =
        exchange(outside.clock, outside.client, request, plan.timeouts.request, outside.go_on);
    if (!answer) return answer.error();
    if (const auto* none = std::get_if<NoAnswer>(&answer->what)) {
      why = none->why;
      if (none->delivery == Delivery::not_sent) break;  // refused, unresolved, untrusted
      continue;
    }
    auto& response = std::get<HttpResponse>(answer->what);
    if (!succeeded(response)) {
      const cloud::CloudError error = cloud::read_error(response);
      why = words_of_refusal(error, answer->kept);
      const cloud::ErrorClass kind = cloud::classify(error, Method::get);
      quota.heed(response, cloud::throttle_of(response), answer->sent, outside.clock.now());
      if (kind == cloud::ErrorClass::renew_credentials) {
        if (renewed) return refused(plan, what, why);
        if (Outcome fresh = renew_refused(outside, plan, what, why); !fresh) return fresh.error();
        renewed = true;
        continue;
      }
      unread.absent = response.status == 404;
      if (!may_pass(kind)) break;
      continue;
    }
    why = read(response);
    if (why.empty()) return std::optional<Unread>();
  }
  return std::optional(std::move(unread));
}

/// The same, where nothing can begin without the answer.
Outcome ask(const Outside& outside, Quota& quota, const Plan& plan, const HttpRequest& request,
            std::string_view what, const Reader& read) {
  const auto unread = try_to_ask(outside, quota, plan, request, what, read);
  if (!unread) return unread.error();
  if (*unread) return unreachable(plan, what, (*unread)->why);
  return Done{};
}

/// `at`: when the page was asked for.
Candidate candidate_of(const cloud::Instance& instance, const Plan& plan, Instant at) {
  Candidate candidate{instance.id, instance.name, instance.version, {}};
  for (const cloud::InstanceTag& tag : instance.tags)
    candidate.tags.emplace_back(tag.key, tag.value);
  candidate.tags_left_out = instance.tags_left_out;
  candidate.left_alone = left_alone(instance, plan.target_version).value_or("");
  if (instance.status.empty()) {
    candidate.busy = "its status is not given, which is waited for";
  } else if (!cloud::ready_status(instance.status)) {
    candidate.busy = fmt::format("its status is `{}`, which is waited for", instance.status);
  }
  if (candidate.left_alone.empty() && candidate.busy.empty()) {
    candidate.listed = ListedAs{at, instance.version, instance.updated};
  }
  return candidate;
}

/// Adds those of `page` that are not there yet; whether there were any.
bool add_page_of(const cloud::InstancePage& page, const Plan& plan, Instant at, Fleet& fleet,
                 std::unordered_set<std::string>& ids) {
  bool any = false;
  for (const cloud::Instance& instance : page.instances) {
    if (!ids.insert(instance.id).second) continue;
    fleet.instances.push_back(candidate_of(instance, plan, at));
    any = true;
  }
  return any;
}

/// Reads the list once, from its first page to its last; why its pages make no whole, or nothing. A
/// list ends whatever its server says: it may count what is not there, or not heed the offset.
Result<std::string> read_list(const Outside& outside, Quota& quota, const Plan& plan,
                              Fleet& fleet) {
  fleet.instances.clear();
  std::unordered_set<std::string> ids;
  cloud::InstancePage page;
  const auto read = [&page, &fleet](const HttpResponse& response) {
    if (response.date) fleet.date = response.date;
    auto answer = cloud::read_instances(response);
    if (!answer) return answer.unreadable().text;
    if (!answer->unreadable.empty()) return answer->unreadable.front().why.text;
    page = std::move(*answer);
    return std::string();
  };
  std::uint32_t offset = 0;
  do {
    const auto request = cloud::ask_instances(plan.cloud.project_id, {offset, page_size});
    const Instant at = outside.clock.now();
    if (Outcome asked = ask(outside, quota, plan, request, the_list, read); !asked) {
      return asked.error();
    }
    if (page.total_count > listed_instances_max) {
      return unreachable(plan, the_list,
                         fmt::format("it says to have {} instances, more than {}", page.total_count,
                                     listed_instances_max));
    }
    const bool any = add_page_of(page, plan, at, fleet, ids);
    offset += page_size;
    if (!any && offset < page.total_count) {
      return fmt::format(
          "it says to have {} instances, and a page before its end had none but "
          "those of earlier pages",
          page.total_count);
    }
  } while (offset < page.total_count);
  if (static_cast<std::int64_t>(fleet.instances.size()) == page.total_count) return std::string();
  return std::string("it changed while it was read");
}

Outcome add_dr_roles(const Outside& outside, Quota& quota, const Plan& plan, Fleet& fleet) {
  std::unordered_map<std::string, cloud::DrRole> roles;
  const auto read = [&roles](const HttpResponse& response) {
    const auto relations = cloud::read_dr_relations(response);
    if (!relations) return relations.unreadable().text;
    for (const cloud::DrRelation& relation : *relations)
      roles.emplace(relation.instance_id, relation.role);
    return std::string();
  };
  const auto unread =
      try_to_ask(outside, quota, plan, cloud::ask_dr_relations(plan.cloud.project_id),
                 "the disaster-recovery relations", read);
  if (!unread) return unread.error();
  if (*unread && !(*unread)->absent) {
    fleet.dr_unread = (*unread)->why;
    return Done{};
  }
  for (Candidate& candidate : fleet.instances) {
    const auto found = roles.find(candidate.id);
    candidate.dr_role = found == roles.end() ? cloud::DrRole::none : found->second;
    if (candidate.left_alone.empty()) {
      candidate.left_alone = left_alone(*candidate.dr_role, plan.cutover).value_or("");
    }
    if (!candidate.left_alone.empty()) candidate.listed.reset();
  }
  return Done{};
}

}  // namespace

Outcome take_call(const Outside& outside, Quota& quota) {
  while (true) {
    if (Outcome goes_on = outside.go_on(); !goes_on) return goes_on;
    if (quota.take(outside.clock.now())) return Done{};
    const auto leased = outside.lease(quota);
    if (!leased) return leased.error();
    if (*leased) continue;
    const Instant now = outside.clock.now();
    if (Outcome waited =
            wait_for(outside.clock, outside.client, quota.earliest(now) - now, outside.go_on);
        !waited) {
      return waited;
    }
  }
}

void tell_of_listing(const Log& log, const Plan& plan) {
  log.info(fmt::format("reading the instance list of {} at {} calls a minute", plan.cloud.endpoint,
                       plan.cloud.calls_per_minute));
}

Result<Fleet> list_fleet(const Outside& outside, Quota& quota, const Plan& plan) {
  Fleet fleet;
  std::string flaw;
  for (unsigned round = 0; round < tries_max; ++round) {
    auto read = read_list(outside, quota, plan, fleet);
    if (!read) return read.error();
    flaw = std::move(*read);
    if (!flaw.empty()) continue;
    if (Outcome added = add_dr_roles(outside, quota, plan, fleet); !added) return added.error();
    return fleet;
  }
  return unreachable(plan, the_list, fmt::format("{}, {} times in a row", flaw, tries_max));
}

Result<std::vector<Member>> members_among(const Plan& plan, const Fleet& fleet, const Ids* only,
                                          const Log& log) {
  if (!fleet.dr_unread.empty()) {
    log.warn(
        fmt::format("the cloud does not say which instances take part in disaster recovery, "
                    "which are not upgraded: {}; leave them out with `exclude`",
                    fleet.dr_unread));
  }
  auto selection = resolve(plan, fleet.instances, only);
  if (!selection) return selection.error();
  if (!selection->left_out.empty()) log.warn(selection->left_out);
  return std::move(selection->members);
}

Result<std::vector<std::string>> offered_versions(const Outside& outside, Quota& quota,
                                                  const Plan& plan,
                                                  const std::string& instance_id) {
  std::vector<std::string> versions;
  const auto read = [&versions](const HttpResponse& response) {
    auto answer = cloud::read_available_versions(response);
    if (!answer) return answer.unreadable().text;
    versions = std::move(answer->versions);
    return std::string();
  };
  Outcome asked =
      ask(outside, quota, plan, cloud::ask_available_versions({plan.cloud.project_id, instance_id}),
          "the available versions", read);
  if (!asked) return asked.error();
  return versions;
}

}  // namespace pawl
