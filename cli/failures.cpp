#include "cli/failures.h"

#include <fmt/core.h>

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>
#include <utility>

#include "cli/json.h"
#include "cli/run_facts.h"
#include "cli/text.h"

namespace pawl {

bool is_failure(RunState state) {
  return state == RunState::failed || state == RunState::needs_operator;
}

void FailureKinds::add(std::string_view reason, std::string instance_id) {
  FailureSignature signature = signature_of(reason);
  const auto [kind, first] = known_.emplace(signature.id, kinds_.size());
  if (first) kinds_.push_back({std::move(signature), {}});
  kinds_[kind->second].instances.push_back(std::move(instance_id));
}

std::vector<FailureKind> FailureKinds::take() {
  std::stable_sort(kinds_.begin(), kinds_.end(), [](const FailureKind& a, const FailureKind& b) {
    return a.instances.size() > b.instances.size();
  });
  return std::move(kinds_);
}

Result<std::vector<FailureKind>> failures_of(const RolloutView& view) {
  FailureKinds kinds;
  for (const RunView& stored : view.runs) {
    const auto state = run_state_from(stored.word);
    if (state && !is_failure(*state)) continue;
    const Result<Run> run = run_of(stored);
    if (!run) return run.error();
    kinds.add(run->reason, run->instance_id);
  }
  return kinds.take();
}

Json failures_json(const std::vector<FailureKind>& kinds) {
  Json list = Json::array();
  for (const FailureKind& kind : kinds) {
    const FailureSignature& signature = kind.signature;
    list.push_back({{"signature", signature.id},
                    {"text", signature.text},
                    {"count", kind.instances.size()},
                    {"remedy", text_or_null(signature.remedy)},
                    {"instances", kind.instances}});
  }
  return list;
}

Part failures_part(const std::vector<FailureKind>& kinds, std::size_t width) {
  constexpr std::size_t before = std::string_view("FAILED  KIND      ").size();
  std::size_t text = 0, remedy = 0;
  for (const FailureKind& kind : kinds) {
    text = std::max(text, columns_of(printable(kind.signature.text)));
    remedy = std::max(remedy, columns_of(printable(kind.signature.remedy)));
  }
  Part part;
  if (width == 0 || before + text + 2 + remedy <= width) {
    std::vector<std::vector<Cell>> rows;
    for (const FailureKind& kind : kinds) {
      rows.push_back({Cell::of(static_cast<std::int64_t>(kind.instances.size())),
                      Cell::of(kind.signature.id), Cell::of(kind.signature.text),
                      Cell::of(kind.signature.remedy)});
    }
    part = table_part({{"count", "FAILED", 8},
                       {"signature", "KIND", 8},
                       {"text", "WHAT", any_columns},
                       {"remedy", "WHAT TO DO", any_columns}},
                      rows, width);
  } else {  // what to do would be cut off: it goes below
    part.head.push_back(cut("FAILED  KIND      WHAT, AND WHAT TO DO", width));
    for (const FailureKind& kind : kinds) {
      const FailureSignature& signature = kind.signature;
      auto lines = wrapped(fmt::format("{:<6}  {:<8}  {}", kind.instances.size(), signature.id,
                                       printable(signature.text)),
                           width, 18);
      if (!signature.remedy.empty()) {
        auto below = wrapped(fmt::format("{:18}do: {}", "", signature.remedy), width, 22);
        std::move(below.begin(), below.end(), std::back_inserter(lines));
      }
      part.items.push_back(std::move(lines));
    }
  }
  part.one = "kind of failure";
  part.many = "kinds of failure";
  part.least = 1;
  part.apart = true;
  return part;
}

}  // namespace pawl
