// One call by itself, outside the loop: before a rollout starts, or about one.
#pragma once

#include "engine/ports.h"

namespace pawl {

/// Sends `request` and waits for what comes of it; the client has no other call in flight.
Completion exchange(Clock& clock, HttpClient& client, const HttpRequest& request, Duration timeout);

}  // namespace pawl
