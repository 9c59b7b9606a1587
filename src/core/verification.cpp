#include "core/verification.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/fold.hpp"
#include "core/indexing.hpp"
#include "core/line_slices.hpp"
#include "core/place_states.hpp"
#include "core/roster_read.hpp"
#include "core/set_pages.hpp"
#include "core/texts.hpp"

namespace bccast {
namespace {

/// The checks of one provider.
class ProviderCheck {
 public:
  ProviderCheck(const Context& context, const Tables& tables, const Provider& provider,
                const RosterWork& roster, std::vector<FindingRow>& findings)
      : context_(context), tables_(tables), provider_(provider), roster_(roster), findings_(findings) {}

  void run() {
    const std::string provider = fmt::format("provider {}", provider_.no);
    attempt("roster", provider, [&] { roster(); });
    attempt("roster", provider, [&] { addresses(); });
    attempt("blast", provider, [&] { blasts(); });
    attempt("thread", provider, [&] { threads(); });
    if ((recalls_ > 0) != tables_.blasts().has_recall_to_sweep(provider_.no))
      found("provider", provider, "recalls that are not in all rows are not found by their index");
    for (const auto no : tables_.communities().communities(provider_.no)) {
      if (no < 1 || no >= roster_.next_community) {
        found("provider", provider, "a community has a number that none can have yet");
        continue;
      }
      attempt("community", view_of(context_.thread_id(community_key(provider_.no, no))),
              [&] { community(no); });
    }
  }

 private:
  void found(std::string kind, std::string object, std::string detail) {
    findings_.push_back({std::move(kind), std::move(object), std::move(detail)});
  }

  /// What cannot be read is a finding, and the rest is looked at.
  template <typename F>
  void attempt(std::string_view kind, std::string_view object, F&& check) {
    try {
      check();
    } catch (const Error& error) {
      if (error.code() != Code::corrupt) throw;
      found(std::string(kind), std::string(object), error.what());
    }
  }
  static std::string view_of(const PublicId& id) { return std::string(view(id)); }

  /// By the numbers there are, since a restored store leaves a wide gap. What a draft has chosen is read as
  /// well.
  void blasts() {
    constexpr std::size_t kPage = 1000;
    BlastNo last = std::numeric_limits<BlastNo>::min();
    for (;;) {
      const auto numbers = tables_.blasts().blast_numbers(provider_.no, last, kPage);
      for (const auto no : numbers) {
        if (no <= last) throw Error(Code::corrupt, "the blasts are not in the order of their numbers");
        last = no;
        attempt("blast", view_of(context_.blast_id(provider_.no, no)), [&] { blast_numbered(no); });
      }
      if (numbers.size() < kPage) return;
    }
  }

  void blast_numbered(BlastNo no) {
    if (no < 1 || no >= roster_.next_blast)
      throw Error(Code::corrupt, "its number is beyond the provider's blasts");
    const auto found = tables_.blasts().blast(provider_.no, no);
    if (!found) throw Error(Code::corrupt, "its row is not found by its number");
    blast(*found);
  }

  void threads() {
    std::optional<ThreadPosition> last;
    for (;;) {
      const auto page =
          tables_.threads().provider_threads(provider_.no, last ? &*last : nullptr, {}, kRowsTogether);
      for (const auto& one : page)
        attempt("thread", view_of(context_.thread_id(one.key)), [&] { thread(one); });
      if (page.size() < kRowsTogether) return;
      last = position_of(page.back());
    }
  }

