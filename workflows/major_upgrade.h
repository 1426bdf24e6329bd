// The workflow `rds-postgresql-major-upgrade`.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/workflow.h"
#include "workflows/cloud_requests.h"
#include "workflows/plan.h"
#include "workflows/upgrade_steps.h"

namespace pawl {

/// What of a plan every run of it needs.
struct UpgradeGoal {
  std::string project_id;      ///< fit to stand in a path
  std::string target_version;  ///< as the plan wants it; fit for cloud::parse_version
  cloud::Cutover cutover = cloud::Cutover::no;
  cloud::Statistics statistics = cloud::Statistics::before_cutover;
  OnForeign on_foreign = OnForeign::stop;
  Around around{};
};

/// How far a run goes.
enum class Extent : std::uint8_t {
  whole,
  check,  ///< to the end of its pre-check
};

/// Takes one instance to another major version: pre-check, gate, verify the expiry, upgrade, gate,
/// and verify the instance that came of it.
class MajorUpgrade final : public Workflow {
 public:
  MajorUpgrade(UpgradeGoal goal, const Timeouts& timeouts, const Check& check,
               Extent extent = Extent::whole);

  std::string_view name() const override { return major_upgrade_workflow; }
  std::span<const Step> steps() const override {
    return std::span(steps_).first(extent_ == Extent::check ? 1 : steps_.size());
  }
  const StepRules& rules() const override { return rules_; }
  std::span<const FactKey> fact_keys() const override;
  bool sound(const Run& run) const override;

  Look first_look(const Run& run, const Event& event) const override;
  HttpRequest ask(const Run& run, Look look) const override;
  HttpRequest submit(const Run& run) const override;
  Command command(const Run& run) const override;
  HttpRequest ask_time() const override;
  Priority priority(const Run& run, Look look) const override;
  Reading read(const Run& run, const HttpResponse& answer, const Event& event,
               Facts& facts) const override;
  std::optional<Throttle> throttle(const HttpResponse& answer) const override;
  std::optional<std::string> refuses_all(const HttpResponse& answer) const override;
  Reading read_submit(const Run& run, const HttpResponse& answer, Facts& facts) const override;
  std::vector<Obligation> leaves(const Run& before, const Run& after) const override;

 private:
  UpgradeGoal goal_;
  StepRules rules_;
  std::vector<Step> steps_;
  Extent extent_;
};

}  // namespace pawl
