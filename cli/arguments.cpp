#include "cli/arguments.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>

#include "cli/commands.h"
#include "cli/simulate/options.h"
#include "cli/simulate/server.h"
#include "cli/usage.h"
#include "engine/version.h"
#include "workflows/obligations.h"

namespace pawl {

namespace {

const char* const about =
    "pawl takes fleets of cloud databases (RDS for PostgreSQL) through a major-version upgrade,\n"
    "each instance by the same gated sequence, durably: kill it at any moment and resume.";

const char* const help_footer =
    "Exit codes: 0 finished and all well; 1 finished or halted with failed runs, or a person must\n"
    "decide; 2 the command line or the plan is wrong; 3 stopped where it waits (--no-wait);\n"
    "4 another driver holds the store; 5 credentials refused or endpoint not reached; 6 the store\n"
    "is damaged or cannot be written; 130, 143 interrupted, go on with `pawl resume`.\n"
    "Credentials, the first of: the variables HUAWEICLOUD_SDK_AK and _SK; HW_AUTH_TOKEN,\n"
    "HW_ACCESS_KEY and HW_SECRET_KEY, or HW_USER_NAME, _USER_PASSWORD and HW_DOMAIN_NAME; their\n"
    "OS_* twins; the SDK's file ~/.huaweicloud/credentials; the metadata service in\n"
    "PAWL_METADATA_ENDPOINT. `pawl doctor` says which one counts and whether it works.";

/// What the command line says, and the command that it chose.
struct Chosen {
  Options options;
  std::optional<Format> output;
  bool json = false;
  bool opens_store = true;
  std::function<int(const Options&, const Log&)> command;
};

void add_logging(CLI::App& app, Chosen& chosen) {
  const std::map<std::string, LogLevel> levels{{"error", LogLevel::error},
                                               {"warn", LogLevel::warn},
                                               {"info", LogLevel::info},
                                               {"debug", LogLevel::debug},
                                               {"trace", LogLevel::trace}};
  add_choice(app, "--log-level", chosen.options.log_level, levels,
             "What goes to stderr: error, warn, info (default), debug; trace does what debug does")
      ->option_text("LEVEL");
  const std::map<std::string, LogFormat> formats{{"text", LogFormat::text},
                                                 {"json", LogFormat::json}};
  add_choice(app, "--log-format", chosen.options.log_format, formats, "How: text (default) or json")
      ->option_text("FORMAT");
}

void add_output(CLI::App& app, Chosen& chosen) {
  const std::map<std::string, Format> formats{{"table", Format::table},
                                              {"json", Format::json},
                                              {"ndjson", Format::ndjson},
                                              {"csv", Format::csv}};
  add_choice(app, "-o,--output", chosen.output, formats,
             "How data is printed: table (default), json, ndjson, csv")
      ->option_text("FORMAT");
  app.add_flag("--json", chosen.json, "Short for --output json");
}

/// The options that every command takes, and that may stand before it too.
void add_common(CLI::App& command, Chosen& chosen) {
  command
      .add_option("--store", chosen.options.store,
                  "The store's file (or PAWL_STORE; default ~/.local/state/pawl/pawl.db)")
      ->check([](const std::string& path) { return path.empty() ? "it names no file" : ""; });
  add_logging(command, chosen);
  add_output(command, chosen);
}

CLI::App& add_command(CLI::App& app, Chosen& chosen, const char* name, const char* description) {
  CLI::App& command = *app.add_subcommand(name, description);
  add_common(command, chosen);
  return command;
}

/// For the commands that call the cloud.
void add_network(CLI::App& command, Chosen& chosen) {
  command.add_option("--ca-file", chosen.options.ca_file,
                     "Trust the certificates in this PEM file (or CURL_CA_BUNDLE, SSL_CERT_FILE, "
                     "OS_CACERT) in place of the system's");
}

struct Arguments {
  std::string plan, rollout, instance, head, as_of;
  bool watch = false;
  PlanArguments planned;
  RunArguments run;
  HistoryArguments history;
  LeverArguments lever;
  ObligationArguments obligations;
  simulate::Settings simulated;
};

void add_planning(CLI::App& app, Chosen& chosen, Arguments& given) {
  CLI::App& validate =
      add_command(app, chosen, "validate", "Read a plan and report every mistake; touches nothing");
  validate.add_option("PLAN", given.plan, "The plan file")->required();
  validate.callback([&] {
    chosen.opens_store = false;
    chosen.command = [&](const Options& o, const Log& l) {
      return validate_command(o, l, given.plan);
    };
  });

  CLI::App& plan = add_command(
      app, chosen, "plan",
      "Show what a plan would do to the fleet as it is: waves, turns, skips and why, calls and\n"
      "hours; changes nothing");
  plan.add_option("PLAN", given.planned.plan, "The plan file; with --against it may be left out");
  plan.add_option("--against", given.planned.against,
                  "Show instead how the live fleet has drifted from this rollout's")
      ->option_text("ROLLOUT");
  add_network(plan, chosen);
  plan.callback([&] {
    chosen.command = [&](const Options& o, const Log& l) {
      return plan_command(o, l, given.planned);
    };
  });
}

void add_driving(CLI::App& app, Chosen& chosen, Arguments& given) {
  CLI::App& run = add_command(
      app, chosen, "run", "Start the plan's rollout, or go on with it, and drive it to its end");
  run.add_option("PLAN", given.run.plan, "The plan file")->required();
  add_network(run, chosen);
  auto* anew = run.add_flag("--new", given.run.anew, "Start the plan once more after it has ended");
  run.add_option("--failed-of", given.run.failed_of,
                 "Take up, by the plan's rules, what did not succeed in this ended rollout")
      ->option_text("ROLLOUT")
      ->excludes(anew);
  run.add_flag("--no-wait", given.run.no_wait, "Exit with 3 where the rollout waits");
  run.callback([&] {
    chosen.command = [&](const Options& o, const Log& l) { return run_command(o, l, given.run); };
  });

  CLI::App& precheck = add_command(
      app, chosen, "precheck",
      "Make the pre-check of the whole fleet, upgrade nothing, and report; resumable like a run");
  precheck.add_option("PLAN", given.run.plan, "The plan file")->required();
  add_network(precheck, chosen);
  precheck.add_flag("--no-wait", given.run.no_wait, "Exit with 3 where it waits");
  precheck.callback([&] {
    chosen.command = [&](const Options& o, const Log& l) {
      return precheck_command(o, l, given.run);
    };
  });

  CLI::App& resume =
      add_command(app, chosen, "resume", "Go on with unfinished rollouts after a stop or a crash");
  resume.add_option("ROLLOUT", given.rollout, "One rollout; all unfinished ones if left out");
  add_network(resume, chosen);
  resume.add_flag("--no-wait", given.run.no_wait, "Exit with 3 where a rollout waits");
  resume.callback([&] {
    chosen.command = [&](const Options& o, const Log& l) {
      return resume_command(o, l, given.rollout, given.run.no_wait);
    };
  });
}

void add_reading(CLI::App& app, Chosen& chosen, Arguments& given) {
  add_command(app, chosen, "list", "The store's rollouts").callback([&] {
    chosen.command = [](const Options& o, const Log& l) { return list_command(o, l); };
  });

  CLI::App& status =
      add_command(app, chosen, "status", "Waves, counts and instances in flight of a rollout");
  status.add_option("ROLLOUT", given.rollout,
                    "The rollout; the only unfinished one, or the newest, if left out");
  auto* watch = status.add_flag("-w,--watch", given.watch, "Follow it until it has finished");
  status
      .add_option("--as-of", given.as_of,
                  "How things stood then, by the journal (RFC 3339, or a day for its first moment)")
      ->option_text("TIME")
      ->excludes(watch);
  status.callback([&] {
    chosen.command = [&](const Options& o, const Log& l) {
      return status_command(o, l, {given.rollout, given.as_of, given.watch});
    };
  });

  CLI::App& why = add_command(
      app, chosen, "why",
      "The ordered reasons why an instance is not moving, and when each can clear at the earliest");
  why.add_option("INSTANCE", given.instance, "An instance's id or name")->required();
  why.add_option("--rollout", given.rollout, "Of this rollout; the newest if left out");
  why.callback([&] {
    chosen.command = [&](const Options& o, const Log& l) {
      return why_command(o, l, given.instance, given.rollout);
    };
  });

  CLI::App& show =
      add_command(app, chosen, "show", "One run: its state, times, attempts, check report and ids");
  show.add_option("INSTANCE", given.instance, "An instance's id (old or new) or name")->required();
  show.add_option("--rollout", given.rollout, "Of this rollout; the newest if left out");
  show.callback([&] {
    chosen.command = [&](const Options& o, const Log& l) {
      return show_command(o, l, given.instance, given.rollout);
    };
  });
}

/// A lever under its name; the caller adds what it is pulled on.
CLI::App& add_lever(CLI::App& app, Chosen& chosen, Arguments& given, LeverKind kind,
                    const char* description) {
  CLI::App& command = add_command(app, chosen, std::string(to_string(kind)).c_str(), description);
  command.add_option("--reason", given.lever.reason, "Why; it stands in the journal");
  command.callback([&chosen, &given, kind] {
    given.lever.kind = kind;
    chosen.command = [&given](const Options& o, const Log& l) {
      return lever_command(o, l, given.lever);
    };
  });
  return command;
}

void add_levers(CLI::App& app, Chosen& chosen, Arguments& given) {
  const char* const whose = "The rollout; the only unfinished one if left out";
  for (const auto& [kind, description] :
       {std::pair{LeverKind::pause, "Start nothing new; what is in flight comes to its end"},
        std::pair{LeverKind::unpause, "Let a paused rollout go on"},
        std::pair{LeverKind::cancel, "End a rollout: what has not been sent is never sent"}}) {
    add_lever(app, chosen, given, kind, description)
        .add_option("ROLLOUT", given.lever.rollout, whose);
  }
  for (const auto& [kind, description] :
       {std::pair{LeverKind::approve, "Let the wave that waits for approval open"},
        std::pair{LeverKind::deny, "Do not let it open; the rollout is halted"}}) {
    CLI::App& command = add_lever(app, chosen, given, kind, description);
    command.add_option("ROLLOUT", given.lever.rollout, whose);
    command.add_option("WAVE", given.lever.wave, "Its name, to be sure which one");
  }
  add_lever(app, chosen, given, LeverKind::freeze, "Start nothing new in any rollout of the store");
  add_lever(app, chosen, given, LeverKind::unfreeze, "Lift the freeze");
  for (const auto& [kind, description] :
       {std::pair{LeverKind::retry, "Go on with runs that failed or need an operator"},
        std::pair{LeverKind::skip, "Leave such runs alone; they no longer count as failed"}}) {
    CLI::App& command = add_lever(app, chosen, given, kind, description);
    command.add_option("ROLLOUT", given.lever.rollout, "The rollout")->required();
    CLI::Option* instances = command.add_option("INSTANCE", given.lever.instances, "Ids or names");
    if (kind == LeverKind::retry) {
      command
          .add_option("--signature", given.lever.signature,
                      "Instead: every failure of this kind, as status names it")
          ->excludes(instances);
    } else {
      instances->required();
    }
  }
}

void add_obligation_filters(CLI::App& command, ObligationArguments& given) {
  command.add_option("--rollout", given.rollout, "Of this rollout")->option_text("ROLLOUT");
  command
      .add_option("--instance", given.instance,
                  "Of what was, or became, this instance, by id or name")
      ->option_text("INSTANCE");
  const std::vector<std::string> kinds(obligation_kinds.begin(), obligation_kinds.end());
  command.add_option("--kind", given.kind, fmt::format("Of this kind: {}", fmt::join(kinds, ", ")))
      ->check([kinds](const std::string& kind) {
        return std::find(kinds.begin(), kinds.end(), kind) == kinds.end() ? none_of(kind, kinds)
                                                                          : "";
      })
      ->option_text("KIND");
}

void add_obligations(CLI::App& app, Chosen& chosen, Arguments& given) {
  CLI::App& list = add_command(
      app, chosen, "obligations",
      "What upgrades leave for people to do: old instances to release, replicas to make anew, …");
  add_obligation_filters(list, given.obligations);
  list.add_flag("--all", given.obligations.all, "Those that are closed as well");
  CLI::App& close = add_command(list, chosen, "close", "Say that some of them have been done");
  close.add_option("NUMBER", given.obligations.numbers,
                   "Their numbers, as the list has them; or every open one that the filters pass");
  add_obligation_filters(close, given.obligations);
  close.add_option("--reason", given.obligations.reason, "What was done, for the journal")
      ->required()
      ->option_text("TEXT");
  list.require_subcommand(0, 1);
  list.callback([&] {
    if (close.parsed()) return;
    chosen.command = [&](const Options& o, const Log& l) {
      return obligations_command(o, l, given.obligations);
    };
  });
  close.callback([&] {
    chosen.command = [&](const Options& o, const Log& l) {
      return close_command(o, l, given.obligations);
    };
  });
}

void add_auditing(CLI::App& app, Chosen& chosen, Arguments& given) {
  CLI::App& history = add_command(app, chosen, "history", "The audit history");
  HistoryFilter& filter = given.history.filter;
  history.add_option("--rollout", filter.rollout, "Of this rollout");
  history.add_option("--instance", filter.instance, "About this instance, by id or name");
  history.add_option("--event", filter.event, "Of this kind, such as upgrade_accepted");
  history.add_option("--actor", filter.actor, "By this actor: engine, or user@host");
  history.add_option("--state", filter.state, "That led to this state");
  history.add_option("--since", given.history.since, "Not before this time (RFC 3339 or a day)");
  history.add_option("--until", given.history.until, "Before this time");
  history.add_option("--limit", filter.limit, "At most so many")->check(is_count);
  history.add_option("--after", filter.after, "Beyond this seq (below it with --reverse)")
      ->check(is_count);
  history.add_flag("--reverse", filter.reverse, "Newest first");
  history.callback([&] {
    chosen.command = [&](const Options& o, const Log& l) {
      return history_command(o, l, given.history);
    };
  });

  CLI::App& audit = add_command(app, chosen, "audit", "Prove the journal");
  audit.require_subcommand(1);
  CLI::App& verify = add_command(
      audit, chosen, "verify", "Hash chain unbroken, states equal to their replay; exit 6 if not");
  verify.add_option("--head", given.head, "A hash noted elsewhere that must occur in the chain");
  verify.callback([&] {
    chosen.command = [&](const Options& o, const Log& l) {
      return verify_command(o, l, given.head);
    };
  });
}

void add_doctor(CLI::App& app, Chosen& chosen, Arguments& given) {
  CLI::App& command = add_command(app, chosen, "doctor",
                                  "Which credentials, project, endpoint and clock are in force, "
                                  "and whether they work");
  command.add_option("PLAN", given.plan, "The plan file; the environment's region if left out");
  add_network(command, chosen);
  command.callback([&] {
    chosen.command = [&](const Options& o, const Log& l) {
      return doctor_command(o, l, given.plan);
    };
  });
}

void add_simulate(CLI::App& app, Chosen& chosen, Arguments& given) {
  CLI::App& command = *app.add_subcommand(
      "simulate",
      "A local stand-in for the cloud's API; counts every trigger at GET /_stats, and GET "
      "/_forward?by=2h puts its clock forward");
  add_logging(command, chosen);
  simulate::add_options(command, given.simulated);
  command.callback([&] {
    chosen.opens_store = false;
    chosen.command = [&](const Options&, const Log& log) {
      const Outcome served = simulate::serve_until_stopped(given.simulated, log);
      return served ? exit_code::finished : fail(log, served.error());
    };
  });
}

int go(Chosen& chosen) {
  chosen.options.format = chosen.json ? Format::json : chosen.output.value_or(Format::table);
  if (chosen.options.store.empty()) chosen.options.store = default_store();
  if (chosen.options.ca_file.empty()) chosen.options.ca_file = default_ca_file();
  const Log log(chosen.options.log_level, chosen.options.log_format);
  if (chosen.json && chosen.output.value_or(Format::json) != Format::json) {
    return fail(log, {Fault::usage,
                      "`--json` is short for `--output json`, and another --output "
                      "is given as well; leave one of them out"});
  }
  if (chosen.opens_store && chosen.options.store.empty()) {
    return fail(log, {Fault::usage, "no store is named and HOME is not set; use --store PATH"});
  }
  return chosen.command(chosen.options, log);
}

}  // namespace

int run_command_line(int count, const char* const* words) {
  CLI::App app(about, "pawl");
  app.footer(help_footer);
  app.set_version_flag("--version", fmt::format("pawl {}", engine_version));
  app.require_subcommand(1);
  app.fallthrough(false);
  Chosen chosen;
  Arguments given;
  add_common(app, chosen);
  add_planning(app, chosen, given);
  add_driving(app, chosen, given);
  add_reading(app, chosen, given);
  add_levers(app, chosen, given);
  add_obligations(app, chosen, given);
  add_auditing(app, chosen, given);
  add_doctor(app, chosen, given);
  add_simulate(app, chosen, given);
  try {
    app.parse(count, words);
  } catch (const CLI::Success& asked) {
    return app.exit(asked);
  } catch (const CLI::ParseError& wrong) {
    return fail(Log(chosen.options.log_level, chosen.options.log_format),
                {Fault::usage,
                 words_of_usage(app, wrong, std::span(words, static_cast<std::size_t>(count)))});
  }
  return go(chosen);
}

}  // namespace pawl
