// Puts core and adapters together.
#include <bccast/engine.hpp>

#include <algorithm>
#include <exception>
#include <limits>
#include <mutex>
#include <utility>

#include "adapters/sqlite/backup.hpp"
#include "adapters/sqlite/sqlite_store.hpp"
#include "adapters/tz/system_zones.hpp"
#include "core/channels.hpp"
#include "core/client_export.hpp"
#include "core/communities.hpp"
#include "core/conversation.hpp"
#include "core/debts.hpp"
#include "core/directory.hpp"
#include "core/drafting.hpp"
#include "core/erasure.hpp"
#include "core/events.hpp"
#include "core/holding.hpp"
#include "core/host_refs.hpp"
#include "core/inbox.hpp"
#include "core/progress.hpp"
#include "core/provider_end.hpp"
#include "core/roster.hpp"
#include "core/second_tries.hpp"
#include "core/sending.hpp"
#include "core/verification.hpp"
#include "core/work.hpp"
#include "engine/agenda.hpp"
#include "engine/claims.hpp"
#include "engine/doorbell.hpp"
#include "engine/maildir_notifier.hpp"
#include "engine/pump.hpp"
#include "engine/system_clock.hpp"
#include "engine/workers.hpp"
#include "model/text_rules.hpp"

namespace bccast {
namespace {

using Act = Drafting::Act;

Conversation::Actor client_side(std::string_view id) {
  return {Side::client, id};
}
Conversation::Actor provider_side(std::string_view id) {
  return {Side::provider, id};
}

void check_optional_key(std::string_view key) {
  if (!key.empty()) check_key(key, "key");
}

}  // namespace

const char* version() noexcept {
  return BCCAST_PROJECT_VERSION;
}

/// Rings the engine's own bell and the host's.
class Bells final : public Queue {
 public:
  Bells(Doorbell& own, std::shared_ptr<Queue> hosts) : own_(own), hosts_(std::move(hosts)) {}
  void ring() noexcept override {
    own_.ring();
    if (hosts_) hosts_->ring();
  }

 private:
  Doorbell& own_;
  std::shared_ptr<Queue> hosts_;
};

void restore(std::string_view backup, std::string_view path) {
  sqlite::restore(backup, path, [](const std::string& copy) {
    sqlite::SqliteStore store(sqlite::Location{copy, true});
    SystemClock clock;
    Context context(store, clock);
    const auto findings = Verification(context).run();
    if (!findings.empty())
      throw Error(Code::corrupt, "the backup is damaged: " + std::to_string(findings.size()) +
                                     " things are wrong with it, the first with its " +
                                     findings.front().kind);
  });
}

struct Engine::Parts {
  Parts(std::string_view url, std::shared_ptr<Clock> clock_in, std::shared_ptr<Queue> hosts_queue)
      : clock(clock_in ? std::move(clock_in) : std::make_shared<SystemClock>()),
        store(url),
        context(store, *clock, zones),
        doorbell(store),
        bells(doorbell, std::move(hosts_queue)) {}

  /// When what the agenda cannot read is looked at again.
  static constexpr std::int64_t kLookAtDamageMs = 60'000;

  /// What the pump does, with the agenda before it and the bell around it.
  Pumped run(std::uint32_t max_items, std::uint32_t budget_us, const std::atomic<bool>* stop = nullptr) {
    doorbell.clear();
    const auto until = budget_us != 0 ? clock->monotonic_us() + budget_us : Pump::kNoLimit;
    const bool limited = max_items != 0 || budget_us != 0;
    Pumped pumped;
    bool limit_reached = false;
    for (bool again = true; again;) {
      const auto kept = keep_agenda_within(budget_us, until);
      if (kept > 0 && clock->monotonic_us() >= until) {
        agenda_took_all = true;
        doorbell.ring();
        pumped.next_ms = 0;
        pumped.more = true;
        return pumped;
      }
      const auto done = pumped.done;
      pumped = pump->run_until(max_items, until, stop);
      limit_reached = pumped.more;
      // What fell due meanwhile is done as well, where nothing limits it.
      again = finish_look(pumped) && !limited && (kept > 0 || pumped.done > 0) && (stop == nullptr || !*stop);
      pumped.done += done;
    }
    if (!limit_reached && has_damage()) {
      doorbell.set_timer(Doorbell::kPump,
                         kLookAtDamageMs);  // it stays due: nobody is to be woken for it at once
      say_damage();
    }
    if (pumped.more) {
      doorbell.ring();
    } else {
      doorbell.set_timer(Doorbell::kPump, pumped.next_ms);
    }
    return pumped;
  }

