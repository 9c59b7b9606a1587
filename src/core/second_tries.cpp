#include "core/second_tries.hpp"

#include <fmt/format.h>

#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "core/access.hpp"
#include "core/line_update.hpp"
#include "core/place_states.hpp"
#include "core/reasons.hpp"
#include "core/same_address.hpp"
#include "core/set_pages.hpp"
#include "model/retry.hpp"

namespace bccast {
namespace {

/// The line has work again, and its blast is not finished any more.
void reopen(const Context& context, Line& line, Blast& blast) {
  if (line.open) return;
  line.open = true;
  line.paused = blast.state == BlastState::paused;
  ++blast.open_lines;
  blast.state = next_state(blast.state, BlastVerb::reopen).value_or(blast.state);
  blast.finished_at = 0;
  blast.deadline_at = context.clock.wall_ms() + context.deadline_of(blast);
  blast.overdue = false;
}

/// A new try, as if there had been none; but what is still said of one before counts no more.
void begin_again(Item& item, Ms now) {
  item.state = ItemState::waiting;
  item.attempts = 0;
  item.due_at = now;
  item.reason.clear();
  ++item.begun_again;
}

/// A blast's lines, but for those on channels that were removed: nobody hands anything out on these.
std::vector<Line> lines_to_go_on(const Tables& tables, const Blast& blast) {
  std::vector<Line> lines;
  for (auto& line : tables.work().lines(blast.provider_no, blast.no)) {
    const auto channel = tables.work().channel(line.channel_no);
    if (channel && !channel->removed) lines.push_back(std::move(line));
  }
  return lines;
}

/// Those that have failed, of a page of a line's items from `from` on, which goes on to where the next page
/// begins.
std::vector<Item> failed_items(const Tables& tables, const Line& line, std::optional<Place>& from) {
  auto page = tables.work().items_of_line(line.no, from.value(), kMaxPlaces, kRowsTogether);
  from = page.next;
  std::erase_if(page.items, [](const Item& item) { return item.state != ItemState::failed || item.damaged; });
  return std::move(page.items);
}

/// Who was not told because the delivery had failed is told after all, once it has been delivered.
/// `deliveries`: a page, by place.
void tell_after_all(Tables& tables, Line& follower, std::span<const Item> deliveries, Ms now) {
  std::vector<SkipKey> keys;
  for (const auto& item : deliveries) {
    const auto key = skip_key(follower, slice_of(item.thread.place), SkipReason::not_delivered);
    if (keys.empty() || keys.back() != key) keys.push_back(key);
  }
  std::vector<SkipRow> lost;
  for_each_page(
      std::span<const SkipKey>(keys),
      [&](std::span<const SkipKey> page, std::size_t) {
        auto slices = tables.work().skipped(page);
        for (std::size_t i = 0; i < page.size(); ++i) lost.emplace_back(page[i], std::move(slices.at(i)));
      },
      kSlicesTogether);
  std::vector<Item> notices;
  std::vector<SkipRow> left;
  auto of_slice = lost.begin();
  for (const auto& item : deliveries) {
    while (of_slice->first.of.slice != slice_of(item.thread.place)) ++of_slice;
    if (!of_slice->second.remove(within_slice(item.thread.place))) continue;
    if (left.empty() || left.back().first != of_slice->first) left.emplace_back(of_slice->first, Slice());
    --follower.skipped;
    Item& notice = notices.emplace_back(item);
    notice.no = 0;
    notice.channel_no = follower.channel_no;
    notice.line_no = follower.no;
    begin_again(notice, now);
  }
  if (notices.empty()) return;
  of_slice = lost.begin();
  for (auto& row : left) {
    while (of_slice->first != row.first) ++of_slice;
    row.second = of_slice->second;
  }
  for_each_page(
      std::span<const SkipRow>(left),
      [&](std::span<const SkipRow> page, std::size_t) { tables.work().put_skipped(page); }, kSlicesTogether);
  tables.work().insert_items(notices);
}

Error not_found() {
  return {Code::not_found, "there is no such item, or nothing is kept of it"};
}

}  // namespace

std::int64_t SecondTries::retry_failed(std::string_view provider_id, std::string_view blast_id) {
  return context_.write(verb::blast_retry_failed, blast_id, [&](Tables& tables) {
    std::int64_t count = 0;
    const Provider provider = access::open_provider(tables, provider_id, Hold::shared);
    tables.lock().rosters({&provider.no, 1});  // who is told at an address is kept of lines that are open
    tables.lock().channels(Hold::shared);      // nobody would ever end what is tried again on a removed one
    Blast blast = access::sent_blast_and_lines(tables, context_, provider, blast_id);
    access::next(blast, BlastVerb::reopen, blast_id);
    const Ms now = context_.clock.wall_ms();
    auto lines = lines_to_go_on(tables, blast);
    for (auto& line : lines) {
      for (std::optional<Place> from = 0; from;) {
        auto failed = failed_items(tables, line, from);
        if (failed.empty()) continue;
        for (Item& item : failed) begin_again(item, now);
        line.failed -= static_cast<std::int64_t>(failed.size());
        count += static_cast<std::int64_t>(failed.size());
        if (line.kind == LineKind::deliver)
          for (auto& other : lines)
            if (other.follows) tell_after_all(tables, other, failed, now);
        tables.work().update_items(failed);
      }
    }
    if (count == 0) return count;
    blast.deadline_at = now + context_.deadline_of(blast);
    blast.overdue = false;
    for (auto& line : lines) {
      if (line.pending() > 0) reopen(context_, line, blast);
      tables.work().update_line(line);
      if (line.paused) tables.work().park_items(line.no, true);
    }
    tables.blasts().update_blast(blast);
    return count;
  });
}

Code SecondTries::report(std::string_view item, const ItemOutcome& outcome) {
  if (outcome.status != ItemStatus::done && outcome.status != ItemStatus::failed &&
      outcome.status != ItemStatus::retry)
    throw Error(Code::argument, "what can be reported later is done, retry or failed");
  return context_.write(verb::report, item, [&](Tables& tables) {
    if (const auto place = context_.ids.decode(item, IdKind::blast_item)) {
      const BlastKey key{place->provider, place->number};
      tables.lock().rosters({&key.first, 1});  // the line may be open again
      tables.lock().channel(place->channel, Hold::shared);
      tables.lock().lines({}, {&key, 1});
      tables.lock().blasts({&key, 1}, Hold::exclusive);
      return report_place(tables, *place, outcome);
    }
    if (const auto notice = context_.ids.decode(item, IdKind::notice_item))
      return report_notice(tables, *notice, outcome);
    throw not_found();
  });
}

void SecondTries::require_may_retry(const Tables& tables, const Blast& blast, const Line& line) const {
  const std::string id(view(context_.blast_id(blast.provider_no, blast.no)));
  access::next(blast, BlastVerb::reopen, id);
  const auto channel = tables.work().channel(line.channel_no);
  if (!channel || channel->removed)  // the blast would never finish
    throw Error(Code::state, "the channel was removed: nothing is sent on it again");
}

Code SecondTries::report_place(Tables& tables, const IdParts& parts, const ItemOutcome& outcome) {
  if (parts.rung != kFirstRung) throw not_found();  // no line tells anybody a second time
  auto blast = tables.blasts().blast(parts.provider, parts.number);
  if (!blast || is_unsent(blast->state) ||
      !tables.blasts().is_recipient(parts.provider, parts.place, blast->seq))
    throw not_found();
  const Ms now = context_.clock.wall_ms();
  for (auto& line : tables.work().lines(parts.provider, parts.number)) {
    if (line.channel_no != parts.channel || !is_of_sending(line.kind)) continue;
    const auto claims = tables.work().claims_of(line);
    const auto s = slice_of(parts.place);
    const auto at = within_slice(parts.place);
    Slice one;
    one.add(at);
    SliceStates reader(tables, line, claims, s, one);
    reader.read(at, at + 1, SliceStates::kAll);
    const auto& states = reader.states();
    const bool failed = states[PlaceState::failed].contains(at);
    if (states[PlaceState::skipped].contains(at)) throw not_found();
    if (!failed && !states[PlaceState::done].contains(at))
      throw Error(Code::state, "the item has not ended yet");
    if (outcome.status == (failed ? ItemStatus::failed : ItemStatus::done)) return Code::exists;
    if (outcome.status == ItemStatus::retry) require_may_retry(tables, *blast, line);

    Item item;
    if (failed) {
      for (const auto& found : states.items)
        if (found.thread.place == parts.place) item = found;
      --line.failed;
    } else {
      item.provider_no = line.provider_no;
      item.channel_no = line.channel_no;
      item.line_no = line.no;
      item.thread = {line.provider_no, parts.place, line.blast_no};
      item.seq = 1;
      item.at = whole_seconds(blast->sent_at);
      item.attempts = 1;
      --line.done;
      if (outcome.status != ItemStatus::done) untell(tables, context_, line, parts.place);
    }
    item.reason = Reasons(tables).kept(parts.provider, parts.place, outcome.reason);
    if (outcome.status == ItemStatus::done) {
      tables.work().delete_items({&item, 1});
      ++line.done;
    } else {
      item.state = outcome.status == ItemStatus::failed ? ItemState::failed : ItemState::waiting;
      item.due_at = now + (outcome.retry_after >= 0 ? std::min(outcome.retry_after, kLongestWait) : 0);
      if (item.state == ItemState::failed) {
        ++line.failed;
      } else {
        item.attempts = 0;
        ++item.begun_again;
        reopen(context_, line, *blast);
      }
      if (failed) {
        tables.work().update_items({&item, 1});
      } else {
        tables.work().insert_items({&item, 1});
      }
    }
    tables.work().update_line(line);
    if (line.paused) tables.work().park_items(line.no, true);
    tables.blasts().update_blast(*blast);
    return Code::ok;
  }
  throw not_found();
}

/// Of single messages' notices only those are kept that have not ended, or failed.
Code SecondTries::report_notice(Tables& tables, const IdParts& parts, const ItemOutcome& outcome) {
  const auto find = [&] {
    auto found = tables.work().item_of_notice(parts.channel, parts.provider, notice_of(parts));
    if (!found) throw not_found();
    return std::move(*found);
  };
  if (tables.lock().others_write()) {
    const ItemNo no = find().no;
    tables.lock().singles({}, {&no, 1});
  }
  Item item = find();
  if (item.damaged) throw Error(Code::corrupt, "the item is damaged");
  if (item.state != ItemState::failed) throw Error(Code::state, "the item has not ended yet");
  if (outcome.status == ItemStatus::failed) return Code::exists;
  if (outcome.status == ItemStatus::done) {
    tables.work().delete_items({&item, 1});
  } else {
    begin_again(item, context_.clock.wall_ms());
    tables.work().update_items({&item, 1});
  }
  return Code::ok;
}

}  // namespace bccast
