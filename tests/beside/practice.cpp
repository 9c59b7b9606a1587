#include "practice.hpp"

#include "base/unicode.hpp"

namespace test::beside {
namespace {

constexpr std::array kClients{"ann", "bob", "cid", "dan"};
constexpr std::array kChannels{"app", "chat", "email", "push"};

std::string as_text(Code code) {
  return fmt::format("code {}", static_cast<int>(code));
}
class Seen {
 public:
  template <typename... Fields>
  void add(std::string_view what, const Fields&... fields) {
    text_ += what;
    ((text_ += ' ', text_ += of(fields)), ...);
    text_ += '\n';
  }
  std::string text() && { return std::move(text_); }

 private:
  static std::string of(const std::optional<std::int64_t>& number) {
    return number ? std::to_string(*number) : "-";
  }
  template <typename Field>
  static std::string of(const Field& field) {
    return fmt::format("{}", field);
  }
  std::string text_;
};

void add_status(Host& host, const std::string& blast, Seen& seen) {
  for (const auto& row : host.progress.status("lee", blast))
    seen.add("  status", row.channel, row.state, row.recipients, row.done, row.failed, row.skipped,
             row.deferred, row.pending, row.opened, row.replied, row.sent_at_ms, row.why, row.removed,
             row.on_device);
  for (const auto& row : host.progress.recipients("lee", blast, {}, {}, 0).items)
    seen.add("  recipient", row.client, row.channel, row.state, row.reason, row.attempts, row.opened_at_ms,
             row.replied);
}

void add_blasts(Host& host, Seen& seen) {
  for (const auto& row : host.progress.list("lee", {}, {}, 0).items) {
    seen.add("blast", row.blast, row.state, row.recipients, row.text, row.opened, row.replied);
    const auto detail = host.drafting.get("lee", row.blast);
    seen.add("  detail", detail.text, detail.all_active, detail.picked, detail.deselected, detail.recipients,
             detail.sent_at_ms, detail.finished_at_ms);
    if (row.state == "draft" || row.state == "scheduled") {
      for (const auto& one : host.drafting.selection("lee", row.blast, {}, {}, 0).items)
        seen.add("  selection", one.client, one.chosen, one.reason);
    } else {
      add_status(host, row.blast, seen);
    }
  }
}

void add_threads(Host& host, Conversation::Actor actor, const std::vector<ThreadSummary>& threads,
                 Seen& seen) {
  for (const auto& row : threads) {
    seen.add("  thread", row.thread, row.kind, row.title, row.unread, row.read_seq, row.last_text,
             row.removed, row.closed);
    for (const auto& message : host.conversation.messages(actor, row.thread, 0, 1, 0).items)
      seen.add("    message", message.seq, message.author_name, message.text, message.removed);
  }
}

void add_people(Host& host, Seen& seen) {
  for (const auto& row : host.directory.provider_list({}, 0).items)
    seen.add("provider", row.provider, row.provider_name, row.clients, row.archived);
  for (const auto& row : host.roster.list("lee", {}, {}, 0).items)
    seen.add("entry", row.client, row.client_name, row.state, row.contact);
  const auto count = host.directory.roster_count("lee");
  seen.add("count", count.active, count.archived);
  for (const auto* client : kClients) {
    seen.add(client, answer_of([&] {
               const auto row = host.directory.client_get(client);
               return fmt::format("{} {} {} {}", row.client_name, row.archived, row.address, row.rosters);
             }));
    seen.add("unread", answer_of([&] {
               const auto unread = host.inbox.unread_of_client(client);
               return fmt::format("{} {}", unread.threads, unread.messages);
             }));
    answer_of([&] {
      add_threads(host, {Side::client, client}, host.inbox.of_client(client, {}, {}, 0).items, seen);
      return std::string();
    });
  }
  const auto unread = host.inbox.unread_of_provider("lee");
  seen.add("unread of lee", unread.threads, unread.messages);
  add_threads(host, {Side::provider, "lee"}, host.inbox.of_provider("lee", {}, {}, 0).items, seen);
}

/// All that is due, told by those who do it well.
void add_rest(Host& host, Seen& seen) {
  while (host.scheduling.send_due()) {
  }
  finish_acts(host.context);
  while (host.control.sweep()) {
  }
  std::exception_ptr damaged;
  while (Indexing(host.context).go_on(damaged)) {
  }
  std::vector<std::string> told;  // in no order
  const auto tell = [&](const char* channel) -> std::string {
    for (int batches = 0; batches < 100; ++batches) {
      const auto next = host.claim(host.channels.find(channel));
      if (!next) return {};
      if (const auto report = Work::without_handler(*next)) {
        host.work.advance(bccast::verb::pump, next->claim.channel_no, &*report, 0);
        continue;
      }
      for (const auto& one : told_by(*next)) told.push_back(fmt::format("{}: {}", channel, one));
      host.report(*next);
    }
    seen.add("there is no end of it", channel);
    return {};
  };
  for (int round = 0; round < 3; ++round)
    for (const auto* channel : kChannels) answer_of([&] { return tell(channel); });
  std::sort(told.begin(), told.end());
  for (const auto& one : told) seen.add("told", one);
}

void add_rooms(Host& host, Seen& seen) {
  for (const auto* room : {"room", "another room", "group room"})
    seen.add(room, answer_of([&] { return host.host_refs.find(room); }));
}

void add_channels(Host& host, Seen& seen) {
  for (const auto& row : host.progress.channels())
    seen.add("channel", row.channel, row.role, row.paused, row.pending, row.rate, row.last_reason);
}

/// In no order.
void add_events(Host& host, Seen& seen) {
  std::vector<std::string> happened;
  for (const auto& event : host.events.list("watcher", 0))
    happened.push_back(fmt::format("{} {} {}", event.kind, event.provider, event.object));
  std::sort(happened.begin(), happened.end());
  for (const auto& one : happened) seen.add("event", one);
}

void add_findings(Host& host, Seen& seen) {
  for (const auto& finding : Verification(host.context).run())
    seen.add("finding", finding.kind, finding.object, finding.detail);
}

}  // namespace

std::string Scenario::seen(Host& host) {
  Seen seen;
  for (const auto part :
       {add_people, add_blasts, add_rooms, add_channels, add_events, add_rest, add_blasts, add_findings})
    seen.add("end", answer_of([&] {
               part(host, seen);
               return std::string();
             }));
  if (later_ > 0) {
    clock_.now += later_;
    add_rest(host, seen);
    add_blasts(host, seen);
    clock_.now -= later_;
  }
  return std::move(seen).text();
}

Scenario::Scenario() {
  host_.store.write([](Tables& tables) { tables.store().set_folding({folding_version(), 0, 0}); });
}

const Verb& Scenario::verb(std::string_view name) const {
  for (const auto& one : verbs_)
    if (one.name == name) return one;
  throw std::logic_error("there is no such verb: " + std::string(name));
}

Practice::Practice() {
  host_.directory.provider_put("lee", "Dr. Lee");
  host_.directory.provider_put("may", "Dr. May");
  for (const auto* client : kClients) {
    host_.directory.client_put(client, client, std::nullopt);
    host_.directory.client_set(client, "address.email", std::string(client) + "@example.org");
  }
  for (const auto* client : {"ann", "bob", "cid"}) host_.directory.roster_add("lee", client);
  host_.directory.roster_add("may", "ann");
  host_.channels.put("app", "deliver");
  host_.channels.put("chat", "deliver");
  host_.channels.put("email", "notify");
  half_told_ = host_.send("half told");
  on_chat_ = host_.claim(host_.channels.find("chat"));
  on_app_ = host_.claim(host_.channels.find("app"));
  host_.events.list("watcher", 0);
  draft_ = host_.draft("draft", {"ann", "bob"});
  scheduled_ = host_.draft("scheduled", {"ann", "bob"});
  host_.scheduling.schedule("lee", scheduled_, clock_.now + 1'000, {});
  recalled_ = host_.send("recalled", {"ann", "bob"});
  host_.conversation.write({Side::client, "ann"}, host_.inbox.of_client("ann", {}, {}, 0).items.at(0).thread,
                           {}, "of what is recalled");
  host_.control.recall("lee", recalled_);
  paused_ = host_.send("paused", {"ann", "cid"});
  host_.control.pause("lee", paused_);
  direct_ = host_.conversation.direct("lee", "bob");
  host_.conversation.write({Side::provider, "lee"}, direct_, {}, "directly");
  community_ = host_.communities.create("lee", "Group");
  host_.communities.add_many("lee", community_, std::vector<std::string_view>{"ann", "bob"});
  host_.host_refs.bind(community_, "group room");
  host_.channels.put("push", "deliver");  // with nothing but the next blast
  sent_ = host_.send("sent");
  of_sent_ = host_.progress.find("lee", sent_, std::vector<std::string_view>{"ann"}).at(0).thread;
  clock_.now += 2'000;
  set_beginning();
  add_verbs_of_people();
  add_verbs_of_blasts();
  add_verbs_of_threads();
  add_verbs_of_work();
}

void Practice::add_verbs_of_people() {
  add("provider_put", doing([](Host& host) { host.directory.provider_put("lee", "Prof. Lee"); }));
  add("provider_put of a new one", doing([](Host& host) { host.directory.provider_put("kim", "Dr. Kim"); }));
  add("provider_set", doing([](Host& host) { host.directory.provider_set("lee", "locale", "de"); }));
  add("provider_archive", doing([](Host& host) { return host.provider_end.archive("lee"); }));
  add("client_put of a new one",
      doing([](Host& host) { host.directory.client_put("eve", "Eve", std::nullopt); }));
  add("client_put", doing([](Host& host) { host.directory.client_put("ann", "Anna", std::nullopt); }));
  add("client_set",
      doing([](Host& host) { host.directory.client_set("ann", "address.email", "bob@example.org"); }));
  add("client_archive", doing([](Host& host) { return host.directory.client_archive("ann", true); }));
  add("client_archive of dan", doing([](Host& host) { return host.directory.client_archive("dan", true); }));
  add("client_put of a new one on a roster", doing([](Host& host) {
        host.directory.client_put("fay", "Fay", std::nullopt);
        return host.directory.roster_add("lee", "fay");
      }));
  add("client_erase", doing([](Host& host) { host.erasure.erase("ann"); }));
  add("roster_add", doing([](Host& host) { return host.directory.roster_add("lee", "dan"); }));
  add("roster_add of ann to may's",
      doing([](Host& host) { return host.directory.roster_add("may", "bob"); }));
  add("roster_archive", doing([](Host& host) { return host.directory.roster_archive("lee", "ann", true); }));
  add("roster_set", doing([](Host& host) { host.directory.roster_set("lee", "ann", "notify", "off"); }));
}

void Practice::add_verbs_of_blasts() {
  add("create", doing([](Host& host) { return host.drafting.create("lee", {}).blast; }));
  add("create with a key", doing([](Host& host) {
        const auto created = host.drafting.create("lee", "key");
        return fmt::format("{} {}", created.blast, created.existed);
      }));
  add("discard", doing([this](Host& host) { host.drafting.discard("lee", draft_); }));
  add("select",
      doing([this](Host& host) { host.drafting.act("lee", draft_, "cid", Drafting::Act::select); }));
  add("deselect",
      doing([this](Host& host) { host.drafting.act("lee", draft_, "ann", Drafting::Act::deselect); }));
  add("select_all",
      doing([this](Host& host) { host.drafting.act_all("lee", draft_, Drafting::Act::select); }));
  add("blast_write", doing([this](Host& host) { host.drafting.write("lee", draft_, "written"); }));
  add("send", doing([this](Host& host) { return host.sending.send("lee", draft_, {}); }));
  add("schedule",
      doing([this](Host& host) { host.scheduling.schedule("lee", draft_, clock_.now + 1'000, {}); }));
  add("unschedule", doing([this](Host& host) { return host.scheduling.unschedule("lee", scheduled_); }));
  add("send_due", doing([](Host& host) { return std::string(host.scheduling.send_due() ? "one" : "none"); }));
  add("pause", doing([this](Host& host) { return host.control.pause("lee", sent_); }));
  add("resume", doing([this](Host& host) { return host.control.resume("lee", paused_); }));
  add("recall", doing([this](Host& host) { return host.control.recall("lee", sent_); }));
  add("recall of one in flight",
      doing([this](Host& host) { return host.control.recall("lee", half_told_); }));
  add("purge", doing([this](Host& host) {
        bool emptied = false;
        return host.control.purge("lee", recalled_, emptied);
      }));
  add("sweep", doing([](Host& host) { host.control.sweep(); }));
}

void Practice::add_verbs_of_threads() {
  const auto ann = Conversation::Actor{Side::client, "ann"};
  const auto lee = Conversation::Actor{Side::provider, "lee"};
  const auto written = [](const Written& is) { return fmt::format("{} {}", is.seq, is.existed); };
  add("inbox", doing([](Host& host) {
        std::string all;
        for (const auto& row : host.inbox.of_client("ann", {}, {}, 0).items)
          all += fmt::format("{} {} {};", row.thread, row.unread, row.removed);
        return all;
      }));
  add("reply",
      doing([=, this](Host& host) { return written(host.conversation.write(ann, of_sent_, {}, "reply")); }));
  add("reply with a key", doing([=, this](Host& host) {
        return written(host.conversation.write(ann, of_sent_, "key", "reply"));
      }));
  add("read", doing([=, this](Host& host) { host.conversation.read(ann, of_sent_, 1); }));
  add("read of bob's", doing([this](Host& host) {
        const auto thread =
            host.progress.find("lee", sent_, std::vector<std::string_view>{"bob"}).at(0).thread;
        host.conversation.read({Side::client, "bob"}, thread, 1);
      }));
  add("read by the provider", doing([=, this](Host& host) { host.conversation.read(lee, of_sent_, 1); }));
  add("reply by the provider", doing([=, this](Host& host) {
        return written(host.conversation.write(lee, of_sent_, {}, "reply of lee's"));
      }));
  add("reply of bob's directly", doing([=, this](Host& host) {
        return written(host.conversation.write({Side::client, "bob"}, direct_, {}, "direct reply"));
      }));
  add("reply of lee's directly", doing([=, this](Host& host) {
        return written(host.conversation.write(lee, direct_, {}, "direct reply of lee's"));
      }));
  add("first message to cid", doing([=](Host& host) {
        return written(host.conversation.write(lee, host.conversation.direct("lee", "cid"), {}, "directly"));
      }));
  add("bind", doing([this](Host& host) { return host.host_refs.bind(direct_, "room"); }));
  add("bind of another", doing([this](Host& host) { return host.host_refs.bind(community_, "room"); }));
  add("bind anew", doing([this](Host& host) { return host.host_refs.bind(direct_, "another room"); }));
  add("bind of a blast's", doing([this](Host& host) { return host.host_refs.bind(of_sent_, "room"); }));
  add("unbind", doing([this](Host& host) { return host.host_refs.bind(community_, ""); }));
  add("post",
      doing([=, this](Host& host) { return written(host.conversation.write(ann, community_, {}, "post")); }));
  add("community_create", doing([](Host& host) { return host.communities.create("lee", "Other"); }));
  add("community_add", doing([this](Host& host) {
        return as_text(
            host.communities.add_many("lee", community_, std::vector<std::string_view>{"cid"}).at(0));
      }));
  add("community_remove", doing([this](Host& host) { host.communities.remove("lee", community_, "ann"); }));
  add("community_set",
      doing([this](Host& host) { host.communities.set("lee", community_, "title", "Renamed"); }));
}

void Practice::add_verbs_of_work() {
  for (const auto* channel : kChannels)
    add(fmt::format("claim on {}", channel), doing([no = host_.channels.find(channel)](Host& host) {
          const auto next = host.claim(no);
          return next ? fmt::format("{} of {}: {}", next->line ? "line" : "items", next->claimed,
                                    text_of(*next))
                      : std::string("nothing");
        }));
  add("report on chat", doing([this](Host& host) { return host.report(*on_chat_); }));
  add("report on app", doing([this](Host& host) { return host.report(*on_app_); }));
  add("extend", doing([this](Host& host) {
        return std::string(host.work.extend(*on_chat_, 30'000) ? "extended" : "gone");
      }));
  add("channel_set", doing([](Host& host) { host.channels.set("email", "paused", "on"); }));
  add("channel_put", doing([](Host& host) { return host.channels.put("sms", "notify"); }));
  add("channel_remove", doing([](Host& host) { host.channels.remove("app"); }));
  add("retry_failed", doing([this](Host& host) {
        return std::to_string(host.second_tries.retry_failed("lee", half_told_));
      }));
}

}  // namespace test::beside
