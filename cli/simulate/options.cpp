#include "cli/simulate/options.h"

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <optional>
#include <string>

#include "engine/ascii.h"
#include "workflows/durations.h"

namespace pawl::simulate {

namespace {

/// An option whose words `parse` turns into a value, or refuses.
template <typename T, typename Parse>
CLI::Option* add(CLI::App& app, const char* name, T& into, Parse parse, const char* expected,
                 const char* description) {
  return app
      .add_option_function<std::string>(
          name,
          [&into, parse, name, expected](const std::string& word) {
            const auto value = parse(word);
            if (!value) throw CLI::ValidationError(name, word + " is not " + expected);
            into = *value;
          },
          description)
      ->type_name(expected);
}

void add_fault(const std::string& word, std::vector<TroubleShare>& faults) {
  const std::size_t at = word.find('=');
  const auto trouble = trouble_from(word.substr(0, at));
  const auto share = parse_share(at == std::string::npos ? "" : word.substr(at + 1));
  if (!trouble || !share) {
    throw CLI::ValidationError("--fault",
                               word + " is not KIND=SHARE with a kind of " + trouble_words());
  }
  faults.push_back({*trouble, *share});
  double sum = 0;
  for (const TroubleShare& fault : faults)
    sum += fault.share;
  // A little more for what shares such as 0.1 lose in binary.
  if (sum > 1.000001) throw CLI::ValidationError("--fault", "the shares add up to more than 100%");
}

/// A secret out of the environment: the command line shows in the list of processes.
void add_secret(CLI::App& app, const char* name, std::string& into, const char* description) {
  app.add_option_function<std::string>(
         name,
         [&into, name](const std::string& variable) {
           const char* value = std::getenv(variable.c_str());
           if (value == nullptr || *value == '\0') {
             throw CLI::ValidationError(name, variable + " is not set in the environment");
           }
           into = value;
         },
         description)
      ->type_name("NAME");
}

void add_authentication(CLI::App& app, Settings& settings) {
  const auto kind = [](const std::string& word) -> std::optional<Auth> {
    if (word == "none") return Auth::none;
    if (word == "token") return Auth::token;
    return word == "aksk" ? std::optional(Auth::aksk) : std::nullopt;
  };
  add(app, "--auth", settings.auth, kind, "none, token or aksk",
      "What each call must prove itself with: none (default), token, or aksk, a signature");
  add_secret(app, "--token-env", settings.token,
             "Let in only calls with the token in this environment variable");
  app.add_option("--access-key", settings.access_key, "The access key that may sign")
      ->capture_default_str();
  add_secret(app, "--secret-key-env", settings.secret_key,
             "Its secret is in this variable (default: that of the provider's reference, "
             "skExample0123456789abcdefghijklmnopqrst)");
  add_secret(app, "--security-token-env", settings.security_token,
             "It is a temporary one, and its security token is in this variable");
  app.add_option("--user", settings.user, "Who may ask for a token at POST /v3/auth/tokens")
      ->capture_default_str();
  add_secret(app, "--password-env", settings.password,
             "The password is in this variable (default Example-Password-1)");
  app.add_option("--domain", settings.domain, "The account's name")->capture_default_str();
  app.add_option("--region", settings.region, "The region, which is the name of its project")
      ->capture_default_str();
  add(app, "--credentials-valid", settings.credentials_valid, parse_duration,
      "a duration such as 7d", "How long tokens and temporary keys count (default 24h)");
  app.add_option_function<std::string>(
         "--revoked",
         [&settings](const std::string& word) {
           settings.revoked = parse_calls(word);
           if (!settings.revoked) throw CLI::ValidationError("--revoked", word + " is no FROM..TO");
         },
         "The calls of these numbers are refused, as if the credentials had been revoked")
      ->type_name("FROM..TO");
  app.add_option("--throttle", settings.throttle,
                 "Answer 429 to what exceeds so many calls a minute (default: to nothing)");
}

/// Which instances there are, in what state and version.
void add_instances(CLI::App& app, Settings& settings) {
  const auto no_version = [](const std::string& word) {
    bool good = !word.empty();
    char before = '.';
    for (const char c : word) {
      good = good && (is_digit(c) || (c == '.' && before != '.'));
      before = c;
    }
    return good && before != '.' ? "" : word + " is no version such as 13.9";
  };
  app.add_option("--instances", settings.instances, "How many instances the cloud has")
      ->capture_default_str()
      ->check(CLI::Range(1, 1'000'000));
  app.add_option("--canaries", settings.canaries, "The first so many are tagged tier=canary")
      ->capture_default_str();
  app.add_option("--replicas", settings.replicas, "Besides them, so many read replicas");
  app.add_option("--standbys", settings.standbys,
                 "Besides them, so many standbys for disaster recovery of the first ones");
  app.add_option("--mysql", settings.mysql, "Besides them, so many of another engine");
  app.add_option("--frozen", settings.frozen, "Besides them, so many that are frozen");
  app.add_option("--busy", settings.busy, "Besides them, so many that are in a backup at first");
  add(app, "--busy-time", settings.busy_time, parse_duration, "a duration such as 7d",
      "How long they are (default 10s)");
  app.add_option("--project-id", settings.project_id, "The project")->capture_default_str();
  app.add_option("--versions", settings.versions, "Versions of the instances, by turns")
      ->delimiter(',')
      ->check(no_version);
  app.add_option("--targets", settings.targets, "Versions that upgrades are offered to")
      ->delimiter(',')
      ->check(no_version);
}

/// How long checks, upgrades and backups take, how late their effects show, and which fail.
void add_steps(CLI::App& app, Settings& settings) {
  add(app, "--check-time", settings.check_time, parse_range, "2s or 1s..4s",
      "How long a check takes (default 2s..4s)");
  add(app, "--upgrade-time", settings.upgrade_time, parse_range, "2s or 1s..4s",
      "How long an upgrade takes (default 4s..8s)");
  add(app, "--backup-time", settings.backup_time, parse_range, "2s or 1s..4s",
      "How long a manual backup takes (default 1s..2s)");
  app.add_option("--check-polls", settings.check_polls,
                 "Instead of a time: so many `running` answers, then the check's end");
  app.add_option("--upgrade-polls", settings.upgrade_polls, "The same for upgrades");
  add(app, "--check-valid", settings.check_valid, parse_duration, "a duration such as 7d",
      "How long a check's report counts (default 7d)");
  add(app, "--visible-after", settings.visible_after, parse_duration, "a duration such as 2s",
      "How long status and histories go on showing what was before (default 0s)");
  add(app, "--dst-delay", settings.dst_delay, parse_duration, "a duration such as 2s",
      "How late the history names the new instance (default 0s)");
  add(app, "--swap-delay", settings.swap_delay, parse_duration, "a duration such as 2s",
      "How late the addresses change places (default 0s)");
  add(app, "--check-fail", settings.check_fail, parse_share, "a share such as 5%",
      "Share of the checks that fail");
  add(app, "--upgrade-fail", settings.upgrade_fail, parse_share, "a share such as 5%",
      "Share of the upgrades that fail");
  add(app, "--backup-fail", settings.backup_fail, parse_share, "a share such as 5%",
      "Share of the manual backups that fail");
}

/// What happens to calls on their way, and to the clock.
void add_calls(CLI::App& app, Settings& settings) {
  const auto offset = [](const std::string& word) {
    const bool back = word.starts_with('-');
    auto duration = parse_duration(word.substr(back ? 1 : 0));
    if (duration && back) *duration = -*duration;
    return duration;
  };
  app.add_option_function<std::vector<std::string>>(
         "--fault",
         [&settings](const std::vector<std::string>& words) {
           for (const std::string& word : words)
             add_fault(word, settings.faults);
         },
         "What goes wrong with a share of the calls, one or more; the kinds are below")
      ->type_name("KIND=SHARE");
  add(app, "--latency", settings.latency, parse_range, "2s or 1s..4s",
      "How late each answer comes (default 0s)");
  add(app, "--late-effect", settings.late_effect, parse_duration, "a duration such as 2s",
      "How long after it came a check, an upgrade or a backup that is asked for begins, and is "
      "answered, also when the client has gone by then (default 0s)");
  add(app, "--clock-offset", settings.clock_offset, offset, "a duration such as -90s",
      "Of the cloud's clock against this machine's");
}

/// What the documentation leaves open, and so may be otherwise than it is here.
void add_undocumented(CLI::App& app, Settings& settings) {
  const auto second = [](const std::string& word) -> std::optional<bool> {
    if (word == "refuse") return false;
    return word == "accept" ? std::optional(true) : std::nullopt;
  };
  add(app, "--list-delay", settings.list_delay, parse_duration, "a duration such as 2s",
      "How long the list goes on showing what was before an upgrade, and before its end: neither "
      "the new instance nor the source's status (default 0s)");
  app.add_option("--upgrading-status", settings.upgrading_status,
                 "What the list shows of the source during an upgrade")
      ->type_name("WORD")
      ->capture_default_str();
  app.add_option("--made-name", settings.made_name,
                 "How the new instance of an upgrade is called, with the source's {name} and the "
                 "target's {version}")
      ->type_name("TEMPLATE")
      ->capture_default_str();
  add(app, "--second-upgrade", settings.second_upgrade, second, "refuse or accept",
      "What comes of an upgrade that is asked for while one of the instance runs: a refusal "
      "(default), or a second instance");
}

std::string footer() {
  return trouble_help() +
         "\nGET /_stats gives for each instance the checks, upgrades and backups that were "
         "accepted,\nand as upgrade_posts the POSTs of upgrades that came, refused ones among "
         "them;\nupgrades_max_per_instance and upgrade_posts_max_per_instance are the most of "
         "any.\n";
}

}  // namespace

void add_options(CLI::App& app, Settings& settings) {
  app.add_option("--port", settings.port, "Port of 127.0.0.1 to listen on; 0 takes a free one")
      ->capture_default_str();
  add_instances(app, settings);
  add_steps(app, settings);
  add_calls(app, settings);
  app.add_option("--seed", settings.seed, "The same seed makes the same cloud")
      ->capture_default_str();
  add_undocumented(app, settings);
  add_authentication(app, settings);
  app.footer(footer);
}

}  // namespace pawl::simulate
