// Where the proof of who calls is to be good, and whom it is had from.
#pragma once

#include <string>

#include "cli/credential_sources.h"
#include "engine/result.h"

namespace pawl {

/// What the proof is for.
struct ProofTarget {
  std::string endpoint;    ///< as a plan has it
  std::string region;      ///< of the plan; may be empty
  std::string project_id;  ///< of the plan or of the rollout; empty: looked up
  std::string ca_file;     ///< CurlOptions::ca_file for the calls to IAM
  bool operator==(const ProofTarget&) const = default;
};

/// The IAM endpoint that is asked, for messages too; Fault::remote where none is known.
Result<std::string> iam_endpoint_of(const FoundCredentials& found, const ProofTarget& target);
/// The region that is meant: the plan's, its endpoint's, the environment's; empty: none.
std::string region_of(const FoundCredentials& found, const ProofTarget& target);

}  // namespace pawl
