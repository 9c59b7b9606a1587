#include "core/events.hpp"

#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "model/text_rules.hpp"

namespace bccast {
namespace {

/// So many are given numbers in one call.
constexpr std::size_t kNumberedTogether = 1000;

std::string_view name_of(EventKind kind) {
  switch (kind) {
    case EventKind::blast_sent:
      return "blast.sent";
    case EventKind::blast_finished:
      return "blast.finished";
    case EventKind::message_created:
      return "message.created";
    case EventKind::thread_read:
      return "thread.read";
    case EventKind::roster_changed:
      return "roster.changed";
    case EventKind::channel_failing:
      return "channel.failing";
    case EventKind::channel_working:
      return "channel.working";
    case EventKind::blast_missed:
      return "blast.missed";
    case EventKind::blast_paused:
      return "blast.paused";
    case EventKind::blast_resumed:
      return "blast.resumed";
    case EventKind::blast_overdue:
      return "blast.overdue";
    case EventKind::blast_recalled:
      return "blast.recalled";
    case EventKind::clock_stepped:
      return "clock.stepped";
    case EventKind::channel_paused:
      return "channel.paused";
    case EventKind::log_pinned:
      return "log.pinned";
  }
  return "";
}

/// What the events of a page are about, read together.
class Objects {
 public:
  Objects(const Tables& tables, const Context& context, std::span<const Event> events) : context_(context) {
    std::vector<ProviderNo> providers;
    std::vector<ClientNo> clients;
    for (const auto& event : events) {
      if (event.provider_no != 0) providers.push_back(event.provider_no);
      if (event.kind == EventKind::roster_changed && event.number != 0) clients.push_back(event.number);
      if (is_of_channel(event.kind) && channels_.count(event.number) == 0) {
        const auto channel = tables.work().channel(event.number);
        channels_.emplace(event.number, channel ? channel->name : std::string());
      }
    }
    if (!providers.empty()) providers_ = tables.directory().providers(providers);
    if (!clients.empty()) clients_ = tables.directory().clients(clients);
  }

  std::string provider_of(const Event& event) const {
    if (event.provider_no == 0) return {};
    const auto* provider = providers_.find(event.provider_no);
    if (provider == nullptr) throw Error(Code::corrupt, "a provider is missing");
    return provider->id;
  }

  std::string object_of(const Event& event) const {
    switch (event.kind) {
      case EventKind::blast_sent:
      case EventKind::blast_finished:
      case EventKind::blast_missed:
      case EventKind::blast_paused:
      case EventKind::blast_resumed:
      case EventKind::blast_overdue:
      case EventKind::blast_recalled:
        return std::string(view(context_.blast_id(event.provider_no, event.number)));
      case EventKind::clock_stepped:
      case EventKind::log_pinned:
        return {};
      case EventKind::message_created:
      case EventKind::thread_read:
        return std::string(view(context_.thread_id({event.provider_no, event.place, event.number})));
      case EventKind::roster_changed: {
        const auto* client = event.number != 0 ? clients_.find(event.number) : nullptr;
        return client != nullptr ? client->id : std::string();
      }
      case EventKind::channel_failing:
      case EventKind::channel_working:
      case EventKind::channel_paused:
        return channels_.at(event.number);
    }
    return {};
  }

 private:
  static bool is_of_channel(EventKind kind) {
    return kind == EventKind::channel_failing || kind == EventKind::channel_working ||
           kind == EventKind::channel_paused;
  }

  const Context& context_;
  Found<ProviderNo, Provider> providers_;
  Found<ClientNo, Client> clients_;
  std::map<ChannelNo, std::string> channels_;
};

}  // namespace

void emit(Tables& tables, const Context& context, EventKind kind, ProviderNo provider, std::int64_t number,
          Place place) {
  if (!tables.events().has_readers()) return;
  const Ms now = context.clock.wall_ms();
  tables.events().insert_event({0, now, kind, provider, number, place}, now - context.events_keep);
}

std::vector<EventRow> Events::rows(const Tables& tables, EventNo after, std::size_t limit) const {
  std::vector<EventRow> rows;
  const Ms since = context_.clock.wall_ms() - context_.events_keep;
  const auto events = tables.events().events(after, since, page_limit(limit));
  const Objects objects(tables, context_, events);
  for (const auto& event : events)
    rows.push_back({std::string(view(context_.ids.encode({IdKind::event, 0, 0, event.no, 0}))),
                    objects.provider_of(event), std::string(name_of(event.kind)), objects.object_of(event),
                    event.at});
  return rows;
}

std::vector<EventRow> Events::list(std::string_view reader, std::size_t limit) {
  check_key(reader, "reader");
  // Nothing: the reader is new, or there are events without a number. Who can only read is told of the
  // others.
  auto listed = context_.store.read([&](const Tables& tables) -> std::optional<std::vector<EventRow>> {
    const auto after = tables.events().acknowledged(reader);
    if (!after || (tables.events().has_unnumbered() && !context_.store.read_only())) return std::nullopt;
    return rows(tables, *after, limit);
  });
  if (listed) return std::move(*listed);
  return context_.write(verb::events, reader, [&](Tables& tables) -> std::vector<EventRow> {
    const bool more = tables.events().number_events(kNumberedTogether);
    if (const auto after = tables.events().acknowledged(reader)) return rows(tables, *after, limit);
    // What has happened before its first call is not for a new reader.
    while (more && tables.events().number_events(kNumberedTogether)) {
    }
    tables.events().set_acknowledged(reader, tables.events().last_event());
    return {};
  });
}

Code Events::acknowledge(std::string_view reader, std::string_view event) {
  check_key(reader, "reader");
  return context_.write(verb::events_ack, reader, [&](Tables& tables) {
    const auto before = tables.events().acknowledged(reader);
    if (!before) throw Error(Code::not_found, "there is no such reader of events");
    const auto parts = context_.ids.decode(event, IdKind::event);
    if (!parts || parts->number > tables.events().last_event())
      throw Error(Code::not_found, "there is no such event");
    if (parts->number <= *before) return Code::exists;
    tables.events().set_acknowledged(reader, parts->number);
    tables.events().forget_up_to(tables.events().acknowledged_by_all());
    return Code::ok;
  });
}

}  // namespace bccast
