// Channels, lines, claims and items in memory.
#pragma once

#include <algorithm>

#include "data.hpp"
#include "model/text_rules.hpp"

namespace test::memory {

class Work final : public WorkTables {
 public:
  explicit Work(Data& data) : data_(data) {}

  // ---- Channels

  std::vector<Channel> channels() const override {
    std::vector<Channel> all;
    data_.channels.for_all([&](ChannelNo, const Channel& channel) {
      if (!channel.removed) all.push_back(channel);
    });
    std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    return all;
  }
  std::optional<Channel> channel(std::string_view name) const override {
    for (const auto& channel : channels())
      if (channel.name == name) return channel;
    return std::nullopt;
  }
  std::optional<Channel> channel(ChannelNo no) const override { return data_.channels.get(no); }
  ChannelNo last_channel() const override {
    ChannelNo last = 0;
    data_.channels.for_all([&](ChannelNo no, const Channel&) { last = no; });
    return last;
  }
  bool insert_channel(const Channel& channel) override {
    if (this->channel(channel.name) || !data_.channels.add(channel.no, channel)) return false;
    ChannelWork fresh;
    fresh.channel_no = channel.no;
    data_.channel_work.insert(channel.no, fresh);
    return true;
  }
  std::optional<ChannelWork> channel_work(ChannelNo no) const override { return data_.channel_work.get(no); }
  void update_channel_work(const ChannelWork& work) override {
    data_.channel_work.update(work.channel_no, work);
  }
  void update_channel(const Channel& channel) override { data_.channels.update(channel.no, channel); }
  void forget_reason_details() override {
    for (auto& [no, work] : data_.channel_work.rows_to_change([](auto&, auto&) { return true; })) {
      cut_details(work.last_reason);
      update_channel_work(work);
    }
  }

  // ---- Lines

  void insert_line(const Line& line) override { data_.lines.insert(line.no, line); }
  std::optional<Line> line(LineNo no) const override { return data_.lines.get(no); }
  Found<LineNo, Line> lines(std::span<const LineNo> nos) const override { return found_in(data_.lines, nos); }
  std::vector<Line> lines(ProviderNo provider, BlastNo blast) const override {
    return lines_where([&](const Line& l) { return l.provider_no == provider && l.blast_no == blast; });
  }
  Found<BlastKey, std::vector<Line>> lines_of(std::span<const BlastKey> blasts) const override {
    return find_each(blasts, [&](const BlastKey& b) { return std::optional(lines(b.first, b.second)); });
  }
  std::vector<Line> open_lines(ProviderNo provider) const override {
    return lines_where([&](const Line& l) { return l.open && l.provider_no == provider; });
  }
  std::vector<Line> open_lines_of_channel(ChannelNo channel) const override {
    return lines_where([&](const Line& l) { return l.open && l.channel_no == channel; });
  }
  std::vector<Line> sound_lines(ProviderNo provider, BlastNo blast) const override {
    return lines(provider, blast);
  }
  std::vector<Line> sound_open_lines(ProviderNo provider) const override { return open_lines(provider); }
  std::vector<Line> sound_open_lines_of_channel(ChannelNo channel) const override {
    return open_lines_of_channel(channel);
  }
  std::optional<Line> next_line(ChannelNo channel) const override {
    const auto all = handing_out(channel);
    return all.empty() ? std::nullopt : std::optional(all.front());
  }
  std::int64_t last_turn(ChannelNo channel) const override {
    const auto all = handing_out(channel);
    return all.empty() ? 0 : all.back().turn;
  }
  void update_line(const Line& line) override {
    Line stored = line;
    if (!line.open) stored.has_told_addresses = told_line_after(line.no - 1) == line.no;
    data_.lines.update(line.no, stored);
  }
  std::int64_t pending(ChannelNo channel) const override {
    std::int64_t sum = 0;
    for (const auto& line : open_lines_of_channel(channel)) sum += line.pending();
    data_.items.for_all([&](ItemNo, const HeldItem& held) {
      const auto& item = held.item;
      const bool counts = item.state == ItemState::waiting || held.holder;
      sum += item.channel_no == channel && item.line_no == 0 && counts ? 1 : 0;
    });
    return sum;
  }
  std::vector<Slice> audience(const Line& line, std::span<const SliceNo> slices) const override {
    std::vector<Slice> all;
    for (const auto slice : slices) {
      const auto* row = data_.audiences.find({line.provider_no, slice, line.seq});
      all.push_back(row != nullptr ? row->audience.recipients : Slice());
    }
    return all;
  }

