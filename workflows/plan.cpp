#include "workflows/plan.h"

#include <algorithm>

namespace pawl {

std::uint32_t failures_borne(const FailureBudget& budget, std::size_t total) {
  if (budget.unit == FailureBudget::Unit::count) return budget.value;
  const std::size_t borne = total / 100 * budget.value + total % 100 * budget.value / 100;
  return static_cast<std::uint32_t>(std::min<std::size_t>(borne, UINT32_MAX));
}

}  // namespace pawl
