// The commands, each a function from its arguments to an exit code; arguments.cpp reads the command
// line for them. Every error goes to the log, data goes to stdout.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/log.h"
#include "cli/options.h"
#include "engine/lever.h"
#include "storage/audit.h"

namespace pawl {

/// Tells an error and gives the exit code that its fault means.
int fail(const Log& log, const Error& error);

struct RunArguments {
  std::string plan;
  bool anew = false;        ///< --new: a further rollout of a plan that has ended
  std::string failed_of{};  ///< the rollout whose runs that did not succeed are taken up
  bool no_wait = false;     ///< end with 3 where a rollout waits
};

struct PlanArguments {
  std::string plan;     ///< may be empty with `against`: then that rollout's own
  std::string against;  ///< a rollout; may be empty
};

struct StatusArguments {
  std::string rollout;  ///< may be empty where one is meant
  std::string as_of;    ///< a time; empty: now
  bool watch = false;
};

struct HistoryArguments {
  HistoryFilter filter;
  std::string since, until;
};

struct LeverArguments {
  LeverKind kind = LeverKind::pause;
  std::string rollout;                 ///< may be empty where one is meant
  std::string wave;                    ///< approve, deny; may be empty
  std::vector<std::string> instances;  ///< retry, skip: ids or names
  std::string signature;               ///< retry: every failure of this kind, instead of them
  std::string reason;
};

struct ObligationArguments {
  std::vector<std::int64_t> numbers;    ///< close: these, instead of what the filters pass
  std::string rollout, instance, kind;  ///< filters; empty: all
  std::string reason;
  bool all = false;  ///< closed ones too
};

int obligations_command(const Options& options, const Log& log,
                        const ObligationArguments& arguments);
int close_command(const Options& options, const Log& log, const ObligationArguments& arguments);
int lever_command(const Options& options, const Log& log, const LeverArguments& arguments);
int validate_command(const Options& options, const Log& log, const std::string& plan);
int plan_command(const Options& options, const Log& log, const PlanArguments& arguments);
int drift_command(const Options& options, const Log& log, const PlanArguments& arguments);
int run_command(const Options& options, const Log& log, const RunArguments& arguments);
int precheck_command(const Options& options, const Log& log, const RunArguments& arguments);
int resume_command(const Options& options, const Log& log, const std::string& rollout,
                   bool no_wait);
int list_command(const Options& options, const Log& log);
int status_command(const Options& options, const Log& log, const StatusArguments& arguments);
int show_command(const Options& options, const Log& log, const std::string& instance,
                 const std::string& rollout);
int why_command(const Options& options, const Log& log, const std::string& instance,
                const std::string& rollout);
int history_command(const Options& options, const Log& log, const HistoryArguments& arguments);
int doctor_command(const Options& options, const Log& log, const std::string& plan);
int verify_command(const Options& options, const Log& log, const std::string& head);

}  // namespace pawl
