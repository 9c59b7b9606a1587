#include "core/client_export.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "core/access.hpp"
#include "core/cursor.hpp"
#include "core/message_list.hpp"
#include "core/recalled.hpp"
#include "core/set_pages.hpp"
#include "core/thread_pages.hpp"
#include "model/text_rules.hpp"

namespace bccast {
namespace {

/// A client's settings, those that are set. Whether it is archived is not for it to see.
std::vector<ExportRow> profile_of(const Client& client) {
  std::vector<ExportRow> rows;
  const auto add = [&](std::string name, std::string_view value) {
    if (value.empty()) return;
    ExportRow row;
    row.record = "profile";
    row.name = std::move(name);
    row.text = value;
    rows.push_back(std::move(row));
  };
  add("client", client.id);
  add("display_name", client.name);
  add("locale", client.locale);
  add("timezone", client.zone);
  add("chat", (client.flags & flag::client_chat_off) != 0 ? "off" : "on");
  add("notify", (client.flags & flag::client_notify_off) != 0 ? "off" : "on");
  Addresses::for_each(client.addresses.stored(), [&](std::string_view channel, std::string_view address) {
    add("address." + std::string(channel), address);
  });
  return rows;
}

/// The origins of the client's threads with one provider, ascending.
std::vector<BlastNo> origins_of(const Tables& tables, const Membership& membership) {
  std::vector<BlastNo> origins;
  const bool sweeping = tables.blasts().has_recall_to_sweep(membership.provider_no);
  for_each_page_of_client(tables, membership, kEndOfTime, false, kRowsTogether,
                          [&](std::span<const Thread> page) {
                            const SeenThreads seen(tables, sweeping ? page : std::span<const Thread>());
                            for (const auto& thread : page)
                              if (thread.last_seq > 0 && (!sweeping || seen.of(thread)))
                                origins.push_back(thread.key.origin);
                            return true;
                          });
  for_each_page_of_newer(tables, membership, [&](std::span<const SentBlast> page) {
    for (const auto& blast : page) origins.push_back(blast.no);
  });
  std::sort(origins.begin(), origins.end());
  origins.erase(std::unique(origins.begin(), origins.end()), origins.end());
  return origins;
}

}  // namespace

Page<ExportRow> ClientExport::list(std::string_view client_id, std::string_view cursor, std::size_t limit) {
  const auto list = list_of("client_export", client_id);
  // Where to go on: a provider (0: in the settings), a thread's origin, and a row of the settings or a
  // message.
  const auto from = open_cursor<3>(context_, list, cursor).value_or(std::array<std::int64_t, 3>{0, 0, 0});
  const std::size_t most = page_limit(limit);
  return context_.store.read([&](const Tables& tables) {
    Page<ExportRow> page;
    std::size_t bytes = 0;
    // False, and the page is over, when there is no room: it goes on with this row.
    const auto offer = [&](ExportRow&& row, const std::array<std::int64_t, 3>& at) {
      if (page.items.size() == most || bytes + row.text.size() > kMaxPageBytes) {
        page.next = seal_cursor<3>(context_, list, at);
        return false;
      }
      bytes += row.text.size();
      page.items.push_back(std::move(row));
      return true;
    };
    const Client client = access::client(tables, client_id);
    if (from[0] == 0) {
      auto profile = profile_of(client);
      for (std::size_t i = static_cast<std::size_t>(from[2]); i < profile.size(); ++i)
        if (!offer(std::move(profile[i]), {0, 0, static_cast<std::int64_t>(i)})) return page;
    }
    std::vector<std::pair<Provider, Membership>> rosters;
    for (const auto& membership : tables.directory().memberships(client.no)) {
      auto provider = tables.directory().provider(membership.provider_no);
      if (!provider) throw Error(Code::corrupt, "a provider is missing");
      rosters.emplace_back(std::move(*provider), membership);
    }
    std::sort(rosters.begin(), rosters.end(),
              [](const auto& a, const auto& b) { return a.first.id < b.first.id; });
    bool reached_cursor = from[0] == 0;
    for (const auto& [provider, membership] : rosters) {
      const bool here = provider.no == from[0];
      if (!reached_cursor && !here) continue;
      reached_cursor = true;
      for (const auto origin : origins_of(tables, membership)) {
        if (here && origin < from[1]) continue;
        const std::string thread(view(context_.thread_id({provider.no, membership.place, origin})));
        const auto reached = access::thread_of_client(tables, context_, client, thread);
        ExportRow base;
        base.record = "message";
        base.thread = thread;
        base.provider = provider.id;
        base.provider_name = provider.name;
        base.kind = "private";
        if (reached.thread.key.of_community()) {
          base.kind = "community";
          base.title = access::community(tables, context_, provider, thread).title;
        }
        const ProviderNo provider_no = provider.no;
        bool room = true;
        for_each_message(context_, tables, reached, membership.place, here && origin == from[1] ? from[2] : 0,
                         true, most - page.items.size(), [&](MessageView&& message) {
                           ExportRow row = base;
                           row.seq = message.seq;
                           row.author = std::move(message.author);
                           row.author_name = std::move(message.author_name);
                           row.text = std::move(message.text);
                           row.at_ms = message.at_ms;
                           row.removed = message.removed;
                           return room = offer(std::move(row), {provider_no, origin, message.seq});
                         });
        if (!room) return page;
      }
    }
    return page;
  });
}

}  // namespace bccast
