// A plan that a stranger wrote: it is good, or every mistake has a place.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "workflows/plan_difference.h"
#include "workflows/plan_reader.h"

using namespace pawl;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  const PlanReading reading = read_plan(text, PlanUse::to_start);
  if (reading.plan.has_value() == !reading.mistakes.empty()) __builtin_trap();
  const PlanReading started = read_plan(text, PlanUse::started);
  if (reading.plan && started.plan != reading.plan) __builtin_trap();  // what may start may go on
  render_mistakes(reading.mistakes, "plan");
  describe_difference(text, "name: other\n");
  return 0;
}