  /// Every place has its entry, and the bitmaps say what the entries say.
  void roster() {
    std::vector<RosterSlice> slices(slices_for(roster_.next_place));
    std::vector<std::map<std::string, Slice, std::less<>>> addressed(slices.size());  // by channel
    Place expected = 0;
    std::size_t words = 0;
    std::size_t dead = 0;
    for_each_entry(tables_, provider_.no, 0, kMaxPlaces, [&](const RosterView& entry) {
      if (entry.place != expected) found("roster", place_name(expected), "the entry is missing");
      expected = entry.place + 1;
      if (entry.place >= roster_.next_place) {
        found("roster", place_name(entry.place), "the entry is beyond the roster's end");
        return;
      }
      words += later_words(fold(entry.name)).size();
      auto& slice = slices[slice_of(entry.place)];
      if ((entry.flags & flag::erased) != 0) {
        slice.dead.add(within_slice(entry.place));
        ++dead;
        if (!entry.id.empty() || !entry.name.empty() || !entry.addresses.empty())
          found("roster", place_name(entry.place), "the client was erased, but something of it is left");
        return;
      }
      if ((entry.flags & flag::any_archived) == 0) slice.active.add(within_slice(entry.place));
      if ((entry.flags & flag::any_chat_off) != 0) slice.chat_off.add(within_slice(entry.place));
      Addresses::for_each(entry.addresses, [&](std::string_view channel, std::string_view) {
        auto& of_slice = addressed[slice_of(entry.place)];
        auto of_channel = of_slice.find(channel);
        if (of_channel == of_slice.end()) of_channel = of_slice.emplace(channel, Slice()).first;
        of_channel->second.add(within_slice(entry.place));
      });
      const auto client = tables_.directory().client(entry.client_no);
      if (!client || client->id != entry.id)
        found("roster", place_name(entry.place), "the client's own row says otherwise");
      const auto membership = tables_.directory().membership(entry.client_no, provider_.no);
      if (!membership || membership->place != entry.place) {
        found("roster", place_name(entry.place), "the client's membership says otherwise");
        return;
      }
      inbox_stored_.resize(entry.place);  // of others before it nothing is known
      inbox_stored_.push_back(membership->stored_seq);
    });
    if (expected != roster_.next_place) found("roster", place_name(expected), "the roster ends too early");
    for (SliceNo s = 0; s < slices.size(); ++s) {
      const auto stored = tables_.directory().roster_slice(provider_.no, s);
      if (!(stored.active == slices[s].active) || !(stored.chat_off == slices[s].chat_off) ||
          !(stored.dead == slices[s].dead))
        found("roster", fmt::format("slice {} of provider {}", s, provider_.no),
              "the bitmaps differ from the entries");
      addresses_of_slice(s, std::move(addressed[s]));
    }
    if (!is_indexed(tables_.store().folding(), provider_.no)) return;
    names(NameKind::whole, roster_.next_place - dead);
    names(NameKind::later_word, words);
  }

  /// For each channel a bitmap says who has an address there.
  void addresses_of_slice(SliceNo s, std::map<std::string, Slice, std::less<>> held) {
    const RosterSliceKey key{provider_.no, s};
    const auto channels = tables_.directory().address_channels({&key, 1}).front();
    for (const auto& channel : channels) held[channel];
    for (const auto& [channel, places] : held)
      if (!(tables_.directory().address_slice(provider_.no, s, channel) == places))
        found("roster", fmt::format("slice {} of provider {}", s, provider_.no),
              fmt::format("who has an address on the channel {} differs from the entries", channel));
  }

  /// The index of names has just what the entries' names and states say: nothing else, and as many.
  void names(NameKind kind, std::size_t expected) {
    std::size_t right = 0;
    for (const bool archived : {false, true}) {
      std::optional<NamedPlace> last;
      for (bool more = true; more;) {
        auto page = tables_.directory().names(provider_.no, kind, archived, {}, last, kRowsTogether);
        right += named_rightly(kind, archived, page);
        more = page.size() == kRowsTogether;
        if (more) last = std::move(page.back());
      }
    }
    if (right != expected)
      found("roster", fmt::format("provider {}", provider_.no), "names are missing in the index");
  }

  std::size_t named_rightly(NameKind kind, bool archived, std::span<const NamedPlace> page) {
    std::vector<RosterKey> keys;
    for (const auto& one : page) keys.push_back({provider_.no, one.place});
    const auto entries = tables_.directory().entries(keys);
    std::size_t right = 0;
    for (const auto& [key, place] : page) {
      const auto* entry = entries.find({provider_.no, place});
      const auto folded = entry != nullptr ? fold(entry->client.name) : std::string();
      const auto words = later_words(folded);
      const bool named =
          kind == NameKind::whole ? key == folded : std::find(words.begin(), words.end(), key) != words.end();
      if (entry != nullptr && named && entry->active() != archived) {
        ++right;
      } else {
        found("roster", place_name(place), "the index of names says otherwise");
      }
    }
    return right;
  }

