#include "cli/simulate/cloud_details.h"

#include <fmt/core.h>

#include <array>
#include <string_view>

#include "cli/simulate/cloud_text.h"

namespace pawl::simulate {

namespace {

struct Finding {
  std::string_view section, text;
};

/// In the order of the report. Blanks and line ends are as pg_upgrade prints them.
constexpr std::array<Finding, 9> findings{{
    {"user_check_report", "invalid superuser: [\"user_01\"]"},
    {"user_check_report", "invalid user: [\"user_02\"]"},
    {"pg_upgrade_internal.log",
     "Checking for prepared transactions                          fatal\n"
     "The source cluster contains prepared transactions"},
    {"pg_upgrade_internal.log",
     "Checking for reg* data types in user tables                 fatal\n"
     "A list of the problem columns is in the file: tables_using_reg.txt"},
    {"pg_upgrade_internal.log",
     "Checking for user-defined encoding conversions              fatal\n"
     "A list of user-defined encoding conversions is in the file: encoding_conversions.txt"},
    {"pg_upgrade_internal.log",
     "Checking for user-defined postfix operators                 fatal\n"
     "A list of user-defined postfix operators is in the file: postfix_ops.txt"},
    {"pg_upgrade_internal.log",
     "Checking for incompatible polymorphic functions             fatal\n"
     "A list of the problematic objects is in the file: incompatible_polymorphics.txt"},
    {"loadable_libraries.txt",
     "could not load library \"$libdir/postgis_raster-3\": ERROR:  could not access file "
     "\"$libdir/postgis_raster-3\": No such file or directory\nIn database: orders"},
    {"loadable_libraries.txt",
     "could not load library \"$libdir/orafce\": ERROR:  could not access file "
     "\"$libdir/orafce\": No such file or directory\nIn database: app"},
}};

constexpr std::array<std::string_view, 3> upgrade_failures{
    "failed: new cluster could not be started",
    "failed: \"pg_restore\" exited with status 1, see pg_upgrade_dump_16402.log",
    "failed: replication of the source could not be stopped in time"};

std::string line(CloudInstant at, std::string_view text) {
  return fmt::format("{} --- pg_upgrade {}", detail_time(at), text);
}

std::string found(CloudInstant at, std::string_view section, std::string_view text) {
  return '\n' + line(at, fmt::format("check on master: [{}]{}", section, text));
}

}  // namespace

std::string check_detail(const Task& check) {
  std::string text = line(check.start, "check task begin");
  if (!check.ended) return text;
  // The blank at the end is the documented sample's.
  if (!check.fails) return text + found(*check.ended, "user_check_report", "User check success ");
  constexpr std::size_t apart = 2;
  const std::size_t count = 1 + check.luck % 3;
  const std::size_t first = check.luck / 3 % (findings.size() - apart * (count - 1));
  if (first > 1) text += found(*check.ended, "user_check_report", "User check success");
  for (std::size_t i = 0; i < count; ++i) {
    const Finding& finding = findings[first + apart * i];
    text += found(*check.ended, finding.section, finding.text);
  }
  return text;
}

std::string upgrade_detail(const Task& upgrade) {
  std::string text = line(upgrade.start, "upgrade task begin");
  if (!upgrade.ended) return text;
  const std::string_view failure = upgrade_failures[upgrade.luck % upgrade_failures.size()];
  return text + '\n' +
         line(*upgrade.ended,
              fmt::format("upgrade {}", upgrade.fails ? failure : std::string_view("task end")));
}

}  // namespace pawl::simulate
