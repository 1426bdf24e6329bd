#include "cli/fleet.h"

#include <fmt/format.h>

#include <set>
#include <utility>
#include <variant>

#include "engine/event.h"
#include "workflows/cloud_errors.h"
#include "workflows/cloud_instances.h"
#include "workflows/cloud_requests.h"

namespace pawl {

namespace {

constexpr unsigned tries_max = 4;
constexpr Duration pause{1'000};
constexpr std::uint32_t page_size = 100;

/// One call of the quota, however long that takes.
Outcome take_call(const Outside& outside, Quota& quota) {
  while (!quota.take(outside.clock.now())) {
    const Instant now = outside.clock.now();
    if (const auto lease = quota.next_lease(now)) {
      Batch batch;
      batch.lease = &*lease;
      if (Outcome written = outside.journal.commit(batch); !written) return written;
      quota.leased(*lease);
      continue;
    }
    std::vector<Completion> none;
    outside.client.wait(quota.earliest(now), none);
  }
  return Done{};
}

std::variant<HttpResponse, NoAnswer> exchange(const Outside& outside, const HttpRequest& request,
                                              Duration timeout) {
  Call call;
  call.request = request;
  call.priority = Priority::list;
  call.timeout = timeout;
  const Instant now = outside.clock.now();
  outside.client.start({}, call, now + timeout);
  std::vector<Completion> done;
  while (done.empty())
    outside.client.wait(outside.clock.now() + timeout, done);
  return std::move(done.front().what);
}

void wait_for(const Outside& outside, Duration duration) {
  const Instant until = outside.clock.now() + duration;
  std::vector<Completion> none;
  while (outside.clock.now() < until)
    outside.client.wait(until, none);
}

Error unreachable(const std::string& endpoint, const std::string& why) {
  return {Fault::remote, fmt::format("the instance list of {} could not be read: {}\nnothing was "
                                     "started; check endpoint, network and credentials, then run "
                                     "again",
                                     endpoint, why)};
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

class Lister {
 public:
  Lister(const Outside& outside, Quota& quota, const std::string& endpoint,
         const std::string& project_id, Duration request)
      : outside_(outside),
        quota_(quota),
        endpoint_(endpoint),
        project_id_(project_id),
        request_(request) {}

  Result<std::vector<Candidate>> list();

 private:
  Result<cloud::InstancePage> page(std::uint32_t offset);
  void add(const cloud::InstancePage& page);

  const Outside& outside_;
  Quota& quota_;
  const std::string& endpoint_;
  const std::string& project_id_;
  const Duration request_;
  std::vector<Candidate> fleet_;
  std::set<std::string> ids_;
};

Result<cloud::InstancePage> Lister::page(std::uint32_t offset) {
  std::string why;
  for (unsigned tries = 0; tries < tries_max; ++tries) {
    if (tries > 0) wait_for(outside_, pause * tries);
    if (Outcome taken = take_call(outside_, quota_); !taken) return taken.error();
    const auto answer =
        exchange(outside_, cloud::ask_instances(project_id_, {offset, page_size}), request_);
    if (const auto* none = std::get_if<NoAnswer>(&answer)) {
      why = none->why;
      if (none->delivery == Delivery::not_sent) break;  // refused, unresolved, untrusted
      continue;
    }
    const auto& response = std::get<HttpResponse>(answer);
    if (response.status < 200 || response.status > 299) {
      const cloud::CloudError error = cloud::read_error(response);
      why = cloud::describe(error);
      const cloud::ErrorClass kind = cloud::classify(error, Method::get);
      if (kind == cloud::ErrorClass::throttled) {
        const Instant now = outside_.clock.now();
        quota_.throttled(now, now + response.retry_after.value_or(pause * 5));
      }
      if (!may_pass(kind)) break;
      continue;
    }
    auto read = cloud::read_instances(response);
    if (read && read->unreadable.empty()) return std::move(*read);
    why = read ? read->unreadable.front().why.text : read.unreadable().text;
  }
  return unreachable(endpoint_, why);
}

void Lister::add(const cloud::InstancePage& page) {
  for (const cloud::Instance& instance : page.instances) {
    if (!ids_.insert(instance.id).second) continue;
    Candidate candidate{instance.id, instance.name, instance.version, {}};
    for (const cloud::InstanceTag& tag : instance.tags)
      candidate.tags.emplace_back(tag.key, tag.value);
    fleet_.push_back(std::move(candidate));
  }
}

Result<std::vector<Candidate>> Lister::list() {
  for (unsigned round = 0; round < tries_max; ++round) {
    fleet_.clear();
    ids_.clear();
    std::int64_t total = 0;
    std::uint32_t offset = 0;
    do {
      Result<cloud::InstancePage> read = page(offset);
      if (!read) return read.error();
      add(*read);
      total = read->total_count;
      if (read->instances.empty()) break;
      offset += page_size;
    } while (offset < total);
    if (static_cast<std::int64_t>(fleet_.size()) == total) return std::move(fleet_);
  }
  return unreachable(endpoint_,
                     fmt::format("it changed while it was read, {} times in a row", tries_max));
}

}  // namespace

Result<std::vector<Candidate>> list_fleet(const Outside& outside, Quota& quota,
                                          const std::string& endpoint,
                                          const std::string& project_id, Duration request) {
  return Lister(outside, quota, endpoint, project_id, request).list();
}

}  // namespace pawl
