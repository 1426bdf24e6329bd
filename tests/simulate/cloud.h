// The model with a clock that tests turn, and the calls of the API as words.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "cli/simulate/cloud_model.h"

namespace pawl::test {

/// 2026-03-01T12:00:00Z, when every cloud of these tests begins.
CloudInstant beginning();

/// A cloud in which checks and upgrades take ten seconds each.
simulate::Settings ten_seconds();

class Cloud final {
 public:
  explicit Cloud(simulate::Settings settings = ten_seconds());

  void pass(Duration time) { now_ = now_ + time; }
  CloudInstant now() const { return now_; }

  /// Any request at all, with the token that is right when one is needed.
  simulate::CloudAnswer ask(const HttpRequest& request);
  simulate::CloudAnswer list(Query query = {});
  simulate::CloudAnswer get(std::string_view id, std::string_view call, Query query = {});
  simulate::CloudAnswer post(std::string_view id, std::string_view call, std::string body);
  simulate::CloudAnswer status(std::string_view id, std::string_view action);
  simulate::CloudAnswer check(std::string_view id, std::string_view target = "14.6");
  simulate::CloudAnswer upgrade(std::string_view id, std::string_view target = "14.6");
  /// A manual backup, and the list of the instance's.
  simulate::CloudAnswer backup(std::string_view id, std::string_view name,
                               std::string_view description = "d");
  simulate::CloudAnswer backups(std::string_view id, Query query = {});

  /// The only instance of that name or id in the list.
  nlohmann::json named(const std::string& name);
  nlohmann::json with_id(const std::string& id);
  /// The id of the first instance.
  std::string first();
  /// An upgrade of `id` with all that goes before, ended well; the newest history entry.
  nlohmann::json upgraded(std::string_view id);
  nlohmann::json stats() const;
  simulate::CloudModel& model() { return model_; }

 private:
  simulate::CloudModel model_;
  CloudInstant now_ = beginning();
};

/// The JSON of an answer with 200; the test fails otherwise.
nlohmann::json good(const simulate::CloudAnswer& answer);
/// "status code", such as "409 DBS.200011"; "200" for a good one.
std::string outcome(const simulate::CloudAnswer& answer);

}  // namespace pawl::test
