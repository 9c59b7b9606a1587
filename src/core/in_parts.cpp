#include "core/in_parts.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <span>
#include <utility>

#include "base/error.hpp"
#include "core/access.hpp"
#include "core/events.hpp"
#include "core/line_update.hpp"
#include "core/retracting.hpp"
#include "core/scheduling.hpp"

namespace bccast {
namespace {

using Kind = ActInParts::Kind;
using Numbers = std::vector<std::int64_t>;

ActNo add_act(Tables& tables, Kind kind, ProviderNo provider, std::int64_t number) {
  ActInParts act;
  act.kind = kind;
  act.provider_no = provider;
  act.number = number;
  act.no = tables.numbers().next(NumberKind::act);
  tables.store().add_act(act);
  return act.no;
}

/// Parts of one kind, each of which has a number: of a slice, a line, a blast.
struct Stage {
  /// The numbers, ascending.
  Numbers (*list)(const Tables&, const ActInParts&);
  void (*part)(Tables&, const Context&, const ActInParts&, std::int64_t number);
  /// What is done where damage forbids that; null: nothing.
  void (*instead)(Tables&, const Context&, const ActInParts&, std::int64_t number);
};

Numbers numbers_of(const std::vector<Line>& lines) {
  Numbers numbers;
  for (const auto& line : lines) numbers.push_back(line.no);
  return numbers;
}
Numbers only_one(const Tables&, const ActInParts&) {
  return {0};
}

// ---- A blast

/// Nothing: it is not recalled, and the row that says so is damaged.
std::optional<Blast> recalled_blast(const Tables& tables, const ActInParts& act) {
  auto blast = tables.blasts().blast(act.provider_no, act.number);
  return blast && blast->state == BlastState::recalled ? std::move(blast) : std::nullopt;
}

Numbers slices_of_blast(const Tables& tables, const ActInParts& act) {
  Numbers numbers;
  const auto blast = recalled_blast(tables, act);
  if (!blast) return numbers;
  for (SliceNo s = 0; s < slices_for(blast->roster_size); ++s) numbers.push_back(s);
  return numbers;
}

Numbers lines_of_blast(const Tables& tables, const ActInParts& act) {
  return numbers_of(tables.work().sound_lines(act.provider_no, act.number));
}

void keep_some(Tables& tables, const Context&, const ActInParts& act, std::int64_t slice) {
  const auto blast = recalled_blast(tables, act);
  if (blast) keep_who_knows(tables, *blast, static_cast<SliceNo>(slice));
}

void keep_all(Tables& tables, const Context&, const ActInParts& act, std::int64_t slice) {
  const auto blast = recalled_blast(tables, act);
  if (blast) keep_everybody(tables, *blast, static_cast<SliceNo>(slice));
}

/// For a line that delivered one that takes back. It may have delivered all of it already: then nothing that
/// is dropped later lets the new one go on.
void retract(Tables& tables, const Context&, const ActInParts& act, std::int64_t number) {
  auto blast = recalled_blast(tables, act);
  const auto line = tables.work().line(number);
  if (!blast || !line || line->kind == LineKind::retract) return;
  for (const auto& other : tables.work().sound_lines(line->provider_no, line->blast_no))
    if (takes_back(other, *line)) return;
  const auto added = add_retracting(tables, *blast, {*line});
  if (added == 0) return;
  blast->open_lines += added;
  blast->finished_at = 0;
  tables.blasts().update_blast(*blast);
  unlock_followers(tables, *line);
}

void set_line_paused(Tables& tables, Line line, bool paused) {
  if (!line.open || line.kind == LineKind::retract || line.paused == paused) return;
  line.paused = paused;
  tables.work().update_line(line);
  tables.work().park_items(line.no, paused);
}

/// As its blast is.
void set_pace(Tables& tables, const Context&, const ActInParts& act, std::int64_t number) {
  const auto blast = tables.blasts().blast(act.provider_no, act.number);
  const auto line = tables.work().line(number);
  if (blast && line) set_line_paused(tables, *line, blast->state == BlastState::paused);
}

void drop_recalled(Tables& tables, const Context& context, const ActInParts& act, std::int64_t number) {
  const auto line = tables.work().line(number);
  if (recalled_blast(tables, act) && line && line->open && line->kind != LineKind::retract)
    drop_not_handed_out(tables, context, *line, SkipReason::recalled);
}

// ---- A provider

bool is_archived(const Tables& tables, const ActInParts& act) {
  const auto provider = tables.directory().provider(act.provider_no);
  return provider && provider->archived_at != 0;
}

Numbers unsent_blasts(const Tables& tables, const ActInParts& act) {
  Numbers numbers;
  auto next = tables.blasts().unsent_from(act.provider_no, act.next);
  for (; next; next = tables.blasts().unsent_from(act.provider_no, *next + 1)) numbers.push_back(*next);
  return numbers;
}

/// What the end itself has made of a schedule, before its row was damaged and it was begun anew.
bool is_missed_by_end(const Blast& blast, const Provider& provider) {
  return blast.missed_reason == name_of(MissReason::provider_archived) &&
         blast.missed_at >= provider.archived_at;
}

/// A scheduled one is missed when its time comes, all the same.
void discard_unsent(Tables& tables, const Context& context, const ActInParts& act, std::int64_t number) {
  const auto provider = tables.directory().provider(act.provider_no);
  if (!provider || provider->archived_at == 0) return;
  const auto blast = tables.blasts().blast(act.provider_no, number);
  if (!blast || !is_unsent(blast->state) || is_missed_by_end(*blast, *provider)) return;
  if (blast->state == BlastState::scheduled) {
    miss(tables, context, *blast, MissReason::provider_archived);
  } else {
    tables.blasts().delete_blast(act.provider_no, number);
  }
}

Numbers lines_of_provider(const Tables& tables, const ActInParts& act) {
  return numbers_of(tables.work().sound_open_lines(act.provider_no));
}

void drop_archived(Tables& tables, const Context& context, const ActInParts& act, std::int64_t number) {
  const auto line = tables.work().line(number);
  if (is_archived(tables, act) && line && line->open)
    drop_rest(tables, context, *line, SkipReason::provider_archived, InFlight::left);
}

void drop_notices_of_provider(Tables& tables, const Context&, const ActInParts& act, std::int64_t) {
  if (!is_archived(tables, act)) return;
  for (ChannelNo channel = 1; channel <= kMaxChannels; ++channel)
    tables.work().delete_waiting_notices(channel, act.provider_no);
}

// ---- A channel

bool is_removed(const Tables& tables, const ActInParts& act) {
  const auto channel = tables.work().channel(ChannelNo{act.number});
  return channel && channel->removed;
}

Numbers lines_of_channel(const Tables& tables, const ActInParts& act) {
  return numbers_of(tables.work().sound_open_lines_of_channel(act.number));
}

void drop_removed(Tables& tables, const Context& context, const ActInParts& act, std::int64_t number) {
  const auto line = tables.work().line(number);
  if (is_removed(tables, act) && line && line->open)
    drop_rest(tables, context, *line, SkipReason::channel_removed, InFlight::sound_dropped);
}

void drop_notices_of_channel(Tables& tables, const Context&, const ActInParts& act, std::int64_t) {
  if (!is_removed(tables, act)) return;
  for (const auto& claim : tables.work().sound_item_claims(act.number).claims)
    tables.work().delete_claim(claim);
  tables.work().delete_notices(act.number);
}

// First what it has still to do, so that a blast is not finished in between.
constexpr std::array kRecall{Stage{slices_of_blast, keep_some, keep_all}, Stage{lines_of_blast, retract, {}},
                             Stage{lines_of_blast, set_pace, {}}, Stage{lines_of_blast, drop_recalled, {}}};
constexpr std::array kPace{Stage{lines_of_blast, set_pace, {}}};
constexpr std::array kProviderEnd{Stage{unsent_blasts, discard_unsent, {}},
                                  Stage{lines_of_provider, drop_archived, {}},
                                  Stage{only_one, drop_notices_of_provider, {}}};
constexpr std::array kChannelEnd{Stage{lines_of_channel, drop_removed, {}},
                                 Stage{only_one, drop_notices_of_channel, {}}};

std::span<const Stage> stages_of(Kind kind) {
  switch (kind) {
    case Kind::recall:
      return kRecall;
    case Kind::pace:
      return kPace;
    case Kind::provider_end:
      return kProviderEnd;
    case Kind::channel_end:
      return kChannelEnd;
    case Kind::none:
      break;
  }
  return {};
}

// ---- An act of which nobody knows any more what it is

/// In its place come all acts that it may be, of what is sound: each part looks whether there is anything to
/// do.
class AnyAct {
 public:
  explicit AnyAct(Tables& tables) : tables_(tables) {}

