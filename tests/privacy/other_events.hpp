// The events of the second world alone: what others do, and what is done to them.
#pragma once

#include <bccast/bccast.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>

#include "ana.hpp"
#include "history.hpp"
#include "scene.hpp"

namespace privacy {

class OtherEvents {
 public:
  OtherEvents(Scene& scene, const Ana& ana) : scene_(scene), ana_(ana) {}

  void execute(const Event& event) {
    const auto [kind, number, a, b, c] = event;
    const auto text = "Not for Ana " + std::to_string(number);
    const std::string& where = scene_.provider(b);
    const std::string& who = scene_.disturbed[a % scene_.disturbed.size()];
    // Whoever may do and get what ana does not see: also those with whom she is in communities.
    const std::string& anybody = a % 8 == 0 ? (c % 2 == 0 ? kCal : kDan) : who;
    const char* key = key_of(c);
    switch (kind) {
      case Kind::other_put:
        act(bccast_directory_client_put, scene_.store, who, c % 3 == 0 ? "Sam" : text,
            c % 4 == 0 ? std::string() : "new" + std::to_string(number) + "@example.org");
        return;
      case Kind::other_setting: {
        static constexpr std::array<std::pair<const char*, const char*>, 8> kSettings{
            {{"chat", "off"},
             {"chat", "on"},
             {"notify", "off"},
             {"notify", "on"},
             {"locale", "fr"},
             {"timezone", "Europe/Paris"},
             {"address.push", "a telephone"},
             {"address.email", ""}}};
        const auto& [setting, value] = kSettings[c % kSettings.size()];
        act(bccast_directory_client_set, scene_.store, anybody, setting, value);
        return;
      }
      case Kind::other_roster: {
        const bool elsewhere = c % 8 == 0;
        const std::string one = elsewhere ? std::array{"ana", "cal", "dan"}[a % 3] : who;
        act(c % 3 == 0 ? bccast_directory_roster_archive : bccast_directory_roster_restore, scene_.store,
            elsewhere ? kZoe : where, one);
        return;
      }
      case Kind::other_roster_set: {
        const bool elsewhere = c % 4 == 0;
        act(bccast_directory_roster_set, scene_.store, elsewhere ? kZoe : where, elsewhere ? "ana" : who,
            a % 2 == 0 ? "chat" : "notify", c % 3 == 0 ? "off" : "on");
        return;
      }
      case Kind::other_archive:
        act(c % 3 == 0 ? bccast_directory_client_archive : bccast_directory_client_restore, scene_.store,
            who);
        return;
      case Kind::other_erase:
        act(bccast_directory_client_erase, scene_.store, who);
        return;
      case Kind::other_join: {
        const std::string one = c % 3 == 0 ? who : "n" + std::to_string(number);
        if (one != who) scene_.disturbed.push_back(one);
        scene_.put(one);
        for (const auto& of : scene_.providers) act(bccast_directory_roster_add, scene_.store, of, one);
        return;
      }
      case Kind::other_pick: {
        Draft& draft = scene_.drafts[a % scene_.drafts.size()];
        if (draft.id.empty()) return;
        if (c % 3 == 0) {
          if (act(bccast_blast_select_all_active, scene_.store, draft.provider, draft.id).code >= 0)
            draft.rule_by_others = true;
          for (const auto* one : {"cal", "dan"})
            if (b % 2 == 0) act(bccast_blast_deselect, scene_.store, draft.provider, draft.id, one);
        } else {
          scene_.select_many(draft, some(a, b), c % 3 == 1 && b % 3 == 0);
        }
        return;
      }
      case Kind::other_blast:
      case Kind::other_draft: {
        char id[BCCAST_ID_SIZE] = "";
        act(bccast_blast_create, scene_.engine_for(event), where, c % 5 == 0 ? text.c_str() : nullptr, id);
        const Draft draft{id, where};
        if (draft.id.empty()) return;
        if (c % 3 == 0) {
          act(bccast_blast_select_all_active, scene_.store, where, id);
        } else {
          scene_.select_many(draft, some(c, a));
          act(bccast_blast_select, scene_.store, where, id, "kay");
        }
        act(bccast_blast_write, scene_.engine_for(event), where, id, text, text.size());
        if (kind == Kind::other_draft) {  // never sent: ana may be in it
          act(bccast_blast_select, scene_.store, where, id, "ana");
          if (c % 2 == 0) act(bccast_blast_discard, scene_.store, where, id);
          return;
        }
        act(bccast_blast_deselect, scene_.store, where, id, "ana");
        if (a % 4 == 0) act(bccast_blast_set, scene_.store, where, id, "deadline_ms", "60000");
        if (act(bccast_blast_send, scene_.engine_for(event), where, id, nullptr).code != BCCAST_OK) return;
        scene_.sent(draft);
        scene_.other_blasts.push_back(draft);
        return;
      }
      case Kind::other_pause:
      case Kind::other_recall: {
        if (scene_.other_blasts.empty()) return;
        const Draft& blast = scene_.other_blasts[a % scene_.other_blasts.size()];
        if (kind == Kind::other_pause) {
          act(c % 3 == 0 ? bccast_blast_resume : bccast_blast_pause, scene_.store, blast.provider, blast.id);
          return;
        }
        if (act(bccast_blast_recall, scene_.engine_for(event), blast.provider, blast.id).code == BCCAST_OK)
          ++scene_.facts.recalls;
        if (c % 2 == 0) act(bccast_blast_purge, scene_.store, blast.provider, blast.id);
        if (c % 8 == 0) act(bccast_operate_purge, scene_.store, scene_.store.clock.now_ms(), nullptr);
        return;
      }
      case Kind::other_schedule: {  // never sent: taken back, or so far ahead that nobody sees it
        char id[BCCAST_ID_SIZE] = "";
        act(bccast_blast_create, scene_.engine_for(event), where, nullptr, id);
        if (id[0] == '\0') return;
        act(bccast_blast_select_all_active, scene_.store, where, id);
        act(bccast_blast_write, scene_.store, where, id, text, text.size());
        act(bccast_blast_schedule, scene_.store, where, id,
            scene_.store.clock.now_ms() + (c % 2 == 0 ? kFarAhead : 1), nullptr);
        if (c % 2 != 0) act(bccast_blast_unschedule, scene_.store, where, id);
        return;
      }
      case Kind::other_direct: {
        const auto direct = scene_.direct_of(where, anybody);
        if (direct.empty()) return;
        scene_.wrote(act(bccast_provider_reply, scene_.engine_for(event), where, direct, key, text,
                         text.size(), nullptr, nullptr));
        return;
      }
      case Kind::other_reply:
      case Kind::other_read: {
        const auto threads = act(bccast_client_threads, scene_.store, anybody, nullptr, nullptr, 20).rows;
        if (threads.empty()) return;
        const auto& thread = threads[b % threads.size()].text("thread");
        if (kind == Kind::other_read) {  // which ana does not see in a community either
          act(bccast_client_read, scene_.store, anybody, thread, c % 5);
        } else if (!scene_.is_own(thread)) {
          scene_.wrote(act(bccast_client_reply, scene_.store, anybody, thread, key, text, text.size(),
                           nullptr, nullptr));
          if (key != nullptr) scene_.facts.keys_of_others.insert(key);
        }
        return;
      }
      case Kind::other_answer: {
        const auto threads = act(bccast_provider_threads, scene_.store, where, nullptr, nullptr, 20).rows;
        if (threads.empty()) return;
        const auto& row = threads[a % threads.size()];
        const auto& thread = row.text("thread");
        const bool hers = row.text("client") == "ana" || scene_.is_own(thread);
        if (hers || c % 2 == 0) {
          act(bccast_provider_read, scene_.engine_for(event), where, thread, c % 5);
        } else {
          scene_.wrote(act(bccast_provider_reply, scene_.engine_for(event), where, thread, key, text,
                           text.size(), nullptr, nullptr));
        }
        return;
      }
      case Kind::other_community: {
        char id[BCCAST_ID_SIZE] = "";
        act(bccast_provider_community, scene_.store, where, text, id);
        if (id[0] == '\0') return;
        scene_.other_communities.push_back({id, where});
        auto ids = some(c, a);
        ids.emplace_back(kCal);
        if (c % 2 == 0) ids.emplace_back(kDan);
        const test::Column column(ids);
        act(bccast_provider_community_add_many, scene_.store, where, id, ids.size(), column.bytes,
            column.offsets.data(), nullptr);
        scene_.wrote(
            act(bccast_provider_reply, scene_.store, where, id, key, text, text.size(), nullptr, nullptr));
        return;
      }
      case Kind::other_membership: {
        if (scene_.other_communities.empty()) return;
        const auto& community = scene_.other_communities[b % scene_.other_communities.size()];
        if (c % 3 == 0) {
          act(bccast_provider_community_remove, scene_.store, community.provider, community.id, anybody);
        } else if (c % 3 == 1) {
          act(bccast_provider_community_add, scene_.store, community.provider, community.id, anybody);
        } else {
          scene_.wrote(act(bccast_provider_reply, scene_.store, community.provider, community.id, key, text,
                           text.size(), nullptr, nullptr));
        }
        return;
      }
      case Kind::other_touch:
        return touch(event);
      case Kind::other_screens:
        return screens(event);
      case Kind::other_provider:
        if (c % 4 == 0) {
          act(bccast_directory_provider_archive, scene_.store, kZoe);
        } else if (c % 4 == 1) {
          act(bccast_directory_provider_put, scene_.store, kZoe, text);
        } else {
          act(bccast_directory_provider_restore, scene_.store, kZoe);
        }
        return;
      case Kind::other_channel:
        if (c % 3 == 0) {
          act(bccast_channel_put, scene_.store, "sms", "notify");
        } else if (c % 3 == 1) {
          act(bccast_channel_remove, scene_.store, "sms");
        } else if (!scene_.other_blasts.empty()) {
          const auto& blast = scene_.other_blasts[a % scene_.other_blasts.size()];
          act(bccast_blast_retry_failed, scene_.store, blast.provider, blast.id, nullptr);
        }
        return;
      case Kind::other_restart:
        if (scene_.store.can_restart()) scene_.store.restart();
        return;
      case Kind::other_restore:
        if (scene_.store.can_restart()) scene_.store.restore();
        return;
      default:
        throw std::logic_error("not an event of others");
    }
  }

