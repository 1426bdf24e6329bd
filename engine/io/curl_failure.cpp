#include "engine/io/curl_failure.h"

#include <curl/curl.h>
#include <fmt/core.h>

#include <system_error>

namespace pawl {
namespace {

/// Printable and on one line: a part of it may be the other side's words.
std::string one_line(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool blank = static_cast<unsigned char>(c) <= ' ' || c == '\x7f';
    if (!blank) {
      out += c;
    } else if (!out.empty() && out.back() != ' ') {
      out += ' ';
    }
  }
  while (!out.empty() && (out.back() == ' ' || out.back() == '.'))
    out.pop_back();
  return out;
}

std::string details(const CurlFailure& failure) {
  // libcurl repeats the address of a proxy that it cannot use, with the password in it.
  const bool secret = failure.complaint.find('@') != std::string_view::npos;
  std::string complaint = one_line(failure.complaint);
  if (!complaint.empty() && !secret) return complaint;
  return one_line(curl_easy_strerror(static_cast<CURLcode>(failure.code)));
}

std::string connect_details(const CurlFailure& failure) {
  if (failure.system_error == 0) return details(failure);
  return std::generic_category().message(static_cast<int>(failure.system_error));
}

std::string describe_timeout(const CurlFailure& failure, const Origin& origin) {
  if (failure.connected && failure.complaint.starts_with("Operation too slow")) {
    return fmt::format("no answer from {}: nothing came for too long", origin.place);
  }
  if (failure.connected) {
    return fmt::format("no whole answer from {} within {}", origin.place,
                       format_duration(failure.timeout));
  }
  return fmt::format("no connection to {} in time: {}", origin.place, details(failure));
}

std::string_view opening_words(int code) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
      return "cannot resolve the name of";
    case CURLE_COULDNT_RESOLVE_PROXY:
      return "cannot resolve the name of the proxy to";
    case CURLE_PEER_FAILED_VERIFICATION:
      return "cannot trust the certificate of";
    case CURLE_SSL_CACERT_BADFILE:
      return "cannot read the trusted certificates for";
    case CURLE_SSL_CONNECT_ERROR:
      return "cannot agree on TLS with";
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
    case CURLE_BAD_CONTENT_ENCODING:
      return "no HTTP that can be understood from";
    case CURLE_PARTIAL_FILE:
      return "a cut-off answer from";
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
      return "a broken connection to";
    default:
      return "a failed call to";
  }
}

}  // namespace

std::string describe(const CurlFailure& failure, const Origin& origin) {
  if (failure.code == CURLE_OPERATION_TIMEDOUT) return describe_timeout(failure, origin);
  if (failure.code == CURLE_GOT_NOTHING) {
    return fmt::format("{} closed the connection without an answer", origin.place);
  }
  if (failure.code == CURLE_COULDNT_CONNECT) {
    return fmt::format("cannot connect to {}: {}", origin.place, connect_details(failure));
  }
  return fmt::format("{} {}: {}", opening_words(failure.code), origin.place, details(failure));
}

}  // namespace pawl