  void add_all() {
    for (ChannelNo no = 1; no <= kMaxChannels; ++no)
      attempt([&] {
        const auto channel = tables_.work().channel(no);
        if (channel && channel->removed) add(Kind::channel_end, 0, no);
      });
    auto next = tables_.directory().provider_after(0);
    for (; next; next = tables_.directory().provider_after(*next))
      attempt([&] {
        if (const auto provider = tables_.directory().provider(*next)) of_provider(*provider);
      });
  }

 private:
  void of_provider(const Provider& provider) {
    if (tables_.blasts().has_recall_to_sweep(provider.no)) recalls_of(provider.no);
    const auto open = tables_.work().sound_open_lines(provider.no);
    if (provider.archived_at != 0) {
      if (!open.empty() || tables_.blasts().unsent_from(provider.no, 0))
        add(Kind::provider_end, provider.no, 0);
      return;
    }
    std::set<BlastNo> blasts;
    for (const auto& line : open) blasts.insert(line.blast_no);
    for (const auto no : blasts) add(Kind::pace, provider.no, no);
  }

  /// Threads are brought up to date only when no act is under way.
  void recalls_of(ProviderNo provider) {
    constexpr std::size_t kPage = 1000;
    BlastNo last = 0;
    for (;;) {
      const auto numbers = tables_.blasts().blast_numbers(provider, last, kPage);
      for (const auto no : numbers) {
        if (no <= last) return;  // its index is damaged
        last = no;
        attempt([&] {
          const auto blast = tables_.blasts().blast(provider, no);
          if (blast && blast->state == BlastState::recalled && blast->swept == 0)
            add(Kind::recall, provider, no);
        });
      }
      if (numbers.size() < kPage) return;
    }
  }