  WaitingPage waiting_places(std::span<const LineSlice> slices) const override {
    WaitingPage page;
    for (; page.slices < slices.size() && page.places.size() < kMostBitmaps; ++page.slices) {
      const auto& of = slices[page.slices];
      for (const auto& [key, row] : waits_of(of.line_no))
        if (std::get<1>(key) == of.slice) page.places.push_back({of, std::get<2>(key), row.places});
    }
    return page;
  }
  std::vector<Slice> waiting(std::span<const WaitingKey> keys) const override {
    return each_of(keys, [&](const WaitingKey& key) {
      const auto* row = data_.waiting.find({key.of.line_no, key.of.slice, key.wait});
      return row != nullptr ? row->places : Slice();
    });
  }
  void put_waiting_places(const Line& line, std::span<const WaitingPlaces> places) override {
    for (const auto& one : places) {
      const WaitKey key{line.no, one.of.slice, one.wait};
      const auto* stored = data_.waiting.find(key);
      if (one.places.empty()) {
        data_.waiting.erase(key);
      } else {
        data_.waiting.put(key,
                          {line.channel_no, stored != nullptr ? stored->parked : line.paused, one.places});
      }
    }
  }
  std::optional<NextWaiting> next_waiting(ChannelNo channel, Ms now, Ms longest) const override {
    std::optional<NextWaiting> due;
    std::optional<NextWaiting> beyond;
    data_.waiting.for_all([&](const WaitKey& key, const WaitRow& row) {
      if (row.channel_no != channel || row.parked) return;
      const Ms at = std::get<2>(key).due_at;
      auto& first = at > now + longest ? beyond : due;
      if (!first || at < first->due_at) first = NextWaiting{std::get<0>(key), at};
    });
    return beyond ? beyond : due;
  }
  std::vector<Slice> skipped(std::span<const bccast::SkipKey> keys) const override {
    return each_of(keys, [&](const bccast::SkipKey& key) {
      return data_.skips.get({key.of.line_no, key.of.slice, key.reason}).value_or(Slice());
    });
  }
  void put_skipped(std::span<const std::pair<bccast::SkipKey, Slice>> skips) override {
    for (const auto& [key, value] : skips) data_.skips.put({key.of.line_no, key.of.slice, key.reason}, value);
  }
  SkippedPage skips(const Line& line, std::span<const SliceNo> slices) const override {
    SkippedPage page;
    for (; page.slices < slices.size() && page.places.size() < kMostBitmaps; ++page.slices)
      for (const auto reason : kSkipReasons)
        if (auto places = data_.skips.get({line.no, slices[page.slices], reason}))
          page.places.push_back({slices[page.slices], reason, std::move(*places)});
    return page;
  }

  Found<AddressOnLine, ToldAddress> told_addresses(std::span<const AddressOnLine> addresses) const override {
    return found_in(data_.told_addresses, addresses);
  }
  std::vector<bool> insert_told_addresses(std::span<const ToldAddress> addresses) override {
    std::vector<bool> inserted;
    for (const auto& one : addresses) inserted.push_back(data_.told_addresses.add(one.key(), one));
    return inserted;
  }
  void put_told_addresses(std::span<const ToldAddress> addresses) override {
    for (const auto& address : addresses) data_.told_addresses.put(address.key(), address);
  }
  void mark_told(std::span<const ToldAddress> addresses) override {
    for (const auto& address : addresses) {
      const auto* row = data_.told_addresses.find(address.key());
      if (row != nullptr && row->place == address.place) data_.told_addresses.update(address.key(), address);
    }
  }
  void delete_told_addresses(std::span<const AddressOnLine> addresses) override {
    for (const auto& address : addresses) data_.told_addresses.erase(address);
  }
  std::optional<Line> line_to_forget() const override {
    const auto all = lines_where([](const Line& l) { return is_to_forget(l); });
    return all.empty() ? std::nullopt : std::optional(all.front());
  }
  std::vector<LineNo> lines_to_forget(ProviderNo provider) const override {
    std::vector<LineNo> all;
    for (const auto& l :
         lines_where([&](const Line& l) { return is_to_forget(l) && l.provider_no == provider; }))
      all.push_back(l.no);
    return all;
  }
  void forget_told_addresses(LineNo line, std::size_t most) override {
    auto all = data_.told_addresses.rows([&](const auto& key, const auto&) { return key.line_no == line; });
    if (all.size() > most) all.resize(most);
    for (const auto& [key, row] : all) data_.told_addresses.erase(key);
  }
  std::optional<LineNo> told_line_after(LineNo after) const override {
    std::optional<LineNo> next;
    data_.told_addresses.for_all([&](const auto& key, const auto&) {
      if (key.line_no > after && !next) next = key.line_no;
    });
    return next;
  }

