#include "core/settling.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "core/channel_health.hpp"
#include "core/claiming.hpp"
#include "core/line_update.hpp"
#include "core/outcomes.hpp"
#include "core/passes_by.hpp"
#include "core/put_off.hpp"
#include "core/quiet.hpp"
#include "core/reasons.hpp"
#include "core/told_so_far.hpp"
#include "model/retry.hpp"

namespace bccast {
namespace {

/// A batch that has failed as a whole, or lost its worker, so often is halved each time it does so again,
/// until what is to blame is alone.
constexpr std::int64_t kTriesTogether = 2;
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

/// What becomes of somebody whose roster entry is damaged, or gone: never a guess.
const ItemOutcome kDamaged{ItemStatus::failed, std::string(kDamagedEntry), -1};

/// Nobody has reported the item since.
bool is_same_try(const Item& row, const Item& item) {
  return row.begun_again == item.begun_again && row.attempts == item.attempts &&
         row.state != ItemState::failed;
}

class Settling {
 public:
  Settling(Tables& tables, const Context& context, const Locked& locked, const Report& report,
           Advanced& advanced)
      : tables_(tables),
        context_(context),
        locked_(locked),
        report_(report),
        assignment_(*report.assignment),
        advanced_(advanced),
        now_(context.clock.wall_ms()),
        reasons_(tables),
        put_off_(tables) {}

  void run() {
    auto claim = stored_claim();
    if (!anything_open(claim)) {
      advanced_.too_late = true;
      return;
    }
    if (!locked_.has_channel_work()) {
      settle_line();
      return;
    }
    // What is said of the batch as a whole counts only from whoever has it now: after its lease it may be
    // another's. What is said of its items counts from whoever says it first.
    const bool taken_over = !claim || claim->tries != assignment_.claim.tries;
    const bool all_again = report_.result == BatchResult::failed || report_.result == BatchResult::returned ||
                           report_.result == BatchResult::split;
    if (taken_over && all_again) {
      advanced_.too_late = true;
      return;
    }
    if (report_.result == BatchResult::returned) {
      claim->lease_until = 0;
      --claim->tries;
      tables_.work().update_claim(*claim);
      unspent_ = report_.begin == 0 ? assignment_.claimed : assignment_.batch.size() - report_.begin;
      if (assignment_.rated) {
        if (const auto channel = tables_.work().channel(claim->channel_no)) {
          auto work = channel_work(tables_, channel->no);
          give_back(*channel, work);
        }
      }
      return;
    }
    const auto channel = tables_.work().channel(assignment_.claim.channel_no);
    if (!channel) throw Error(Code::corrupt, "a claim has lost its channel");
    auto work = channel_work(tables_, channel->no);
    // Of one item "retry" tells nothing about the channel, unless it was its probe.
    const bool probe = work.failures > 0;
    const bool whole = report_.result == BatchResult::as_set && report_.begin == 0 && report_.last();
    const bool all_again_later = whole && !taken_over && all_retry(assignment_, probe ? 1 : 2);
    const bool throttled = all_again_later && assignment_.line && assignment_.claim.tries < kAllRetryTries;
    const bool failed = report_.result == BatchResult::failed || throttled || (probe && all_again_later);
    if (failed)
      channel_failed(tables_, context_, work,
                     kept_of_all(all_again_later ? outcome_of(assignment_, 0).reason : report_.reason));
    if (throttled || (report_.result == BatchResult::failed && assignment_.claim.tries < kTriesTogether)) {
      claim->lease_until = 0;
      tables_.work().update_claim(*claim);
      return;
    }
    if (all_again && assignment_.batch.size() - report_.begin > 1) {
      split_claim(tables_, *claim, assignment_);
      return;
    }
    if (assignment_.line) {
      settle_line();
    } else {
      settle_items(std::move(claim));
    }
    if (report_.result == BatchResult::as_set && !failed) judge(channel->fail_rule, work);
    if (assignment_.rated && unspent_ > 0) give_back(*channel, work);
  }

