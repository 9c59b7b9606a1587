#include "core/claiming.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "core/channel_health.hpp"
#include "core/line_slices.hpp"
#include "core/passes_by.hpp"
#include "core/quiet.hpp"
#include "model/retry.hpp"

namespace bccast {
namespace {

/// How often the row of a channel's work says that a worker is there.
constexpr Ms kSeenEvery = 60'000;

Token new_token() {
  std::array<std::uint8_t, 12> bytes{};
  random_bytes(bytes);
  return make_token(bytes);
}

/// A claim like another, for some of its items, which waits for whoever takes it over.
void insert_claim_of_items(Tables& tables, const Claim& like, std::span<const Item> items) {
  Claim claim = like;
  claim.token = new_token();
  claim.to = static_cast<Position>(items.size());
  claim.lease_until = 0;
  tables.work().insert_claim(claim);
  tables.work().claim_items(items, claim.token);
}

class Claiming {
 public:
  Claiming(Tables& tables, const Context& context, const Locked& locked, Channel channel, std::size_t most,
           std::exception_ptr& damaged)
      : tables_(tables),
        context_(context),
        locked_(locked),
        channel_(std::move(channel)),
        work_(channel_work(tables, channel_.no)),
        damaged_(damaged),
        now_(context.clock.wall_ms()),
        most_(work_.failures > 0 ? 1 : most) {}

  std::unique_ptr<Assignment> run() {
    auto assignment = next();
    if (assignment) {
      assignment->probe = work_.failures > 0;
      assignment->channel = channel_;
    }
    if (assignment && channel_.rate.limited()) {
      assignment->rated = true;
      work_.bucket.take(assignment->claimed);
      tables_.work().update_channel_work(work_);
    }
    return assignment;
  }

 private:
  std::unique_ptr<Assignment> next() {
    if (is_paused(channel_, work_) || channel_.removed) return nullptr;
    const bool breaker_open =
        work_.open_until > now_ && work_.open_until <= now_ + kLongestBreaker + kClockSlack;
    if (breaker_open) return nullptr;
    auto expired = next_expired();
    if (is_at_its_limit(tables_, channel_, work_, now_) || !within_rate()) return nullptr;
    if (now_ - work_.worker_seen >= kSeenEvery || work_.worker_seen > now_) {
      work_.worker_seen = now_;
      tables_.work().update_channel_work(work_);
    }
    if (expired) return take_over(std::move(*expired));
    auto line = tables_.work().next_line(channel_.no);
    if (!line || work_.items_turn < line->turn) {
      auto due = tables_.work().due_items(channel_.no, now_, kFarthestDue, most_);
      if (channel_.delivers) keep_one_text(due);
      locked_.require(std::span<const Item>(due));
      if (due.empty() && channel_.waits) due = wake_places(tables_, locked_, channel_.no, now_, most_);
      if (!due.empty()) return claim_items(std::move(due));
    }
    if (!line) return nullptr;
    locked_.require(*line);
    return claim_places(std::move(*line));
  }

  /// One that lasts longer than any lease is from before the clock was set back. Its holder may still be at
  /// work: its lease begins anew.
  std::optional<Claim> next_expired() {
    for (bool held_one = false;; held_one = true) {
      auto claim = tables_.work().expired_claim(channel_.no, now_, kFarthestLease, damaged_);
      if (claim && held_one && !locked_.has(*claim)) return std::nullopt;  // it has its turn the next time
      if (claim) locked_.require(*claim);
      if (!claim || claim->lease_until <= now_) return claim;
      claim->hold(now_, std::clamp(claim->lease, kShortestLease, kLongestLease));
      tables_.work().update_claim(*claim);
    }
  }

  /// No more than the rate allows now; false when that is not worth a batch.
  bool within_rate() {
    if (!channel_.rate.limited()) return true;
    const bool stepped_back = work_.bucket.at > now_;
    work_.bucket.refill(channel_.rate, now_);
    if (stepped_back) tables_.work().update_channel_work(work_);  // from here on it fills again
    if (!work_.bucket.ready(channel_.rate)) return false;
    most_ = std::min(most_, work_.bucket.items());
    return true;
  }

