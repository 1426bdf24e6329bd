// The cloud's spellings of time.
#pragma once

#include <optional>
#include <string_view>

#include "engine/time.h"

namespace pawl::cloud {

/// A time that the cloud told.
struct CloudTime {
  CloudInstant at;           ///< 1970 to 9999; a fraction is cut to milliseconds
  bool offset_given = true;  ///< false: read as UTC for want of an offset, so it may be hours off
                             ///< and must not let anything through by itself
  bool operator==(const CloudTime&) const = default;
};

/// yyyy-mm-ddThh:mm:ss, a fraction of 1 to 9 digits or none, then Z, ±hhmm, ±hh:mm, ±hh (to ±18:00)
/// or nothing; blanks around and between the parts, as some samples have them (cloud-api 1.7).
/// nullopt for anything else: a day that the month lacks, second 60, hour 24, text behind it.
std::optional<CloudTime> parse_cloud_time(std::string_view text);

}  // namespace pawl::cloud