 private:
  /// The batch's claim. Where its row is damaged it is what this worker knows of it, as long as nobody else
  /// can have changed it: then storing it makes the row whole again. Later nothing is known.
  std::optional<Claim> stored_claim() {
    try {
      return tables_.work().claim(assignment_.claim);
    } catch (const Error& error) {
      if (!passes_by(tables_, error)) throw;
      advanced_.damage = std::current_exception();
    }
    Claim known = assignment_.claim;
    const bool held = now_ < known.lease_until && known.lease_until <= now_ + known.lease;
    if (!held) return std::nullopt;
    advanced_.damage = nullptr;
    if (assignment_.line) known.from = begin_of(report_);
    return known;
  }

  /// What the report says about the channel.
  void judge(const FailRule& rule, ChannelWork& work) {
    if (work.over_threshold) {
      // Of what was handed out before nothing can be learned: some of it goes well, as ever.
      if (!assignment_.probe) return;
      if (attempts_.good > 0) {
        channel_works(tables_, context_, work);
      } else if (!attempts_.bad.empty()) {
        channel_failed(tables_, context_, work, attempts_.bad.begin()->first);
      }
      return;
    }
    if (something_ended()) channel_works(tables_, context_, work);
    if (work.failures == 0) count_attempts(tables_, context_, rule, work, attempts_);
  }

  /// What was said of the whole batch may be about anybody in it.
  std::string kept_of_all(const std::string& reason) {
    if (class_of(reason).size() == reason.size()) return reason;
    const bool may =
        std::all_of(assignment_.entries.begin(), assignment_.entries.end(), [&](std::size_t entry) {
          if (assignment_.line)
            return reasons_.may_have_detail(assignment_.line->provider_no, static_cast<Place>(entry));
          const Item& item = assignment_.items[entry];
          return reasons_.may_have_detail(item.provider_no, item.thread.place);
        });
    return may ? reason : std::string(class_of(reason));
  }

  /// An item of the report got somewhere: the channel works.
  bool something_ended() const {
    for (std::size_t i = report_.begin; i < report_.stop(); ++i) {
      const auto status = outcome_of(assignment_, i).status;
      if (status != ItemStatus::retry && status != ItemStatus::not_tried) return true;
    }
    return false;
  }

  /// Finds what of the batch nobody has reported yet. That is what its claim says, unless another has taken
  /// the batch over and left a part of it to others still, or put it off.
  bool anything_open(const std::optional<Claim>& claim) {
    PlacesOfLines gone;  // places that may have been put off
    if (assignment_.line) {
      const Claim& whole = assignment_.claim;
      if (claim && claim->to == whole.to) {
        open_claims_.push_back(*claim);
        if (claim->from == begin_of(report_)) return true;
      } else {
        for (const auto& part : tables_.work().sound_claims_of(*assignment_.line).claims)
          if (part.from < whole.to && whole.from < part.to) open_claims_.push_back(part);
      }
      for (std::size_t i = report_.begin; i < report_.stop(); ++i) {
        const auto place = static_cast<Place>(assignment_.entries[i]);
        gone[assignment_.line->no][slice_of(place)].add(within_slice(place));
      }
      find_put_off(gone);
      return !open_claims_.empty() || put_off_.any();
    }
    for (const auto& item : tables_.work().items_of(assignment_.claim.token))
      open_items_.emplace(item.no, assignment_.claim.token);
    std::map<ItemNo, const Item*> elsewhere;
    for (std::size_t i = report_.begin; i < report_.stop(); ++i) {
      const Item& item = assignment_.items[assignment_.entries[i]];
      if (open_items_.count(item.no) == 0) elsewhere.emplace(item.no, &item);
    }
    if (!elsewhere.empty()) {
      std::vector<ItemNo> numbers;
      for (const auto& [no, item] : elsewhere) numbers.push_back(no);
      for (const auto& row : tables_.work().items(numbers))
        if (is_same_try(row.item, *elsewhere.at(row.item.no))) open_items_.emplace(row.item.no, row.holder);
      for (const auto& [no, item] : elsewhere)
        if (open_items_.count(no) == 0 && item->line_no != 0 && item->attempts == 0 && item->begun_again == 0)
          gone[item->line_no][slice_of(item->thread.place)].add(within_slice(item->thread.place));
      find_put_off(gone);
    }
    return claim || !open_items_.empty() || put_off_.any();
  }

