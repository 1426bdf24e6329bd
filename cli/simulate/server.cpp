#include "cli/simulate/server.h"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <optional>
#include <string>
#include <utility>

#include "cli/simulate/bodies.h"
#include "cli/simulate/cloud_model.h"
#include "cli/simulate/delays.h"
#include "cli/simulate/identity.h"
#include "engine/ascii.h"
#include "engine/io/signals.h"
#include "engine/io/system_clock.h"
#include "workflows/durations.h"

namespace pawl::simulate {

namespace {

constexpr std::size_t body_bytes_max = 1U << 20U;
constexpr unsigned idle_seconds_max = 600;
constexpr std::string_view elsewhere = "/_elsewhere";

/// One request while its body comes in, and then until its answer goes out.
struct Incoming {
  RawRequest raw;
  bool begun = false;
  bool too_large = false;
  std::optional<CloudAnswer> said;  ///< once it was carried out
};

/// As many as there can be descriptors for; more would make accepting fail again and again.
unsigned connections_max() {
  constexpr rlim_t wanted = 4'096, ours = 32;
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted + ours) return wanted;
  return static_cast<unsigned>(std::max<rlim_t>(limit.rlim_cur, ours + 1) - ours);
}

CloudInstant cloud_now(const Settings& settings, Duration forwarded = Duration{0}) {
  const auto now = wall_time();
  return {now + settings.clock_offset + forwarded};
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

/// The target as it came: the library decodes what it hands over later.
void* begin_request(void*, const char* target, MHD_Connection*) {
  auto* incoming = new Incoming;
  incoming->raw.target = target;
  return incoming;
}

MHD_Result add_to_headers(void* raw, MHD_ValueKind, const char* key, const char* value) {
  static_cast<RawRequest*>(raw)->headers.emplace_back(to_lower(key), value == nullptr ? "" : value);
  return MHD_YES;
}

MHD_Result add_to_query(void* request, MHD_ValueKind, const char* key, const char* value) {
  static_cast<HttpRequest*>(request)->query.emplace_back(key, value == nullptr ? "" : value);
  return MHD_YES;
}

const char* header(MHD_Connection* connection, const char* name) {
  return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

Method how_asked(std::string_view method) {
  return method == "GET" ? Method::get : Method::post;
}

CloudAnswer plain(int status, std::string body) {
  CloudAnswer answer;
  answer.status = status;
  answer.content_type = "application/json";
  answer.body = std::move(body);
  return answer;
}

struct StopDaemon {
  void operator()(MHD_Daemon* daemon) const { MHD_stop_daemon(daemon); }
};

}  // namespace

struct Server::Inside {
  explicit Inside(const Settings& settings)
      : model(settings, cloud_now(settings)), identity(settings) {}

  CloudModel model;
  Identity identity;
  Delays delays;
  Duration forwarded{0};  ///< by which the clock was put forward since the start
  std::uint16_t port = 0;
  std::string location;
  std::unique_ptr<MHD_Daemon, StopDaemon> daemon;

  /// `GET /_forward?by=2h`: time goes by in which nobody calls.
  CloudAnswer forward(MHD_Connection* connection);
  /// The answer to a request that has come in whole.
  CloudAnswer answer(MHD_Connection* connection, std::string_view path, std::string_view method,
                     Incoming& incoming, CloudInstant now);
  MHD_Result begin(MHD_Connection* connection, const char* path, const char* method,
                   Incoming& incoming);
  MHD_Result finish(MHD_Connection* connection, const Incoming& incoming);

  static MHD_Result on_request(void* self, MHD_Connection* connection, const char* path,
                               const char* method, const char* version, const char* data,
                               std::size_t* size, void** state);
  static void on_end(void* self, MHD_Connection* connection, void** state,
                     MHD_RequestTerminationCode code);
};

CloudAnswer Server::Inside::forward(MHD_Connection* connection) {
  const char* by = MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "by");
  const auto duration = parse_duration(by == nullptr ? "" : by);
  if (!duration || forwarded + *duration > duration_max) {
    return plain(400, fmt::format(R"({{"error":"by must be {}"}})", duration_shape));
  }
  forwarded += *duration;
  return plain(
      200, fmt::format(R"({{"now":"{}"}})", format_utc(cloud_now(model.settings(), forwarded).at)));
}

CloudAnswer Server::Inside::answer(MHD_Connection* connection, std::string_view path,
                                   std::string_view method, Incoming& incoming, CloudInstant now) {
  if (path == "/_stats") return plain(200, model.stats());
  if (path == "/_forward") return forward(connection);
  if (path == elsewhere) {
    model.note_followed(header(connection, "X-Auth-Token") != nullptr ||
                        header(connection, "Authorization") != nullptr);
    return plain(200, "{}");
  }
  if (incoming.too_large) {
    return plain(413, refused({413, "APIGW.0201", "Request entity too large"}).body);
  }
  RawRequest& raw = incoming.raw;
  raw.method = method;
  MHD_get_connection_values(connection, MHD_HEADER_KIND, &add_to_headers, &raw);
  HttpRequest request;
  request.method = how_asked(method);
  request.path = path;
  request.body = raw.body;
  MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, &add_to_query, &request);
  if (auto issued = identity.serve(raw, request, now)) return std::move(*issued);
  if (method != "GET" && method != "POST") {
    return plain(405, refused({405, "APIGW.0501", "Method not allowed"}).body);
  }
  if (const auto why = identity.flaw(raw, now)) return model.refuse(request, *why);
  return model.serve(request, model.settings().token, now);
}

