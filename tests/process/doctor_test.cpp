// `pawl doctor` against set-ups that are broken, each in another way.
#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/if_tun.h>
#include <linux/ipv6.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <thread>

#include "tests/engine_io/raw_server.h"
#include "tests/support/fleet.h"

using namespace pawl::test;
using nlohmann::json;

namespace {

const std::vector<std::string> hw_key{"HW_ACCESS_KEY=AKEXAMPLE0123456789X",
                                      "HW_SECRET_KEY=skExample0123456789abcdefghijklmnopqrst"};
const std::string project = "project_id: 0483b6b16e954cb88930a360d2c4e663";

/// The smallest plan whose `cloud` says this.
std::string plan_at(const std::string& cloud) {
  return fmt::format(
      "name: fleet\ncloud: {{{}}}\ntarget_version: \"14\"\ncutover: true\n"
      "instances: [{{select: {{name: \"*\"}}}}]\n",
      cloud);
}

struct Told {
  int code;
  json report;
  std::string advice;
};

Told doctor(const std::string& cloud, const std::vector<std::string>& environment) {
  const Desk desk;
  const std::string plan = desk.directory().write("plan.yaml", plan_at(cloud));
  const Ended ended = desk.pawl({"doctor", plan, "--json"}, environment);
  REQUIRE_MESSAGE(json::accept(ended.out), ended.out, ended.err);
  Told told{ended.code, json::parse(ended.out), ""};
  if (told.report["what_to_do"].is_string()) told.advice = told.report["what_to_do"];
  CHECK(told.advice.find('\n') == std::string::npos);
  CHECK(ended.out.find("skExample") == std::string::npos);
  CHECK(ended.err.find("skExample") == std::string::npos);
  return told;
}

/// A network for this thread, and for what it starts, in which a loopback device has 127.0.0.1 and
/// ::1, and another one an address of IPv6: as on any machine that has IPv6 alone.
class Ipv6Network final {
 public:
  /// Whether it could be made is for up() to say: it takes root and tunnels.
  Ipv6Network() : up_(unshare(CLONE_NEWNET) == 0 && raise("lo") && open_tunnel() && raise("out")) {
    up_ = up_ && give_address();
  }
  Ipv6Network(const Ipv6Network&) = delete;
  Ipv6Network& operator=(const Ipv6Network&) = delete;
  ~Ipv6Network() {
    if (tunnel_ >= 0) close(tunnel_);
  }
  bool up() const { return up_; }

 private:
  static ifreq device(const char* name) {
    ifreq asked{};
    std::strncpy(asked.ifr_name, name, sizeof asked.ifr_name - 1);
    return asked;
  }
  static bool ask(int family, unsigned long what, void* argument) {
    const int any = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    const bool done = ioctl(any, what, argument) == 0;
    close(any);
    return done;
  }
  static bool raise(const char* name) {
    ifreq asked = device(name);
    asked.ifr_flags = IFF_UP;
    return ask(AF_INET, SIOCSIFFLAGS, &asked);
  }
  bool open_tunnel() {
    tunnel_ = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
    ifreq asked = device("out");
    asked.ifr_flags = IFF_TUN | IFF_NO_PI;
    return ioctl(tunnel_, TUNSETIFF, &asked) == 0;
  }
  static bool give_address() {
    ifreq asked = device("out");
    if (!ask(AF_INET6, SIOCGIFINDEX, &asked)) return false;
    in6_ifreq address{};
    inet_pton(AF_INET6, "2001:db8::2", &address.ifr6_addr);
    address.ifr6_prefixlen = 64;
    address.ifr6_ifindex = asked.ifr_ifindex;
    return ask(AF_INET6, SIOCSIFADDR, &address);
  }

  int tunnel_ = -1;
  bool up_;
};

/// It does not work, and the advice says this.
void check_advice(const Told& told, const std::string& words) {
  CAPTURE(told.report.dump());
  CHECK(told.code == 5);
  CHECK(told.report["works"] == false);
  CHECK(told.advice.find(words) != std::string::npos);
}

}  // namespace

TEST_CASE("a set-up that works is shown with its source, project, place and clock") {
  const StandIn cloud({"--auth", "aksk", "--instances", "7"});
  auto environment = hw_key;
  environment.push_back("HW_AUTH_URL=" + cloud.url() + "/v3");
  const Told told = doctor("endpoint: " + cloud.url() + ", region: eu-de", environment);
  CHECK(told.code == 0);
  CHECK(told.report["works"] == true);
  CHECK(told.report["credentials"] == "an access key in HW_ACCESS_KEY and HW_SECRET_KEY");
  CHECK(told.report["project_id"] == "0483b6b16e954cb88930a360d2c4e663");
  CHECK(told.report["region"] == "eu-de");
  CHECK(told.report["endpoint"] == cloud.url());
  CHECK(told.report["iam_endpoint"] == cloud.url());
  CHECK(told.report["clock_behind_s"] == 0);
  CHECK(told.report["call"] == "HTTP 200, 7 PostgreSQL instances");
  CHECK(told.report["what_to_do"].is_null());
}