  /// Whether more is due now. Its own commits have rung, and perhaps others' as well: a last look tells.
  bool finish_look(Pumped& pumped) {
    if (pumped.more) return true;
    doorbell.clear();
    const auto next = next_ms();
    if (next >= 0) pumped.next_ms = next;
    return pumped.more = next == 0;
  }

  /// Half of a budget is the agenda's. When one thing of it has taken all, the pump's turn comes first the
  /// next time.
  std::size_t keep_agenda_within(std::uint32_t budget_us, std::int64_t until_us) {
    if (agenda_took_all.exchange(false)) return 0;
    return keep_agenda(until_us == Pump::kNoLimit ? until_us : until_us - budget_us / 2);
  }
  /// Does what is due by the clock: how many things. What it cannot read is kept for say_damage(): the
  /// channels have their turn all the same.
  std::size_t keep_agenda(std::int64_t until_us) {
    try {
      const auto done = agenda.run(until_us);
      if (done > 0) bells.ring();
      return done;
    } catch (const Error& error) {
      if (error.code() != Code::corrupt) throw;
      const std::lock_guard lock(damage_mutex);
      damage = std::current_exception();
      return 0;
    }
  }
  bool has_damage() {
    const std::lock_guard lock(damage_mutex);
    return damage != nullptr;
  }
  /// Throws what keep_agenda() could not read since the last time.
  void say_damage() {
    std::exception_ptr found;
    {
      const std::lock_guard lock(damage_mutex);
      found = std::exchange(damage, nullptr);
    }
    if (found) std::rethrow_exception(found);
  }
  /// For hosts that claim, and do not pump.
  void set_agenda_timer() {
    const auto due = agenda.next_due();
    if (due && *due == 0) {
      doorbell.ring();
    } else {
      doorbell.set_timer(Doorbell::kAgenda, due.value_or(-1));
    }
  }
  /// In how many milliseconds pump has something to do; -1: nothing known.
  std::int64_t next_ms() {
    const auto next = pump->next_ms();
    const auto due = agenda.next_due();
    if (!due) return next;
    return next < 0 ? *due : std::min<std::int64_t>(next, *due);
  }

