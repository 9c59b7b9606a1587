// A random history as a list of plain events. An event is a kind and a few numbers, which the interpreter
// (own_events.hpp, other_events.hpp) takes modulo whatever there is to choose from: every list of events is a
// history, so that events can be left out when a failing one is made smaller.
//
// An event is `own` when ana does it, or when it is done towards her: those happen in both worlds, at the
// same times. The others happen in the second world only, between them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

namespace privacy {

/// splitmix64: small, and the same on every machine.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    state_ += 0x9e3779b97f4a7c15U;
    auto z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
  }
  std::uint32_t below(std::size_t n) { return static_cast<std::uint32_t>(next() % n); }
  bool one_in(std::uint32_t n) { return below(n) == 0; }
  template <typename T>
  const T& of(const std::vector<T>& from) {
    return from[below(from.size())];
  }
  template <typename T>
  void shuffle(std::vector<T>& list) {
    for (std::size_t i = list.size(); i > 1; --i) std::swap(list[i - 1], list[below(i)]);
  }

 private:
  std::uint64_t state_;
};

/// One number from two: a coin that falls the same way in both worlds.
inline std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
  return Random(a * 0x9e3779b97f4a7c15U + b).next();
}

// name, own, how often
#define PRIVACY_EVENTS(X)       \
  X(clock, true, 12)            \
  X(drain, true, 5)             \
  X(look, true, 12)             \
  X(messages, true, 10)         \
  X(unread, true, 4)            \
  X(read, true, 10)             \
  X(reply, true, 14)            \
  X(members, true, 6)           \
  X(export_all, true, 2)        \
  X(probe, true, 8)             \
  X(probe_cursor, true, 3)      \
  X(draft_new, true, 10)        \
  X(draft_pick, true, 1)        \
  X(draft_deselect, true, 1)    \
  X(draft_write, true, 1)       \
  X(draft_set, true, 1)         \
  X(draft_send, true, 2)        \
  X(draft_discard, true, 1)     \
  X(own_pause, true, 2)         \
  X(own_resume, true, 3)        \
  X(own_recall, true, 5)        \
  X(own_retry, true, 2)         \
  X(direct, true, 6)            \
  X(provider_reply, true, 6)    \
  X(provider_read, true, 2)     \
  X(provider_rename, true, 3)   \
  X(provider_archive, true, 1)  \
  X(provider_restore, true, 2)  \
  X(rename, true, 3)            \
  X(address, true, 2)           \
  X(setting, true, 3)           \
  X(roster_setting, true, 2)    \
  X(roster_archive, true, 2)    \
  X(roster_restore, true, 3)    \
  X(archive, true, 1)           \
  X(restore, true, 2)           \
  X(erase, true, 1)             \
  X(join, true, 2)              \
  X(community_new, true, 6)     \
  X(community_add, true, 4)     \
  X(community_remove, true, 1)  \
  X(community_set, true, 1)     \
  X(community_write, true, 5)   \
  X(member_write, true, 8)      \
  X(member_read, true, 1)       \
  X(other_put, false, 6)        \
  X(other_setting, false, 6)    \
  X(other_roster, false, 6)     \
  X(other_roster_set, false, 3) \
  X(other_archive, false, 4)    \
  X(other_erase, false, 2)      \
  X(other_join, false, 4)       \
  X(other_pick, false, 12)      \
  X(other_blast, false, 10)     \
  X(other_draft, false, 5)      \
  X(other_pause, false, 3)      \
  X(other_recall, false, 5)     \
  X(other_schedule, false, 4)   \
  X(other_direct, false, 8)     \
  X(other_reply, false, 12)     \
  X(other_read, false, 8)       \
  X(other_answer, false, 8)     \
  X(other_community, false, 4)  \
  X(other_membership, false, 4) \
  X(other_touch, false, 10)     \
  X(other_screens, false, 4)    \
  X(other_provider, false, 3)   \
  X(other_channel, false, 2)    \
  X(other_restart, false, 2)    \
  X(other_restore, false, 1)

enum class Kind : std::uint8_t {
#define PRIVACY_KIND(name, own, weight) name,
  PRIVACY_EVENTS(PRIVACY_KIND)
#undef PRIVACY_KIND
};

struct KindFact {
  const char* name;
  bool own;
  std::uint32_t weight;
};

inline constexpr KindFact kKinds[] = {
#define PRIVACY_KIND(name, own, weight) {#name, own, weight},
    PRIVACY_EVENTS(PRIVACY_KIND)
#undef PRIVACY_KIND
};

struct Event {
  Kind kind = Kind::clock;
  std::uint32_t number = 0;  // stays with it when others are left out
  std::uint32_t a = 0;
  std::uint32_t b = 0;
  std::uint32_t c = 0;

  const KindFact& fact() const { return kKinds[static_cast<std::size_t>(kind)]; }
  bool own() const { return fact().own; }
};