  /// The index of addresses has each address of the roster once, and of those that several have all places;
  /// and these are marked.
  void addresses() {
    if (!is_indexed(tables_.store().folding(), provider_.no)) return;
    using Held = std::pair<AddressHash, Place>;
    std::vector<Held> held;
    std::vector<Place> marked;
    for_each_entry(tables_, provider_.no, 0, kMaxPlaces, [&](const RosterView& entry) {
      if ((entry.flags & flag::shares_address) != 0) marked.push_back(entry.place);
      Addresses::for_each(entry.addresses, [&](std::string_view channel, std::string_view address) {
        held.emplace_back(context_.address_hash(channel, address), entry.place);
      });
    });
    std::sort(held.begin(), held.end());
    std::vector<Held> shared;
    std::vector<AddressHash> hashes;
    for (std::size_t i = 0; i < held.size(); ++i) {
      const bool again = i > 0 && held[i - 1].first == held[i].first;
      const bool more = i + 1 < held.size() && held[i + 1].first == held[i].first;
      if (!again) hashes.push_back(held[i].first);
      if (!again && !more) continue;
      shared.push_back(held[i]);
      if (!std::binary_search(marked.begin(), marked.end(), held[i].second))
        found("roster", place_name(held[i].second), "it shares an address, and is not marked");
    }
    std::vector<AddressHash> indexed;
    bool right = true;
    for (bool more = true; more;) {
      const auto last = indexed.empty() ? std::nullopt : std::optional(indexed.back());
      const auto page = tables_.directory().addresses(provider_.no, last, kRowsTogether);
      for (const auto& [hash, place] : page) {
        indexed.push_back(hash);
        right = right && std::binary_search(held.begin(), held.end(), Held(hash, place));
      }
      more = page.size() == kRowsTogether;
    }
    std::vector<Held> indexed_shared;
    std::optional<AddressRow> last;
    for (bool more = true; more;) {
      const auto page = tables_.directory().shared_addresses(provider_.no, last, kRowsTogether);
      for (const auto& [hash, place] : page) indexed_shared.emplace_back(hash, place);
      more = page.size() == kRowsTogether;
      if (more) last = page.back();
    }
    if (!right || indexed != hashes || indexed_shared != shared)
      found("roster", fmt::format("provider {}", provider_.no), "the index of addresses says otherwise");
  }

  /// Whether there is one.
  bool read_selection(BlastNo no) {
    bool any = false;
    for (SliceNo from = 0;;) {
      const auto page = tables_.blasts().draft_slices(provider_.no, no, from, kSlicesTogether);
      any = any || !page.empty();
      if (page.size() < kSlicesTogether) return any;
      from = page.back().slice + 1;
    }
  }

  void blast(const Blast& blast) {
    const std::string id(view(context_.blast_id(provider_.no, blast.no)));
    const auto text = texts::of_blast(tables_, provider_.no, blast.no);
    const bool has_selection = read_selection(blast.no);
    if (is_unsent(blast.state)) return;
    if (has_selection) found("blast", id, "it was sent, and has a draft's selection");
    if (!text) found("blast", id, "the text is missing");
    std::int64_t recipients = 0;
    for (SliceNo s = 0; s < slices_for(roster_.next_place); ++s) {
      const Slice of_slice = tables_.blasts().recipients(provider_.no, s, blast.seq);
      recipients += of_slice.count();
      if (!of_slice.empty()) stored_threads(blast, s);
      if (!of_slice.empty() &&
          tables_.blasts().has_kept(provider_.no, s, blast.seq) != (blast.state == BlastState::recalled))
        found("blast", id, "who keeps a thread is stored, or not, against its state");
    }
    marks(id, blast);
    if (recipients != blast.recipients)
      found("blast", id,
            fmt::format("{} recipients are stored, {} were counted", recipients, blast.recipients));
    std::int64_t open = 0;
    for (const auto& one : tables_.work().lines(provider_.no, blast.no)) {
      open += one.open ? 1 : 0;
      line(id, blast, one);
    }
    if (open != blast.open_lines) found("blast", id, "the count of open lines is wrong");
    const bool finished =
        blast.state == BlastState::recalled ? blast.finished_at != 0 : blast.state == BlastState::finished;
    if ((open == 0) != finished) found("blast", id, "finished, or not, against its lines");
    if (blast.state == BlastState::recalled && blast.swept < blast.roster_size) ++recalls_;
  }

  /// Whose inbox is stored up to this blast or further has a row of its thread.
  void stored_threads(const Blast& blast, SliceNo s) {
    std::vector<ThreadKey> keys;
    tables_.blasts().kept(provider_.no, s, blast.seq).for_each([&](std::uint16_t at) {
      const ThreadKey key{provider_.no, place_at(s, at), blast.no};
      if (key.place < inbox_stored_.size() && inbox_stored_[key.place] >= blast.seq) keys.push_back(key);
    });
    for_each_page(std::span<const ThreadKey>(keys), [&](auto page, std::size_t) {
      const auto threads = tables_.threads().threads(page);
      for (const auto& key : page) {
        const std::string id(view(context_.thread_id(key)));
        attempt("thread", id, [&] {
          if (threads.find(key) == nullptr) found("thread", id, "it was stored, and is missing");
        });
      }
    });
  }