  /// What was given back, or whose worker is gone.
  std::unique_ptr<Assignment> take_over(Claim claim) {
    auto assignment = std::make_unique<Assignment>(context_.ids);
    if (claim.line_no != 0) {
      assignment->line = tables_.work().line(claim.line_no);
      if (!assignment->line) throw Error(Code::corrupt, "a claim has lost its line");
      assignment->places = leave_the_rest(*assignment->line, claim);
      assignment->claimed = assignment->places.size();
    } else {
      assignment->items = tables_.work().items_of(claim.token);
      if (assignment->items.size() != static_cast<std::size_t>(claim.to))
        throw Error(Code::corrupt, "a claim has lost some of its items");
      leave_the_rest(assignment->items, claim);
      assignment->claimed = assignment->items.size();
    }
    claim.hold(now_, context_.lease);
    ++claim.tries;
    tables_.work().update_claim(claim);
    assignment->claim = claim;
    return assignment;
  }

  /// What goes beyond as many as are wanted waits in a claim of its own. What is left.
  std::vector<Place> leave_the_rest(const Line& line, Claim& claim) {
    auto [places, after] = first_places(line, claim.from, claim.to, most_);
    if (after >= claim.to || first_places(line, after, claim.to, 1).places.empty()) return places;
    Claim rest = claim;
    rest.token = new_token();
    rest.from = claim.to = after;
    rest.lease_until = 0;
    tables_.work().insert_claim(rest);
    return places;
  }

  /// The same of items. They may have been told: put back, they would let others at their address go first.
  void leave_the_rest(std::vector<Item>& items, Claim& claim) {
    if (items.size() <= most_) return;
    const std::span beyond = std::span(items).subspan(most_);
    insert_claim_of_items(tables_, claim, beyond);
    items.resize(most_);
    claim.to = static_cast<Position>(most_);
  }

  /// At most `most` recipients from a position on, and the position behind them.
  HandingOrder::Taken first_places(const Line& line, Position from, Position to, std::size_t most) const {
    const HandingOrder order(line.order);
    SlicesAhead<Slice> slices(line.slices, order.takes_few(line.total), kSlicesTogether);
    const auto read = [&](std::span<const SliceNo> some) { return tables_.work().audience(line, some); };
    return order.take(from, to, most, line.total,
                      [&](SliceNo s) -> const Slice& { return slices.at(s, read); });
  }

  /// A batch to deliver has one text: what begins the list decides.
  static void keep_one_text(std::vector<Item>& due) {
    const auto other = std::find_if(due.begin(), due.end(), [&](const Item& item) {
      const Item& first = due.front();
      if (item.line_no != first.line_no) return true;
      return item.line_no == 0 && (item.thread.shelf() != first.thread.shelf() || item.seq != first.seq);
    });
    due.erase(other, due.end());
  }

  std::unique_ptr<Assignment> claim_items(std::vector<Item> due) {
    auto assignment = std::make_unique<Assignment>(context_.ids);
    Claim& claim = assignment->claim;
    claim.token = new_token();
    claim.channel_no = channel_.no;
    claim.to = static_cast<Position>(due.size());
    claim.hold(now_, context_.lease);
    claim.tries = 1;
    tables_.work().insert_claim(claim);
    tables_.work().claim_items(due, claim.token);
    if (tables_.work().last_turn(channel_.no) > 0) {  // to the back of the line
      work_.items_turn = tables_.numbers().next(NumberKind::work);
      tables_.work().update_channel_work(work_);
    }
    assignment->items = std::move(due);
    assignment->claimed = assignment->items.size();
    return assignment;
  }

  std::unique_ptr<Assignment> claim_places(Line line) {
    auto [places, to] = first_places(line, line.cursor, line.hand_out_to(), most_);
    auto assignment = std::make_unique<Assignment>(context_.ids);
    assignment->claimed = places.size();
    assignment->places = std::move(places);
    Claim& claim = assignment->claim;
    claim.token = new_token();
    claim.channel_no = channel_.no;
    claim.line_no = line.no;
    claim.from = line.cursor;
    claim.to = to;
    claim.hold(now_, context_.lease);
    claim.tries = 1;
    tables_.work().insert_claim(claim);
    line.cursor = to;
    // To the back; a line that is alone stays where it is, which spares its index a change.
    const auto last = std::max(tables_.work().last_turn(channel_.no), work_.items_turn);
    if (last > line.turn) line.turn = tables_.numbers().next(NumberKind::work);
    tables_.work().update_line(line);
    assignment->line = std::move(line);
    return assignment;
  }

