// The instances that the cloud has at first.
#include <fmt/core.h>

#include <array>
#include <utility>

#include "cli/simulate/cloud_model.h"

namespace pawl::simulate {

namespace {

constexpr std::array services{"orders", "billing", "users", "search", "ledger"};

}  // namespace

Instance& CloudModel::add_instance(std::string name, std::uint32_t number,
                                   std::string_view service) {
  Instance made;
  made.name = std::move(name);
  made.id = instance_id(made.name, "in03");
  made.version = settings_.versions[number % settings_.versions.size()];
  const std::size_t at = instances_.size();
  made.ip = fmt::format("10.{}.{}.{}", at / 62'500, at / 250 % 250, at % 250 + 1);
  made.tags = {{"env", "prod"}, {"service", std::string(service)}};
  made.created = made.updated = began_ - std::chrono::hours{24 * 400};
  by_id_.emplace(made.id, at);
  instances_.push_back(std::move(made));
  return instances_.back();
}

void CloudModel::add_fleet() {
  for (std::uint32_t i = 0; i < settings_.instances; ++i) {
    const std::string_view service = services[i % services.size()];
    Instance& made =
        add_instance(fmt::format("{}-{}", service, i / services.size() + 1), i, service);
    if (i < settings_.canaries) made.tags.emplace_back("tier", "canary");
    if (i % 4 == 3) made.type = "Single";
  }
}

Instance& CloudModel::add_beside(std::string_view word, std::uint32_t number) {
  const std::size_t primary = number % settings_.instances;
  Instance& made = add_instance(
      fmt::format("{}-{}-{}", instances_[primary].name, word, number / settings_.instances + 1),
      number, instances_[primary].tags[1].second);
  made.version = instances_[primary].version;
  return made;
}

void CloudModel::add_others() {
  for (std::uint32_t i = 0; i < settings_.replicas; ++i) {
    Instance& made = add_beside("replica", i);
    made.type = "Replica";
    made.primary = i % settings_.instances;
    instances_[*made.primary].replicas.push_back(instances_.size() - 1);
  }
  for (std::uint32_t i = 0; i < settings_.standbys; ++i) {
    Instance& made = add_beside("standby", i);
    made.dr_primary = i % settings_.instances;
    instances_[*made.dr_primary].standbys.push_back(instances_.size() - 1);
  }
  for (std::uint32_t i = 0; i < settings_.mysql; ++i) {
    Instance& made = add_instance(fmt::format("shop-mysql-{}", i + 1), i, "shop");
    by_id_.erase(made.id);
    made.id = instance_id(made.name, "in01");
    by_id_.emplace(made.id, instances_.size() - 1);
    made.engine = "MySQL";
    made.version = "8.0.28";
  }
  for (std::uint32_t i = 0; i < settings_.frozen; ++i)
    add_instance(fmt::format("frozen-{}", i + 1), i, "frozen").hold = Hold::frozen;
  for (std::uint32_t i = 0; i < settings_.busy; ++i)
    add_instance(fmt::format("busy-{}", i + 1), i, "busy").hold = Hold::backup;
}

}  // namespace pawl::simulate
