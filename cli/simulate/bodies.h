// Answers as the HTTP library sends them, each in its manner.
#pragma once

#include <cstdint>
#include <string>

#include "cli/simulate/cloud_model.h"
#include "cli/simulate/delays.h"

struct MHD_Connection;

namespace pawl::simulate {

/// How large an answer of Manner::oversized is.
inline constexpr std::uint64_t oversized_bytes = 100'000'000;

/// Queues the answer, which has a status, on `connection`; false when the connection has to be
/// closed. `elsewhere` is where a redirect points, `delays` outlives the connection.
bool queue_answer(MHD_Connection* connection, const CloudAnswer& answer, const std::string& date,
                  const std::string& elsewhere, Delays& delays);

}  // namespace pawl::simulate