  std::shared_ptr<Clock> clock;
  sqlite::SqliteStore store;
  tz::SystemZones zones;
  Context context;
  Doorbell doorbell;
  Bells bells;
  Directory directory{context};
  Roster roster{context};
  Drafting drafting{context};
  Sending sending{context};
  Scheduling scheduling{context};
  Control control{context};
  Overdue overdue{context};
  Indexing indexing{context};
  Agenda agenda{context, scheduling, overdue, control, indexing};
  std::atomic<bool> agenda_took_all{false};
  std::mutex damage_mutex;    // guards `damage`
  std::exception_ptr damage;  // what the agenda could not read, and nobody was told yet
  Inbox inbox{context};
  Conversation conversation{context};
  Communities communities{context};
  HostRefs host_refs{context};
  ClientExport client_export{context};
  Erasure erasure{context};
  ProviderEnd provider_end{context};
  Progress progress{context};
  Verification verification{context};
  Channels channels{context};
  Holding holding{context};
  SecondTries second_tries{context};
  Events events{context};
  Work work{context};
  std::unique_ptr<Pump> pump;
  std::unique_ptr<Claims> claims;
};

/// What all handles on a store share. Batches in a host's hands keep the parts, not this: threads end with
/// the last handle.
struct Engine::Session {
  explicit Session(std::shared_ptr<Parts> parts_in)
      : parts(std::move(parts_in)),
        workers({[this](const std::atomic<bool>& stop) {
                   const auto pumped = parts->run(0, 0, &stop);
                   // Whoever slept when it was rung has not seen it: there may be enough for all.
                   if (pumped.done > 0 && !stop) parts->doorbell.ring();
                   return pumped.next_ms;
                 },
                 [this](std::int64_t ms) { parts->doorbell.wait(ms); }, [this] { parts->doorbell.ring(); }}) {
  }
  std::shared_ptr<Parts> parts;
  Workers workers;
};

Engine::Engine(std::string_view url, Options options) {
  auto parts = std::make_shared<Parts>(url, options.clock_, options.queue_);
  parts->context.deadline = std::stoll(options.get("deadline_ms"));
  parts->context.events_keep = std::stoll(options.get("events_keep_ms"));
  parts->context.late_limit = std::stoll(options.get("late_limit_ms"));
  parts->context.lease = std::stoll(options.get("lease_ms"));
  parts->context.own_channel = options.get("own_channel");
  parts->store.read([&](const Tables& tables) { parts->context.held = tables.store().held(); });
  parts->indexing.begin();
  if (!parts->store.read_only()) settle_debts(parts->context, Patience::none);  // else the agenda does
  constexpr std::string_view kPrefix = "notifier.";
  for (const auto& [key, value] : options.values_) {
    if (!key.starts_with(kPrefix)) continue;
    MailSettings settings;
    settings.from = options.get("mail.from");
    settings.from_name = options.get("mail.from_name");
    settings.reply_to = options.get("mail.reply_to");
    settings.subject = options.get("mail.subject");
    settings.link_prefix = options.get("mail.link_prefix");
    settings.message_id_domain = options.get("mail.message_id_domain");
    options.notifier(
        std::string_view(key).substr(kPrefix.size()),
        std::make_shared<MaildirNotifier>(value.substr(value.find(':') + 1), std::move(settings)));
  }
  Handlers handlers;
  for (const auto& [channel, notifier] : options.notifiers_) handlers[channel].notifier = notifier;
  for (const auto& [channel, deliverer] : options.deliverers_) handlers[channel].deliverer = deliverer;
  for (const auto& [channel, handler] : handlers) parts->channels.put(channel, handler.role());
  parts->pump = std::make_unique<Pump>(parts->context, parts->work, parts->bells, handlers);
  parts->pump->keep_alive(parts);
  parts->claims =
      std::make_unique<Claims>(parts->context, parts->work, parts->doorbell, parts->bells, handlers.empty());
  session_ = std::make_shared<Session>(std::move(parts));
  parts_ = session_->parts.get();
}

Engine::Engine(std::shared_ptr<Session> session, std::string_view actor)
    : session_(std::move(session)), parts_(session_->parts.get()), actor_(actor) {}

Engine::~Engine() = default;

std::unique_ptr<Engine> Engine::as(std::string_view actor) const {
  check_id(actor, "actor id");
  return std::unique_ptr<Engine>(new Engine(session_, actor));
}

bool Engine::is_last() const noexcept {
  return session_.use_count() == 1;
}

void Engine::provider_put(std::string_view provider, std::string_view display_name) {
  parts_->directory.provider_put(provider, display_name);
}
void Engine::provider_set(std::string_view provider, std::string_view key, std::string_view value) {
  parts_->directory.provider_set(provider, key, value);
}
Code Engine::provider_archive(std::string_view provider) {
  return parts_->provider_end.archive(provider);
}
Code Engine::provider_restore(std::string_view provider) {
  return parts_->provider_end.restore(provider);
}
void Engine::client_put(std::string_view client, std::optional<std::string_view> display_name,
                        std::optional<std::string_view> address) {
  parts_->directory.client_put(client, display_name, address);
}
std::vector<Code> Engine::client_put_many(std::span<const std::string_view> ids,
                                          std::span<const std::string_view> names,
                                          std::span<const std::string_view> addresses) {
  return parts_->directory.client_put_many(ids, names, addresses);
}
void Engine::client_set(std::string_view client, std::string_view key, std::string_view value) {
  parts_->directory.client_set(client, key, value);
}
Code Engine::client_archive(std::string_view client) {
  return parts_->directory.client_archive(client, true);
}
Code Engine::client_restore(std::string_view client) {
  return parts_->directory.client_archive(client, false);
}
Code Engine::roster_add(std::string_view provider, std::string_view client) {
  return parts_->directory.roster_add(provider, client);
}
std::vector<Code> Engine::roster_add_many(std::string_view provider, std::span<const std::string_view> ids) {
  return parts_->directory.roster_add_many(provider, ids);
}
std::vector<Code> Engine::roster_add_archived_many(std::string_view provider,
                                                   std::span<const std::string_view> ids) {
  return parts_->directory.roster_add_many(provider, ids, true);
}
void Engine::roster_set(std::string_view provider, std::string_view client, std::string_view key,
                        std::string_view value) {
  parts_->directory.roster_set(provider, client, key, value);
}
Code Engine::roster_archive(std::string_view provider, std::string_view client) {
  return parts_->directory.roster_archive(provider, client, true);
}
std::vector<Code> Engine::roster_archive_many(std::string_view provider,
                                              std::span<const std::string_view> ids) {
  return parts_->directory.roster_archive_many(provider, ids);
}
Code Engine::roster_restore(std::string_view provider, std::string_view client) {
  return parts_->directory.roster_archive(provider, client, false);
}
Page<ProviderRow> Engine::provider_list(std::string_view cursor, std::size_t limit) {
  return parts_->directory.provider_list(cursor, limit);
}
ProviderRow Engine::provider_get(std::string_view provider) {
  return parts_->directory.provider_get(provider);
}
ClientRow Engine::client_get(std::string_view client) {
  return parts_->directory.client_get(client);
}
Page<ExportRow> Engine::client_export(std::string_view client, std::string_view cursor, std::size_t limit) {
  return parts_->client_export.list(client, cursor, limit);
}
bool Engine::client_erase(std::string_view client) {
  const bool emptied = parts_->erasure.erase(client);
  if (!emptied) parts_->bells.ring();  // the agenda has it now
  return emptied;
}
Page<RosterRow> Engine::provider_roster(std::string_view provider, std::string_view filter,
                                        std::string_view cursor, std::size_t limit) {
  return parts_->roster.list(provider, filter, cursor, limit);
}
RosterCount Engine::roster_count(std::string_view provider) {
  return parts_->directory.roster_count(provider);
}

Engine::Created Engine::blast_create(std::string_view provider, std::string_view key) {
  check_optional_key(key);
  auto created = parts_->drafting.create(provider, key, actor_);
  return {created.existed, std::move(created.blast)};
}
void Engine::blast_discard(std::string_view provider, std::string_view blast) {
  parts_->drafting.discard(provider, blast);
}
void Engine::blast_select(std::string_view provider, std::string_view blast, std::string_view client) {
  parts_->drafting.act(provider, blast, client, Act::select);
}
void Engine::blast_deselect(std::string_view provider, std::string_view blast, std::string_view client) {
  parts_->drafting.act(provider, blast, client, Act::deselect);
}
std::vector<Code> Engine::blast_select_many(std::string_view provider, std::string_view blast,
                                            std::span<const std::string_view> ids) {
  return parts_->drafting.act_many(provider, blast, ids, Act::select);
}
std::vector<Code> Engine::blast_deselect_many(std::string_view provider, std::string_view blast,
                                              std::span<const std::string_view> ids) {
  return parts_->drafting.act_many(provider, blast, ids, Act::deselect);
}
void Engine::blast_select_all_active(std::string_view provider, std::string_view blast) {
  parts_->drafting.act_all(provider, blast, Act::select);
}
void Engine::blast_select_none(std::string_view provider, std::string_view blast) {
  parts_->drafting.act_all(provider, blast, Act::deselect);
}
void Engine::blast_select_from(std::string_view provider, std::string_view blast, std::string_view from_blast,
                               std::string_view filter) {
  parts_->drafting.select_from(provider, blast, from_blast, filter);
}
void Engine::blast_write(std::string_view provider, std::string_view blast, std::string_view text) {
  parts_->drafting.write(provider, blast, text);
}
void Engine::blast_set(std::string_view provider, std::string_view blast, std::string_view key,
                       std::string_view value) {
  parts_->drafting.set(provider, blast, key, value);
}
BlastDetail Engine::blast_get(std::string_view provider, std::string_view blast) {
  return parts_->drafting.get(provider, blast);
}
Page<SelectionRow> Engine::blast_selection(std::string_view provider, std::string_view blast,
                                           std::string_view filter, std::string_view cursor,
                                           std::size_t limit) {
  return parts_->drafting.selection(provider, blast, filter, cursor, limit);
}
Preview Engine::blast_preview(std::string_view provider, std::string_view blast) {
  return parts_->drafting.preview(provider, blast);
}
Code Engine::blast_send(std::string_view provider, std::string_view blast, std::string_view digest) {
  const auto result = parts_->sending.send(provider, blast, digest, actor_);
  parts_->bells.ring();
  return result;
}
void Engine::blast_schedule(std::string_view provider, std::string_view blast, std::int64_t at_ms,
                            std::string_view digest) {
  parts_->scheduling.schedule(provider, blast, at_ms, digest, actor_);
  parts_->bells.ring();
}
Code Engine::blast_unschedule(std::string_view provider, std::string_view blast) {
  return parts_->scheduling.unschedule(provider, blast);
}
Code Engine::blast_pause(std::string_view provider, std::string_view blast) {
  return parts_->control.pause(provider, blast);
}
Code Engine::blast_resume(std::string_view provider, std::string_view blast) {
  const auto result = parts_->control.resume(provider, blast);
  parts_->bells.ring();
  return result;
}
Code Engine::blast_recall(std::string_view provider, std::string_view blast) {
  const auto result = parts_->control.recall(provider, blast);
  parts_->bells.ring();
  return result;
}
Engine::Purged Engine::blast_purge(std::string_view provider, std::string_view blast) {
  Purged purged;
  purged.code = parts_->control.purge(provider, blast, purged.emptied);
  purged.count = purged.code == Code::ok ? 1 : 0;
  if (!purged.emptied) parts_->bells.ring();
  return purged;
}
std::vector<StatusRow> Engine::blast_status(std::string_view provider, std::string_view blast) {
  return parts_->progress.status(provider, blast);
}
Page<RecipientRow> Engine::blast_recipients(std::string_view provider, std::string_view blast,
                                            std::string_view filter, std::string_view cursor,
                                            std::size_t limit) {
  return parts_->progress.recipients(provider, blast, filter, cursor, limit);
}
std::vector<FoundRow> Engine::blast_find(std::string_view provider, std::string_view blast,
                                         std::span<const std::string_view> ids) {
  return parts_->progress.find(provider, blast, ids);
}
std::vector<RecipientRow> Engine::blast_why(std::string_view provider, std::string_view blast,
                                            std::string_view client) {
  return parts_->progress.why(provider, blast, client);
}
Page<BlastSummary> Engine::blast_list(std::string_view provider, std::string_view filter,
                                      std::string_view cursor, std::size_t limit) {
  return parts_->progress.list(provider, filter, cursor, limit);
}

Page<ThreadSummary> Engine::client_threads(std::string_view client, std::string_view filter,
                                           std::string_view cursor, std::size_t limit) {
  return parts_->inbox.of_client(client, filter, cursor, limit);
}
Page<MessageView> Engine::client_messages(std::string_view client, std::string_view thread,
                                          std::int64_t from_seq, int direction, std::size_t limit) {
  return parts_->conversation.messages(client_side(client), thread, from_seq, direction, limit);
}
Written Engine::client_reply(std::string_view client, std::string_view thread, std::string_view text,
                             std::string_view key) {
  check_optional_key(key);
  const auto written = parts_->conversation.write(client_side(client), thread, key, text, {});
  parts_->bells.ring();
  return written;
}
void Engine::client_read(std::string_view client, std::string_view thread, std::int64_t up_to_seq) {
  parts_->conversation.read(client_side(client), thread, up_to_seq);
}
UnreadCount Engine::client_unread(std::string_view client) {
  return parts_->inbox.unread_of_client(client);
}
std::vector<FellowRow> Engine::client_members(std::string_view client, std::string_view thread) {
  return parts_->communities.members_for_client(client, thread);
}
std::string Engine::provider_direct(std::string_view provider, std::string_view client) {
  return parts_->conversation.direct(provider, client);
}
Page<ThreadSummary> Engine::provider_threads(std::string_view provider, std::string_view filter,
                                             std::string_view cursor, std::size_t limit) {
  return parts_->inbox.of_provider(provider, filter, cursor, limit);
}
Page<MessageView> Engine::provider_messages(std::string_view provider, std::string_view thread,
                                            std::int64_t from_seq, int direction, std::size_t limit) {
  return parts_->conversation.messages(provider_side(provider), thread, from_seq, direction, limit);
}
Written Engine::provider_reply(std::string_view provider, std::string_view thread, std::string_view text,
                               std::string_view key) {
  check_optional_key(key);
  const auto written = parts_->conversation.write(provider_side(provider), thread, key, text, actor_);
  parts_->bells.ring();
  return written;
}
void Engine::provider_read(std::string_view provider, std::string_view thread, std::int64_t up_to_seq) {
  parts_->conversation.read(provider_side(provider), thread, up_to_seq);
}
UnreadCount Engine::provider_unread(std::string_view provider) {
  return parts_->inbox.unread_of_provider(provider);
}

std::string Engine::provider_community(std::string_view provider, std::string_view title) {
  return parts_->communities.create(provider, title, actor_);
}
void Engine::community_set(std::string_view provider, std::string_view thread, std::string_view key,
                           std::string_view value) {
  parts_->communities.set(provider, thread, key, value);
}
Code Engine::community_add(std::string_view provider, std::string_view thread, std::string_view client) {
  check_id(client, "client id");
  return parts_->communities.add_many(provider, thread, std::span(&client, 1), actor_)[0];
}
std::vector<Code> Engine::community_add_many(std::string_view provider, std::string_view thread,
                                             std::span<const std::string_view> ids) {
  return parts_->communities.add_many(provider, thread, ids, actor_);
}
void Engine::community_remove(std::string_view provider, std::string_view thread, std::string_view client) {
  parts_->communities.remove(provider, thread, client);
}
std::vector<MemberRow> Engine::provider_members(std::string_view provider, std::string_view thread) {
  return parts_->communities.members_for_provider(provider, thread);
}
Code Engine::thread_bind(std::string_view thread, std::string_view host_ref) {
  return parts_->host_refs.bind(thread, host_ref);
}
std::string Engine::thread_find(std::string_view host_ref) {
  return parts_->host_refs.find(host_ref);
}

Code Engine::channel_put(std::string_view channel, std::string_view role) {
  return parts_->channels.put(channel, role);
}
void Engine::channel_set(std::string_view channel, std::string_view key, std::string_view value) {
  parts_->channels.set(channel, key, value);
  parts_->bells.ring();
}
void Engine::channel_remove(std::string_view channel) {
  parts_->channels.remove(channel);
  parts_->bells.ring();
}
std::vector<ChannelSummary> Engine::channel_list() {
  return parts_->progress.channels();
}
Pumped Engine::pump(std::uint32_t max_items, std::uint32_t budget_us) {
  refuse_inside("pump");
  return parts_->run(max_items, budget_us);
}
std::int64_t Engine::next_ms() {
  return parts_->next_ms();
}
int Engine::fd() {
  return parts_->doorbell.fd();
}
bool Engine::wait(std::int64_t timeout_ms) {
  refuse_inside("wait");
  return parts_->doorbell.wait(timeout_ms);
}
void Engine::wake() {
  parts_->doorbell.wake();
}
void Engine::start(std::uint32_t threads) {
  if (threads < 1 || threads > 64) throw Error(Code::argument, "1 to 64 threads can be started");
  session_->workers.start(threads);
}
bool Engine::stop(std::int64_t timeout_ms) {
  if (timeout_ms < 0) throw Error(Code::argument, "the timeout is below 0");
  refuse_inside("stop");
  return session_->workers.stop(timeout_ms);
}
std::uint32_t Engine::threads() {
  return session_->workers.count();
}
std::shared_ptr<BatchControl> Engine::claim(std::string_view channel, std::uint32_t max_items) {
  parts_->keep_agenda(0);  // one thing at most: it is the host's thread
  auto batch = parts_->claims->next(parts_->channels.find(channel), max_items, session_->parts);
  if (!batch) {
    parts_->set_agenda_timer();
    parts_->say_damage();
  }
  return batch;
}
std::int64_t Engine::blast_retry_failed(std::string_view provider, std::string_view blast) {
  const auto count = parts_->second_tries.retry_failed(provider, blast);
  parts_->bells.ring();
  return count;
}
Code Engine::report(std::string_view item, NoticeStatus status, std::string_view reason) {
  const auto result =
      parts_->second_tries.report(item, {static_cast<ItemStatus>(status), std::string(reason), -1});
  parts_->bells.ring();
  return result;
}
void Engine::finish() {
  parts_->pump->finish();
}
std::vector<EventRow> Engine::events(std::string_view reader, std::size_t limit) {
  return parts_->events.list(reader, limit);
}
Code Engine::events_ack(std::string_view reader, std::string_view event) {
  return parts_->events.acknowledge(reader, event);
}

Page<OverdueRow> Engine::overdue(std::string_view provider, std::string_view cursor, std::size_t limit) {
  return parts_->overdue.list(provider, cursor, limit);
}
Engine::Purged Engine::purge(std::int64_t before_ms) {
  Purged purged;
  purged.count = parts_->control.purge_before(before_ms, purged.emptied);
  if (!purged.emptied) parts_->bells.ring();
  return purged;
}

std::vector<FindingRow> Engine::verify() {
  return parts_->verification.run();
}
void Engine::backup(const std::string& path) {
  parts_->store.backup(path);
}
Code Engine::release() {
  const auto result = parts_->holding.release();
  parts_->bells.ring();
  return result;
}
StoreStatus Engine::store_status() {
  return parts_->holding.status();
}
bool Engine::checkpoint() {
  return empty_log(parts_->context);
}
bool Engine::handling() const noexcept {
  return parts_->pump->handling();
}
void Engine::refuse_inside(const char* what) const {
  if (handling()) throw Error(Code::reentrant, std::string(what) + " was called inside a handler");
}

}  // namespace bccast
