#include "cli/simulate/signature.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "engine/ascii.h"
#include "engine/digest.h"

namespace pawl::simulate {

namespace {

constexpr std::string_view scheme = "SDK-HMAC-SHA256";

/// What a part of the target says, decoded once and spelled anew.
std::string respelled(std::string_view part) {
  std::string out;
  for (std::size_t at = 0; at < part.size(); ++at) {
    int byte = static_cast<unsigned char>(part[at]);
    if (byte == '%' && at + 2 < part.size() && hex_value(part[at + 1]) >= 0 &&
        hex_value(part[at + 2]) >= 0) {
      byte = hex_value(part[at + 1]) * 16 + hex_value(part[at + 2]);
      at += 2;
    }
    const bool plain = (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
                       (byte >= 'a' && byte <= 'z') || byte == '-' || byte == '_' || byte == '.' ||
                       byte == '~';
    out += plain ? std::string(1, static_cast<char>(byte)) : fmt::format("%{:02X}", byte);
  }
  return out;
}

/// The parts of `text` between `mark`s, at least one.
std::vector<std::string_view> split(std::string_view text, char mark) {
  std::vector<std::string_view> parts;
  for (std::size_t end = 0; (end = text.find(mark)) != std::string_view::npos;) {
    parts.push_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  parts.push_back(text);
  return parts;
}

std::string uri_of(std::string_view path) {
  std::string uri;
  for (const std::string_view part : split(path, '/'))
    uri += respelled(part) + '/';
  if (path.ends_with('/')) uri.pop_back();
  return uri;
}

std::string query_of(std::string_view query) {
  std::multimap<std::pair<std::string, std::string>, int> sorted;
  for (const std::string_view pair : split(query, '&')) {
    if (pair.empty()) continue;
    const std::size_t sign = pair.find('=');
    const std::string_view value =
        sign == std::string_view::npos ? std::string_view() : pair.substr(sign + 1);
    sorted.insert({{respelled(pair.substr(0, sign)), respelled(value)}, 0});
  }
  std::string text;
  for (const auto& [pair, unused] : sorted)
    text += pair.first + '=' + pair.second + '&';
  if (!text.empty()) text.pop_back();
  return text;
}

std::string_view stripped(std::string_view text) {
  while (text.starts_with(' ') || text.starts_with('\t'))
    text.remove_prefix(1);
  while (text.ends_with(' ') || text.ends_with('\t'))
    text.remove_suffix(1);
  return text;
}

/// What the Authorization header claims.
struct Claim {
  std::string_view access, names, signature;
};

std::optional<Claim> read_claim(std::string_view header) {
  if (!header.starts_with(scheme) || !header.substr(scheme.size()).starts_with(' ')) {
    return std::nullopt;
  }
  Claim claim;
  for (std::string_view part : split(header.substr(scheme.size() + 1), ',')) {
    part = stripped(part);
    const std::size_t sign = part.find('=');
    if (sign == std::string_view::npos) return std::nullopt;
    const std::string_view name = part.substr(0, sign), value = part.substr(sign + 1);
    if (name == "Access") claim.access = value;
    if (name == "SignedHeaders") claim.names = value;
    if (name == "Signature") claim.signature = value;
  }
  if (claim.access.empty() || claim.names.empty() || claim.signature.empty()) return std::nullopt;
  return claim;
}

/// YYYYMMDDThhmmssZ
std::optional<Instant> read_date(std::string_view text) {
  if (text.size() != 16 || text[8] != 'T' || text[15] != 'Z') return std::nullopt;
  const auto part = [text](std::size_t at, std::size_t size) {
    return std::string(text.substr(at, size));
  };
  return parse_utc(fmt::format("{}-{}-{}T{}:{}:{}.000Z", part(0, 4), part(4, 2), part(6, 2),
                               part(9, 2), part(11, 2), part(13, 2)));
}

/// What must not be left unsigned when it is sent.
bool should_be_signed(std::string_view name) {
  constexpr std::array<std::string_view, 6> names{"content-type", "host",       "x-language",
                                                  "x-project-id", "x-sdk-date", "x-security-token"};
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

std::optional<std::string_view> RawRequest::header(std::string_view name) const {
  std::optional<std::string_view> found;
  for (const auto& [one, value] : headers) {
    if (one != name) continue;
    if (found) return std::nullopt;
    found = value;
  }
  return found;
}

std::optional<std::string> flaw_of_signature(const RawRequest& request,
                                             std::span<const SigningKey> keys, CloudInstant now) {
  const auto authorization = request.header("authorization");
  const auto date = request.header("x-sdk-date");
  if (!authorization || !date) return "the request has no signature, or no X-Sdk-Date";
  const auto claim = read_claim(*authorization);
  if (!claim) return "the format of Authorization is incorrect";
  const auto key = std::find_if(keys.begin(), keys.end(), [&claim](const SigningKey& one) {
    return one.access == claim->access;
  });
  if (key == keys.end()) return "ak not exist";
  if (key->ends <= now) return "the temporary security token has expired";
  const auto at = read_date(*date);
  if (!at) return "the format of X-Sdk-Date is incorrect";
  if (std::chrono::abs(*at - now.at) > skew_max) {
    return fmt::format("signature expired: signed at {}, server time {}", *date,
                       format_utc(now.at));
  }
  if (request.header("x-security-token").value_or("") != key->security_token) {
    return "the security token does not belong to the access key";
  }

  std::string lines, payload = sha256_hex(request.body);
  std::set<std::string, std::less<>> named;
  std::string_view last;
  for (const std::string_view name : split(claim->names, ';')) {
    const auto value = request.header(name);
    if (!value) return fmt::format("the signed header {} was not sent once", name);
    if (name <= last) return "the signed headers are not in order";
    last = name;
    named.emplace(name);
    lines.append(name).append(":").append(stripped(*value)).append("\n");
    if (name == "x-sdk-content-sha256") payload = stripped(*value);
  }
  for (const auto& [name, value] : request.headers) {
    if (should_be_signed(name) && !named.contains(name)) {
      return fmt::format("the header {} is not signed", name);
    }
  }
  const std::size_t mark = std::min(request.target.find('?'), request.target.size());
  const std::string canonical =
      request.method + '\n' + uri_of(std::string_view(request.target).substr(0, mark)) + '\n' +
      query_of(std::string_view(request.target).substr(std::min(mark + 1, request.target.size()))) +
      '\n' + lines + '\n' + std::string(claim->names) + '\n' + payload;
  const std::string text =
      std::string(scheme) + '\n' + std::string(*date) + '\n' + sha256_hex(canonical);
  if (hmac_sha256_hex(key->secret, text) == claim->signature) return std::nullopt;
  std::string shown = canonical;
  std::replace(shown.begin(), shown.end(), '\n', '|');
  return "verify aksk signature fail, canonicalRequest:" + shown;
}

}  // namespace pawl::simulate