  /// Only for what a handler says: else nobody was told. Where it cannot be read, nothing of it counts.
  void find_put_off(const PlacesOfLines& places) {
    if (report_.result != BatchResult::as_set) return;
    try {
      put_off_.find(places);
    } catch (const Error& error) {
      if (error.code() != Code::corrupt || error.native() != 0) throw;
      advanced_.damage = std::current_exception();
    }
  }

  /// The number of its item; 0: it had none.
  ItemNo take_put_off(LineNo line, Place place) {
    const auto found = put_off_.take(line, place);
    if (found.holder) ++others_[*found.holder];
    return found.no;
  }

  /// The claim after a part of it was reported: the rest, with a new lease.
  void go_on(Claim& claim) {
    if (claim.lease_until < now_ + context_.lease) claim.hold(now_, context_.lease);
    tables_.work().update_claim(claim);
  }

  void count(const ItemOutcome& outcome) {
    if (outcome.status == ItemStatus::done) ++attempts_.good;
    if (outcome.status == ItemStatus::failed || outcome.status == ItemStatus::retry)
      attempts_.add_bad(outcome.reason);
    if (outcome.status == ItemStatus::not_tried) ++unspent_;
  }

  /// The item after one more attempt that did not succeed.
  void after_attempt(Item& item, const ItemOutcome& outcome) {
    item.reason = reasons_.kept(item.provider_no, item.thread.place, outcome.reason);
    if (outcome.status == ItemStatus::not_tried) {
      item.state = ItemState::waiting;
      item.due_at = now_ + kGivenBackWait;
      return;
    }
    ++item.attempts;
    item.state = outcome.status == ItemStatus::failed || item.attempts >= kMaxAttempts ? ItemState::failed
                                                                                       : ItemState::waiting;
    const Ms wait = outcome.retry_after >= 0 ? outcome.retry_after
                                             : retry_wait(static_cast<int>(item.attempts), random_number());
    item.due_at = now_ + std::min(wait, kLongestWait);
  }

  /// What was not handed over, after all, took nothing of the channel's rate.
  void give_back(const Channel& channel, ChannelWork& work) {
    if (!channel.rate.limited()) return;
    work.bucket.give_back(channel.rate, unspent_);
    tables_.work().update_channel_work(work);
  }