/// Carries the request out, at once or when it is to take effect; the library then comes again.
MHD_Result Server::Inside::begin(MHD_Connection* connection, const char* path, const char* method,
                                 Incoming& incoming) {
  const auto carry_out = [this, connection, &incoming, at = std::string(path),
                          how = std::string(method)] {
    incoming.said = answer(connection, at, how, incoming, cloud_now(model.settings(), forwarded));
  };
  const bool submits = is_submit({how_asked(method), path, {}, {}});
  if (submits && model.settings().late_effect > Duration{0}) {
    delays.hold(connection, model.settings().late_effect, carry_out);
    return MHD_YES;
  }
  carry_out();
  return finish(connection, incoming);
}

MHD_Result Server::Inside::finish(MHD_Connection* connection, const Incoming& incoming) {
  const CloudInstant now = cloud_now(model.settings(), forwarded);
  const CloudAnswer& said = *incoming.said;
  if (said.manner == Manner::none) return MHD_NO;
  const Duration late = model.latency();
  if (late > Duration{0}) delays.hold(connection, late);
  return queue_answer(connection, said, http_date(now), location, delays) ? MHD_YES : MHD_NO;
}

MHD_Result Server::Inside::on_request(void* self, MHD_Connection* connection, const char* path,
                                      const char* method, const char*, const char* data,
                                      std::size_t* size, void** state) {
  auto* incoming = static_cast<Incoming*>(*state);
  if (!std::exchange(incoming->begun, true)) return MHD_YES;
  auto* inside = static_cast<Inside*>(self);
  if (incoming->said) return inside->finish(connection, *incoming);
  if (*size == 0) return inside->begin(connection, path, method, *incoming);
  std::string& body = incoming->raw.body;
  incoming->too_large = incoming->too_large || body.size() + *size > body_bytes_max;
  if (!incoming->too_large) body.append(data, *size);
  *size = 0;
  return MHD_YES;
}

void Server::Inside::on_end(void*, MHD_Connection*, void** state, MHD_RequestTerminationCode) {
  delete static_cast<Incoming*>(*state);
  *state = nullptr;
}

Server::Server(std::unique_ptr<Inside> inside) : inside_(std::move(inside)) {}

/// The library wants no connection suspended when it stops.
Server::~Server() {
  inside_->delays.release_all();
}

Result<std::unique_ptr<Server>> Server::listen(const Settings& settings) {
  auto inside = std::make_unique<Inside>(settings);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(settings.port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  inside->daemon.reset(MHD_start_daemon(
      MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_SUPPRESS_DATE_NO_CLOCK, settings.port,
      nullptr, nullptr, &Inside::on_request, inside.get(), MHD_OPTION_SOCK_ADDR, &address,
      MHD_OPTION_NOTIFY_COMPLETED, &Inside::on_end, nullptr, MHD_OPTION_URI_LOG_CALLBACK,
      &begin_request, nullptr, MHD_OPTION_CONNECTION_LIMIT, connections_max(),
      MHD_OPTION_CONNECTION_TIMEOUT, idle_seconds_max, MHD_OPTION_END));
  if (!inside->daemon) {
    return Error{Fault::usage, fmt::format("the stand-in cannot listen on 127.0.0.1:{}; another "
                                           "process may have the port, --port 0 takes a free one",
                                           settings.port)};
  }
  inside->port = MHD_get_daemon_info(inside->daemon.get(), MHD_DAEMON_INFO_BIND_PORT)->port;
  inside->location = fmt::format("http://localhost:{}{}", inside->port, elsewhere);
  return std::unique_ptr<Server>(new Server(std::move(inside)));
}

std::uint16_t Server::port() const {
  return inside_->port;
}

void Server::serve_until_readable(int stop) {
  MHD_Daemon* daemon = inside_->daemon.get();
  const int epoll = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
  std::array<pollfd, 2> waited{{{epoll, POLLIN, 0}, {stop, POLLIN, 0}}};
  while (waited[1].revents == 0) {
    inside_->delays.release_due(std::chrono::steady_clock::now());
    MHD_run(daemon);
    int wait_ms = inside_->delays.wait_ms(std::chrono::steady_clock::now());
    MHD_UNSIGNED_LONG_LONG library_ms = 0;
    if (MHD_get_timeout(daemon, &library_ms) == MHD_YES) {
      const int most = static_cast<int>(std::min<MHD_UNSIGNED_LONG_LONG>(library_ms, 60'000));
      wait_ms = wait_ms < 0 ? most : std::min(wait_ms, most);
    }
    poll(waited.data(), waited.size(), wait_ms);
  }
}

Outcome serve_until_stopped(const Settings& settings, const Log& log) {
  StopSignals signals;
  Result<std::unique_ptr<Server>> server = Server::listen(settings);
  if (!server) return server.error();
  std::puts(
      fmt::format("pawl simulate: listening on http://127.0.0.1:{} (project {}, {} instances)",
                  (*server)->port(), settings.project_id, settings.instances)
          .c_str());
  std::fflush(stdout);
  do {
    (*server)->serve_until_readable(signals.descriptor());
  } while (!signals.take());
  log.info("the stand-in has stopped");
  return Done{};
}

}  // namespace pawl::simulate
