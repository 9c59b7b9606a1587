// What is to be done singly, or has failed, as rows.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/slice.hpp"
#include "model/thread.hpp"
#include "ports/claim_tables.hpp"

namespace bccast {

/// The reason of an item that waits for a time zone to be known.
inline constexpr std::string_view kUnknownZone = "unknown_zone";

/// The reason of an item whose roster entry could not be read.
inline constexpr std::string_view kDamagedEntry = "damaged_entry";

enum class ItemState : std::uint8_t {
  waiting = 0,
  claimed = 1,
  failed = 2,
  parked = 3  // it would wait, but its blast is paused
};

/// One individual thing: a place of a blast that needs another try or failed (line_no set), or the notice of
/// one message to one participant.
struct Item {
  ItemNo no = 0;
  ProviderNo provider_no = 0;
  ChannelNo channel_no = 0;
  LineNo line_no = 0;
  ThreadKey thread;
  std::int64_t notice_no = 0;  // of a single message's notice, for its public id; of a place: 0
  std::int64_t begun_again =
      0;                 // how often, after it had ended: what is said of the time before counts no more
  std::int64_t seq = 0;  // of that message in its thread
  bool to_provider = false;
  Ms at = 0;  // of the message
  ItemState state = ItemState::waiting;
  std::int64_t attempts = 0;
  Ms due_at = 0;
  std::string reason;
  bool damaged = false;  // its row is: nothing of it is to be relied on but its number
};

/// The notice of one message to one participant.
struct NoticeKey {
  ProviderNo provider_no = 0;
  std::int64_t notice_no = 0;
  friend auto operator<=>(const NoticeKey&, const NoticeKey&) = default;
};

/// As it is stored.
struct HeldItem {
  Item item;
  std::optional<Token> holder;  // the claim it is in; nothing: it is in none
};

/// Items of a line, by place, and from which place on there are others.
struct ItemPage {
  std::vector<Item> items;
  std::optional<Place> next;
};

struct ItemAt {
  Place place = 0;
  Item item;
};

/// The places of a line's slice that have an item.
struct ItemSlice {
  Slice open;    // one that has not failed
  Slice failed;  // one that has
};

class ItemTables {
 public:
  virtual ~ItemTables() = default;

  /// Each with the number that was drawn for it; those with number 0 are given one, which no other has or
  /// had.
  virtual void insert_items(std::span<const Item> items) = 0;
  virtual std::vector<Item> due_items(ChannelNo channel, Ms now, Ms longest, std::size_t limit) const = 0;
  virtual std::vector<Item> items_of(const Token& token) const = 0;
  /// Of any of these claims.
  virtual std::vector<Item> items_of(std::span<const Claim> claims) const = 0;

  /// Those that are there, ascending.
  virtual std::vector<HeldItem> items(std::span<const ItemNo> nos) const = 0;
  virtual void claim_items(std::span<const Item> items, const Token& token) = 0;
  /// Each by the claim that stands where it does.
  virtual void claim_items(std::span<const Item> items, std::span<const Token> tokens) = 0;
  virtual void update_items(std::span<const Item> items) = 0;  // takes their tokens away
  virtual void delete_items(std::span<const Item> items) = 0;

  /// Those of single messages on a channel: all; those of one provider that wait.
  virtual void delete_notices(ChannelNo channel) = 0;
  virtual void delete_waiting_notices(ChannelNo channel, ProviderNo provider) = 0;

  /// Cuts off what follows the class of a reason of the items of one place.
  virtual void forget_details(ProviderNo provider, Place place) = 0;

  /// The item of one notice on a channel.
  virtual std::optional<Item> item_of_notice(ChannelNo channel, ProviderNo provider,
                                             std::int64_t notice_no) const = 0;
  virtual Found<NoticeKey, Item> items_of_notices(ChannelNo channel,
                                                  std::span<const NoticeKey> notices) const = 0;

  /// The first `limit` items of a line with places from `begin` up to but not including `end`, ascending. A
  /// damaged one may say another place itself, so none begins a page but the first: more than `limit` are
  /// given instead.
  virtual ItemPage items_of_line(LineNo line, Place begin, Place end, std::size_t limit) const = 0;

  /// Those of a line at these places, which ascend.
  virtual std::vector<ItemAt> items_at(LineNo line, std::span<const Place> places) const = 0;

  /// The first `limit` of a line from `begin` on that have not failed, by place. None is read that failed.
  virtual ItemPage open_items_of_line(LineNo line, Place begin, std::size_t limit) = 0;

  /// The places of the slice that have an item, whatever its state; those that have one that failed.
  virtual std::vector<ItemSlice> item_slices(std::span<const LineSlice> slices) const = 0;
  Slice item_places(LineNo line, SliceNo slice) const {
    const auto of = item_slice(line, slice);
    return of.open | of.failed;
  }
  Slice failed_places(LineNo line, SliceNo slice) const { return item_slice(line, slice).failed; }
  ItemSlice item_slice(LineNo line, SliceNo slice) const {
    const LineSlice one{line, slice};
    return item_slices({&one, 1}).front();
  }

  /// Waiting items of the line are parked, or parked ones wait again; and so its waiting_places().
  virtual void park_items(LineNo line, bool parked) = 0;

  /// The earliest moment a waiting item is due, and the earliest at which a lease is over; nothing: there is
  /// none.
  virtual std::optional<Ms> next_item_due(ChannelNo channel) const = 0;
};

}  // namespace bccast