  // ---- Claims

  std::optional<Claim> claim(const Claim& of) const override { return data_.claims.get(key_of(of)); }
  std::optional<Claim> expired_claim(ChannelNo channel, Ms now, Ms longest,
                                     std::exception_ptr&) const override {
    std::optional<Claim> over;
    std::optional<Claim> beyond;
    for (const auto& claim : claims_to_take(channel)) {
      auto& first = claim.lease_until > now + longest ? beyond : over;
      if (claim.lease_until > now && claim.lease_until <= now + longest) continue;
      if (!first || claim.lease_until < first->lease_until) first = claim;
    }
    return beyond ? beyond : over;
  }
  Found<Token, Claim> claims(ChannelNo channel, std::span<const Token> tokens) const override {
    return find_each(tokens, [&](const Token& token) { return data_.claims.get({channel, 0, token}); });
  }
  void insert_claims(std::span<const Claim> claims) override {
    for (const auto& claim : claims) data_.claims.insert(key_of(claim), claim);
  }
  void update_claims(std::span<const Claim> claims) override {
    for (const auto& claim : claims) data_.claims.update(key_of(claim), claim);
  }
  bool delete_claim(const Claim& of) override { return data_.claims.erase(key_of(of)); }
  void delete_claims(std::span<const Claim> claims) override {
    for (const auto& claim : claims) data_.claims.erase(key_of(claim));
  }
  std::vector<Claim> claims_of(const Line& line) const override {
    return claims_where(
        [&](const Claim& c) { return c.channel_no == line.channel_no && c.line_no == line.no; });
  }
  SoundClaims sound_claims_of(const Line& line) const override { return {claims_of(line)}; }
  std::int64_t claims_in_flight(ChannelNo channel, Ms now, Ms longest) const override {
    return static_cast<std::int64_t>(claims_where([&](const Claim& c) {
                                       return c.channel_no == channel && c.lease_until > now &&
                                              c.lease_until <= now + longest;
                                     }).size());
  }
  void delete_claims(ChannelNo channel) override {
    for (const auto& claim : claims_where([&](const Claim& c) { return c.channel_no == channel; }))
      data_.claims.erase(key_of(claim));
  }
  std::vector<Claim> item_claims(ChannelNo channel) const override {
    return claims_where([&](const Claim& c) { return c.channel_no == channel && c.line_no == 0; });
  }
  SoundClaims sound_item_claims(ChannelNo channel) const override { return {item_claims(channel)}; }
  std::optional<Ms> next_lease_over(ChannelNo channel, Ms after) const override {
    std::optional<Ms> next;
    for (const auto& claim : claims_to_take(channel))
      if (claim.lease_until > after) next = std::min(next.value_or(claim.lease_until), claim.lease_until);
    return next;
  }

  // ---- Items