TEST_CASE("an answer of IAM that cannot be read is told with its place, and tells the time") {
  const RawServer iam(always(ok("{}", "Date: Sun, 22 Nov 2026 10:00:00 GMT\r\n")));
  const StandIn cloud({"--instances", "1"});
  const std::vector<std::pair<const char*, std::vector<std::string>>> rows{
      {"the request for a token",
       {"OS_USERNAME=pawl", "OS_PASSWORD=Example-Password-1", "OS_USER_DOMAIN_NAME=pawl-domain",
        "OS_AUTH_URL=" + iam.url()}},
      {"the list of projects", {hw_key[0], hw_key[1], "HW_AUTH_URL=" + iam.url()}}};
  for (const auto& [asked_for, environment] : rows) {
    const Told told = doctor("endpoint: " + cloud.url() + ", region: eu-de", environment);
    check_advice(told, "what answers at " + iam.url() + " is not the cloud's API");
    CHECK(told.report["call"].get<std::string>().find(asked_for) != std::string::npos);
    CHECK(told.report["clock_behind_s"].is_number());
  }
}

TEST_CASE("doctor tells a wrong key, a skewed clock and a wrong project apart") {
  const StandIn cloud({"--auth", "aksk"}), late({"--auth", "aksk", "--clock-offset", "20m"});
  const auto at = [](const StandIn& stand_in, const std::string& more) {
    return "endpoint: " + stand_in.url() + ", " + more;
  };
  check_advice(doctor(at(cloud, project), {hw_key[0], "HW_SECRET_KEY=wrong"}),
               "the signature by an access key in HW_ACCESS_KEY and HW_SECRET_KEY is wrong");
  check_advice(doctor(at(late, project), hw_key), "clock is 20 minutes behind");
  check_advice(doctor(at(cloud, "project_id: ffffb6b16e954cb88930a360d2c4e663"), hw_key),
               "project ffffb6b16e954cb88930a360d2c4e663 is not one");
  auto misled = hw_key;
  misled.push_back("OS_PROJECT_ID=ffffb6b16e954cb88930a360d2c4e663");
  check_advice(doctor("endpoint: " + cloud.url(), misled),
               "project ffffb6b16e954cb88930a360d2c4e663, which stands in OS_PROJECT_ID, is not");
}

TEST_CASE("doctor tells a region in which the account has no project") {
  const StandIn cloud({"--auth", "aksk", "--region", "eu-nl"});
  auto environment = hw_key;
  environment.push_back("HW_AUTH_URL=" + cloud.url() + "/v3");
  check_advice(doctor("endpoint: " + cloud.url() + ", region: eu-de", environment),
               "check the region, or set cloud.project_id");
}

TEST_CASE("doctor tells a token that has expired and a right that is missing") {
  RawServer expired(always(refusal(401, "APIGW.0301",
                                   "Incorrect IAM authentication information: token expires, "
                                   "expires_at:2026-01-15T10:30:00Z")));
  check_advice(doctor("endpoint: \"" + expired.url() + "\", " + project, {"OS_TOKEN=t"}),
               "a token in OS_TOKEN has expired or is no longer valid: fetch a fresh one");
  RawServer forbidden(always(refusal(403, "DBS.200010", "Not authorised.")));
  check_advice(doctor("endpoint: \"" + forbidden.url() + "\", " + project, {"OS_TOKEN=t"}),
               "grant rds:instance:list");
}

TEST_CASE("doctor tells an intercepted connection, a dead proxy and a place nobody is at") {
  const TlsIdentity stranger("127.0.0.1");
  RawServer server(always(ok("{}")), {.identity = &stranger});
  check_advice(doctor("endpoint: \"" + server.url() + "\", " + project, {"OS_TOKEN=t"}),
               "name its CA with --ca-file");
  int closed = 0;
  {
    const StandIn gone({});
    closed = gone.port();
  }
  check_advice(doctor("region: eu-de, " + project,
                      {"OS_TOKEN=t", fmt::format("https_proxy=http://127.0.0.1:{}", closed)}),
               "the proxy that https_proxy names");
  check_advice(
      doctor(fmt::format("endpoint: \"http://127.0.0.1:{}\", {}", closed, project), {"OS_TOKEN=t"}),
      "which is this machine itself");
}

