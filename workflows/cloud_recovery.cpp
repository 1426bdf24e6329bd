#include "workflows/cloud_recovery.h"

#include <utility>

#include "workflows/cloud_fields.h"

namespace pawl::cloud {

namespace {

constexpr std::string_view relations_answer = "the answer to disaster-recovery-relation";

}  // namespace

std::string_view to_string(DrRole role) {
  if (role == DrRole::none) return "none";
  return role == DrRole::primary ? "primary" : "standby";
}

std::optional<DrRole> dr_role_from(std::string_view word) {
  for (const DrRole role : {DrRole::none, DrRole::primary, DrRole::standby}) {
    if (to_string(role) == word) return role;
  }
  return std::nullopt;
}

Answer<std::vector<DrRelation>> read_dr_relations(const HttpResponse& response) {
  const Answer<JsonDocument> json = open_answer(response, relations_answer);
  if (!json) return json.unreadable();
  Fields whole(json->root(), relations_answer);
  std::vector<DrRelation> relations;
  for (const Json& element : whole.array("instance_dr_relations")) {
    Fields fields(element, relations_answer);
    std::string id = fields.instance_id("instance_id");
    const bool has_master = fields.optional_object("master_instance") != nullptr;
    // The schema has the one spelling, its sample the other.
    const bool has_copies = !fields.optional_array("slave_instances").empty() ||
                            !fields.optional_array("slave_instance").empty();
    if (fields.flaw()) whole.fail(*fields.flaw());
    if (!has_master && !has_copies) continue;
    relations.push_back({std::move(id), has_master ? DrRole::standby : DrRole::primary});
  }
  if (whole.flaw()) return *whole.flaw();
  return relations;
}

}  // namespace pawl::cloud
