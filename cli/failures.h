// What failed, by kind: a fleet's failures are few kinds in many words.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "cli/json.h"
#include "cli/screen.h"
#include "engine/run.h"
#include "storage/audit.h"
#include "workflows/failure_signature.h"

namespace pawl {

struct FailureKind {
  FailureSignature signature;
  std::vector<std::string> instances;  ///< ids, by run number
};

/// Counted among the failures: failed, or in need of an operator.
bool is_failure(RunState state);

/// Puts failures together by their signature.
class FailureKinds final {
 public:
  void add(std::string_view reason, std::string instance_id);
  /// The most frequent kind first.
  std::vector<FailureKind> take();

 private:
  std::vector<FailureKind> kinds_;
  std::unordered_map<std::string, std::size_t> known_;  // by the signature's id
};

/// The failures of `view`, the most frequent kind first. Fault::store when a run cannot be read.
Result<std::vector<FailureKind>> failures_of(const RolloutView& view);

/// They as the JSON array `failures` of every command that prints it.
Json failures_json(const std::vector<FailureKind>& kinds);
/// They as a table for a terminal of this width (0: for none), with what to do about each.
Part failures_part(const std::vector<FailureKind>& kinds, std::size_t width);

}  // namespace pawl