  Tables& tables_;
  const Context& context_;
  const Locked& locked_;
  Channel channel_;
  ChannelWork work_;
  std::exception_ptr& damaged_;
  const Ms now_;
  std::size_t most_;
};

}  // namespace

bool is_at_its_limit(const Tables& tables, const Channel& channel, const ChannelWork& work, Ms now) {
  // A channel that fails is probed with one item at a time, until one goes well.
  const auto most = work.failures > 0 ? 1 : channel.concurrency;
  return most > 0 && tables.work().claims_in_flight(channel.no, now, kFarthestLease) >= most;
}

std::unique_ptr<Assignment> claim_next(Tables& tables, const Context& context, ChannelNo no,
                                       const Locked& locked, std::size_t most, std::exception_ptr& damaged) {
  auto channel = tables.work().channel(no);
  if (!channel) return nullptr;
  return Claiming(tables, context, locked, std::move(*channel), most, damaged).run();
}

void take_items_out_of(Tables& tables, ChannelNo channel, const std::map<Token, Position>& less,
                       std::exception_ptr& damage) {
  if (less.empty()) return;
  std::vector<Token> tokens;
  for (const auto& one : less) tokens.push_back(one.first);
  const auto claims = tables.work().claims(channel, tokens);
  std::vector<Claim> changed;
  std::vector<Claim> gone;
  for (const auto& [token, count] : less) {
    try {
      const auto* claim = claims.find(token);
      if (claim == nullptr) throw Error(Code::corrupt, "an item has lost its claim");
      auto& after = (claim->to == count ? gone : changed).emplace_back(*claim);
      after.to -= count;
    } catch (const Error& error) {
      if (!passes_by(tables, error)) throw;
      damage = std::current_exception();
    }
  }
  if (!gone.empty()) tables.work().delete_claims(gone);
  if (!changed.empty()) tables.work().update_claims(changed);
}

namespace {

/// Nothing more of it is to be handed out: what is left was dropped, maybe while the batch was filled.
bool is_dropped(const Tables& tables, const Line& line) {
  try {
    const auto blast = tables.blasts().blast(line.provider_no, line.blast_no);
    const auto provider = tables.directory().provider(line.provider_no);
    const auto channel = tables.work().channel(line.channel_no);
    if (!blast || !provider || !channel) return true;
    const bool recalled = blast->state == BlastState::recalled && line.kind != LineKind::retract;
    return recalled || provider->archived_at != 0 || channel->removed;
  } catch (const Error& error) {
    // That is why it could not be filled: nothing is left behind of it, and nobody waits for its lease.
    if (!passes_by(tables, error)) throw;
    return false;
  }
}

}  // namespace

void undo_claim(Tables& tables, const Assignment& assignment) {
  const auto claim = tables.work().claim(assignment.claim);
  if (!claim || claim->tries != 1 || assignment.claim.tries != 1) return;
  if (assignment.line) {
    auto line = tables.work().line(assignment.line->no);
    if (!line || line->cursor != claim->to || claim->from != assignment.claim.from) return;
    if (is_dropped(tables, *line)) return;  // it is left out by whoever takes it up
    line->cursor = claim->from;
    tables.work().update_line(*line);
  } else {
    auto items = tables.work().items_of(claim->token);
    for (auto& item : items) {
      if (item.damaged) return;  // writing it would make it look whole
      item.state = ItemState::waiting;
    }
    tables.work().update_items(items);
  }
  tables.work().delete_claim(*claim);
  if (!assignment.rated) return;
  const auto channel = tables.work().channel(claim->channel_no);
  if (!channel || !channel->rate.limited()) return;
  auto work = channel_work(tables, channel->no);
  work.bucket.give_back(channel->rate, assignment.claimed);
  tables.work().update_channel_work(work);
}

void split_claim(Tables& tables, Claim claim, const Assignment& assignment) {
  if (!assignment.line) {
    const auto items = tables.work().items_of(claim.token);
    tables.work().delete_claim(claim);
    claim.tries = 1;
    claim.to = 1;
    claim.lease_until = 0;
    std::vector<Claim> claims;
    std::vector<Token> tokens;
    for (std::size_t i = 0; i < items.size(); ++i) {
      claim.token = new_token();
      claims.push_back(claim);
      tokens.push_back(claim.token);
    }
    tables.work().insert_claims(claims);
    tables.work().claim_items(items, tokens);
    return;
  }
  const auto middle = static_cast<Place>(assignment.entries[assignment.entries.size() / 2]);
  Claim second = claim;
  second.token = new_token();
  second.from = HandingOrder(assignment.line->order).position_of(middle);
  claim.lease_until = second.lease_until = 0;
  claim.tries = second.tries = 1;
  if (second.from > claim.from && second.from < claim.to) {
    claim.to = second.from;
    tables.work().insert_claim(second);
  }
  tables.work().update_claim(claim);
}

}  // namespace bccast