  /// Only who has it has opened it or replied, and they are as many as were counted.
  void marks(const std::string& id, const Blast& blast) {
    const BlastKey key{provider_.no, blast.no};
    const auto counts = tables_.blasts().mark_counts({&key, 1});
    for (const auto kind : kMarkKinds) {
      std::int64_t marked = 0;
      for (SliceNo s = 0; s < slices_for(roster_.next_place); ++s) {
        const Slice those = tables_.blasts().marks(provider_.no, blast.no, kind, s);
        marked += those.count();
        if (!those.empty() && !(those - tables_.blasts().recipients(provider_.no, s, blast.seq)).empty())
          found("blast", id, "somebody has opened it, or replied, who does not have it");
      }
      if (marked != counts.find(key)->of(kind))
        found("blast", id,
              fmt::format("{} have opened it, or replied, {} were counted", marked,
                          counts.find(key)->of(kind)));
    }
  }

  /// The counts of a line are those of its places, and they add up.
  void line(const std::string& id, const Blast& blast, const Line& line) {
    const auto claims = tables_.work().claims_of(line);
    std::int64_t total = 0;
    std::int64_t done = 0;
    std::int64_t failed = 0;
    std::int64_t skipped = 0;
    std::int64_t open = 0;
    for (SliceNo s = 0; s < line.slices; ++s) {
      const Slice audience = tables_.work().audience(line, s);
      total += audience.count();
      const auto states = place_states(tables_, line, claims, s, audience);
      done += states[PlaceState::done].count();
      failed += states[PlaceState::failed].count();
      items(id, line, s, states);
      skipped += states[PlaceState::skipped].count();
      open += states.open().count();
    }
    if (line.total != total || done != line.done || failed != line.failed || skipped != line.skipped ||
        open != line.pending())
      found(
          "line", id,
          fmt::format("line {}: counted {}: done {}, failed {}, skipped {}, pending {}; its places: {}: {}, "
                      "{}, {}, {}",
                      line.no, line.total, line.done, line.failed, line.skipped, line.pending(), total, done,
                      failed, skipped, open));
    std::int64_t waiting = 0;
    const auto slices = slices_from(0, line.slices);
    for_each_page_of_waiting(tables_, line.no, slices, [&](std::span<const WaitingPlaces> page) {
      for (const auto& one : page) waiting += one.places.count();
    });
    if (waiting != line.waiting)
      found("line", id,
            fmt::format("line {}: {} places wait, {} were counted", line.no, waiting, line.waiting));
    if (line.open != (line.pending() != 0)) found("line", id, "open, or not, against its counts");
    if (line.open) dropped(id, blast, line);
    // What an archived provider has left is to be reported, or dropped, also of a paused blast.
    const bool left = provider_.archived_at != 0 && !line.paused;
    if (line.open && !left && line.paused != (blast.state == BlastState::paused))
      found("line", id, "paused, or not, against its blast");
  }

  /// Nothing more is to be begun of what was recalled, or has lost its provider or channel.
  void dropped(const std::string& id, const Blast& blast, const Line& line) {
    const auto channel = tables_.work().channel(line.channel_no);
    const bool gone = !channel || channel->removed;
    const bool recalled = blast.state == BlastState::recalled && line.kind != LineKind::retract;
    if (gone) found("line", id, "open on a channel that is no more");
    if ((recalled || provider_.archived_at != 0) && line.cursor < line.order.end())
      found("line", id, "places are to be handed out that were to be dropped");
  }

  /// The bitmaps of a line's items are those of its items.
  void items(const std::string& id, const Line& line, SliceNo s, const PlaceStates& states) {
    Slice all;
    for (const auto& item : states.items) all.add(within_slice(item.thread.place));
    if (!(tables_.work().item_places(line.no, s) == all) ||
        !(tables_.work().failed_places(line.no, s) == states[PlaceState::failed]))
      found("line", id, fmt::format("line {}: the bitmaps of its items differ from them", line.no));
  }

