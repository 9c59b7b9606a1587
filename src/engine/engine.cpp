// Makes an engine, and lets it work.
#include <bccast/engine.hpp>

#include <string>
#include <utility>

#include "engine/notifiers.hpp"
#include "engine/parts.hpp"

namespace bccast {

const char* version() noexcept {
  return BCCAST_PROJECT_VERSION;
}

Engine::Engine(std::string_view url, Options options) {
  auto parts = std::make_shared<Parts>(url, options.clock_, options.queue_);
  parts->context.deadline = std::stoll(options.get("deadline_ms"));
  parts->context.events_keep = std::stoll(options.get("events_keep_ms"));
  parts->context.late_limit = std::stoll(options.get("late_limit_ms"));
  parts->context.lease = std::stoll(options.get("lease_ms"));
  parts->context.own_channel = options.get("own_channel");
  parts->context.known->held = parts->store->read([](const Tables& tables) {
    try {
      return tables.store().held();
    } catch (const Error& error) {
      if (error.code() != Code::corrupt) throw;
      return true;  // as long as nobody can say, it is asked each time, and that fails
    }
  });
  parts->indexing.begin();
  if (!parts->store->read_only()) settle_debts(parts->context, Patience::none);  // else the agenda does
  const auto option = [&](std::string_view key) { return options.get(key); };
  constexpr std::string_view kPrefix = "notifier.";
  for (const auto& [key, value] : options.values_) {
    if (!key.starts_with(kPrefix)) continue;
    options.notifier(std::string_view(key).substr(kPrefix.size()), make_notifier(value, option));
  }
  Handlers handlers;
  for (const auto& [channel, notifier] : options.notifiers_) handlers[channel].notifier = notifier;
  for (const auto& [channel, deliverer] : options.deliverers_) handlers[channel].deliverer = deliverer;
  nouns_ = std::make_unique<Nouns>(parts->context, std::string_view());
  for (const auto& [channel, handler] : handlers) nouns_->channels.put(channel, handler.role());
  parts->pump = std::make_unique<Pump>(parts->context, parts->work, parts->bells, handlers);
  parts->pump->keep_alive(parts);
  parts->claims = std::make_unique<Claims>(parts->context, parts->work, parts->doorbell, handlers.empty());
  session_ = std::make_shared<Session>(std::move(parts));
  parts_ = session_->parts.get();
}

Engine::Engine(std::shared_ptr<Session> session, std::string_view actor)
    : session_(std::move(session)),
      parts_(session_->parts.get()),
      nouns_(std::make_unique<Nouns>(parts_->context, actor)) {}

Engine::~Engine() = default;
std::unique_ptr<Engine> Engine::as(std::string_view actor) const {
  check_id(actor, "actor id");
  return std::unique_ptr<Engine>(new Engine(session_, actor));
}
bool Engine::is_last() const noexcept {
  return session_.use_count() == 1;
}
Code Engine::channel_put(std::string_view channel, std::string_view role) {
  return nouns_->channels.put(channel, role);
}
void Engine::channel_set(std::string_view channel, std::string_view key, std::string_view value) {
  nouns_->channels.set(channel, key, value);
}
Code Engine::channel_remove(std::string_view channel) {
  const auto whole = [&] {
    nouns_->channels.remove(channel);
    return Code::ok;
  };
  const auto result =
      whole_or_in_parts(nouns_->context, whole, [&] { return nouns_->in_parts.remove_channel(channel); });
  return result;
}
std::vector<ChannelSummary> Engine::channel_list() {
  return nouns_->progress.channels();
}
Pumped Engine::pump(std::uint32_t max_items, std::uint32_t budget_us) {
  refuse_inside("pump");
  return parts_->run(max_items, budget_us);
}
std::int64_t Engine::next_ms() {
  const auto next = parts_->next_ms();
  if (const auto damage = parts_->pump->take_damage()) std::rethrow_exception(damage);
  return next;
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
  const auto done = parts_->keep_agenda(0);  // one thing at most: it is the host's thread
  auto batch = parts_->claims->next(nouns_->channels.find(channel), max_items, session_->parts);
  if (!batch) {
    parts_->set_agenda_timer(done);
    parts_->say_damage();
  }
  return batch;
}
Code Engine::report(std::string_view item, NoticeStatus status, std::string_view reason) {
  const auto result =
      nouns_->second_tries.report(item, {static_cast<ItemStatus>(status), std::string(reason), -1});
  return result;
}
void Engine::finish() {
  parts_->pump->finish();
}
std::vector<EventRow> Engine::events(std::string_view reader, std::size_t limit) {
  return nouns_->events.list(reader, limit);
}
Code Engine::events_ack(std::string_view reader, std::string_view event) {
  return nouns_->events.acknowledge(reader, event);
}
Page<OverdueRow> Engine::overdue(std::string_view provider, std::string_view cursor, std::size_t limit) {
  return nouns_->overdue.list(provider, cursor, limit);
}
Engine::Purged Engine::purge(std::int64_t before_ms) {
  Purged purged;
  purged.count = nouns_->control.purge_before(before_ms, purged.emptied, purged.code);
  return purged;
}
std::vector<FindingRow> Engine::verify() {
  return nouns_->verification.run();
}
Code Engine::backup(const std::string& path) {
  return parts_->store->backup(path) ? Code::ok : Code::partial;
}
Code Engine::release() {
  return nouns_->holding.release();
}
StoreStatus Engine::store_status() {
  return nouns_->holding.status();
}
bool Engine::checkpoint() {
  return empty_log(nouns_->context);
}
bool Engine::handling() const noexcept {
  return parts_->pump->handling();
}
void Engine::refuse_inside(const char* what) const {
  if (handling()) throw Error(Code::reentrant, std::string(what) + " was called inside a handler");
}

}  // namespace bccast