  void insert_items(std::span<const Item> items) override {
    for (const auto& item : items) {
      Item stored = item;
      if (stored.no == 0) stored.no = data_.next(NumberKind::work);
      data_.items.insert(stored.no, {stored, std::nullopt});
    }
  }
  std::vector<Item> due_items(ChannelNo channel, Ms now, Ms longest, std::size_t limit) const override {
    std::vector<Item> all;
    for (const bool beyond : {false, true}) {
      auto some = items_where([&](const HeldItem& held) {
        const auto& item = held.item;
        return item.channel_no == channel && item.state == ItemState::waiting &&
               (beyond ? item.due_at > now + longest : item.due_at <= now);
      });
      std::stable_sort(some.begin(), some.end(),
                       [](const Item& a, const Item& b) { return a.due_at < b.due_at; });
      all.insert(all.end(), some.begin(), some.end());
    }
    if (all.size() > limit) all.resize(limit);
    return all;
  }
  std::vector<Item> items_of(const Token& token) const override {
    return items_where([&](const HeldItem& held) { return held.holder == token; });
  }
  std::vector<Item> items_of(std::span<const Claim> claims) const override {
    return items_where([&](const HeldItem& held) {
      return std::any_of(claims.begin(), claims.end(),
                         [&](const Claim& c) { return held.holder == c.token; });
    });
  }
  std::vector<HeldItem> items(std::span<const ItemNo> nos) const override {
    std::map<ItemNo, HeldItem> all;
    for (const auto no : nos)
      if (const auto held = data_.items.get(no)) all.emplace(no, *held);
    std::vector<HeldItem> rows;
    for (auto& [no, held] : all) rows.push_back(std::move(held));
    return rows;
  }
  void claim_items(std::span<const Item> items, const Token& token) override {
    for (const auto& item : items) claim_item(item, token);
  }
  void claim_items(std::span<const Item> items, std::span<const Token> tokens) override {
    for (std::size_t i = 0; i < items.size(); ++i) claim_item(items[i], tokens[i]);
  }
  void update_items(std::span<const Item> items) override {
    for (const auto& item : items) update(item, std::nullopt);
  }
  void delete_items(std::span<const Item> items) override {
    for (const auto& item : items) data_.items.erase(item.no);
  }
  void delete_notices(ChannelNo channel) override {
    delete_where(
        [&](const HeldItem& held) { return held.item.channel_no == channel && held.item.line_no == 0; });
  }
  void delete_waiting_notices(ChannelNo channel, ProviderNo provider) override {
    delete_where([&](const HeldItem& held) {
      return held.item.channel_no == channel && held.item.line_no == 0 && held.item.provider_no == provider &&
             held.item.state == ItemState::waiting;
    });
  }
  void forget_details(ProviderNo provider, Place place) override {
    for (auto& [no, held] : data_.items.rows_to_change([&](ItemNo, const HeldItem& held) {
           return held.item.provider_no == provider && held.item.thread.place == place;
         })) {
      cut_details(held.item.reason);
      data_.items.update(no, held);
    }
  }
  std::optional<Item> item_of_notice(ChannelNo channel, ProviderNo provider,
                                     std::int64_t notice_no) const override {
    const auto all = items_where([&](const HeldItem& held) {
      const auto& item = held.item;
      return item.channel_no == channel && item.provider_no == provider && item.line_no == 0 &&
             item.notice_no == notice_no;
    });
    return all.empty() ? std::nullopt : std::optional(all.front());
  }
  Found<NoticeKey, Item> items_of_notices(ChannelNo channel,
                                          std::span<const NoticeKey> notices) const override {
    Found<NoticeKey, Item> found;
    for (const auto& key : notices) found.add(key, item_of_notice(channel, key.provider_no, key.notice_no));
    return found;
  }
  ItemPage items_of_line(LineNo line, Place begin, Place end, std::size_t limit) const override {
    return page_of(of_line(line, begin, end), limit);
  }
  std::vector<ItemAt> items_at(LineNo line, std::span<const Place> places) const override {
    std::vector<ItemAt> found;
    for (const auto place : places)
      for (const auto& item : of_line(line, place, place + 1)) found.push_back({place, item});
    return found;
  }
  ItemPage open_items_of_line(LineNo line, Place begin, std::size_t limit) override {
    auto all = of_line(line, begin, kMaxPlaces);
    std::erase_if(all, [](const Item& item) { return item.state == ItemState::failed; });
    return page_of(std::move(all), limit);
  }
  std::vector<ItemSlice> item_slices(std::span<const LineSlice> slices) const override {
    return each_of(slices, [&](const LineSlice& one) {
      ItemSlice of;
      for (const auto& item : of_line(one.line_no, place_at(one.slice, 0), place_at(one.slice + 1, 0)))
        (item.state == ItemState::failed ? of.failed : of.open).add(within_slice(item.thread.place));
      return of;
    });
  }
  void park_items(LineNo line, bool parked) override {
    const auto from = parked ? ItemState::waiting : ItemState::parked;
    for (auto& [no, held] : data_.items.rows_to_change([&](ItemNo, const HeldItem& held) {
           return held.item.line_no == line && held.item.state == from;
         })) {
      held.item.state = parked ? ItemState::parked : ItemState::waiting;
      data_.items.update(no, held);
    }
    for (auto& [key, row] : waits_of(line)) {
      row.parked = parked;
      data_.waiting.update(key, row);
    }
  }
  std::optional<Ms> next_item_due(ChannelNo channel) const override {
    std::optional<Ms> next;
    for (const auto& item : items_where([&](const HeldItem& held) {
           return held.item.channel_no == channel && held.item.state == ItemState::waiting;
         }))
      next = std::min(next.value_or(item.due_at), item.due_at);
    return next;
  }

