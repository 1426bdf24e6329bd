#include "cli/simulate/server.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <poll.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <memory>
#include <string>

#include "cli/simulate/cloud_model.h"
#include "engine/io/signals.h"

namespace pawl::simulate {

namespace {

constexpr unsigned connections_max = 4'096;
constexpr std::size_t body_bytes_max = 1U << 20U;

/// One request while its body comes in.
struct Incoming {
  std::string body;
  bool too_large = false;
};

CloudInstant cloud_now(const Settings& settings) {
  const auto now = std::chrono::floor<Duration>(std::chrono::system_clock::now());
  return {now + settings.clock_offset};
}

/// RFC 9110, 5.6.7. The library's own Date would not follow the cloud's clock.
std::string http_date(CloudInstant at) {
  constexpr std::array days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                              "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = std::chrono::floor<std::chrono::days>(at.at);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(std::chrono::floor<std::chrono::seconds>(at.at) - day);
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT",
                     days[std::chrono::weekday(day).c_encoding()],
                     static_cast<unsigned>(date.day()),
                     months[static_cast<unsigned>(date.month()) - 1], static_cast<int>(date.year()),
                     time.hours().count(), time.minutes().count(), time.seconds().count());
}

MHD_Result add_to_query(void* request, MHD_ValueKind, const char* key, const char* value) {
  static_cast<HttpRequest*>(request)->query.emplace_back(key, value == nullptr ? "" : value);
  return MHD_YES;
}

MHD_Result answer(MHD_Connection* connection, const HttpResponse& response, CloudInstant now) {
  MHD_Response* made = MHD_create_response_from_buffer(
      response.body.size(), const_cast<char*>(response.body.data()), MHD_RESPMEM_MUST_COPY);
  if (made == nullptr) return MHD_NO;
  MHD_add_response_header(made, "Content-Type", response.content_type.c_str());
  MHD_add_response_header(made, "X-Request-Id", response.request_id.c_str());
  MHD_add_response_header(made, "Date", http_date(now).c_str());
  const MHD_Result queued =
      MHD_queue_response(connection, static_cast<unsigned>(response.status), made);
  MHD_destroy_response(made);
  return queued;
}

MHD_Result on_request(void* self, MHD_Connection* connection, const char* path, const char* method,
                      const char*, const char* data, std::size_t* size, void** state) {
  auto& model = *static_cast<CloudModel*>(self);
  auto* incoming = static_cast<Incoming*>(*state);
  if (incoming == nullptr) {
    *state = new Incoming;
    return MHD_YES;
  }
  if (*size > 0) {
    incoming->too_large = incoming->too_large || incoming->body.size() + *size > body_bytes_max;
    if (!incoming->too_large) incoming->body.append(data, *size);
    *size = 0;
    return MHD_YES;
  }
  const CloudInstant now = cloud_now(model.settings());
  const std::string_view verb = method;
  HttpResponse response;
  response.status = 200;
  response.content_type = "application/json";
  if (std::string_view(path) == "/_stats") {
    response.body = model.stats();
    return answer(connection, response, now);
  }
  if (incoming->too_large || (verb != "GET" && verb != "POST")) {
    response.status = incoming->too_large ? 413 : 405;
    response.body = R"({"error_code":"APIGW.0201","error_msg":"Bad request"})";
    return answer(connection, response, now);
  }
  HttpRequest request;
  request.method = verb == "GET" ? Method::get : Method::post;
  request.path = path;
  request.body = std::move(incoming->body);
  MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, &add_to_query, &request);
  const char* token = nullptr;
  if (!model.settings().token.empty()) {
    token = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "X-Auth-Token");
  }
  response = model.serve(request, token == nullptr ? "" : token, now);
  return response.status == 0 ? MHD_NO : answer(connection, response, now);
}

void on_end(void*, MHD_Connection*, void** state, MHD_RequestTerminationCode) {
  delete static_cast<Incoming*>(*state);
  *state = nullptr;
}

struct Stop {
  void operator()(MHD_Daemon* daemon) const { MHD_stop_daemon(daemon); }
};

}  // namespace

Outcome serve_until_stopped(const Settings& settings, const Log& log) {
  StopSignals signals;
  CloudModel model(settings, cloud_now(settings));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(settings.port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  // One thread of the library's serves everything, so the model needs no lock.
  const std::unique_ptr<MHD_Daemon, Stop> daemon(MHD_start_daemon(
      MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_SUPPRESS_DATE_NO_CLOCK, settings.port, nullptr,
      nullptr, &on_request, &model, MHD_OPTION_SOCK_ADDR, &address, MHD_OPTION_NOTIFY_COMPLETED,
      &on_end, nullptr, MHD_OPTION_CONNECTION_LIMIT, connections_max,
      MHD_OPTION_LISTENING_ADDRESS_REUSE, 1U, MHD_OPTION_END));
  if (!daemon) {
    return Error{Fault::usage, fmt::format("the stand-in cannot listen on 127.0.0.1:{}; another "
                                           "process may have the port, --port 0 takes a free one",
                                           settings.port)};
  }
  const auto* bound = MHD_get_daemon_info(daemon.get(), MHD_DAEMON_INFO_BIND_PORT);
  fmt::print("pawl simulate: listening on http://127.0.0.1:{} (project {}, {} instances)\n",
             bound->port, settings.project_id, settings.instances);
  std::fflush(stdout);
  pollfd waited{signals.descriptor(), POLLIN, 0};
  while (!signals.take())
    poll(&waited, 1, -1);
  log.info("the stand-in has stopped");
  return Done{};
}

}  // namespace pawl::simulate
