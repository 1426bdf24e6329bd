#include "workflows/plan.h"

#include <doctest/doctest.h>

#include <vector>

TEST_CASE("a failure budget is a number, or a percentage rounded down") {
  using Unit = pawl::FailureBudget::Unit;
  struct Row {
    pawl::FailureBudget budget;
    std::size_t total;
    std::uint32_t borne;
  };
  const std::vector<Row> rows{
      {{Unit::count, 0}, 100, 0},      {{Unit::count, 7}, 3, 7},     {{Unit::percent, 5}, 19, 0},
      {{Unit::percent, 5}, 20, 1},     {{Unit::percent, 5}, 199, 9}, {{Unit::percent, 100}, 57, 57},
      {{Unit::percent, 0}, 1000, 0},   {{Unit::percent, 33}, 10, 3}, {{Unit::percent, 50}, 0, 0},
      {{Unit::percent, 1}, 9'999, 99},
  };
  for (const Row& row : rows) {
    CAPTURE(row.budget.value);
    CAPTURE(row.total);
    CHECK(failures_borne(row.budget, row.total) == row.borne);
  }
}
