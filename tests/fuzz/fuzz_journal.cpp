// A store that somebody edited: entries are read, or refused, and what is read can be decided on.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "engine/codec.h"
#include "engine/gated_step.h"
#include "workflows/major_upgrade.h"
#include "workflows/upgrade_facts.h"

using namespace pawl;

/// The text before the first NUL is a run's state, what follows the data of its next entry.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  static const MajorUpgrade workflow(
      {"0483b6b16e954cb88930a360d2c4e663", "14", cloud::Cutover::yes, {}}, Timeouts{}, Check{});
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  const std::size_t nul = text.find('\0');
  const std::string_view state = text.substr(0, nul);
  const std::string_view data = nul == std::string_view::npos ? "{}" : text.substr(nul + 1);
  (void)decode_word(state, "pending");

  const auto run = decode_run(state, upgrade_facts);
  if (!run) return 0;
  const std::string once = encode_run(*run);
  const auto again = decode_run(once, upgrade_facts);
  if (!again || encode_run(*again) != once) __builtin_trap();

  const auto events = decode_events(data);
  if (!events) return 0;
  Run now = *again;
  for (const Event& event : *events) {
    if (!can_meet(workflow, now, event)) return 0;
    now = decide(workflow, now, event).next;
  }
  return 0;
}