  void add(Kind kind, ProviderNo provider, std::int64_t number) { add_act(tables_, kind, provider, number); }

  /// What is damaged is passed by; where pages are, nobody knows what is behind them.
  template <typename F>
  void attempt(F&& work) {
    try {
      work();
    } catch (const Error& error) {
      if (error.code() != Code::corrupt || error.native() != 0) throw;
    }
  }

  Tables& tables_;
};

/// So many are done before anything is handed out of what may be paused or taken back: some milliseconds.
constexpr int kPartsTogether = 100;

/// Of which blast a part is; nothing: of none.
std::optional<BlastKey> blast_of_part(const Tables& tables, const ActInParts& act, std::int64_t number) {
  if (act.kind == Kind::recall || act.kind == Kind::pace) return BlastKey{act.provider_no, act.number};
  const bool of_unsent = act.kind == Kind::provider_end && act.stage == 0;
  if (of_unsent) return BlastKey{act.provider_no, number};
  const auto line = number != 0 ? tables.work().line(number) : std::nullopt;
  return line ? std::optional<BlastKey>({line->provider_no, line->blast_no}) : std::nullopt;
}

void lock_part(Tables& tables, const ActInParts& act, std::int64_t number) {
  if (act.kind == Kind::provider_end) tables.lock().providers({&act.provider_no, 1}, Hold::shared);
  if (act.kind == Kind::channel_end) {
    tables.lock().channel(ChannelNo{act.number}, Hold::shared);
    tables.lock().channel_work(act.number);
  }
  if (!tables.lock().others_write()) return;
  const auto key = blast_of_part(tables, act, number);
  if (!key) return;
  tables.lock().lines({}, {&*key, 1});
  tables.lock().blasts({&*key, 1}, Hold::exclusive);
}

/// One after the other, each in a transaction of its own, which also stores that it is done.
class Parts {
 public:
  Parts(Context& context, ActNo no) : context_(context), no_(no) {}

  /// False: all are done.
  bool do_next() {
    const auto act = context_.store.read([&](const Tables& tables) { return tables.store().act(no_); });
    if (!act) return false;
    if (act->damaged) {
      context_.write(verb::finish_act, {}, [&](Tables& tables) { begin_anew(tables, *act); });
      return false;
    }
    const auto stages = stages_of(act->kind);
    if (act->stage < 0 || act->stage >= static_cast<std::int64_t>(stages.size())) {
      context_.write(verb::finish_act, {}, [&](Tables& tables) { tables.store().delete_act(no_); });
      return false;
    }
    const Stage& stage = stages[static_cast<std::size_t>(act->stage)];
    const auto number = next_number(stage, *act);
    ActInParts then = *act;
    then.next = number ? *number + 1 : 0;
    if (!number) ++then.stage;
    if (number && attempt(*act, then, stage.part, *number)) return true;
    if (number && stage.instead != nullptr && attempt(*act, then, stage.instead, *number)) return true;
    attempt(*act, then, nullptr, 0);
    return true;
  }

 private:
  /// Unless another process has done it meanwhile.
  void begin_anew(Tables& tables, const ActInParts& act) const {
    if (tables.store().act(no_) != act) return;
    tables.store().delete_act(no_);
    if (tables.store().first_act() == act) throw Error(Code::corrupt, "a row about an act stays where it is");
    AnyAct(tables).add_all();
  }

