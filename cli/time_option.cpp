#include "cli/time_option.h"

#include <fmt/core.h>

#include "cli/text.h"
#include "workflows/cloud_time.h"

namespace pawl {

Result<std::optional<Instant>> time_option(const char* option, const std::string& text) {
  if (text.empty()) return std::optional<Instant>();
  if (auto at = cloud::parse_cloud_time(text)) return std::optional(at->at.at);
  if (auto at = cloud::parse_cloud_time(text + "T00:00:00Z")) return std::optional(at->at.at);
  return Error{Fault::usage, fmt::format("{}: `{}` is no time; write 2026-11-22T10:00:00Z or "
                                         "2026-11-22",
                                         option, printable(text))};
}

}  // namespace pawl