TEST_CASE("doctor tells what answers in the cloud's stead, and where it leads") {
  for (const std::string& answer :
       {ok("<html>Welcome to our hotel</html>", "Content-Type: text/html\r\n"),
        ok(R"({"status":"ok"})"), ok(R"({"instances":"none","total_count":0})"),
        std::string("HTTP/1.1 302 Found\r\nLocation: https://portal.example.com/in?t=hush\r\n"
                    "Content-Length: 0\r\n\r\n"),
        std::string(
            "HTTP/1.1 403 No\r\nContent-Type: text/html\r\nContent-Length: 3\r\n\r\nno!")}) {
    CAPTURE(answer);
    RawServer portal(always(answer));
    const Told told = doctor("endpoint: \"" + portal.url() + "\", " + project, {"OS_TOKEN=t"});
    check_advice(told, "is not the cloud's API");
    CHECK(told.advice.find("hush") == std::string::npos);
    const bool leads = answer.find("Location") != std::string::npos;
    CHECK((told.advice.find("sends callers to portal.example.com)") != std::string::npos) == leads);
    check_advice(doctor("endpoint: \"" + portal.url() + "\", region: eu-de",
                        {"OS_TOKEN=t", "OS_AUTH_URL=" + portal.url()}),
                 "is not the cloud's API");
  }
}

TEST_CASE("doctor tells a project that may not be looked up and a user whom IAM does not know") {
  RawServer forbids(always(refusal(403, "IAM.0003", "Policy doesn't allow projects:list")));
  check_advice(doctor("endpoint: \"" + forbids.url() + "\", region: eu-de",
                      {"OS_TOKEN=t", "OS_AUTH_URL=" + forbids.url()}),
               "grant iam:projects:list");
  RawServer denies(always(refusal(401, "IAM.0101", "The username or password is wrong.")));
  check_advice(
      doctor("endpoint: \"" + denies.url() + "\", region: eu-de",
             {"OS_USERNAME=u", "OS_PASSWORD=p", "OS_DOMAIN_NAME=d", "OS_AUTH_URL=" + denies.url()}),
      "IAM does not know the user in OS_USERNAME");
}

TEST_CASE("doctor tells a proxy that wants a password, and none where no_proxy exempts") {
  RawServer proxy(always("HTTP/1.1 407 Who\r\nContent-Length: 0\r\n\r\n"));
  const std::vector<std::string> through{"OS_TOKEN=t", "https_proxy=" + proxy.url()};
  check_advice(doctor("region: eu-de, " + project, through),
               "the proxy that https_proxy names wants a user and a password");
  auto beside = through;
  beside.push_back("no_proxy=255.255.255.255");  // nobody is asked: no connection can lead there
  const Told exempt = doctor("endpoint: \"https://255.255.255.255\", " + project, beside);
  CHECK(exempt.code == 5);
  CHECK(exempt.advice.find("the proxy that") == std::string::npos);
}

TEST_CASE("doctor tells a certificate that this machine's clock finds too young or too old") {
  for (const auto& [validity, words] :
       {std::pair{Validity::from_tomorrow, "is not valid yet: the clock is behind"},
        std::pair{Validity::until_yesterday, "has expired: set the clock, if it is ahead"}}) {
    const TlsIdentity identity("127.0.0.1", validity);
    RawServer server(always(ok("{}")), {.identity = &identity});
    check_advice(doctor("endpoint: \"" + server.url() + "\", " + project,
                        {"OS_TOKEN=t", "CURL_CA_BUNDLE=" + identity.file()}),
                 words);
  }
}

TEST_CASE("doctor tells a metadata service that is not there, or has no key to give") {
  int closed = 0;
  {
    const StandIn gone({});
    closed = gone.port();
  }
  const Told none = doctor("region: eu-de, " + project,
                           {fmt::format("PAWL_METADATA_ENDPOINT=http://127.0.0.1:{}", closed),
                            "https_proxy=http://127.0.0.1:9"});
  check_advice(none, "there is one on a cloud server alone");
  CHECK(none.advice.find("proxy") == std::string::npos);
  RawServer keyless(always(ok("no agency is set for this server")));
  check_advice(doctor("region: eu-de, " + project, {"PAWL_METADATA_ENDPOINT=" + keyless.url()}),
               "give the server an agency");
}