inline std::ostream& operator<<(std::ostream& out, const Event& event) {
  return out << "  " << event.number << (event.own() ? " own   " : " other ") << event.fact().name << " "
             << event.a << " " << event.b << " " << event.c;
}

/// What is there before the first event.
struct Setup {
  std::uint32_t providers = 1;    // that ana hears from
  std::uint32_t others = 0;       // clients of the second world, besides those of the first
  std::uint32_t many = 0;         // and as many more, put there by the _many functions
  std::uint64_t order = 0;        // of import, in the second world
  bool on_other_roster = false;   // ana is on the roster of a provider she never hears from
  bool file = false;              // the second world's store is a file, and is closed and opened now and then
  bool deliver = false;           // messages are put into the host's own threads, too
  bool same_names = false;        // the members of a community have one name
  bool clock_steps_back = false;  // as well as forward
  bool providers_swapped =
      false;  // in the second world those that ana hears from are put there in another order
};

struct History {
  std::uint64_t seed = 0;
  Setup setup;
  std::vector<Event> events;
};

inline std::ostream& operator<<(std::ostream& out, const History& history) {
  const auto& s = history.setup;
  out << "seed " << history.seed << ": providers " << s.providers << ", others " << s.others << " + "
      << s.many << (s.on_other_roster ? ", on another roster" : "") << (s.file ? ", a file" : "")
      << (s.deliver ? ", delivers" : "") << (s.same_names ? ", same names" : "")
      << (s.clock_steps_back ? ", the clock steps back" : "")
      << (s.providers_swapped ? ", providers swapped" : "") << "\n";
  for (const auto& event : history.events) out << event << "\n";
  return out;
}

class Generator {
 public:
  explicit Generator(std::uint64_t seed) : own_(mix(seed, 1)), other_(mix(seed, 2)) { history_.seed = seed; }

  History make() {
    auto& setup = history_.setup;
    setup.providers = 1 + own_.below(2);
    setup.file = other_.one_in(8);
    setup.deliver = own_.one_in(4);
    setup.same_names = own_.one_in(4);
    setup.others = other_.one_in(12) ? 41 + other_.below(160) : 3 + other_.below(38);
    setup.order = other_.next();
    setup.on_other_roster = other_.one_in(2);
    const auto events = 50 + own_.below(80);
    blast();
    for (std::uint32_t i = 0; i < events; ++i) {
      const auto kind = some(true, own_);
      if (kind == Kind::draft_new && !own_.one_in(8)) {
        blast();
      } else if (kind == Kind::community_new && !own_.one_in(8)) {
        community();
      } else {
        add(kind);
      }
    }
    return std::move(history_);
  }

 private:
  static Kind some(bool own, Random& random) {
    static const auto sum = [](bool of_own) {
      std::uint32_t all = 0;
      for (const auto& fact : kKinds) all += fact.own == of_own ? fact.weight : 0;
      return all;
    };
    auto left = random.below(sum(own));
    for (std::size_t i = 0;; ++i) {
      if (kKinds[i].own != own) continue;
      if (left < kKinds[i].weight) return static_cast<Kind>(i);
      left -= kKinds[i].weight;
    }
  }

  void push(Kind kind, Random& random) {
    const auto number = static_cast<std::uint32_t>(history_.events.size());
    const auto three = random.next();
    history_.events.push_back({kind, number, static_cast<std::uint32_t>(three & 0xfffff),
                               static_cast<std::uint32_t>(three >> 20 & 0xfffff),
                               static_cast<std::uint32_t>(three >> 40 & 0xfffff)});
  }

  /// An own event, and what others do after it.
  void add(Kind kind) {
    push(kind, own_);
    disturb();
  }
  void disturb() {
    for (auto n = other_.one_in(3) ? 0 : other_.below(5); n > 0; --n) push(some(false, other_), other_);
  }

  /// A community with members who have something to say.
  void community() {
    const auto slot = own_.below(2);
    for (const auto kind : {Kind::community_new, Kind::community_add, Kind::community_write,
                            Kind::member_write, Kind::look, Kind::member_write}) {
      push(kind, own_);
      if (kind != Kind::look) history_.events.back().a = slot;
      disturb();
    }
  }

  /// A draft from its beginning until it is sent.
  void blast() {
    const auto slot = own_.below(3);
    const auto step = [&](Kind kind) {
      push(kind, own_);
      history_.events.back().a = slot;
      disturb();
    };
    step(Kind::draft_new);
    step(Kind::draft_pick);
    if (own_.one_in(8)) step(Kind::draft_deselect);
    step(Kind::draft_write);
    if (own_.one_in(5)) step(Kind::draft_set);
    step(Kind::draft_send);
  }

  Random own_;
  Random other_;
  History history_;
};

}  // namespace privacy
