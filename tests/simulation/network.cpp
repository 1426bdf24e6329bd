#include "tests/simulation/network.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>
#include <variant>

#include "tests/simulation/trouble.h"

namespace pawl::simulation {

namespace {

using namespace std::chrono_literals;

std::string words_of(const HttpRequest& request) {
  if (triggers(request, "/backups")) return "the backup";
  return triggers(request, "/upgrade") ? "the upgrade" : "the check";
}

}  // namespace

/// A call on its way. Its fate is cast when it leaves, but for what the cloud says to it. All its
/// times are the world's.
struct Network::Exchange {
  Ticket ticket;
  Call call;
  Instant started;
  Instant applied;   ///< when the cloud takes it up
  Instant patience;  ///< when the caller gives up
  Duration back{};   ///< how long the answer travels
  bool answer_lost = false;
  std::optional<simulate::Trouble> trouble;
  std::weak_ptr<Inbox> inbox;

  /// The caller still waits when the answer comes.
  bool heard() const { return applied + back <= patience; }
  bool submits() const { return call.request.method == Method::post; }
};

Duration Network::on_the_way() {
  World& world = ends_.world;
  if (world.strikes(world.conditions.weather.slow)) return world.dice.within(1s, 40s);
  return world.dice.within(2ms, 300ms);
}

void Network::start(Ticket ticket, const Call& call, Instant send_by) {
  if (!ends_.life.deals()) return;
  World& world = ends_.world;
  ++inbox_->open;
  Exchange exchange{ticket, call,  world.now(), {},    world.now() + call.timeout,
                    {},     false, {},          inbox_};
  const Instant leaves = world.now() + on_the_way();
  const NoAnswer never_left{Delivery::not_sent, "it could not be sent"};
  if (world.strikes(world.conditions.weather.not_sent)) {
    world.tally.count("calls not sent");
    deliver(world, exchange, std::min(leaves, exchange.patience), never_left);
  } else if (leaves >= exchange.patience) {
    deliver(world, exchange, exchange.patience, never_left);
  } else if (call.repeat != Repeat::safe && leaves > inbox_->clock.true_time(send_by)) {
    world.befall("submits held back", instance_in(call.request));
    deliver(world, exchange, std::max(leaves, world.now()), never_left);
  } else {
    exchange.applied = leaves;
    send(std::move(exchange));
  }
  (void)ends_.life.deals();
}

/// It leaves for good: what becomes of it is the world's affair.
void Network::send(Exchange exchange) {
  World& world = ends_.world;
  const Weather& weather = world.conditions.weather;
  world.tally.count("calls");
  ends_.calls.push_back(world.now());
  const bool lost = world.strikes(weather.lost);
  if (exchange.submits()) {
    ends_.laws.sends(exchange.ticket, exchange.call, !lost);
    if (world.told()) {
      world.tell(words_of(exchange.call.request) + (lost ? " is sent, and lost" : " is sent"),
                 instance_in(exchange.call.request));
    }
  }
  if (lost) {
    world.tally.count("calls lost");
    const bool reset = world.dice.chance(50);
    const Instant when = reset ? exchange.applied + on_the_way() : exchange.patience;
    return deliver(world, exchange, std::min(when, exchange.patience),
                   NoAnswer{Delivery::unknown, reset ? "reset" : "timed out"});
  }
  exchange.applied += on_the_way();
  if (exchange.submits()) {
    const Duration slowest = slowest_acceptance(world.conditions);
    const bool late = world.strikes(weather.late);
    const Duration delay = late ? world.dice.within(1s, slowest) : slowest;
    exchange.applied = late ? std::max(exchange.applied, exchange.started + delay)
                            : std::min(exchange.applied, exchange.started + delay);
    if (late && world.strikes(weather.overtaken)) {
      world.at(exchange.patience + world.dice.within(0s, 3s), [&world, cloud = &ends_.cloud] {
        world.befall("cloud clocks set forward");
        cloud->set_clock(world.dice.within(1min, 4min));
      });
    }
    if (exchange.applied > exchange.patience) world.tally.count("submits applied late");
  }
  exchange.back = on_the_way();
  exchange.answer_lost = world.strikes(weather.lost);
  if (world.strikes(weather.troubled)) {
    exchange.trouble =
        static_cast<simulate::Trouble>(world.dice.below(simulate::troubles_of_any_call));
  }
  if (!exchange.heard()) {
    world.tally.count("answers too late");
    deliver(world, exchange, exchange.patience, NoAnswer{Delivery::unknown, "timed out"});
  }
  // The process can be gone by then; the cloud and the laws are not.
  const Instant applied = exchange.applied;
  world.at(applied, [ends = ends_, exchange = std::move(exchange)] { arrive(ends, exchange); });
}

void Network::arrive(const Ends& ends, const Exchange& exchange) {
  World& world = ends.world;
  const HttpRequest& request = exchange.call.request;
  if (exchange.submits()) ends.laws.arrives(request);
  HttpResponse answer;
  if (!exchange.trouble || simulate::kind_of(*exchange.trouble).done) {
    answer = ends.cloud.serve(request, Who::pawl, ends.credentials_good);
    if (exchange.submits()) {
      ends.laws.answered(request, answer.status == 200);
      if (world.told()) {
        world.tell(fmt::format("{} arrives: {} {}", words_of(request), answer.status, answer.body),
                   instance_in(request));
      }
    }
  }
  if (!exchange.submits() && world.strikes(world.conditions.weather.meddled)) {
    world.after(world.dice.within(0s, 2s), [cloud = &ends.cloud, instance = instance_in(request)] {
      cloud->someone_acts_on(instance);
    });
  }
  if (world.strikes(world.conditions.weather.undated)) answer.date.reset();
  std::variant<HttpResponse, NoAnswer> what = std::move(answer);
  if (exchange.trouble) {
    world.tally.count(simulate::kind_of(*exchange.trouble).word);
    what = spoiled(*exchange.trouble, std::get<HttpResponse>(std::move(what)));
  }
  if (exchange.answer_lost) {
    world.tally.count("answers lost");
    what = NoAnswer{Delivery::unknown, "reset"};
  }
  if (exchange.heard()) deliver(world, exchange, world.now() + exchange.back, std::move(what));
}

void Network::deliver(World& world, const Exchange& exchange, Instant when,
                      std::variant<HttpResponse, NoAnswer> what) {
  world.at(when, [inbox = exchange.inbox, ticket = exchange.ticket, started = exchange.started,
                  what = std::move(what)] {
    const auto open = inbox.lock();
    if (!open) return;
    --open->open;
    open->done.push_back({ticket, what, open->clock.at(started), {}});
  });
}

void Network::wait(Instant until, std::vector<Completion>& done) {
  if (!ends_.life.deals()) return;
  World& world = ends_.world;
  const Instant limit = std::max(inbox_->clock.true_time(until), world.now());
  while (inbox_->done.empty() && !commands_.any_ended() && world.step(limit)) {
  }
  // Read only now: the process may have been stopped since it came.
  for (Completion& completion : inbox_->done) {
    completion.received = inbox_->clock.at(world.now());
    done.push_back(std::move(completion));
  }
  inbox_->done.clear();
}

}  // namespace pawl::simulation
