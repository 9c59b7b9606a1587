#include "scenarios.hpp"

#include "base/unicode.hpp"
#include "core/holding.hpp"

namespace test::beside {
namespace {

constexpr Ms kMinute = 60'000;
constexpr Ms kHour = 60 * kMinute;
constexpr std::size_t kLarge = 1'000;  // not loaded in the transaction that claims it

const ItemOutcome kDone{};
const ItemOutcome kRetry{ItemStatus::retry, "busy", 0};
const ItemOutcome kFailed{ItemStatus::failed, "no_mailbox", -1};
const ItemOutcome kSkipped{ItemStatus::skipped, "", -1};

Assignment with(const Assignment& assignment, const ItemOutcome& outcome) {
  Assignment copy = assignment;
  for (std::size_t i = 0; i < copy.batch.size(); ++i) copy.batch.set(i, outcome);
  return copy;
}

std::string described(const std::shared_ptr<Assignment>& next) {
  return next ? fmt::format("{} of {}: {}", next->line ? "line" : "items", next->claimed, text_of(*next))
              : std::string("nothing");
}

}  // namespace

OneChannel::OneChannel(Ms begin) {
  clock_.now = begin;
  host_.directory.provider_put("lee", "Dr. Lee");
  for (const auto* client : {"ann", "bob", "cid", "dan"}) {
    host_.directory.client_put(client, client, std::nullopt);
    host_.directory.client_set(client, "address.email", std::string(client) + "@example.org");
    host_.directory.roster_add("lee", client);
  }
  host_.channels.put("email", "notify");
}

void OneChannel::tell_all(const ItemOutcome& outcome) {
  while (const auto next = claim()) host_.report(with(*next, outcome));
}

void OneChannel::add_claims() {
  add("claim", doing([](Host& host) { return described(host.claim(1)); }));
  add("claim of many", doing([](Host& host) {
        const auto next = host.work.advance(bccast::verb::pump, 1, nullptr, kLarge).next;
        return std::to_string(next ? next->claimed : 0);
      }));
}

std::shared_ptr<Assignment> OneChannel::claim_many() {
  return host_.work.advance(bccast::verb::pump, 1, nullptr, kLarge).next;
}

void OneChannel::add_load(const std::shared_ptr<Assignment>& batch) {
  add("load", doing([batch](Host& host) {
        const auto copy = std::make_shared<Assignment>(*batch);
        host.work.load(*copy);
        return described(copy);
      }));
}

void OneChannel::add_reports(const std::string& what, const std::shared_ptr<Assignment>& batch) {
  for (const auto& [name, outcome] :
       {std::pair("done", kDone), std::pair("retry", kRetry), std::pair("failed", kFailed)})
    add(what + ": " + name,
        doing([batch, outcome = outcome](Host& host) { return host.report(with(*batch, outcome)); }));
  add(what + ": given back",
      doing([batch](Host& host) { return host.report(*batch, BatchResult::returned); }));
  add(what + ": failed as a whole",
      doing([batch](Host& host) { return host.report(*batch, BatchResult::failed); }));
}

void OneChannel::add_verbs_of_operators() {
  add("channel_set quiet_hours",
      doing([](Host& host) { host.channels.set("email", "quiet_hours", "01:00-02:00"); }));
  add("channel_remove", doing([](Host& host) { host.channels.remove("email"); }));
  add("provider_archive", doing([](Host& host) { return host.provider_end.archive("lee"); }));
  add("client_erase", doing([](Host& host) { host.erasure.erase("ann"); }));
  add("sweep", doing([](Host& host) { host.control.sweep(); }));
}

void OneChannel::add_verbs_of_blast(const std::string& what, const std::string& blast) {
  add("pause " + what, doing([blast](Host& host) { return host.control.pause("lee", blast); }));
  add("recall " + what, doing([blast](Host& host) { return host.control.recall("lee", blast); }));
  add("retry_failed " + what,
      doing([blast](Host& host) { return std::to_string(host.second_tries.retry_failed("lee", blast)); }));
}

Families::Families() {
  look_later(kHour);
  for (const auto* client : {"ann", "bob", "cid"})
    host_.directory.client_set(client, "address.email", "home@example.org");
  const auto told = host_.send("told");
  const auto of_told = claim();
  const std::string item(view(of_told->batch.id(0)));
  host_.report(*of_told);
  tell_all(kDone);
  const auto failed = host_.send("failed");
  tell_all(kFailed);
  const auto half_told = host_.send("half told");
  const auto in_flight = claim();
  const auto sent = host_.send("sent");
  host_.send("large");
  const auto large = claim_many();
  clock_.now += kMinute / 2;
  set_beginning();
  add_claims();
  add_load(large);
  add_reports("report", in_flight);
  add_verbs_of_operators();
  for (const auto& [what, blast] :
       {std::pair("failed", failed), std::pair("half told", half_told), std::pair("sent", sent)})
    add_verbs_of_blast(what, blast);
  const auto move = [&](const char* client, const char* address) {
    add(fmt::format("{} moves to {}", client, address),
        doing([=](Host& host) { host.directory.client_set(client, "address.email", address); }));
  };
  move("ann", "alone@example.org");
  move("bob", "dan@example.org");
  move("dan", "home@example.org");
  add("new at dan's", doing([](Host& host) {
        host.directory.client_put("eve", "Eve", "dan@example.org");
        return host.directory.roster_add("lee", "eve");
      }));
  add("client_archive", doing([](Host& host) { return host.directory.client_archive("bob", true); }));
  add("forget",
      doing([](Host& host) { return std::string(forget_told_addresses(host.context) ? "some" : "none"); }));
  add("late report: retry", doing([item](Host& host) { return host.second_tries.report(item, kRetry); }));
}

QuietPractice::QuietPractice() : OneChannel(1'700'000'000'000 - 8'000'000) {  // at 20:00
  look_later(24 * kHour);
  host_.channels.set("email", "quiet_hours", "22:00-07:00");
  const auto put_off = host_.send("put off");
  const auto late = claim();
  clock_.now += 3 * kHour;
  const auto night = host_.send("night");
  host_.conversation.write({Side::provider, "lee"}, host_.conversation.direct("lee", "bob"), {}, "directly");
  while (const auto next = claim()) host_.report(*next);  // what is late is taken over, and put off
  clock_.now += 9 * kHour;
  const auto woken = claim();
  set_beginning();
  add_claims();
  add_reports("late report", late);
  add_reports("report", woken);
  add_verbs_of_operators();
  add_verbs_of_blast("put off", put_off);
  add_verbs_of_blast("night", night);
}

Singles::Singles() {
  look_later(kHour);
  const auto write_to = [&](const char* client) {
    host_.conversation.write({Side::provider, "lee"}, host_.conversation.direct("lee", client), {},
                             "directly");
  };
  write_to("dan");
  const auto of_dan = claim();
  const std::string notice(view(of_dan->batch.id(0)));
  host_.report(with(*of_dan, kFailed));
  const auto one = host_.send("one");
  host_.report(with(*claim(), kRetry));
  const auto two = host_.send("two");
  const auto of_two = claim();
  const std::string item(view(of_two->batch.id(0)));
  auto mixed = with(*of_two, kRetry);
  mixed.batch.set(0, kFailed);
  host_.report(mixed);
  write_to("bob");
  const auto items = claim();
  const auto three = host_.send("three");
  host_.report(with(*claim(), kRetry));
  write_to("cid");
  const auto recalled = host_.send("recalled");
  host_.report(with(*claim(), kRetry));
  host_.control.recall("lee", recalled);
  const auto large = claim_many();
  host_.send("four");
  host_.report(with(*claim(), kRetry));
  set_beginning();
  add_claims();
  add_load(large);
  add_reports("report", items);
  add_verbs_of_operators();
  for (const auto& [what, blast] : {std::pair("one", one), std::pair("two", two), std::pair("three", three)})
    add_verbs_of_blast(what, blast);
  for (const auto& [what, id] : {std::pair("item", item), std::pair("notice", notice)})
    for (const auto& [name, outcome] : {std::pair("done", kDone), std::pair("retry", kRetry)})
      add(fmt::format("late report of one {}: {}", what, name),
          doing([id = id, outcome = outcome](Host& host) { return host.second_tries.report(id, outcome); }));
  add("extend", doing([items](Host& host) {
        return std::string(host.work.extend(*items, 30'000) ? "extended" : "gone");
      }));
  add("read", doing([](Host& host) {
        const auto thread = host.conversation.direct("lee", "bob");
        host.conversation.read({Side::client, "bob"}, thread, 1);
      }));
}

Limits::Limits() {
  look_later(kHour);
  host_.channels.set("email", "rate", "1");
  host_.channels.set("email", "concurrency", "2");
  const auto first = host_.send("first");
  clock_.now += kMinute;
  const auto in_flight = claim();
  const auto second = host_.send("second");
  clock_.now += kMinute / 2;
  set_beginning();
  add_claims();
  add_reports("report", in_flight);
  add("report: skipped", doing([in_flight](Host& host) { return host.report(with(*in_flight, kSkipped)); }));
  add_verbs_of_operators();
  add_verbs_of_blast("first", first);
  add_verbs_of_blast("second", second);
  for (const auto& [key, value] : {std::pair("rate", "2"), std::pair("rate", ""),
                                   std::pair("concurrency", "1"), std::pair("paused", "on")})
    add(fmt::format("channel_set {} {}", key, value),
        doing([key = key, value = value](Host& host) { host.channels.set("email", key, value); }));
}

HeldAndIndexed::HeldAndIndexed() {
  const auto sent = host_.send("sent");
  host_.scheduling.schedule("lee", host_.draft("scheduled", {"ann", "bob"}), clock_.now + 1'000, {});
  clock_.now += 2'000;
  host_.store.write([](Tables& tables) {
    tables.store().set_held(true);
    tables.store().set_folding({folding_version(), tables.directory().provider("lee")->no, 0});
  });
  set_beginning();
  const auto opened = [](auto act) {
    return doing([act](Host& host) {
      host.context.known->held = true;
      host.context.known->indexing = true;
      return act(host);
    });
  };
  add("release", opened([](Host& host) { return Holding(host.context).release(); }));
  add("go on indexing", opened([](Host& host) {
        std::exception_ptr damaged;
        return std::string(Indexing(host.context).go_on(damaged) ? "some" : "none");
      }));
  add("claim", opened([](Host& host) { return described(host.claim(1)); }));
  add("client_put", opened([](Host& host) {
        host.directory.client_put("ann", "Anna", std::nullopt);
        return std::string();
      }));
  add("client_set", opened([](Host& host) {
        host.directory.client_set("bob", "address.email", "dan@example.org");
        return std::string();
      }));
  add("new on the roster", opened([](Host& host) {
        host.directory.client_put("eve", "Eve", "dan@example.org");
        return host.directory.roster_add("lee", "eve");
      }));
  add("client_erase", opened([](Host& host) {
        host.erasure.erase("cid");
        return std::string();
      }));
  add("roster_archive", opened([](Host& host) { return host.directory.roster_archive("lee", "dan", true); }));
}

}  // namespace test::beside