  /// A touched thread has all of its messages.
  void thread(const Thread& thread) {
    std::int64_t expected = thread.key.of_blast() ? 2 : 1;
    std::int64_t from = 0;
    for (bool more = true; more;) {
      auto page = tables_.threads().messages(thread.key, from, true, kRowsTogether);
      for (auto& message : page.messages) {
        from = message.seq + 1;
        if (message.seq == expected) ++expected;
        texts::open_message(thread.key, std::move(message));
      }
      more = page.more;
    }
    if (expected != thread.last_seq + 1)
      found("thread", std::string(view(context_.thread_id(thread.key))), "messages are missing");
  }

  /// Every member is active and has its view of the community, which ends where the community does.
  void community(CommunityNo no) {
    const ThreadKey key = community_key(provider_.no, no);
    const std::string id(view(context_.thread_id(key)));
    const auto shelf = tables_.threads().thread(key);
    if (!tables_.communities().community(provider_.no, no) || !shelf) {
      found("community", id, "it has lost its row or its thread");
      return;
    }
    for (const auto& member : tables_.communities().members(provider_.no, no)) {
      const auto entry = tables_.directory().entry(provider_.no, member.place);
      if (!entry || !entry->active()) found("community", id, "a member is not active");
      const auto own = tables_.threads().thread(community_key(provider_.no, no, member.place));
      if (!own) {
        found("community", id, "a member has lost its thread");
        continue;
      }
      const bool seen = shelf->last_seq >= member.first_seq;
      if (own->last_seq != (seen ? shelf->last_seq : 0))
        found("community", id, "a member's view does not end where the community does");
    }
  }

  std::string place_name(Place place) const {
    return fmt::format("place {} of provider {}", place, provider_.no);
  }

  const Context& context_;
  const Tables& tables_;
  const Provider& provider_;
  const RosterWork& roster_;
  std::vector<FindingRow>& findings_;
  std::int64_t recalls_ = 0;
  std::vector<Seq> inbox_stored_;  // by place: up to which blast
};

/// A provider that is damaged is a finding, and the next one is looked at.
void check_provider(const Tables& tables, const Context& context, ProviderNo no,
                    std::vector<FindingRow>& findings) {
  try {
    const auto provider = tables.directory().provider(no);
    if (!provider) throw Error(Code::corrupt, "its row is not found by its number");
    const auto roster = tables.directory().roster_work(no);
    if (!roster) throw Error(Code::corrupt, "its roster has lost its row");
    ProviderCheck(context, tables, *provider, *roster, findings).run();
  } catch (const Error& error) {
    if (error.code() != Code::corrupt || error.native() != 0) throw;
    findings.push_back({"provider", fmt::format("provider {}", no), error.what()});
  }
}

/// Who was told at which address is kept of lines that are open, and of others until it is forgotten.
void check_told_addresses(const Tables& tables, std::vector<FindingRow>& findings) {
  auto at = tables.work().told_line_after(std::numeric_limits<LineNo>::min());
  for (; at; at = tables.work().told_line_after(*at)) {
    std::optional<Line> line;
    try {
      line = tables.work().line(*at);
    } catch (const Error& error) {
      if (error.code() != Code::corrupt) throw;
      continue;  // the line itself is a finding
    }
    if (line && (line->open || line->has_told_addresses)) continue;
    findings.push_back({"line", fmt::format("line {}", *at),
                        line ? "it has ended, and who was told at which address is kept"
                             : "who was told at which address is kept, and there is no such line"});
  }
}

FindingRow cannot_go_on(const Error& error) {
  return {"store", "", error.what()};
}

std::vector<FindingRow> check(const Tables& tables, const Context& context) {
  std::vector<FindingRow> findings;
  try {
    auto no = tables.directory().provider_after(std::numeric_limits<ProviderNo>::min());
    for (; no; no = tables.directory().provider_after(*no)) check_provider(tables, context, *no, findings);
    for (const auto& channel : tables.work().channels()) tables.work().item_claims(channel.no);
    check_told_addresses(tables, findings);
  } catch (const Error& error) {
    findings.push_back(cannot_go_on(error));  // what was found before it stands
  }
  return findings;
}

}  // namespace

std::vector<FindingRow> Verification::run() {
  auto findings = context_.store.verify();
  try {
    const auto found = context_.store.read([&](const Tables& tables) { return check(tables, context_); });
    findings.insert(findings.end(), found.begin(), found.end());
  } catch (const Error& error) {
    findings.push_back(cannot_go_on(error));
  }
  return findings;
}

}  // namespace bccast
