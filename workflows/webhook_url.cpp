#include "workflows/webhook_url.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

namespace pawl {

namespace {

enum class Part : std::uint8_t { path, query };

/// nullopt for a broken encoding, and for an encoded control character, or slash of a path.
std::optional<std::string> decoded(std::string_view text, Part part) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      result += text[i];
      continue;
    }
    unsigned byte = 0;
    const char* digits = text.data() + i + 1;
    if (i + 2 >= text.size() || std::from_chars(digits, digits + 2, byte, 16).ptr != digits + 2 ||
        byte < 0x20 || (byte == '/' && part == Part::path)) {
      return std::nullopt;
    }
    result += static_cast<char>(byte);
    i += 2;
  }
  return result;
}

std::optional<Query> query_of(std::string_view text) {
  Query query;
  while (!text.empty()) {
    const std::string_view pair = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(text.size(), pair.size() + 1));
    const std::size_t equals = pair.find('=');
    if (equals == 0 || equals == std::string_view::npos) return std::nullopt;
    auto name = decoded(pair.substr(0, equals), Part::query);
    auto value = decoded(pair.substr(equals + 1), Part::query);
    if (!name || !value) return std::nullopt;
    query.emplace_back(std::move(*name), std::move(*value));
  }
  return query;
}

}  // namespace

std::variant<WebhookUrl, NoEndpoint> parse_webhook_url(std::string_view url) {
  const bool plain =
      std::all_of(url.begin(), url.end(), [](char c) { return c > ' ' && c < 0x7F; });
  if (!plain) return NoEndpoint{"be printable ASCII without blanks"};
  if (url.find('#') != std::string_view::npos) return NoEndpoint{"have no `#`"};
  const std::size_t scheme = url.find("://");
  const std::size_t host = scheme == std::string_view::npos ? 0 : scheme + 3;
  const std::size_t end = std::min(url.find_first_of("/?", host), url.size());
  auto parsed = parse_endpoint(url.substr(0, end));
  if (const auto* flaw = std::get_if<NoEndpoint>(&parsed)) return *flaw;
  WebhookUrl webhook{std::get<Endpoint>(parsed), "/", {}};
  if (webhook.endpoint.scheme == UrlScheme::http && !is_loopback(webhook.endpoint)) {
    return NoEndpoint{"begin with https://; plain http is for this machine alone"};
  }
  const std::string_view rest = url.substr(end);
  const std::size_t question = std::min(rest.find('?'), rest.size());
  auto path = decoded(rest.substr(0, question), Part::path);
  auto query = query_of(rest.substr(std::min(rest.size(), question + 1)));
  if (!path) return NoEndpoint{"have a path without broken or forbidden percent-encodings"};
  if (!query)
    return NoEndpoint{"have a query of name=value pairs without broken percent-encodings"};
  if (!path->empty()) webhook.path = std::move(*path);
  webhook.query = std::move(*query);
  return webhook;
}

}  // namespace pawl
