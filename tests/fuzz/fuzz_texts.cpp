// Times, versions and durations: what is read is read the same again.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "engine/http_date.h"
#include "engine/time.h"
#include "workflows/cloud_time.h"
#include "workflows/durations.h"
#include "workflows/versions.h"

using namespace pawl;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  if (const auto time = cloud::parse_cloud_time(text)) {
    const auto again = cloud::parse_cloud_time(format_utc(time->at.at));
    const bool year_of_four_digits = again.has_value();
    if (year_of_four_digits && again->at != time->at) __builtin_trap();
  }
  if (const auto time = parse_utc(text); time && format_utc(*time) != text) __builtin_trap();
  if (const auto date = parse_http_date(text)) parse_retry_after(text, *date);
  parse_retry_after(text, std::nullopt);
  if (const auto duration = parse_duration(text)) {
    if (parse_duration(format_duration(*duration)) != duration) __builtin_trap();
  }
  if (const auto version = cloud::parse_version(text)) {
    if (!cloud::matches(*version, *version)) __builtin_trap();
  }
  return 0;
}
