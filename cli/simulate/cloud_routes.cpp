// Which call a request is.
#include <algorithm>

#include "cli/simulate/cloud_model.h"
#include "engine/ascii.h"

namespace pawl::simulate {

namespace {

/// 32 letters and digits, then "in" and the engine's number.
bool is_instance_id(std::string_view id) {
  const auto plain = [](char c) { return is_digit(c) || is_lower(c); };
  return id.size() == 36 && std::all_of(id.begin(), id.end(), plain) && id.substr(32, 2) == "in";
}

/// The part up to the next '/', which is taken off `rest` with it.
std::string_view next_part(std::string_view& rest) {
  const std::size_t end = rest.find('/');
  const std::string_view part = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return part;
}

}  // namespace

Reply CloudModel::route(const HttpRequest& request, CloudInstant now) {
  std::string_view rest = request.path;
  if (!rest.starts_with("/v3/")) return refused(refusal::unknown_api, request_id());
  rest.remove_prefix(4);
  if (next_part(rest) != settings_.project_id) return refused(refusal::not_yours);
  if (rest == "instances" && request.method == Method::get) return list(request, now);
  if (rest == "backups") return backups(request, now);
  if (next_part(rest) != "instances") return refused(refusal::unknown_api, request_id());
  if (rest == "disaster-recovery-relation") return dr_relations();
  const std::string_view id = next_part(rest);
  if (next_part(rest) != "major-version") return refused(refusal::unknown_api, request_id());
  if (!is_instance_id(id)) return refused(refusal::malformed_id);
  const auto found = by_id_.find(std::string(id));
  if (found == by_id_.end()) return refused(refusal::no_instance);
  return major_version(instances_[found->second], rest, request, now);
}

void CloudModel::count_upgrade_post(std::string_view path) {
  constexpr std::string_view before = "/instances/";
  const std::size_t at = path.find(before);
  if (at == std::string_view::npos) return;
  path.remove_prefix(at + before.size());
  const auto found = by_id_.find(std::string(next_part(path)));
  if (found != by_id_.end()) ++instances_[found->second].upgrade_posts;
}

Reply CloudModel::major_version(Instance& instance, std::string_view call,
                                const HttpRequest& request, CloudInstant now) {
  settle(instance, now);
  if (instance.made_by) settle(instances_[instance.made_by->first], now);
  if (gone(instance)) return refused(refusal::no_instance);
  const bool post = request.method == Method::post;
  if (post) ++triggers_;
  if (!post && call == "status") {
    ++statuses_;
    return status(instance, value_of(request, "action"), now);
  }
  if (const Refusal* why = closed(instance)) return refused(*why);
  if (post && call == "inspection") return start_check(instance, request.body, now);
  if (post && call == "upgrade") return start_upgrade(instance, request.body, now);
  if (!post && call == "available-version") return available_versions(instance);
  if (!post && call == "inspection-histories") return check_history(instance, request, now);
  if (!post && call == "upgrade-histories") return upgrade_history(instance, request, now);
  return refused(refusal::unknown_api, request_id());
}

}  // namespace pawl::simulate
