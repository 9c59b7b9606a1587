#include "core/work.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "core/line_update.hpp"
#include "model/retry.hpp"
#include "model/text_rules.hpp"

namespace bccast {
namespace {

constexpr std::string_view kNotify = "notify";
/// A batch that has failed as a whole, or lost its worker, so often is halved each time it does so again,
/// until what is to blame is alone.
constexpr std::int64_t kTriesTogether = 2;
/// Marks an item that is to be claimed alone.
constexpr std::string_view kAlone = "alone";
/// A batch of so many is loaded in the transaction that claims it.
constexpr std::size_t kSmallBatch = 64;
/// How often a channel's row says that a worker is there.
constexpr Ms kSeenEvery = 60'000;
/// A whole batch of "retry" is held against the channel, but not for ever: then each item has its own
/// retries.
constexpr std::int64_t kAllRetryTries = 3;

std::uint64_t random_number() {
  std::array<std::uint8_t, 8> bytes{};
  random_bytes(bytes);
  std::uint64_t number = 0;
  for (const auto byte : bytes) number = number << 8 | byte;
  return number;
}

Token new_token() {
  std::array<std::uint8_t, 12> bytes{};
  random_bytes(bytes);
  return make_token(bytes);
}

const ItemOutcome& outcome_of(const Assignment& assignment, std::size_t i) {
  static const ItemOutcome kDone{};
  const auto* set = assignment.batch.outcome(i);
  return set != nullptr ? *set : kDone;
}

bool all_retry(const Assignment& assignment) {
  if (assignment.batch.size() < 2) return false;
  for (std::size_t i = 0; i < assignment.batch.size(); ++i)
    if (outcome_of(assignment, i).status != ItemStatus::retry || outcome_of(assignment, i).retry_after >= 0)
      return false;
  return true;
}

/// What becomes of somebody whose roster entry is damaged, or gone: never a guess.
const ItemOutcome kDamaged{ItemStatus::failed, "damaged_entry", -1};

/// What the report says of item i: of its own, or as part of the whole.
ItemOutcome outcome_in(const Report& report, std::size_t i) {
  if (report.result == BatchResult::given_up) return {ItemStatus::failed, "worker_lost", -1};
  if (report.result == BatchResult::failed) return {ItemStatus::retry, report.reason, -1};
  return outcome_of(*report.assignment, i);
}

/// Why somebody with this entry is not to be notified on a channel, if so.
std::optional<SkipReason> why_not(std::uint32_t flags, bool read, std::string_view address) {
  if ((flags & flag::erased) != 0) return SkipReason::erased;
  if ((flags & flag::any_archived) != 0) return SkipReason::archived;
  if ((flags & flag::any_notify_off) != 0) return SkipReason::notify_off;
  if (read) return SkipReason::already_read;
  if (address.empty()) return SkipReason::no_address;
  return std::nullopt;
}

/// The item after one more attempt that did not succeed.
void after_attempt(Item& item, const ItemOutcome& outcome, Ms now) {
  item.reason = outcome.reason;
  if (outcome.status == ItemStatus::not_tried) {
    item.state = ItemState::waiting;
    item.due_at = now + kGivenBackWait;
    return;
  }
  ++item.attempts;
  item.state = outcome.status == ItemStatus::failed || item.attempts >= kMaxAttempts ? ItemState::failed
                                                                                     : ItemState::waiting;
  const Ms wait = outcome.retry_after >= 0 ? outcome.retry_after
                                           : retry_wait(static_cast<int>(item.attempts), random_number());
  item.due_at = now + std::min(wait, kLongestWait);
}

}  // namespace

Code Work::channel_put(std::string_view name, std::string_view role) {
  check_key(name, "channel");
  if (role != kNotify) throw Error(Code::argument, "the role of a channel must be notify");
  Code result = Code::ok;
  const auto look = [&](const Tables& tables) {
    const auto channel = tables.work().channel(name);
    if (channel && channel->role != role)
      throw Error(Code::conflict, "the channel is there already, with another role");
    return channel.has_value();
  };
  context_.store.read([&](const Tables& tables) {
    if (look(tables)) result = Code::exists;
  });
  if (result == Code::exists) return result;
  context_.store.write([&](Tables& tables) {
    if (look(tables)) {
      result = Code::exists;
      return;
    }
    Channel channel;
    channel.name = name;
    channel.role = role;
    if (tables.work().insert_channel(channel) > kMaxChannels)
      throw Error(Code::limit, fmt::format("a store has at most {} channels", kMaxChannels));
  });
  return result;
}

Advanced Work::advance(ChannelNo channel, const Report* report, std::size_t most) {
  Advanced advanced;
  // A claim alone need not wait for the disk: were it lost in a power cut, nothing would be known of the
  // batch, and it would be sent again, just as after a loss of the process.
  const auto durability = report != nullptr ? Durability::synced : Durability::relaxed;
  context_.store.write(
      [&](Tables& tables) {
        if (report != nullptr) settle(tables, *report, advanced);
        if (most == 0) return;
        advanced.next = claim(tables, channel, most);
        if (advanced.next) {
          if (most <= kSmallBatch) load(tables, *advanced.next);
        } else if (const auto row = tables.work().channel(channel)) {
          advanced.next_due = next_due(tables, *row);
        }
      },
      durability);
  return advanced;
}

// ---- What became of a batch

void Work::settle(Tables& tables, const Report& report, Advanced& advanced) {
  const Assignment& assignment = *report.assignment;
  auto claim = tables.work().claim(assignment.claim.token);
  if (!claim) {
    advanced.too_late = true;
    return;
  }
  // What is said of the batch as a whole counts only from whoever has it now: after its lease it may be
  // another's. What is said of its items counts from whoever says it first.
  const bool taken_over = claim->tries != assignment.claim.tries;
  const bool all_again = report.result == BatchResult::failed || report.result == BatchResult::returned ||
                         report.result == BatchResult::split;
  if (taken_over && all_again) {
    advanced.too_late = true;
    return;
  }
  if (report.result == BatchResult::returned) {
    claim->lease_until = 0;
    --claim->tries;
    tables.work().update_claim(*claim);
    return;
  }
  const bool throttled = report.result == BatchResult::as_set && assignment.line && !taken_over &&
                         all_retry(assignment) && claim->tries < kAllRetryTries;
  if (report.result == BatchResult::failed || throttled)
    settle_channel(tables, claim->channel_no, true,
                   throttled ? outcome_of(assignment, 0).reason : report.reason);
  if (throttled || (report.result == BatchResult::failed && claim->tries < kTriesTogether)) {
    claim->lease_until = 0;
    tables.work().update_claim(*claim);
    return;
  }
  if (all_again && assignment.batch.size() > 1) {
    split(tables, *claim, assignment);
    return;
  }
  tables.work().delete_claim(claim->token);
  if (assignment.line) {
    settle_line(tables, report, advanced);
  } else {
    settle_items(tables, report, advanced);
  }
  if (assignment.batch.size() > 0 && report.result == BatchResult::as_set)
    settle_channel(tables, claim->channel_no, false, {});
}

/// Halves a batch of a line; of single items, each is taken up alone.
void Work::split(Tables& tables, Claim claim, const Assignment& assignment) {
  if (!assignment.line) {
    tables.work().delete_claim(claim.token);
    for (Item item : assignment.items) {
      item.state = ItemState::waiting;
      item.reason = kAlone;
      tables.work().update_item(item);
    }
    return;
  }
  const auto middle = static_cast<Place>(assignment.entries[assignment.entries.size() / 2]);
  Claim second = claim;
  second.token = new_token();
  second.from = claim.to = assignment.line->rotation().position_of(middle);
  claim.lease_until = second.lease_until = 0;
  claim.tries = second.tries = 1;
  tables.work().update_claim(claim);
  tables.work().insert_claim(second);
}

void Work::settle_line(Tables& tables, const Report& report, Advanced& advanced) {
  const Assignment& assignment = *report.assignment;
  auto line = tables.work().line(assignment.line->no);
  if (!line) throw Error(Code::corrupt, "a claim has lost its line");
  const Ms now = context_.clock.wall_ms();
  std::map<std::pair<SliceNo, SkipReason>, Slice> skips;
  const auto skip = [&](std::size_t entry, SkipReason reason) {
    const auto place = static_cast<Place>(entry);
    const std::pair key{slice_of(place), reason};
    auto found = skips.find(key);
    if (found == skips.end())
      found = skips.emplace(key, tables.work().skipped(*line, key.first, reason)).first;
    found->second.add(within_slice(place));
    ++line->skipped;
    ++advanced.ended;
  };
  for (const auto& left : assignment.left_out) skip(left.entry, left.reason);
  const auto keep = [&](std::size_t entry, const ItemOutcome& outcome) {
    Item item;
    item.provider_no = line->provider_no;
    item.channel_no = line->channel_no;
    item.line_no = line->no;
    item.thread = {line->provider_no, static_cast<Place>(entry), line->blast_no};
    item.at = assignment.at;
    after_attempt(item, outcome, now);
    tables.work().insert_item(item);
    if (item.state == ItemState::failed) {
      ++line->failed;
      ++advanced.ended;
    }
  };
  for (const auto entry : assignment.damaged) keep(entry, kDamaged);
  for (std::size_t i = 0; i < assignment.batch.size(); ++i) {
    const ItemOutcome outcome = outcome_in(report, i);
    switch (outcome.status) {
      case ItemStatus::done:
        ++line->done;
        ++advanced.ended;
        break;
      case ItemStatus::skipped:
        skip(assignment.entries[i], SkipReason::by_notifier);
        break;
      case ItemStatus::failed:
      case ItemStatus::retry:
      case ItemStatus::not_tried:
        keep(assignment.entries[i], outcome);
        break;
    }
  }
  for (const auto& [key, slice] : skips) tables.work().put_skipped(*line, key.first, key.second, slice);
  store_line(tables, context_, *line);
}

void Work::settle_items(Tables& tables, const Report& report, Advanced& advanced) {
  const Assignment& assignment = *report.assignment;
  const Ms now = context_.clock.wall_ms();
  std::map<LineNo, Line> lines;
  const auto line_of = [&](const Item& item) -> Line* {
    if (item.line_no == 0) return nullptr;
    const auto found = lines.find(item.line_no);
    if (found != lines.end()) return &found->second;
    auto line = tables.work().line(item.line_no);
    if (!line) throw Error(Code::corrupt, "an item has lost its line");
    return &lines.emplace(item.line_no, std::move(*line)).first->second;
  };
  const auto skip = [&](const Item& item, SkipReason reason) {
    if (Line* line = line_of(item)) {
      const auto s = slice_of(item.thread.place);
      Slice slice = tables.work().skipped(*line, s, reason);
      slice.add(within_slice(item.thread.place));
      tables.work().put_skipped(*line, s, reason, slice);
      ++line->skipped;
    }
    tables.work().delete_item(item.no);
    ++advanced.ended;
  };
  for (const auto& left : assignment.left_out) skip(assignment.items[left.entry], left.reason);
  const auto keep = [&](Item item, const ItemOutcome& outcome) {
    Line* line = line_of(item);
    after_attempt(item, outcome, now);
    tables.work().update_item(item);
    if (item.state != ItemState::failed) return;
    if (line != nullptr) ++line->failed;
    ++advanced.ended;
  };
  for (const auto entry : assignment.damaged) keep(assignment.items[entry], kDamaged);
  for (std::size_t i = 0; i < assignment.batch.size(); ++i) {
    const ItemOutcome outcome = outcome_in(report, i);
    Item item = assignment.items[assignment.entries[i]];
    Line* line = line_of(item);
    if (outcome.status == ItemStatus::done) {
      if (line != nullptr) ++line->done;
      tables.work().delete_item(item.no);
      ++advanced.ended;
    } else if (outcome.status == ItemStatus::skipped) {
      skip(item, SkipReason::by_notifier);
    } else {
      keep(std::move(item), outcome);
    }
  }
  for (auto& [no, line] : lines) store_line(tables, context_, line);
}

/// The breaker of a channel: opened by whole failures, for longer each time; closed by the first success.
void Work::settle_channel(Tables& tables, ChannelNo no, bool failed, const std::string& reason) {
  auto channel = tables.work().channel(no);
  if (!channel || (!failed && channel->failures == 0)) return;
  const Ms now = context_.clock.wall_ms();
  if (failed) {
    if (channel->failures++ == 0) channel->failing_since = now;
    channel->open_until = now + breaker_wait(channel->failures);
    channel->last_reason = reason;
  } else {
    channel->failures = 0;
    channel->failing_since = 0;
    channel->open_until = 0;
    channel->last_reason.clear();
  }
  tables.work().update_channel(*channel);
}

// ---- Taking up the next batch

std::unique_ptr<Assignment> Work::claim(Tables& tables, ChannelNo no, std::size_t most) {
  auto channel = tables.work().channel(no);
  if (!channel || channel->paused) return nullptr;
  const Ms now = context_.clock.wall_ms();
  const bool breaker_open =
      channel->open_until > now && channel->open_until <= now + kLongestBreaker + kClockSlack;
  if (breaker_open) return nullptr;
  if (now - channel->worker_seen >= kSeenEvery || channel->worker_seen > now) {
    channel->worker_seen = now;
    tables.work().update_channel(*channel);
  }
  if (auto expired = tables.work().expired_claim(no, now, kLease + kClockSlack)) {
    auto assignment = std::make_unique<Assignment>(context_.ids);
    expired->lease_until = now + kLease;
    ++expired->tries;
    tables.work().update_claim(*expired);
    assignment->claim = *expired;
    if (expired->line_no != 0) {
      assignment->line = tables.work().line(expired->line_no);
      if (!assignment->line) throw Error(Code::corrupt, "a claim has lost its line");
    } else {
      assignment->items = tables.work().items_of(expired->token);
      if (assignment->items.size() != static_cast<std::size_t>(expired->to))
        throw Error(Code::corrupt, "a claim has lost some of its items");
    }
    return assignment;
  }
  auto line = tables.work().next_line(no);
  if (!line || channel->items_turn < line->turn) {
    auto due = tables.work().due_items(no, now, kLongestWait, most);
    for (std::size_t i = 0; i < due.size(); ++i)
      if (due[i].reason == kAlone) due.resize(std::max<std::size_t>(i, 1));
    if (!due.empty()) return claim_items(tables, *channel, std::move(due));
  }
  if (!line) return nullptr;
  return claim_places(tables, *channel, std::move(*line), most);
}

std::unique_ptr<Assignment> Work::claim_items(Tables& tables, Channel& channel, std::vector<Item> due) {
  auto assignment = std::make_unique<Assignment>(context_.ids);
  Claim& claim = assignment->claim;
  claim.token = new_token();
  claim.channel_no = channel.no;
  claim.to = static_cast<Position>(due.size());
  claim.lease_until = context_.clock.wall_ms() + kLease;
  claim.tries = 1;
  tables.work().insert_claim(claim);
  for (const auto& item : due) tables.work().claim_item(item.no, claim.token);
  if (const auto last = tables.work().last_turn(channel.no); last > 0) {  // to the back of the line
    channel.items_turn = std::max(last, channel.items_turn) + 1;
    tables.work().update_channel(channel);
  }
  assignment->items = std::move(due);
  return assignment;
}

std::unique_ptr<Assignment> Work::claim_places(Tables& tables, const Channel& channel, Line line,
                                               std::size_t most) {
  const Rotation rotation = line.rotation();
  Position to = rotation.end();
  std::vector<std::uint16_t> taken;
  rotation.for_each_run(line.cursor, rotation.end(),
                        [&](SliceNo s, std::uint32_t begin, std::uint32_t end, Position at) {
                          const Slice members = tables.blasts().recipients(line.provider_no, s, line.seq);
                          const auto stopped = members.take(begin, end, most - taken.size(), taken);
                          to = at + (stopped - begin);
                          return taken.size() < most;
                        });
  auto assignment = std::make_unique<Assignment>(context_.ids);
  Claim& claim = assignment->claim;
  claim.token = new_token();
  claim.channel_no = channel.no;
  claim.line_no = line.no;
  claim.from = line.cursor;
  claim.to = to;
  claim.lease_until = context_.clock.wall_ms() + kLease;
  claim.tries = 1;
  tables.work().insert_claim(claim);
  line.cursor = to;
  // To the back; a line that is alone stays where it is, which spares its index a change.
  const auto last = std::max(tables.work().last_turn(channel.no), channel.items_turn);
  if (last > line.turn) line.turn = last + 1;
  tables.work().update_line(line);
  assignment->line = std::move(line);
  return assignment;
}

// ---- Filling it

void Work::load(Assignment& assignment) {
  if (assignment.loaded) return;
  context_.store.read([&](const Tables& tables) { load(tables, assignment); });
}

void Work::load(const Tables& tables, Assignment& assignment) {
  if (assignment.line) {
    load_places(tables, assignment);
  } else {
    load_items(tables, assignment);
  }
  assignment.loaded = true;
}

void Work::load_places(const Tables& tables, Assignment& assignment) {
  const Line& line = *assignment.line;
  const auto blast = tables.blasts().blast(line.provider_no, line.blast_no);
  const auto channel = tables.work().channel(line.channel_no);
  const auto provider = tables.directory().provider(line.provider_no);
  if (!blast || !channel || !provider)
    throw Error(Code::corrupt, "a line has lost its blast, its channel or its provider");
  const bool dropped = provider->archived_at != 0;
  const Ms at = assignment.at = whole_seconds(blast->sent_at);

  const auto add = [&](const RosterView& entry, bool opened) {
    const auto address = Addresses::find(entry.addresses, channel->name);
    if (const auto reason = dropped ? SkipReason::provider_archived : why_not(entry.flags, opened, address)) {
      assignment.left_out.push_back({entry.place, *reason});
      return;
    }
    const ThreadKey key{line.provider_no, entry.place, line.blast_no};
    assignment.batch.add({IdKind::blast_item, line.channel_no, line.provider_no, line.blast_no, entry.place},
                         Context::parts_of(key), false, entry.id, address, entry.name, entry.locale, at);
    assignment.entries.push_back(entry.place);
  };
  // As for single messages: only who has nothing left to read in the thread need not be told.
  const auto nothing_unread = [&](Place place) {
    const auto thread = tables.threads().thread({line.provider_no, place, line.blast_no});
    return thread && thread->client_unread == 0;
  };
  std::vector<std::uint16_t> places;
  line.rotation().for_each_run(
      assignment.claim.from, assignment.claim.to,
      [&](SliceNo s, std::uint32_t begin, std::uint32_t end, Position) {
        const Slice members = tables.blasts().recipients(line.provider_no, s, line.seq);
        const Slice opened = tables.blasts().marks(line.provider_no, line.blast_no, s).opened;
        places.clear();
        members.take(begin, end, Slice::kPlaces, places);
        if (places.empty()) return true;
        // The bitmap leads: whom the roster does not know, or no longer tells right, fails and is not
        // omitted; and holds up nobody else.
        std::size_t next = 0;
        const auto meet = [&](const RosterView& entry) {
          if (next == places.size() || within_slice(entry.place) != places[next]) return;
          ++next;
          add(entry, opened.contains(within_slice(entry.place)) && nothing_unread(entry.place));
        };
        const Place first = place_at(s, places.front());
        const Place last = place_at(s, places.back());
        // A scan reads what lies between; beyond eight strangers for each member, looking up is cheaper.
        const auto read = [&](Place from, Place to) {
          try {
            tables.directory().scan(line.provider_no, from, to, meet);
          } catch (const Error& error) {
            if (error.code() != Code::corrupt) throw;
          }
        };
        if (std::size_t{last - first} < 8 * places.size()) read(first, last + 1);
        while (next < places.size()) {
          const auto one = next;
          const Place place = place_at(s, places[one]);
          read(place, place + 1);
          if (next == one) {
            assignment.damaged.push_back(place);
            ++next;
          }
        }
        return true;
      });
}

void Work::load_items(const Tables& tables, Assignment& assignment) {
  for (std::size_t i = 0; i < assignment.items.size(); ++i) {
    try {
      load_item(tables, assignment, i);
    } catch (const Error& error) {
      if (error.code() != Code::corrupt) throw;
      assignment.damaged.push_back(i);
    }
  }
}

void Work::load_item(const Tables& tables, Assignment& assignment, std::size_t i) {
  const Item& item = assignment.items[i];
  const auto channel = tables.work().channel(item.channel_no);
  const auto provider = tables.directory().provider(item.provider_no);
  if (!channel || !provider) throw Error(Code::corrupt, "an item has lost what it is about");
  const auto thread = tables.threads().thread(item.thread);
  if (provider->archived_at != 0) {
    assignment.left_out.push_back({i, SkipReason::provider_archived});
    return;
  }
  const IdParts id = item.line_no != 0
                         ? IdParts{IdKind::blast_item, item.channel_no, item.provider_no, item.thread.origin,
                                   item.thread.place}
                         : IdParts{IdKind::notice_item, item.channel_no, item.provider_no, item.notice_no, 0};
  const auto add = [&](bool read, std::uint32_t flags, const auto& person) {
    const auto address = person.addresses.get(channel->name);
    if (const auto reason = why_not(flags, read, address)) {
      assignment.left_out.push_back({i, *reason});
      return;
    }
    assignment.batch.add(id, Context::parts_of(item.thread), item.to_provider, person.id, address,
                         person.name, person.locale, whole_seconds(item.at));
    assignment.entries.push_back(i);
  };
  if (item.to_provider) {
    add(thread && thread->provider_unread == 0, 0, *provider);
    return;
  }
  const auto entry = tables.directory().entry(item.provider_no, item.thread.place);
  if (!entry) throw Error(Code::corrupt, "an item has lost what it is about");
  // Who has left a community has nothing to read there.
  add(thread ? thread->client_unread == 0 : item.thread.of_community(), entry->flags, entry->client);
}

std::optional<Ms> Work::next_due(const Tables& tables, const Channel& channel) const {
  if (channel.paused) return std::nullopt;
  const Ms now = context_.clock.wall_ms();
  std::optional<Ms> at;
  const auto consider = [&](std::optional<Ms> moment, Ms longest) {
    if (!moment) return;
    if (*moment > now + longest) moment = now;  // stored before the clock stepped back
    if (!at || *moment < *at) at = moment;
  };
  if (tables.work().next_line(channel.no)) consider(now, 0);
  consider(tables.work().next_item_due(channel.no), kLongestWait);
  consider(tables.work().next_lease_over(channel.no), kLease + kClockSlack);
  if (!at) return std::nullopt;
  const Ms opens = channel.open_until > now + kLongestBreaker + kClockSlack ? now : channel.open_until;
  return std::max({*at, opens, now}) - now;
}

}  // namespace bccast
