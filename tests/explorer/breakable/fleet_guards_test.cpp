// The same for a fleet: each bound of law 5 that is not kept is found to be crossed.
#include <doctest/doctest.h>

#include <cstddef>
#include <string_view>
#include <vector>

#include "tests/explorer/breakable/taken.h"
#include "tests/explorer/fleet_plans.h"

using namespace pawl;
using namespace pawl::explorer;

namespace {

constexpr std::size_t fleet_states_max = 500'000;

struct FleetRow {
  Guard guard;
  std::string_view law;
  std::size_t plan;        // that has the bound
  FleetMischief mischief;  // the least that shows it
};

const std::vector<FleetRow>& fleet_rows() {
  static const std::vector<FleetRow> all{
      {Guard::stops_obeyed, "law 5: an intent under a pause", 0, {0, 0, 1}},
      {Guard::budget_kept, "law 5: an intent with the failure budget spent", 2, {}},
      {Guard::places_counted, "law 5: too many upgrades in flight", 0, {}},
      {Guard::waves_in_order, "law 5: an upgrade in a wave that is pending", 0, {}},
      {Guard::approval_asked, "law 5: an upgrade in a wave that nobody has approved", 0, {}},
      {Guard::no_overshoot, "law 5: an upgrade that could overspend", 1, {}},
  };
  return all;
}

}  // namespace

TEST_CASE("a bound of a fleet whose guard is taken away is found to be crossed") {
  for (const FleetRow& row : fleet_rows()) {
    CAPTURE(row.law);
    const Taken taken(row.guard);
    const Fleet fleet = begin_fleet(fleet_plans()[row.plan], fleet_workflow(), row.mischief);
    check_found(explore<Fleet>({fleet}, fleet_states_max), row.law);
  }
}