  void settle_line() {
    auto line = tables_.work().line(assignment_.line->no);
    if (!line) throw Error(Code::corrupt, "a claim has lost its line");
    const HandingOrder order(line->order);
    const auto position = [&](std::size_t entry) { return order.position_of(static_cast<Place>(entry)); };
    const Position end = assignment_.claim.to;
    const Position until =
        report_.last() ? end : std::min(end, position(assignment_.entries[report_.stop()]));
    // The usual case: nobody has reported any of it, and this reports all.
    const bool whole = until == end && open_claims_.size() == 1 &&
                       open_claims_.front().from == assignment_.claim.from && open_claims_.front().to == end;
    // What lies outside was reported by another.
    const auto counts = [&](std::size_t entry) {
      if (whole) return true;
      const auto at = position(entry);
      return at < until && std::any_of(open_claims_.begin(), open_claims_.end(),
                                       [&](const Claim& claim) { return at >= claim.from && at < claim.to; });
    };
    const auto skip = [&](std::size_t entry, SkipReason reason) {
      leave_out(*line, static_cast<Place>(entry), reason);
      ++advanced_.ended;
    };
    const auto item_at = [&](std::size_t entry) {
      Item item;
      item.provider_no = line->provider_no;
      item.channel_no = line->channel_no;
      item.line_no = line->no;
      item.thread = {line->provider_no, static_cast<Place>(entry), line->blast_no};
      item.seq = 1;
      item.at = assignment_.at;
      return item;
    };
    const auto drop = [&](std::size_t entry, ItemNo stored) {
      if (stored == 0) return;
      deleted_.push_back(item_at(entry));
      deleted_.back().no = stored;
    };
    const auto keep = [&](std::size_t entry, const ItemOutcome& outcome, ItemNo stored = 0) {
      Item item = item_at(entry);
      item.no = stored;
      after_attempt(item, outcome);
      put(item);
      if (item.state == ItemState::failed) {
        ++line->failed;
        ++advanced_.ended;
      }
      return item;
    };
    const auto defer = [&](std::size_t entry, Ms due_at) {
      Item item = item_at(entry);
      item.due_at = due_at;
      inserted_.push_back(std::move(item));
    };
    const auto unspent = [&](std::size_t entry) { return counts(entry) && ++unspent_ > 0; };
    for (const auto& left : assignment_.left_out)
      if (unspent(left.entry)) skip(left.entry, left.reason);
    for (const auto entry : assignment_.damaged)
      if (unspent(entry)) keep(entry, kDamaged);
    for (const auto& deferred : assignment_.deferred) {
      if (!unspent(deferred.entry)) continue;
      if (deferred.reason) {
        let_place_wait(*line, static_cast<Place>(deferred.entry), {deferred.until, *deferred.reason});
      } else {
        defer(deferred.entry, deferred.until);
      }
    }
    std::map<std::size_t, Ms> look_at;  // what of the batch was not told at its address: when to look again
    for (std::size_t i = report_.begin; i < report_.stop(); ++i) {
      const auto entry = assignment_.entries[i];
      const auto place = static_cast<Place>(entry);
      const bool put_off = !counts(entry);
      if (put_off && !put_off_.has(line->no, place)) {
        advanced_.too_late = true;
        look_at[i] = now_;
        continue;
      }
      const ItemOutcome outcome = outcome_in(report_, i);
      count(outcome);
      if (put_off && outcome.status == ItemStatus::not_tried) {  // it waits already
        look_at[i] = now_;
        continue;
      }
      const ItemNo stored = put_off ? take_put_off(line->no, place) : 0;
      switch (outcome.status) {
        case ItemStatus::done:
          ++line->done;
          tell(entry, line->no, place);
          drop(entry, stored);
          ++advanced_.ended;
          break;
        case ItemStatus::skipped:
          skip(entry, SkipReason::by_notifier);
          drop(entry, stored);
          look_at[i] = now_;
          break;
        case ItemStatus::failed:
        case ItemStatus::retry:
        case ItemStatus::not_tried:
          const Item item = keep(entry, outcome, stored);
          if (item.state != ItemState::failed) look_at[i] = look_again(item, now_);
          break;
      }
    }
    // Those at the address of one of the batch: it stands for them if it was told just now; else they look
    // for themselves.
    for (const auto& behind : assignment_.behind) {
      if (!unspent(behind.entry)) continue;
      const auto open = look_at.find(behind.first);
      if (open != look_at.end() || behind.first < report_.begin) {
        defer(behind.entry, open != look_at.end() ? open->second : now_);
      } else {
        skip(behind.entry, SkipReason::same_address);
      }
    }
    for (Claim& claim : open_claims_) {
      if (until >= claim.to) {
        tables_.work().delete_claim(claim);
      } else if (until > claim.from || claim.token == assignment_.claim.token) {
        claim.from = std::max(claim.from, until);
        go_on(claim);
      }
    }
    store_items();
    take_items_out_of(tables_, assignment_.claim.channel_no, others_, advanced_.damage);
    if (line->pending() == 0) told_.clear();  // nobody asks any more
    store_told();
    store_skips(tables_, skip_rows());
    store_waiting(*line);
    store(*line);
    if (assignment_.delivery) advanced_.unlocked = unlock_followers(tables_, *line);
  }

