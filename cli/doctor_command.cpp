// `pawl doctor`: which credentials, project, endpoint and clock are in force, and whether they
// work.
#include <fmt/core.h>

#include <cstdio>
#include <nlohmann/json.hpp>
#include <utility>

#include "cli/cloud_client.h"
#include "cli/cloud_reader.h"
#include "cli/commands.h"
#include "cli/credentials.h"
#include "cli/diagnosis.h"
#include "cli/exchange.h"
#include "cli/json.h"
#include "cli/lock_wait.h"
#include "cli/plan_file.h"
#include "cli/refusals.h"
#include "cli/rollout_start.h"
#include "cli/rows.h"
#include "cli/text.h"
#include "cli/way_out.h"
#include "engine/io/curl_client.h"
#include "engine/io/system_clock.h"
#include "storage/store.h"
#include "workflows/cloud_errors.h"
#include "workflows/cloud_instances.h"
#include "workflows/endpoints.h"

namespace pawl {

namespace {

constexpr Duration call_timeout{15'000};

/// What is printed, as text. An empty one is not known.
struct Report {
  std::string credentials, endpoint, iam_endpoint, region, project_id, project_from, call, advice;
  std::vector<std::string> not_read;  ///< as FoundCredentials has it
  std::optional<Duration> clock_ahead;
  bool signs = false;            ///< the credentials are a key
  int code = exit_code::remote;  ///< of the process
};

/// The answer's Date has a grain of a second: half of one is the fairest guess.
std::optional<Duration> clock_ahead(const Completion& call) {
  const auto* answer = std::get_if<HttpResponse>(&call.what);
  if (answer == nullptr || !answer->date) return std::nullopt;
  const Instant middle = call.sent + (call.received - call.sent) / 2;
  const Duration ahead = answer->date->at + Duration{500} - middle;
  return std::chrono::abs(ahead) < Duration{1'000} ? Duration{0} : ahead;
}

/// What is known already, before a call to `endpoint`.
Examined examined_by(const Report& report, const std::string& endpoint, Asked asked) {
  Examined examined;
  examined.source = report.credentials;
  examined.endpoint = endpoint;
  examined.region = report.region;
  examined.project_id = report.project_id;
  examined.project_from = report.project_from;
  examined.asked = asked;
  examined.signs = report.signs;
  return examined;
}

/// Fills in what to do about what was found out.
void give_advice(Report& report, Examined examined) {
  if (examined.asked != Asked::key) {
    examined.proxy = proxy_variable(examined.endpoint, real_surroundings().variable);
  }
  if (const auto addresses = own_addresses()) examined.way_out = way_out(*addresses);
  report.advice = advice_for(examined);
  if (report.advice.empty()) report.code = exit_code::finished;
}

/// Fills in what the call to `endpoint` shows; `flaw` is why a 2xx is not what was asked for, where
/// that is known already.
void examine(Report& report, const std::string& endpoint, Asked asked, Completion call,
             const std::string& flaw = "") {
  Examined examined = examined_by(report, endpoint, asked);
  if (!flaw.empty()) {
    report.call = examined.flaw = flaw;
  } else if (const auto* none = std::get_if<NoAnswer>(&call.what)) {
    report.call = none->why;
  } else if (const auto& answer = std::get<HttpResponse>(call.what); !succeeded(answer)) {
    report.call = cloud::describe(cloud::read_error(answer));
    if (asked == Asked::instances) examined.led_to = host_of(call.kept);
  } else if (const auto page = cloud::read_instances(answer)) {
    report.call = fmt::format("HTTP {}, {} PostgreSQL {}", answer.status, page->total_count,
                              page->total_count == 1 ? "instance" : "instances");
  } else {
    report.call = examined.flaw = page.unreadable().text;
  }
  report.clock_ahead = examined.clock_ahead = clock_ahead(call);
  examined.call = std::move(call);
  give_advice(report, std::move(examined));
}

Result<Completion> harmless_call(const ProofTarget& target, Credentials& credentials,
                                 Clock& clock) {
  CurlOptions options;
  options.base_url = target.endpoint;
  options.ca_file = target.ca_file;
  options.user_agent = user_agent();
  options.keep_header = "location";
  auto client =
      CurlClient::open(std::move(options), clock, credentials.any() ? &credentials : nullptr);
  if (!client) return client.error();
  return exchange(clock, **client, cloud::ask_instances(credentials.project_id(), {0, 1}),
                  call_timeout);
}

/// What Credentials::open asks of `endpoint`.
Asked asked_of(const FoundCredentials& found, const std::string& endpoint) {
  if (found.kind == CredentialKind::metadata && endpoint == found.metadata_endpoint) {
    return Asked::key;
  }
  return found.kind == CredentialKind::password ? Asked::token : Asked::project;
}

/// Fills in why there are no credentials to call with.
void examine_lack(Report& report, const FoundCredentials& found, const Error& error,
                  std::optional<FailedCall> failed) {
  const std::string told = error.what.substr(0, error.what.find('\n'));
  if (failed) {
    const Asked asked = asked_of(found, failed->endpoint);
    examine(report, failed->endpoint, asked, std::move(failed->call), failed->flaw);
    if (failed->flaw.empty()) report.call = told;
    return;
  }
  report.advice = told;
  // An answer that is of no use, but no refusal, is told with its place at the beginning.
  for (const std::string& place : {found.metadata_endpoint, report.iam_endpoint}) {
    if (place.empty() || !told.starts_with(place)) continue;
    const std::size_t end = told.find(": ", place.size());
    if (end == std::string::npos) continue;
    report.call = told.substr(0, end);
    report.advice = told.substr(end + 2);
    return;
  }
}

/// Where the calls go: the plan's place, else the environment's region.
Result<ProofTarget> target_for(const std::optional<Plan>& plan, const FoundCredentials& found,
                               const Options& options) {
  if (plan) return target_of(*plan, options.ca_file);
  if (!found.region.empty() && !is_region(found.region)) {
    return Error{Fault::usage,
                 fmt::format("`{}` is no region: correct HW_REGION_NAME, OS_REGION_NAME or "
                             "OS_REGION (a region is spelled as in eu-de)",
                             printable(found.region))};
  }
  if (found.region.empty()) {
    return Error{Fault::usage,
                 "no region is named: give a plan (`pawl doctor PLAN`), or set HW_REGION_NAME, "
                 "OS_REGION_NAME or OS_REGION"};
  }
  return ProofTarget{endpoint_for_region(found.region), found.region, "", options.ca_file};
}

/// Where nothing can be called.
Report stopped(Report report, const Error& error) {
  report.advice = error.what;
  if (error.fault == Fault::usage) report.code = exit_code::usage;
  return report;
}

/// What drivers of the store are to know of the call. Where there is no store of this pawl's, there
/// is nobody to tell.
class Drivers final {
 public:
  Drivers(const Options& options, const Log& log)
      : log_(log),
        store_(Store::open_for_levers(options.store, wall_time(), lock_wait_told_by(log))) {
    if (!store_) log.debug(store_.error().what);
  }

  /// It is made whatever is left of the account's calls, for it is the only one, but it counts.
  void count(Plan plan, const std::string& project_id, Instant now) {
    if (!store_) return;
    plan.cloud.project_id = project_id;
    Quota quota(account_of(plan), plan.cloud.calls_per_minute, std::nullopt, now);
    const auto counted = lease_one((*store_)->database(), quota, now);
    if (!counted) log_.debug(counted.error().what);
  }
  /// Whoever leaves these credentials alone need not any more.
  void release(const FoundCredentials& found) {
    if (!store_) return;
    const Outcome released = forget_refusal((*store_)->database(), found);
    if (!released) log_.debug(released.error().what);
  }

 private:
  const Log& log_;
  Result<std::unique_ptr<Store>> store_;
};

Report examine_all(const Options& options, const Log& log, const std::optional<Plan>& plan) {
  Report report;
  if (plan) {
    report.endpoint = plan->cloud.endpoint;
    report.region = plan->cloud.region;
    report.project_id = plan->cloud.project_id;
  }
  auto found = take_credentials(log);
  if (!found) return stopped(std::move(report), found.error());
  report.credentials = found->source;
  report.not_read = found->not_read;
  report.signs = found->kind == CredentialKind::key || found->kind == CredentialKind::metadata;
  if (report.project_id.empty()) report.project_id = found->project_id;
  // A plan without a project was read with that of the environment.
  if (report.project_id == found->project_id) report.project_from = found->project_from;
  auto target = target_for(plan, *found, options);
  if (!target) return stopped(std::move(report), target.error());
  report.endpoint = target->endpoint;
  report.region = region_of(*found, *target);
  if (const auto iam = iam_endpoint_of(*found, *target)) report.iam_endpoint = *iam;
  SystemClock clock;
  std::optional<FailedCall> failed;
  auto credentials = Credentials::open(*found, *target, clock, {}, &failed);
  if (!credentials) {
    examine_lack(report, *found, credentials.error(), std::move(failed));
    return report;
  }
  report.project_id = (*credentials)->project_id();
  Drivers drivers(options, log);
  if (plan) drivers.count(*plan, report.project_id, clock.now());
  auto call = harmless_call(*target, **credentials, clock);
  if (!call) return stopped(std::move(report), call.error());
  examine(report, report.endpoint, Asked::instances, std::move(*call));
  if (report.code == exit_code::finished) drivers.release(*found);
  return report;
}

std::string clock_words(const Report& report) {
  if (!report.clock_ahead) return "the cloud's is not known";
  const auto seconds = std::chrono::round<std::chrono::seconds>(*report.clock_ahead).count();
  if (seconds == 0) return "as the cloud's";
  return fmt::format("{} s {} the cloud's", std::abs(seconds), seconds > 0 ? "behind" : "ahead of");
}

void print(const Options& options, const Report& report) {
  const bool works = report.code == exit_code::finished;
  if (options.format == Format::table) {
    const auto known = [](const std::string& text) { return text.empty() ? "not known" : text; };
    std::string notes;
    for (const std::string& note : report.not_read)
      notes += fmt::format("note          {}\n", note);
    constexpr std::size_t beside_names = 14;
    print_words(
        fmt::format("credentials   {}\nendpoint      {}\nIAM endpoint  {}\nregion        {}\n"
                    "project       {}\nclock         {}\ncall          {}\n{}{}",
                    report.credentials.empty() ? "none" : report.credentials,
                    known(report.endpoint), known(report.iam_endpoint), known(report.region),
                    known(report.project_id), clock_words(report),
                    report.call.empty() ? "none was made" : report.call, notes,
                    works ? "all is well" : "what to do    " + report.advice),
        beside_names);
    return;
  }
  Json clock;
  if (report.clock_ahead) clock = static_cast<double>(report.clock_ahead->count()) / 1'000;
  const Json object{{"works", works},
                    {"credentials", text_or_null(report.credentials)},
                    {"endpoint", text_or_null(report.endpoint)},
                    {"iam_endpoint", text_or_null(report.iam_endpoint)},
                    {"region", text_or_null(report.region)},
                    {"project_id", text_or_null(report.project_id)},
                    {"clock_behind_s", clock},
                    {"call", text_or_null(report.call)},
                    {"not_read", report.not_read},
                    {"what_to_do", text_or_null(report.advice)}};
  print_object(options.format, dump(object));
}

}  // namespace

int doctor_command(const Options& options, const Log& log, const std::string& plan) {
  std::optional<Plan> read;
  if (!plan.empty()) {
    auto file = read_plan_file(plan, log, PlanUse::started);
    if (!file) return fail(log, file.error());
    read = std::move(file->plan);
  }
  const Report report = examine_all(options, log, read);
  print(options, report);
  return report.code;
}

}  // namespace pawl