  /// The first that is left of a stage; what cannot be listed is left as it is. Each stage is listed once,
  /// and anew where others have gone on with it: the number of an act may have become another's.
  std::optional<std::int64_t> next_number(const Stage& stage, const ActInParts& act) {
    if (left_ != act || listed_ != act.stage) numbers_ = list(stage, act);
    listed_ = act.stage;
    const auto next = std::lower_bound(numbers_.begin(), numbers_.end(), act.next);
    return next != numbers_.end() ? std::optional(*next) : std::nullopt;
  }
  Numbers list(const Stage& stage, const ActInParts& act) {
    try {
      return context_.store.read([&](const Tables& tables) { return stage.list(tables, act); });
    } catch (const Error& error) {
      if (error.code() != Code::corrupt) throw;
      return {};
    }
  }

  /// Unless another process has done it meanwhile. False: damage forbids it.
  bool attempt(const ActInParts& act, const ActInParts& then, decltype(Stage::part) part,
               std::int64_t number) {
    try {
      context_.write(verb::finish_act, {}, [&](Tables& tables) {
        tables.lock().act(no_);
        if (tables.store().act(no_) != act) return;
        if (part != nullptr) {
          lock_part(tables, act, number);
          part(tables, context_, act, number);
        }
        tables.store().update_act(then);
      });
      left_ = then;
      return true;
    } catch (const Error& error) {
      if (error.code() != Code::corrupt || part == nullptr) throw;
      return false;
    }
  }

  Context& context_;
  ActNo no_;
  std::optional<ActInParts> left_;      // how this one has left it
  std::optional<std::int64_t> listed_;  // the stage
  Numbers numbers_;
};

}  // namespace

Code InParts::finish(ActNo act) {
  Parts parts(context_, act);
  while (parts.do_next()) {
  }
  return Code::partial;
}

bool InParts::finish_some(std::int64_t until_us) {
  const auto act = context_.store.read([](const Tables& tables) { return tables.store().first_act(); });
  if (!act) return false;
  Parts parts(context_, act->no);
  for (int done = 1; parts.do_next(); ++done)
    if (done >= kPartsTogether && context_.clock.monotonic_us() >= until_us) break;
  return true;
}

Code InParts::recall(std::string_view provider_id, std::string_view blast_id) {
  return finish(context_.write(verb::blast_recall, blast_id, [&](Tables& tables) {
    const Provider provider = access::open_provider(tables, provider_id, Hold::shared);
    Blast blast = access::blast(tables, context_, provider, blast_id, Hold::exclusive);
    blast.state = access::next(blast, BlastVerb::recall, blast_id);
    blast.recalled_at = context_.clock.wall_ms();
    if (blast.open_lines == 0 && blast.finished_at == 0) blast.finished_at = blast.recalled_at;
    tables.blasts().update_blast(blast);
    emit(tables, context_, EventKind::blast_recalled, provider.no, blast.no);
    return add_act(tables, Kind::recall, provider.no, blast.no);
  }));
}

Code InParts::set_paused(std::string_view provider_id, std::string_view blast_id, bool paused) {
  return finish(
      context_.write(paused ? verb::blast_pause : verb::blast_resume, blast_id, [&](Tables& tables) {
        const Provider provider = access::open_provider(tables, provider_id, Hold::shared);
        Blast blast = access::blast(tables, context_, provider, blast_id, Hold::exclusive);
        blast.state = access::next(blast, paused ? BlastVerb::pause : BlastVerb::resume, blast_id);
        tables.blasts().update_blast(blast);
        emit(tables, context_, paused ? EventKind::blast_paused : EventKind::blast_resumed, provider.no,
             blast.no);
        return add_act(tables, Kind::pace, provider.no, blast.no);
      }));
}

Code InParts::archive_provider(std::string_view provider_id) {
  return finish(context_.write(verb::provider_archive, provider_id, [&](Tables& tables) {
    Provider provider = access::provider(tables, provider_id, Hold::exclusive);
    provider.archived_at = context_.clock.wall_ms();
    tables.directory().update_provider(provider);
    return add_act(tables, Kind::provider_end, provider.no, 0);
  }));
}

Code InParts::remove_channel(std::string_view name) {
  return finish(context_.write(verb::channel_remove, name, [&](Tables& tables) {
    tables.lock().channel(name, Hold::exclusive);
    auto channel = tables.work().channel(name);
    if (!channel) throw Error(Code::not_found, "there is no such channel");
    channel->removed = true;
    tables.work().update_channel(*channel);
    return add_act(tables, Kind::channel_end, 0, channel->no);
  }));
}

}  // namespace bccast