 private:
  /// Some of them, and ben.
  Ids some(std::uint32_t n, std::uint32_t from) const {
    Ids ids;
    for (std::uint32_t i = 0; i < 1 + n % 12; ++i)
      ids.push_back(scene_.disturbed[(from + i * 7) % scene_.disturbed.size()]);
    return ids;
  }
  /// Things done with ana's thread that she does not see.
  void touch(const Event& event) {
    const Ana::Known* thread = ana_.known(event.a);
    if (thread == nullptr) return;
    const auto& [id, provider, kind] = *thread;
    const auto name = act(bccast_provider_messages, scene_.store, provider, id, 1, 1, 1).rows;
    if (!name.empty()) scene_.facts.first_name.try_emplace(id, name[0].text("author_name"));
    switch (event.c % 4) {
      case 0:
        act(bccast_provider_read, scene_.engine_for(event), provider, id, event.b % 5);
        return;
      case 1:
        act(bccast_thread_bind, scene_.store, id,
            event.b % 4 == 0 ? "" : "room " + std::to_string(event.number));
        return;
      case 2:
        act(bccast_provider_messages, scene_.store, provider, id, 0, -1, 3);
        act(bccast_provider_threads, scene_.store, provider, "client=ana", nullptr, 3);
        return;
      default:
        if (scene_.own_blasts.empty()) return;
        const Draft& blast = scene_.own_blasts[event.b % scene_.own_blasts.size()];
        scene_.find(blast, "ana");
        act(bccast_blast_why, scene_.store, blast.provider, blast.id, "ana");
        act(bccast_blast_recipients, scene_.store, blast.provider, blast.id, nullptr, nullptr, 0);
        act(bccast_blast_status, scene_.store, blast.provider, blast.id);
    }
  }

