// The cloud as a pure model: what it would answer, and what it then is. It knows nothing of pawl's
// own reading of the API, so that one mistake cannot cancel itself out.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "cli/simulate/cloud_records.h"
#include "cli/simulate/cloud_text.h"
#include "cli/simulate/settings.h"
#include "engine/http.h"

namespace pawl::simulate {

/// How an answer is brought to the client.
enum class Manner : std::uint8_t {
  whole,
  none,       ///< the connection is closed without an answer; the status is 0
  truncated,  ///< the connection is closed in the middle of the body
  oversized,  ///< blanks follow the body, to 100 MB
  dribble,    ///< a byte at a time
  redirect,   ///< with the place of another host
};

struct CloudAnswer : HttpResponse {
  Manner manner = Manner::whole;
  std::string subject_token{};  ///< X-Subject-Token
};

class CloudModel final {
 public:
  CloudModel(Settings settings, CloudInstant now);

  /// The answer to `request` at `now` (never earlier than the last). The same requests at the same
  /// times give the same answers.
  CloudAnswer serve(const HttpRequest& request, std::string_view token, CloudInstant now);

  /// The gateway's refusal of a request that proves nothing; `why` is its words.
  CloudAnswer refuse(const HttpRequest& request, std::string_view why);

  /// How late the answer to the last request is to be sent.
  Duration latency() const;

  /// Notes a call that came to where a `redirect` points.
  void note_followed(bool with_credentials);

  /// `GET /_stats`: what has been asked, every trigger that was accepted, by instance, and every
  /// POST of an upgrade that came.
  std::string stats() const;

  const Settings& settings() const { return settings_; }

 private:
  // The fleet, in cloud_fleet.cpp.
  Instance& add_instance(std::string name, std::uint32_t number, std::string_view service);
  /// Makes `primary`-`word`-N, of the version of the primary that `number` picks.
  Instance& add_beside(std::string_view word, std::uint32_t number);
  void add_fleet();
  void add_others();

  Reply route(const HttpRequest& request, CloudInstant now);
  CloudAnswer begin_answer(const HttpRequest& request);
  /// Counts a POST of an upgrade by its instance: what counts is that it came.
  void count_upgrade_post(std::string_view path);
  /// Whether the throttle lets the request pass.
  bool throttled(CloudInstant now);
  CloudAnswer spoiled(Trouble trouble, CloudAnswer answer) const;

  // The list, in cloud_list.cpp.
  Reply list(const HttpRequest& request, CloudInstant now);
  Reply dr_relations();
  bool listed(Instance& instance, CloudInstant now);
  std::string status_of(const Instance& instance, CloudInstant now) const;
  CloudInstant updated_of(const Instance& instance, CloudInstant now) const;
  std::string describe(const Instance& instance, CloudInstant now) const;

  // The major-version calls: what they read in cloud_reports.cpp, what they do in cloud_tasks.cpp.
  Reply major_version(Instance& instance, std::string_view call, const HttpRequest& request,
                      CloudInstant now);
  Reply available_versions(const Instance& instance) const;
  Reply status(Instance& instance, std::string_view action, CloudInstant now);
  Reply check_history(const Instance& instance, const HttpRequest& request, CloudInstant now);
  Reply upgrade_history(const Instance& instance, const HttpRequest& request, CloudInstant now);
  Reply start_check(Instance& instance, const std::string& body, CloudInstant now);
  Reply start_upgrade(Instance& instance, const std::string& body, CloudInstant now);

  // Manual backups, in cloud_backups.cpp.
  Reply backups(const HttpRequest& request, CloudInstant now);
  Reply start_backup(const std::string& body, CloudInstant now);
  void settle_backup(Instance& instance, CloudInstant now);
  bool backing_up(const Instance& instance, CloudInstant now) const;

  /// Why no call but that for the status is taken; nullptr when they are.
  const Refusal* closed(const Instance& instance) const;
  /// Why no task can begin; nullptr when one can.
  const Refusal* hindered(const Instance& instance, Kind kind, const std::string& target,
                          CloudInstant now) const;
  /// Lets happen what has become due of the instance's tasks.
  void settle(Instance& instance, CloudInstant now);
  void settle_upgrade(Instance& instance, Task& upgrade, CloudInstant now);
  void end_upgrade(Instance& instance, Task& upgrade);
  bool upgrading(const Instance& instance) const;
  /// The upgrade that makes or made it, where one did.
  const Task* maker(const Instance& instance) const;
  /// Not made yet: it is the half of an upgrade that runs.
  bool in_making(const Instance& instance) const;
  /// What an upgrade that failed had begun to make.
  bool gone(const Instance& instance) const;
  bool held_by_backup(const Instance& instance, CloudInstant now) const;
  bool visible(const Task& task, CloudInstant now) const;
  const Task* shown(const std::vector<Task>& tasks, CloudInstant now) const;
  bool offered(const Instance& instance, const std::string& target) const;
  Task make_task(const Instance& instance, Kind kind, std::string target, CloudInstant now);
  void make_instance(Instance& source, const Task& upgrade, CloudInstant now);

  // Chance out of the seed, the same on every machine.
  /// Of the request that is being served.
  std::string request_id() const;
  std::optional<Trouble> fault(const HttpRequest& request) const;
  std::uint64_t hash(std::string_view what, std::string_view purpose) const;
  double chance(std::string_view what, std::string_view purpose) const;
  Duration within(const Range& range, std::string_view what, std::string_view purpose) const;
  std::string uuid(std::string_view what, std::uint64_t n) const;
  std::string instance_id(std::string_view what, std::string_view ending) const;

  Settings settings_;
  CloudInstant began_;
  std::deque<Instance> instances_;  // in the order of the list; grows at its end
  std::unordered_map<std::string, std::size_t> by_id_;
  std::uint64_t requests_ = 0;
  std::uint64_t lists_ = 0, statuses_ = 0, histories_ = 0, triggers_ = 0, refused_ = 0;
  std::uint64_t followed_ = 0, followed_with_credentials_ = 0;
  std::array<std::uint64_t, trouble_kinds.size()> troubles_{};
  std::uint64_t throttled_ = 0;
  double allowance_ = 0;  // calls that the throttle lets pass at once
  CloudInstant allowed_at_;
};

}  // namespace pawl::simulate