  /// `claim`: that of the batch, if it is still there.
  void settle_items(std::optional<Claim> claim) {
    std::set<LineNo> lines;
    for (const auto& item : assignment_.items)
      if (item.line_no != 0) lines.insert(item.line_no);
    if (!lines.empty()) found_lines_ = tables_.work().lines(std::vector(lines.begin(), lines.end()));
    const auto counts = [&](std::size_t entry) {
      const auto found = open_items_.find(assignment_.items[entry].no);
      if (found == open_items_.end()) return false;
      if (found->second && *found->second != assignment_.claim.token) ++others_[*found->second];
      open_items_.erase(found);
      return true;
    };
    const std::size_t until = report_.last() ? assignment_.items.size() : assignment_.entries[report_.stop()];
    const auto unspent = [&](std::size_t entry) { return entry < until && counts(entry) && ++unspent_ > 0; };
    for (const auto& left : assignment_.left_out)
      if (unspent(left.entry)) skip(assignment_.items[left.entry], left.reason);
    for (const auto entry : assignment_.damaged)
      if (unspent(entry))
        keep(assignment_.items[entry], kDamaged, line_it_may_be_of(assignment_.items[entry]));
    for (const auto& deferred : assignment_.deferred) {
      if (!unspent(deferred.entry)) continue;
      Item item = assignment_.items[deferred.entry];
      Line* line = line_of(item);
      const auto reason = reason_to_wait(item, deferred);
      if (reason) {
        let_place_wait(*line, item.thread.place, {deferred.until, *reason});
        deleted_.push_back(std::move(item));
        continue;
      }
      item.state = ItemState::waiting;
      item.due_at = deferred.until;
      if (deferred.reason == WaitReason::unknown_zone) {
        item.reason = kUnknownZone;
      } else if (item.reason == kUnknownZone) {
        item.reason.clear();
      }
      updated_.push_back(std::move(item));
    }
    for (std::size_t i = report_.begin; i < report_.stop(); ++i) {
      const auto entry = assignment_.entries[i];
      const Item& given = assignment_.items[entry];
      const bool put_off = !counts(entry);
      if (put_off && !put_off_.has(given.line_no, given.thread.place)) {
        advanced_.too_late = true;
        continue;
      }
      const ItemOutcome outcome = outcome_in(report_, i);
      count(outcome);
      if (put_off && outcome.status == ItemStatus::not_tried) continue;  // it waits already
      Item woken;
      if (put_off) {
        woken = given;
        woken.no = take_put_off(given.line_no, given.thread.place);
      }
      const Item& item = put_off ? woken : given;
      if (outcome.status == ItemStatus::done) {
        if (Line* line = line_of(item)) ++line->done;
        tell(entry, item.line_no, item.thread.place);
        remove(item);
        ++advanced_.ended;
      } else if (outcome.status == ItemStatus::skipped) {
        skip(item, SkipReason::by_notifier);
      } else {
        keep(item, outcome, line_of(item));
      }
    }
    store_items();
    if (claim) {
      claim->to = std::count_if(open_items_.begin(), open_items_.end(),
                                [&](const auto& item) { return item.second == claim->token; });
      if (claim->to == 0) {
        tables_.work().delete_claim(*claim);
      } else {
        go_on(*claim);
      }
    }
    take_items_out_of(tables_, assignment_.claim.channel_no, others_, advanced_.damage);
    std::erase_if(told_, [&](const ToldAddress& one) { return lines_.at(one.line_no).pending() == 0; });
    store_told();
    store_skips(tables_, skip_rows());
    for (auto& [no, line] : lines_) {
      store_waiting(line);
      store(line);
      advanced_.unlocked = advanced_.unlocked || assignment_.delivery.has_value();
    }
  }

  /// What waits of a blast that was paused meanwhile is parked.
  void store(Line& line) {
    store_line(tables_, context_, line);
    if (line.paused) tables_.work().park_items(line.no, true);
  }

  /// Never a row for each of them.
  void let_place_wait(const Line& line, Place place, const Wait& wait) {
    waiting_[line.no][{slice_of(place), wait}].add(within_slice(place));
  }