  void screens(const Event& event) {
    const auto& where = scene_.provider(event.b);
    const auto& who = scene_.disturbed[event.a % scene_.disturbed.size()];
    std::int64_t one = 0;
    std::int64_t two = 0;
    act(bccast_client_threads, scene_.store, who, event.c % 2 == 0 ? "unread=1" : nullptr, nullptr, 5);
    act(bccast_client_unread, scene_.store, who, &one, &two);
    act(bccast_directory_client_export, scene_.store, who, nullptr, 20);
    act(bccast_directory_client_get, scene_.store, "ana");
    act(bccast_provider_roster, scene_.store, where, "search=a", nullptr, 5);
    act(bccast_provider_threads, scene_.store, where, "replied=1", nullptr, 5);
    act(bccast_provider_unread, scene_.store, where, &one, &two);
    act(bccast_blast_list, scene_.store, where, nullptr, nullptr, 5);
    act(bccast_channel_list, scene_.store);
    for (const auto& row : act(bccast_events, scene_.store, "a reader", 10).rows)
      act(bccast_events_ack, scene_.store, "a reader", row.text("event"));
    act(bccast_operate_checkpoint, scene_.store);
  }

  static constexpr std::int64_t kFarAhead = 31'536'000'000;  // a year: longer than any history
  inline static const std::string kCal = "cal";
  inline static const std::string kDan = "dan";
  inline static const std::string kZoe = "zoe";

  Scene& scene_;
  const Ana& ana_;
};

}  // namespace privacy
