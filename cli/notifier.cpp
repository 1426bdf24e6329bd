#include "cli/notifier.h"

#include <fmt/core.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <variant>

#include "cli/history_rows.h"
#include "cli/options.h"
#include "engine/digest.h"
#include "storage/deliveries.h"
#include "workflows/webhook_url.h"

namespace pawl {

namespace {

constexpr Duration delivery_timeout{10'000};
constexpr Duration first_retry_pause{1'000};
constexpr Duration longest_retry_pause{60'000};
constexpr int refusals_max = 3;
constexpr int told_after = 5;  ///< tries without success
constexpr Duration finish_slice{50};
constexpr std::size_t answer_bytes_max = std::size_t{64} * 1024;

/// The id and the signature of the one delivery that is on its way.
class Seal final : public Authorizer {
 public:
  explicit Seal(std::string secret) : secret_(std::move(secret)) {}
  void of(std::string delivery, std::string event) {
    delivery_ = std::move(delivery);
    event_ = std::move(event);
  }
  std::vector<Header> headers(const HttpRequest& request, const std::string&, Instant) override {
    std::vector<Header> headers{{"X-Pawl-Delivery", delivery_}, {"X-Pawl-Event", event_}};
    if (!secret_.empty()) {
      headers.emplace_back("X-Pawl-Signature", "sha256=" + hmac_sha256_hex(secret_, request.body));
    }
    return headers;
  }

 private:
  const std::string secret_;
  std::string delivery_, event_;
};

/// The receiver says no to this entry, whoever sends it whenever. Everything else may pass: a
/// credential that is renewed, a route that is put back.
bool refuses(int status) {
  return status == 400 || status == 410 || status == 413 || status == 422;
}

/// How long the receiver asks to be left alone.
Duration asked_pause(const HttpResponse& response) {
  const bool asks = response.status == 429 || response.status == 503;
  return asks ? response.retry_after.value_or(Duration{0}) : Duration{0};
}

}  // namespace

struct Notifier::Target {
  Target(std::size_t at, const Webhook& webhook, WebhookUrl where, std::int64_t from,
         const std::string& secret)
      : position(at),
        events(webhook.events),
        url(std::move(where)),
        seal(secret),
        noted(from),
        looked(from) {}

  const std::size_t position;
  const std::vector<std::string> events;
  const WebhookUrl url;
  Seal seal;
  std::unique_ptr<CurlClient> client;  // after the seal, which it uses
  std::int64_t noted;                  // in the store: heard of all up to here
  std::int64_t looked;                 // no entry up to here is still to be told
  std::optional<StoredEntry> entry;    // being told
  bool on_its_way = false;
  std::uint32_t calls = 0;
  int tries = 0, refusals = 0;
  Instant not_before{};
  std::string last_answer = "none";

  std::string place() const { return to_string(url.endpoint); }
};

Notifier::Notifier(Seams seams, std::string rollout)
    : seams_(seams), rollout_(std::move(rollout)) {}

Notifier::~Notifier() = default;

Result<std::unique_ptr<Notifier>> Notifier::open(Seams seams, const std::string& rollout,
                                                 const std::vector<Webhook>& webhooks,
                                                 const std::string& secret) {
  std::unique_ptr<Notifier> notifier(new Notifier(seams, rollout));
  if (webhooks.empty()) return notifier;
  auto heard_of = delivered(seams.database, rollout, webhooks.size());
  if (!heard_of) return heard_of.error();
  if (heard_of->size() != webhooks.size()) {
    return Error{Fault::store, fmt::format("rollout {}: its webhooks are not its plan's; `pawl "
                                           "audit verify` tells more",
                                           rollout)};
  }
  if (secret.empty()) {
    seams.log.warn("PAWL_WEBHOOK_SECRET is not set, so notifications go out unsigned");
  }
  for (std::size_t i = 0; i < webhooks.size(); ++i) {
    auto url = parse_webhook_url(webhooks[i].url);
    check(std::holds_alternative<WebhookUrl>(url), "a plan's webhook has an address");
    auto target = std::make_unique<Target>(i, webhooks[i], std::get<WebhookUrl>(std::move(url)),
                                           (*heard_of)[i], secret);
    CurlOptions options;
    options.base_url = target->place();
    options.pool = 1;
    options.ca_file = seams.ca_file;
    options.response_bytes_max = answer_bytes_max;
    options.user_agent = user_agent();
    auto client = CurlClient::open(std::move(options), seams.clock, &target->seal);
    if (!client) return client.error();
    target->client = std::move(*client);
    notifier->targets_.push_back(std::move(target));
  }
  return notifier;
}

void Notifier::wake(CurlClient& client) const {
  for (const auto& target : targets_)
    client.watch(target->client->descriptor());
}

Outcome Notifier::turn(std::int64_t head) {
  for (const auto& target : targets_) {
    if (Outcome turned = turn(*target, head, Instant{}); !turned) return turned;
  }
  return Done{};
}

Outcome Notifier::turn(Target& target, std::int64_t head, Instant wait_until) {
  std::vector<Completion> done;
  // Even with nothing on its way: what closes a connection that rests would wake the loop for ever.
  target.client->wait(target.on_its_way ? wait_until : Instant{}, done);
  for (const Completion& completion : done) {
    if (Outcome taken = answered(target, completion); !taken) return taken;
  }
  if (target.on_its_way || seams_.clock.now() < target.not_before) return Done{};
  if (!target.entry && target.looked < head) {
    auto next = next_to_tell(seams_.database, rollout_, target.looked, target.events);
    if (!next) return next.error();
    target.looked = *next ? (*next)->seq : head;
    target.entry = std::move(*next);
  }
  if (target.entry) send(target);
  return Done{};
}

void Notifier::send(Target& target) {
  Call call;
  call.request = {Method::post, target.url.path, target.url.query, entry_json(*target.entry)};
  call.timeout = delivery_timeout;
  target.seal.of(fmt::format("{}-{}", rollout_, target.entry->seq), target.entry->entry.event);
  target.on_its_way = true;
  target.client->start({1, ++target.calls}, call, seams_.clock.now() + delivery_timeout);
}

Outcome Notifier::answered(Target& target, const Completion& completion) {
  target.on_its_way = false;
  if (const auto* none = std::get_if<NoAnswer>(&completion.what)) {
    failed(target, none->why, Duration{0});
    return Done{};
  }
  const auto& response = std::get<HttpResponse>(completion.what);
  const int status = response.status;
  if (succeeded(response)) return heard(target);
  failed(target, fmt::format("HTTP {}", status), asked_pause(response));
  if (!refuses(status) || ++target.refusals < refusals_max) return Done{};
  seams_.log.warn(
      fmt::format("{}: {} refuses the notification of entry {} ({}) with HTTP {}; it is "
                  "given up, `pawl history` has it",
                  rollout_, target.place(), target.entry->seq, target.entry->entry.event, status));
  return heard(target);
}

Outcome Notifier::heard(Target& target) {
  target.noted = target.entry->seq;
  target.entry.reset();
  target.tries = target.refusals = 0;
  target.not_before = {};
  return note_delivered(seams_.database, rollout_, target.position, target.noted);
}

void Notifier::failed(Target& target, const std::string& why, Duration asked) {
  const Duration pause =
      std::min(first_retry_pause * (1 << std::min(target.tries, 10)), longest_retry_pause);
  ++target.tries;
  target.not_before = seams_.clock.now() + std::max(pause, asked);
  target.last_answer = why;
  if (target.tries == told_after) {
    seams_.log.warn(fmt::format(
        "{}: {} could not be told of entry {} ({}) in {} tries (last answer: {}); it is tried on, "
        "and what comes after waits for it",
        rollout_, target.place(), target.entry->seq, target.entry->entry.event, told_after, why));
  }
  seams_.log.debug(fmt::format("{}: {} was not told of entry {}: {}", rollout_, target.place(),
                               target.entry->seq, why));
}

Outcome Notifier::finish(const LastEntry& last_entry, Duration time) {
  const Instant until = seams_.clock.now() + time;
  std::int64_t head = 0;
  while (true) {
    const auto last = last_entry();
    if (!last) return last.error();
    head = *last;
    const bool more = std::any_of(targets_.begin(), targets_.end(), [head](const auto& target) {
      return target->entry || target->looked < head;
    });
    if (!more || seams_.clock.now() >= until) break;
    for (const auto& target : targets_) {
      const Instant slice = std::min(until, seams_.clock.now() + finish_slice);
      if (Outcome turned = turn(*target, head, slice); !turned) return turned;
      if (!target->on_its_way && target->entry) {  // a pause after a failure
        std::vector<Completion> none;
        target->client->wait(slice, none);
      }
    }
  }
  for (const auto& target : targets_) {
    auto left = count_to_tell(seams_.database, rollout_, target->noted, target->events);
    if (!left) return left.error();
    if (*left == 0) {
      if (target->noted >= head) continue;
      target->noted = head;
      if (Outcome noted = note_delivered(seams_.database, rollout_, target->position, head); !noted)
        return noted;
      continue;
    }
    seams_.log.warn(
        fmt::format("{}: {} {} to {} not delivered yet (last answer: {}); `pawl resume "
                    "{}` goes on with {}",
                    rollout_, *left, *left == 1 ? "notification" : "notifications",
                    target->place() + (*left == 1 ? " is" : " are"), target->last_answer, rollout_,
                    *left == 1 ? "it" : "them"));
  }
  return Done{};
}

}  // namespace pawl