  /// Nobody else at its address is told from now on.
  void tell(std::size_t entry, LineNo line, Place place) {
    const auto shared = assignment_.addresses.find(entry);
    if (shared != assignment_.addresses.end()) told_.push_back({line, shared->second, place, true});
  }

  void store_told() {
    if (!told_.empty()) tables_.work().mark_told(told_);
  }

  void leave_out(Line& line, Place place, SkipReason reason) {
    skips_[skip_key(line, slice_of(place), reason)].add(within_slice(place));
    ++line.skipped;
  }

  std::vector<SkipRow> skip_rows() const { return {skips_.begin(), skips_.end()}; }

  void store_waiting(Line& line) {
    put_off_.store(line);
    std::vector<WaitingPlaces> rows;
    for (const auto& [key, places] : waiting_[line.no])
      rows.push_back({{line.no, key.first}, key.second, places});
    let_wait(tables_, line, std::move(rows));
  }

  /// The line of an item, to be stored at the end.
  Line* line_of(const Item& item) {
    if (item.line_no == 0) return nullptr;
    const auto known = lines_.find(item.line_no);
    if (known != lines_.end()) return &known->second;
    const auto* line = found_lines_.find(item.line_no);
    if (line == nullptr) throw Error(Code::corrupt, "an item has lost its line");
    return &lines_.emplace(item.line_no, *line).first->second;
  }

  /// Of an item that is damaged, or whose line is, which must not fail the batch it is in: its line, if there
  /// is such a line.
  Line* line_it_may_be_of(const Item& item) {
    if (item.line_no == 0) return nullptr;
    try {
      Line* line = line_of(item);
      const bool right = line->channel_no == item.channel_no && line->provider_no == item.provider_no &&
                         line->blast_no == item.thread.origin;
      return right ? line : nullptr;
    } catch (const Error& error) {
      if (error.code() != Code::corrupt) throw;
      return nullptr;
    }
  }

  void skip(const Item& item, SkipReason reason) {
    if (Line* line = line_of(item)) leave_out(*line, item.thread.place, reason);
    remove(item);
    ++advanced_.ended;
  }

  void keep(Item item, const ItemOutcome& outcome, Line* line) {
    after_attempt(item, outcome);
    if (item.state == ItemState::failed) {
      if (line != nullptr) ++line->failed;
      ++advanced_.ended;
    }
    put(std::move(item));
  }

  /// Number 0: it has no row.
  void put(Item item) { (item.no != 0 ? updated_ : inserted_).push_back(std::move(item)); }
  void remove(const Item& item) {
    if (item.no != 0) deleted_.push_back(item);
  }

  void store_items() {
    if (!inserted_.empty()) tables_.work().insert_items(inserted_);
    if (!updated_.empty()) tables_.work().update_items(updated_);
    if (!deleted_.empty()) tables_.work().delete_items(deleted_);
  }

  Tables& tables_;
  const Context& context_;
  const Locked& locked_;
  const Report& report_;
  const Assignment& assignment_;
  Advanced& advanced_;
  const Ms now_;
  Reasons reasons_;
  std::vector<Claim> open_claims_;                     // of a line: what of the batch nobody has reported
  std::map<ItemNo, std::optional<Token>> open_items_;  // else, and in whose hands: nothing: it waits
  PutOff put_off_;                                     // of both: what nobody has reported either
  std::map<Token, Position> others_;                   // how many of the items of others are theirs no more
  Found<LineNo, Line> found_lines_;
  std::map<LineNo, Line> lines_;  // those that change
  std::map<SkipKey, Slice> skips_;
  std::vector<ToldAddress> told_;  // of those who share their address
  std::map<LineNo, std::map<std::pair<SliceNo, Wait>, Slice>> waiting_;
  std::vector<Item> inserted_, updated_, deleted_;  // to be stored together
  AttemptCounts attempts_;
  std::size_t unspent_ = 0;  // items of the report that were not handed over
};

}  // namespace

void settle(Tables& tables, const Context& context, const Locked& locked, const Report& report,
            Advanced& advanced) {
  Settling(tables, context, locked, report, advanced).run();
}

}  // namespace bccast