TEST_CASE("doctor prints its report where credentials are half set too") {
  const Told told = doctor("region: eu-de, " + project, {"HW_ACCESS_KEY=AKEXAMPLE0123456789X"});
  check_advice(told, "HW_ACCESS_KEY is set, but HW_SECRET_KEY is not");
  CHECK(told.report["credentials"].is_null());
  CHECK(told.report["call"].is_null());
  CHECK(told.report["endpoint"] == "https://rds.eu-de.otc.t-systems.com");
}

TEST_CASE("a password goes to its own cloud's IAM, and doctor names the leftover of another") {
  RawServer other(always(refusal(401, "IAM.0101", "who?")));
  const StandIn cloud({"--auth", "token"});
  const std::string leftover = "OS_AUTH_URL=" + other.url() + "/v3";
  const Told told = doctor("endpoint: " + cloud.url() + ", region: eu-de",
                           {"HW_USER_NAME=pawl", "HW_USER_PASSWORD=Example-Password-1",
                            "HW_DOMAIN_NAME=pawl-domain", "HW_AUTH_URL=" + cloud.url(), leftover});
  CHECK_MESSAGE(told.code == 0, told.report.dump());
  CHECK(told.report["iam_endpoint"] == cloud.url());
  REQUIRE(told.report["not_read"].size() == 1);
  CHECK(told.report["not_read"][0].get<std::string>().starts_with("OS_AUTH_URL is not read"));
  CHECK(other.finish().connections == 0);
}

TEST_CASE("doctor names what it found and does not read") {
  const Desk desk;
  const std::string plan =
      desk.directory().write("plan.yaml", plan_at("region: eu-de, " + project));
  const Ended ended = desk.pawl({"doctor", plan}, {"HOME=/nowhere", "OS_CLOUD=prod"});
  CHECK(ended.code == 5);
  CHECK(ended.out.find("found OS_CLOUD, an entry of clouds.yaml, which pawl does not read; set "
                       "OS_USERNAME") != std::string::npos);
}

TEST_CASE("a certificate that --ca-file vouches for is trusted") {
  const TlsIdentity own("127.0.0.1");
  RawServer server(always(ok(R"({"instances":[],"total_count":0})")), {.identity = &own});
  const Desk desk;
  const std::string plan = desk.directory().write(
      "plan.yaml", plan_at("endpoint: \"" + server.url() + "\", " + project));
  const Ended ended = desk.pawl({"doctor", plan, "--ca-file", own.file()}, {"OS_TOKEN=t"});
  CHECK_MESSAGE(ended.code == 0, ended.out, ended.err);
}

TEST_CASE("doctor tells a machine that has IPv6 addresses alone") {
  std::thread([] {
    const Ipv6Network network;
    if (!network.up()) {
      MESSAGE("only root may make a network to test this in");
      return;
    }
    check_advice(doctor("endpoint: \"https://192.0.2.1\", " + project, {"OS_TOKEN=t"}),
                 "this machine has IPv6 addresses only");
  }).join();
}

TEST_CASE("doctor without credentials or a region says what to set") {
  const Desk desk;
  const Ended nowhere = desk.pawl({"doctor"}, {"HOME=/nowhere"});
  CHECK(nowhere.code == 2);
  CHECK(nowhere.out.find("OS_REGION_NAME") != std::string::npos);
  const Ended odd = desk.pawl({"doctor"}, {"HW_REGION_NAME=EU-DE", "OS_TOKEN=t"});
  CHECK(odd.code == 2);
  CHECK(odd.out.find("`EU-DE` is no region") != std::string::npos);
  check_advice(doctor("region: eu-de, " + project, {"HOME=/nowhere"}),
               "set HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK");
}

TEST_CASE("a list that cannot be read is told with where it leads, and what looks closer") {
  RawServer portal(
      always("HTTP/1.1 302 Found\r\nLocation: https://portal.example.com/in?t=hush\r\n"
             "Content-Length: 0\r\n\r\n"));
  const Desk desk;
  const std::string plan = desk.directory().write(
      "plan.yaml", plan_at("endpoint: \"" + portal.url() + "\", " + project));
  for (const char* command : {"plan", "run", "precheck"}) {
    CAPTURE(command);
    const Ended ended = desk.pawl({command, plan}, {"OS_TOKEN=t"});
    CHECK(ended.code == 5);
    CHECK_MESSAGE(ended.err.find("HTTP 302: a redirect to portal.example.com, which is not "
                                 "followed\n") != std::string::npos,
                  ended.err);
    CHECK(ended.err.find("(`pawl doctor PLAN` looks closer), then run again") != std::string::npos);
    CHECK(ended.err.find("hush") == std::string::npos);
  }
}
