// The events of both worlds: what ana does, and what is done towards her.
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

class OwnEvents {
 public:
  OwnEvents(Scene& scene, Ana& ana) : scene_(scene), ana_(ana) {}

  void execute(const Event& event) {
    const auto [kind, number, a, b, c] = event;
    bccast_engine* engine = scene_.engine_for(event);
    const auto text = text_of(event);
    const std::string& provider = scene_.own_provider(b);
    const std::string person = std::array{"ana", "ana", "cal", "dan"}[a % 4];
    Draft& draft = scene_.drafts[a % scene_.drafts.size()];
    Community& community = scene_.communities[a % scene_.communities.size()];
    const Ana::Known* thread = ana_.known(a);
    const std::string version = " the " + std::to_string(number) + "th";
    switch (kind) {
      case Kind::clock: {
        static constexpr std::array<std::int64_t, 8> kSteps{0,    1,      400,       1000,
                                                            5000, 60'000, 3'600'000, 90'000'000};
        const auto step = kSteps[a % kSteps.size()] + (a % 3 == 0 ? 0 : b % 997);
        const bool back = scene_.history.setup.clock_steps_back && c % 3 == 0;
        scene_.store.clock.advance(back ? -step : step);
        return;
      }
      case Kind::drain:
        return ana_.drain();
      case Kind::look:
        return ana_.look_through(b % 3 == 0 ? "unread=1" : nullptr, 1 + a % 4, 1 + c % 8);
      case Kind::messages:
        if (thread != nullptr) ana_.messages(thread->id, b % 5, c % 2 == 0 ? 1 : -1, 1 + c % 4);
        return;
      case Kind::unread:
        return ana_.unread();
      case Kind::read:
        if (thread != nullptr) ana_.read(thread->id, b % 6);
        return;
      case Kind::reply:
        if (thread != nullptr) ana_.reply(thread->id, key_of(b), text);
        return;
      case Kind::members:
        if (thread != nullptr) ana_.members(thread->id);
        return;
      case Kind::export_all:
        ana_.export_through(1 + a % 7);
        return;
      case Kind::probe:
        return ana_.probe(event);
      case Kind::probe_cursor:
        return ana_.probe_cursor(event);
      case Kind::draft_new: {
        char id[BCCAST_ID_SIZE] = "";
        act(bccast_blast_create, engine, provider,
            c % 4 == 0 ? ("key " + std::to_string(number)).c_str() : nullptr, id);
        draft = {id, provider};
        return;
      }
      case Kind::draft_pick:
        return pick(event);
      case Kind::draft_deselect:
        if (draft.id.empty()) return;
        if (act(bccast_blast_deselect, engine, draft.provider, draft.id, b % 2 == 0 ? "ana" : "cal").code >=
                0 &&
            b % 2 == 0)
          draft.ana = -1;
        return;
      case Kind::draft_write:
        if (!draft.id.empty()) act(bccast_blast_write, engine, draft.provider, draft.id, text, text.size());
        return;
      case Kind::draft_set:
        if (!draft.id.empty())
          act(bccast_blast_set, engine, draft.provider, draft.id, "channels",
              std::array{"", "email", "push", "email,push"}[b % 4]);
        return;
      case Kind::draft_send:
        return send(event);
      case Kind::draft_discard:
        if (!draft.id.empty()) act(bccast_blast_discard, engine, draft.provider, draft.id);
        return;
      case Kind::own_pause:
      case Kind::own_resume:
      case Kind::own_retry: {
        if (scene_.own_blasts.empty()) return;
        const Draft& blast = scene_.own_blasts[a % scene_.own_blasts.size()];
        if (kind == Kind::own_retry) {
          act(bccast_blast_retry_failed, engine, blast.provider, blast.id, nullptr);
        } else {
          act(kind == Kind::own_pause ? bccast_blast_pause : bccast_blast_resume, engine, blast.provider,
              blast.id);
        }
        return;
      }
      case Kind::own_recall: {
        if (scene_.own_blasts.empty()) return;
        // Whether she keeps the thread depends on whether she was told: in both worlds all that can be is.
        ana_.drain();
        const Draft& blast = scene_.own_blasts[a % scene_.own_blasts.size()];
        if (act(bccast_blast_recall, engine, blast.provider, blast.id).code == BCCAST_OK)
          ++scene_.facts.recalls;
        if (b % 2 == 0) act(bccast_blast_purge, engine, blast.provider, blast.id);
        return;
      }
      case Kind::direct: {
        const auto direct = scene_.direct_of(provider, "ana");
        if (!direct.empty())
          scene_.wrote(act(bccast_provider_reply, engine, provider, direct, key_of(c), text, text.size(),
                           nullptr, nullptr));
        return;
      }
      case Kind::provider_reply:
        if (thread != nullptr)
          scene_.wrote(act(bccast_provider_reply, engine, thread->provider, thread->id, key_of(c), text,
                           text.size(), nullptr, nullptr));
        return;
      case Kind::provider_read:
        if (thread != nullptr) act(bccast_provider_read, engine, thread->provider, thread->id, b % 4);
        return;
      case Kind::provider_rename:
        act(bccast_directory_provider_put, scene_.store, provider, "Dr. " + provider + version);
        return;
      case Kind::provider_archive:
        act(bccast_directory_provider_archive, scene_.store, provider);
        return;
      case Kind::provider_restore:
        for (const auto& one : scene_.own_providers)
          act(bccast_directory_provider_restore, scene_.store, one);
        return;
      case Kind::rename:
        act(bccast_directory_client_put, scene_.store, person, "Name of " + person + version, nullptr);
        return;
      case Kind::address:
        act(bccast_directory_client_put, scene_.store, "ana", nullptr,
            b % 4 == 0 ? std::string() : "ana" + std::to_string(number) + "@example.org");
        return;
      case Kind::setting: {
        static constexpr std::array<std::pair<const char*, const char*>, 9> kSettings{
            {{"chat", "off"},
             {"chat", "on"},
             {"notify", "off"},
             {"notify", "on"},
             {"locale", "de"},
             {"locale", ""},
             {"timezone", "Europe/Vienna"},
             {"address.push", "ana's telephone"},
             {"address.push", ""}}};
        const auto& [key, value] = kSettings[b % kSettings.size()];
        act(bccast_directory_client_set, scene_.store, "ana", key, value);
        return;
      }
      case Kind::roster_setting:
        act(bccast_directory_roster_set, scene_.store, provider, "ana", a % 2 == 0 ? "chat" : "notify",
            c % 3 == 0 ? "off" : "on");
        return;
      case Kind::roster_archive:
        act(bccast_directory_roster_archive, scene_.store, provider, person);
        return;
      case Kind::roster_restore:
        for (const auto* one : {"ana", "cal", "dan"})
          act(bccast_directory_roster_restore, scene_.store, provider, one);
        return;
      case Kind::archive:
        act(bccast_directory_client_archive, scene_.store, person);
        return;
      case Kind::restore:
        for (const auto* one : {"ana", "cal", "dan"}) act(bccast_directory_client_restore, scene_.store, one);
        return;
      case Kind::erase:
        act(bccast_directory_client_erase, scene_.store, person);
        for (auto& one : scene_.drafts)
          if (person == "ana") one.ana = 0;
        return;
      case Kind::join:  // whoever was erased, as a new person
        for (const auto* one : {"ana", "cal", "dan"}) {
          act(bccast_directory_client_put, scene_.store, one, scene_.name_of(one), Scene::address_of(one));
          for (const auto& of : scene_.own_providers) act(bccast_directory_roster_add, scene_.store, of, one);
        }
        return;
      case Kind::community_new: {
        char id[BCCAST_ID_SIZE] = "";
        act(bccast_provider_community, engine, provider, "Title " + std::to_string(number), id);
        community = {id, provider};
        scene_.own_communities.emplace_back(id);
        return;
      }
      case Kind::community_add: {
        if (community.id.empty()) return;
        Ids ids;
        for (std::uint32_t bit = 0; bit < 3; ++bit)
          if ((b >> 2 * bit & 3) != 0) ids.emplace_back(std::array{"ana", "cal", "dan"}[bit]);
        if (c % 2 == 0) std::ranges::reverse(ids);
        if (c % 3 == 0) {
          const test::Column column(ids);
          act(bccast_provider_community_add_many, engine, community.provider, community.id, ids.size(),
              column.bytes, column.offsets.data(), nullptr);
        } else {
          for (const auto& id : ids)
            act(bccast_provider_community_add, engine, community.provider, community.id, id);
        }
        return;
      }
      case Kind::community_remove:
        if (!community.id.empty())
          act(bccast_provider_community_remove, engine, community.provider, community.id,
              std::array{"ana", "cal", "dan"}[b % 3]);
        return;
      case Kind::community_set:
        if (community.id.empty()) return;
        if (b % 2 == 0) {
          act(bccast_provider_community_set, engine, community.provider, community.id, "title",
              "Title" + version);
        } else {
          act(bccast_provider_community_set, engine, community.provider, community.id, "max_members",
              std::to_string(1 + c % 4));
        }
        return;
      case Kind::community_write:
        if (!community.id.empty())
          scene_.wrote(act(bccast_provider_reply, engine, community.provider, community.id, key_of(c), text,
                           text.size(), nullptr, nullptr));
        return;
      case Kind::member_write:
        if (!community.id.empty())
          scene_.wrote(act(bccast_client_reply, scene_.store, b % 2 == 0 ? "cal" : "dan", community.id,
                           key_of(c), text, text.size(), nullptr, nullptr));
        return;
      case Kind::member_read:
        if (!community.id.empty())
          act(bccast_client_read, scene_.store, b % 2 == 0 ? "cal" : "dan", community.id, c % 5);
        return;
      default:
        throw std::logic_error("not an own event");
    }
  }

 private:
  void pick(const Event& event) {
    Draft& draft = scene_.drafts[event.a % scene_.drafts.size()];
    if (draft.id.empty()) return;
    if (event.b % 4 == 0) {
      const auto answer =
          act(bccast_blast_select_all_active, scene_.engine_for(event), draft.provider, draft.id);
      if (answer.code >= 0) {
        draft.rule = true;
        draft.ana = 0;
        draft.rule_by_others = false;
      }
      return;
    }
    Ids ids{"ben"};
    const bool ana = event.b % 16 != 1;  // now and then not her
    if (ana) ids.insert(ids.begin() + event.c % 2, "ana");
    if (event.c & 4) ids.emplace_back("cal");
    if (event.c & 8) ids.emplace_back("dan");
    if (event.c & 16) {
      scene_.select_many(draft, ids);
    } else {
      for (const auto& id : ids)
        act(bccast_blast_select, scene_.engine_for(event), draft.provider, draft.id, id);
    }
    const bool on_roster = !act(bccast_blast_why, scene_.store, draft.provider, draft.id, "ana").rows.empty();
    if (ana && on_roster) draft.ana = 1;
  }

  void send(const Event& event) {
    Draft& draft = scene_.drafts[event.a % scene_.drafts.size()];
    if (draft.id.empty()) return;
    if (!scene_.alone) {
      act(bccast_blast_select, scene_.store, draft.provider, draft.id, "kay");
      const bool wanted = draft.rule ? draft.ana != -1 : draft.ana == 1;
      if (draft.rule_by_others && !wanted)
        act(bccast_blast_deselect, scene_.store, draft.provider, draft.id, "ana");
    }
    std::string digest;
    const auto preview = act(bccast_blast_preview, scene_.store, draft.provider, draft.id).rows;
    if (event.c % 3 == 0 && !preview.empty()) digest = preview[0].text("digest");
    const char* seen = digest.empty() ? nullptr : digest.c_str();
    const auto answer =
        event.b % 4 == 0 ? send_later(scene_.engine_for(event), draft, seen, event.b % 8 == 0)
                         : act(bccast_blast_send, scene_.engine_for(event), draft.provider, draft.id, seen);
    if (answer.code == BCCAST_E_TOO_FEW) {  // in the second world it may have been sent, without ana
      act(bccast_blast_discard, scene_.store, draft.provider, draft.id);
      draft.id.clear();
    }
    if (answer.code != BCCAST_OK) return;
    scene_.sent(draft);
    if (!scene_.find(draft, "ana").empty()) scene_.own_blasts.push_back(draft);
    draft.id.clear();
  }

  /// By the schedule, or, `moved`, by sending what is on the schedule: the answer of a call that sends.
  test::Answer send_later(bccast_engine* engine, const Draft& draft, const char* digest, bool moved) {
    constexpr std::int64_t kAhead = 90'000;
    const auto answer = act(bccast_blast_schedule, engine, draft.provider, draft.id,
                            scene_.store.clock.now_ms() + kAhead, digest);
    if (answer.code != BCCAST_OK) return answer;
    if (moved) {
      auto now = act(bccast_blast_send, engine, draft.provider, draft.id, digest);
      if (now.code < 0) act(bccast_blast_unschedule, engine, draft.provider, draft.id);
      return now;
    }
    scene_.store.clock.advance(kAhead);
    ana_.drain();
    const auto now = act(bccast_blast_get, scene_.store, draft.provider, draft.id).rows;
    if (!now.empty() && now[0].text("missed_reason") == "too_few") return {BCCAST_E_TOO_FEW, ""};
    return {now.empty() || now[0].null("sent_at_ms") ? BCCAST_E_STATE : BCCAST_OK, ""};
  }

  Scene& scene_;
  Ana& ana_;
};

}  // namespace privacy