 private:
  static constexpr std::size_t kMostBitmaps = kMaxPageBytes / sizeof(Slice);
  void claim_item(Item item, const Token& token) {
    item.state = ItemState::claimed;
    update(item, token);
  }
  static ItemPage page_of(std::vector<Item> all, std::size_t limit) {
    ItemPage page{std::move(all), std::nullopt};
    if (page.items.size() <= limit) return page;
    page.next = page.items[limit].thread.place;
    page.items.resize(limit);
    return page;
  }
  static void cut_details(std::string& reason) { reason.resize(std::min(reason.find(':'), reason.size())); }
  static bool is_to_forget(const Line& line) { return !line.open && line.has_told_addresses; }
  static ClaimKey key_of(const Claim& c) { return {c.channel_no, c.line_no, c.token}; }

  void update(const Item& item, std::optional<Token> holder) { data_.items.update(item.no, {item, holder}); }

  template <typename Wanted>
  std::vector<Line> lines_where(const Wanted& wanted) const {
    std::vector<Line> all;
    data_.lines.for_all([&](LineNo, const Line& line) {
      if (wanted(line)) all.push_back(line);
    });
    return all;
  }
  /// In the order of their turns.
  std::vector<Line> handing_out(ChannelNo channel) const {
    auto all = lines_where([&](const Line& l) {
      return l.open && !l.paused && l.channel_no == channel && l.cursor < l.hand_out_to();
    });
    std::stable_sort(all.begin(), all.end(), [](const Line& a, const Line& b) { return a.turn < b.turn; });
    return all;
  }
  std::vector<std::pair<WaitKey, WaitRow>> waits_of(LineNo line) const {
    return data_.waiting.rows([&](const WaitKey& key, const WaitRow&) { return std::get<0>(key) == line; });
  }
  template <typename Wanted>
  std::vector<Claim> claims_where(const Wanted& wanted) const {
    std::vector<Claim> all;
    data_.claims.for_all([&](const ClaimKey&, const Claim& claim) {
      if (wanted(claim)) all.push_back(claim);
    });
    return all;
  }
  /// Of lines that are not paused, and of items.
  std::vector<Claim> claims_to_take(ChannelNo channel) const {
    return claims_where([&](const Claim& c) {
      const auto* of = data_.lines.find(c.line_no);
      return c.channel_no == channel && (of == nullptr || !(of->open && of->paused));
    });
  }
  template <typename Wanted>
  void delete_where(const Wanted& wanted) {
    const auto fits = [&](ItemNo, const HeldItem& held) { return wanted(held); };
    for (const auto& one : data_.items.rows_to_change(fits)) data_.items.erase(one.first);
  }
  template <typename Wanted>
  std::vector<Item> items_where(const Wanted& wanted) const {
    std::vector<Item> all;
    data_.items.for_all([&](ItemNo, const HeldItem& held) {
      if (wanted(held)) all.push_back(held.item);
    });
    return all;
  }
  std::vector<Item> of_line(LineNo line, Place begin, Place end) const {
    auto all = items_where([&](const HeldItem& held) {
      return line > 0 && held.item.line_no == line && held.item.thread.place >= begin &&
             held.item.thread.place < end;
    });
    std::stable_sort(all.begin(), all.end(),
                     [](const Item& a, const Item& b) { return a.thread.place < b.thread.place; });
    return all;
  }

  Data& data_;
};

}  // namespace test::memory
