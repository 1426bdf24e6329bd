// Instances as the list tells them (cloud-api 2.1, 2.2); the samples leave out much, so all but the
// id is optional.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/http.h"
#include "workflows/cloud_answer.h"

namespace pawl::cloud {

struct InstanceTag {
  std::string key, value;
  bool operator==(const InstanceTag&) const = default;
};

/// A read replica of this primary ("replica"), or the primary of this replica ("replica_of").
struct RelatedInstance {
  std::string id, type;
  bool operator==(const RelatedInstance&) const = default;
};

/// Texts are empty where the cloud gave nothing.
struct Instance {
  std::string id;  ///< fit to stand in a path
  std::string name;
  std::string status;                    ///< 2.2, with blanks inside; further values will come
  std::string type;                      ///< Single, Ha, Replica
  std::string engine;                    ///< datastore.type: PostgreSQL, MySQL, …
  std::string version;                   ///< complete_version where given, else the major version
  std::vector<std::string> private_ips;  ///< sorted
  OptionalTime created_at;
  std::string updated;  ///< verbatim; a change of it tells of a change of the instance
  std::vector<InstanceTag> tags;
  std::vector<RelatedInstance> related;
  std::string charge_mode{};   ///< prePaid, postPaid
  bool tags_left_out = false;  ///< the list says nothing of tags, not that there are none
  bool operator==(const Instance&) const = default;
};

/// One page of the list, in the cloud's order.
struct InstancePage {
  std::vector<Instance> instances;
  std::vector<UnreadableEntry> unreadable;
  std::int64_t total_count = 0;  ///< of all pages; may have moved on since the page before
  bool operator==(const InstancePage&) const = default;
};

Answer<InstancePage> read_instances(const HttpResponse& response);

/// Idle and healthy: ACTIVE alone.
bool ready_status(std::string_view status);
/// Something is under way that ends by itself. So is every status that is not known or not given
/// (trap 16); not those which only a person can end, such as FAILED or FROZEN.
bool busy_status(std::string_view status);

}  // namespace pawl::cloud
