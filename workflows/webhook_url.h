// The address of a webhook.
#pragma once

#include <string_view>
#include <variant>

#include "engine/http.h"
#include "workflows/endpoints.h"

namespace pawl {

struct WebhookUrl {
  Endpoint endpoint;
  std::string path;  ///< decoded, begins with a slash
  Query query;       ///< decoded
  bool operator==(const WebhookUrl&) const = default;
};

/// `https://host[:port]/path?name=value`, or plain http to this machine. A path may hold anything
/// that is written in printable ASCII, percent-encoded or not, but no encoded slash.
std::variant<WebhookUrl, NoEndpoint> parse_webhook_url(std::string_view url);

}  // namespace pawl
