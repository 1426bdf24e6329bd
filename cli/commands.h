// The commands, each a function from its arguments to an exit code; arguments.cpp reads the command
// line for them. Every error goes to the log, data goes to stdout.
#pragma once

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
  bool anew = false;     ///< --new: a further rollout of a plan that has ended
  bool no_wait = false;  ///< end with 3 where a rollout waits
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
  std::string reason;
};

int lever_command(const Options& options, const Log& log, const LeverArguments& arguments);
int validate_command(const Options& options, const Log& log, const std::string& plan);
int run_command(const Options& options, const Log& log, const RunArguments& arguments);
int resume_command(const Options& options, const Log& log, const std::string& rollout,
                   bool no_wait);
int list_command(const Options& options, const Log& log);
int status_command(const Options& options, const Log& log, const std::string& rollout, bool watch);
int show_command(const Options& options, const Log& log, const std::string& instance,
                 const std::string& rollout);
int history_command(const Options& options, const Log& log, const HistoryArguments& arguments);
int verify_command(const Options& options, const Log& log, const std::string& head);

}  // namespace pawl
