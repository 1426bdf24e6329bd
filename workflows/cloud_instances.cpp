#include "workflows/cloud_instances.h"

#include <algorithm>
#include <array>

#include "engine/ascii.h"
#include "workflows/cloud_fields.h"

namespace pawl::cloud {

namespace {

constexpr std::string_view list_of_instances = "the answer to the list of instances";

/// Adds a flaw found within a part of an instance to the instance.
void hand_up(Fields& whole, const Fields& part) {
  if (part.flaw()) whole.fail(*part.flaw());
}

void read_datastore(Fields& fields, Instance& instance) {
  const Json* datastore = fields.optional_object("datastore");
  if (datastore == nullptr) return;
  Fields part(*datastore, list_of_instances);
  instance.engine = part.optional_text("type");
  const std::string complete = part.optional_text("complete_version");
  const std::string major = part.optional_text("version");
  instance.version = complete.empty() ? major : complete;
  hand_up(fields, part);
}

void read_charge(Fields& fields, Instance& instance) {
  const Json* charge = fields.optional_object("charge_info");
  if (charge == nullptr) return;
  Fields part(*charge, list_of_instances);
  instance.charge_mode = part.optional_text("charge_mode");
  hand_up(fields, part);
}

Instance read_instance(Fields& fields) {
  Instance instance;
  instance.id = fields.instance_id("id");
  instance.name = fields.optional_text("name");
  instance.status = fields.optional_text("status");
  instance.type = fields.optional_text("type");
  read_datastore(fields, instance);
  for (const Json& address : fields.optional_array("private_ips")) {
    if (address.kind != Json::Kind::text) {
      fields.fail(Flaw::wrong_shape, "private_ips", "a list with " + spoken(address) + " in it",
                  "a list of addresses");
    } else if (!trim(address.text).empty()) {
      instance.private_ips.emplace_back(trim(address.text));
    }
  }
  std::sort(instance.private_ips.begin(), instance.private_ips.end());
  fields.verbatim("created");  // a text, if anything, whatever time it tells
  instance.created_at = fields.optional_time("created");
  instance.updated = fields.verbatim("updated");
  instance.tags_left_out = !fields.has("tags");
  for (const Json& element : fields.optional_array("tags")) {
    Fields tag(element, list_of_instances);
    instance.tags.push_back({tag.text("key"), tag.optional_text("value")});
    hand_up(fields, tag);
  }
  for (const Json& element : fields.optional_array("related_instance")) {
    Fields related(element, list_of_instances);
    instance.related.push_back({related.id("id"), related.optional_text("type")});
    hand_up(fields, related);
  }
  read_charge(fields, instance);
  return instance;
}

}  // namespace

Answer<InstancePage> read_instances(const HttpResponse& response) {
  const Answer<JsonDocument> json = open_answer(response, list_of_instances);
  if (!json) return json.unreadable();
  Fields fields(json->root(), list_of_instances);
  InstancePage page;
  page.total_count = fields.count("total_count");
  read_entries(fields.array("instances"), list_of_instances, read_instance, page.instances,
               page.unreadable);
  if (fields.flaw()) return *fields.flaw();
  return page;
}

bool ready_status(std::string_view status) {
  return status == "ACTIVE";
}

bool busy_status(std::string_view status) {
  constexpr std::array<std::string_view, 5> needs_a_person{"CREATE FAIL", "FAILED", "FROZEN",
                                                           "STORAGE FULL", "SHUTDOWN"};
  return !ready_status(status) &&
         std::find(needs_a_person.begin(), needs_a_person.end(), status) == needs_a_person.end();
}

}  // namespace pawl::cloud
