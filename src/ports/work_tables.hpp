// Channels, and the work that is queued, in flight, or failed on them, as rows.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/function_ref.hpp"
#include "model/checked.hpp"
#include "model/fail_window.hpp"
#include "model/handing_order.hpp"
#include "model/quiet_hours.hpp"
#include "model/rate.hpp"
#include "model/same_address.hpp"
#include "model/thread.hpp"

namespace bccast {

struct Channel {
  ChannelNo no = 0;
  std::string name;
  bool delivers = false;  // its role: to deliver messages, or to notify of them
  bool paused = false;
  bool removed = false;
  std::int64_t failures = 0;  // whole batches that failed in a row
  Ms failing_since = 0;
  Ms open_until = 0;  // its breaker is open: nothing is claimed before
  std::string last_reason;
  std::int64_t items_turn = 0;  // when single items last had their turn (see Line::turn)
  Ms worker_seen = 0;
  Rate rate;                     // how fast it may be worked
  TokenBucket bucket;            // of a limited rate: what is left of it
  std::int64_t concurrency = 0;  // so many claims in flight at most, of all processes; 0: no limit
  QuietHours quiet_hours;
  bool waits = false;  // it has quiet hours, or had: places may wait for the end of them
  FailRule fail_rule;
  FailWindow window;
  bool over_threshold = false;  // its breaker was opened by the rule: only a probe that goes well closes it
};

/// A blast on a channel: one row, whatever the number of recipients. done + failed + skipped + pending =
/// total.
struct Line {
  LineNo no = 0;
  ProviderNo provider_no = 0;
  BlastNo blast_no = 0;
  ChannelNo channel_no = 0;
  std::int64_t turn = 0;  // its place in line: the lowest goes next, and to the back after each batch
  Seq seq = 0;
  SliceNo slices = 0;
  OrderNumbers order;     // in which its places are handed out: that of all lines of the blast
  Position cursor = 0;    // the next position to hand out
  bool follows = false;   // it hands out only what other lines of the blast have delivered
  bool retracts = false;  // it takes back what the other line of its channel has delivered
  Position limit = 0;  // of a line that follows: handed out up to here; all before is delivered, or an item
  std::int64_t total = 0;
  std::int64_t done = 0;
  std::int64_t failed = 0;
  std::int64_t skipped = 0;
  std::int64_t waiting = 0;  // of the pending: places that wait because of quiet hours, as bitmaps
  Position wake_from = 0;    // where those who are woken next are looked for first
  bool open = true;
  bool paused = false;  // its blast is: nothing is handed out

  /// Where handing out stops for now.
  Position hand_out_to() const noexcept { return follows ? limit : order.end(); }
  std::int64_t pending() const noexcept { return total - done - failed - skipped; }
};

/// Why places of a line wait, as stored beside them.
enum class WaitReason : std::uint8_t {
  quiet_hours = 0,   // for the end of them
  unknown_zone = 1,  // for their time zone to be known, as there are quiet hours
};

/// When places that wait are looked at again.
struct Wait {
  Ms due_at = 0;
  WaitReason reason = WaitReason::quiet_hours;

  friend auto operator<=>(const Wait&, const Wait&) = default;
};

/// The reason of an item that waits for a time zone to be known.
inline constexpr std::string_view kUnknownZone = "unknown_zone";

using Token = CheckedToken;

/// What is in flight: the positions from..to of a line, or (line_no 0) the items that carry its token, `to`
/// of them.
struct Claim {
  Token token{};
  ChannelNo channel_no = 0;
  LineNo line_no = 0;
  Position from = 0;
  Position to = 0;
  Ms lease_until = 0;      // 0: given back, anybody may take it
  Ms lease = 0;            // how long it was to last from when it was last made to last
  std::int64_t tries = 0;  // counted before the sending

  void hold(Ms now, Ms how_long) noexcept {
    lease = how_long;
    lease_until = now + how_long;
  }
};

/// Who is told at an address of a line's blast.
struct ToldAddress {
  static constexpr Place kLeft = kMaxPlaces;  // somebody was, and has another address now

  LineNo line_no = 0;
  AddressHash hash = 0;
  Place place = 0;
};

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
  std::int64_t notice_no = 0;  // of a single message's notice, within its provider
  std::int64_t seq = 0;        // of that message in its thread
  bool to_provider = false;
  Ms at = 0;  // of the message
  ItemState state = ItemState::waiting;
  std::int64_t attempts = 0;
  Ms due_at = 0;
  std::string reason;
  bool damaged = false;  // its row is: nothing of it is to be relied on but its number
};

/// Why a place was left out, as stored beside its skip bitmap.
enum class SkipReason : std::uint8_t {
  archived = 1,
  notify_off = 2,
  no_address = 3,
  already_read = 4,
  by_notifier = 5,
  erased = 6,
  provider_archived = 7,
  not_delivered = 8,
  channel_removed = 9,
  recalled = 10,
  same_address = 11
};
inline constexpr std::array kSkipReasons{
    SkipReason::archived,          SkipReason::notify_off,    SkipReason::no_address,
    SkipReason::already_read,      SkipReason::by_notifier,   SkipReason::erased,
    SkipReason::provider_archived, SkipReason::not_delivered, SkipReason::channel_removed,
    SkipReason::recalled,          SkipReason::same_address};
constexpr std::string_view name_of(SkipReason reason) noexcept {
  switch (reason) {
    case SkipReason::archived:
      return "archived";
    case SkipReason::notify_off:
      return "notify_off";
    case SkipReason::no_address:
      return "no_address";
    case SkipReason::already_read:
      return "already_read";
    case SkipReason::by_notifier:
      return "skipped_by_notifier";
    case SkipReason::erased:
      return "erased";
    case SkipReason::provider_archived:
      return "provider_archived";
    case SkipReason::not_delivered:
      return "not_delivered";
    case SkipReason::channel_removed:
      return "channel_removed";
    case SkipReason::recalled:
      return "recalled";
    case SkipReason::same_address:
      return "same_address";
  }
  return "";
}

class WorkTables {
 public:
  virtual ~WorkTables() = default;

  /// By name; removed ones are found by number alone.
  virtual std::vector<Channel> channels() const = 0;
  virtual std::optional<Channel> channel(std::string_view name) const = 0;
  virtual std::optional<Channel> channel(ChannelNo no) const = 0;
  virtual ChannelNo insert_channel(const Channel& channel) = 0;
  virtual void update_channel(const Channel& channel) = 0;

  virtual void insert_line(const Line& line) = 0;
  virtual std::optional<Line> line(LineNo no) const = 0;
  virtual std::vector<Line> lines(ProviderNo provider, BlastNo blast) const = 0;
  virtual std::vector<Line> open_lines(ProviderNo provider) const = 0;
  virtual std::vector<Line> open_lines_of_channel(ChannelNo channel) const = 0;
  /// The open line of the channel that has something to hand out and the lowest turn.
  virtual std::optional<Line> next_line(ChannelNo channel) const = 0;
  /// The highest turn of the channel's lines that have something to hand out; 0 when there is none.
  virtual std::int64_t last_turn(ChannelNo channel) const = 0;
  virtual void update_line(const Line& line) = 0;
  virtual std::int64_t pending(ChannelNo channel) const = 0;

  /// As it is stored: found by its channel, line and token.
  virtual std::optional<Claim> claim(const Claim& of) const = 0;
  /// One whose lease is over at `now`, or ends further in the future than `longest`; none of a paused line. Damaged
  /// ones are passed by: what they say of their lease is no more to be relied on than the rest.
  virtual std::optional<Claim> expired_claim(ChannelNo channel, Ms now, Ms longest) const = 0;
  virtual void insert_claim(const Claim& claim) = 0;
  virtual void update_claim(const Claim& claim) = 0;
  /// False when there is none.
  virtual bool delete_claim(const Claim& of) = 0;
  virtual void claims_of(const Line& line, FunctionRef<void(const Claim&)> f) const = 0;
  /// The same, but damaged ones are passed by. False: there are such.
  virtual bool sound_claims_of(const Line& line, FunctionRef<void(const Claim&)> f) const = 0;
  /// Those of the channel that are no expired_claim().
  virtual std::int64_t claims_in_flight(ChannelNo channel, Ms now, Ms longest) const = 0;
  virtual void delete_claims(ChannelNo channel) = 0;
  /// Those of items, of any line and of none.
  virtual void item_claims(ChannelNo channel, FunctionRef<void(const Claim&)> f) const = 0;

  virtual ItemNo insert_item(const Item& item) = 0;
  virtual std::vector<Item> due_items(ChannelNo channel, Ms now, Ms longest, std::size_t limit) const = 0;
  virtual std::vector<Item> items_of(const Token& token) const = 0;
  virtual std::optional<Item> item(ItemNo no) const = 0;
  /// The claim an item is in; nothing: it is in none.
  virtual std::optional<Token> holder_of(ItemNo no) const = 0;
  virtual void claim_item(const Item& item, const Token& token) = 0;
  virtual void update_item(const Item& item) = 0;  // takes its token away
  virtual void delete_item(const Item& item) = 0;
  /// Those of single messages on a channel: all; those of one provider that wait.
  virtual void delete_notices(ChannelNo channel) = 0;
  virtual void delete_waiting_notices(ChannelNo channel, ProviderNo provider) = 0;
  /// Cuts off what follows the class of a reason: of the items of one place, and of all channels.
  virtual void forget_details(ProviderNo provider, Place place) = 0;
  /// The item of one notice on a channel.
  virtual std::optional<Item> item_of_notice(ChannelNo channel, ProviderNo provider,
                                             std::int64_t notice_no) const = 0;
  /// The items of a line with places from `begin` up to but not including `end`, ascending, until `f` says
  /// false.
  virtual void items_of_line(LineNo line, Place begin, Place end, FunctionRef<bool(const Item&)> f) const = 0;

  /// Those of a line that have not failed, by place, until `f` says false. None is read that failed.
  virtual void open_items_of_line(LineNo line, FunctionRef<bool(const Item&)> f) = 0;

  /// The places of the slice that have an item, whatever its state; those that have one that failed.
  virtual Slice item_places(LineNo line, SliceNo slice) const = 0;
  virtual Slice failed_places(LineNo line, SliceNo slice) const = 0;
  /// Waiting items of the line are parked, or parked ones wait again; and so its waiting_places().
  virtual void park_items(LineNo line, bool parked) = 0;

  /// The places of a line's slice that wait because of quiet hours.
  virtual void waiting_places(LineNo line, SliceNo slice,
                              FunctionRef<void(const Wait&, const Slice&)> f) const = 0;
  /// Empty: none.
  virtual void put_waiting_places(const Line& line, SliceNo slice, const Wait& wait, const Slice& places) = 0;
  struct NextWaiting {
    LineNo line_no;
    Ms due_at;
  };
  /// The first that are due, of lines that are not paused; those further away than `longest` come first: they
  /// are from before the clock was stepped back.
  virtual std::optional<NextWaiting> next_waiting(ChannelNo channel, Ms now, Ms longest) const = 0;

  virtual Slice skipped(const Line& line, SliceNo slice, SkipReason reason) const = 0;
  virtual void put_skipped(const Line& line, SliceNo slice, SkipReason reason, const Slice& value) = 0;

  /// All that were left out of one slice, by reason.
  virtual void skips(const Line& line, SliceNo slice,
                     FunctionRef<void(SkipReason, const Slice&)> f) const = 0;

  /// Who is told of a line's blast at an address that several share. Of lines that have ended nothing is
  /// kept: it goes when update_line() closes the line.
  virtual std::optional<ToldAddress> told_address(LineNo line, AddressHash hash) const = 0;
  /// False, and nothing is changed, when somebody holds it other than `instead` (nothing: when anybody does).
  virtual bool hold_address(const ToldAddress& address, std::optional<Place> instead) = 0;
  virtual void put_told_address(const ToldAddress& address) = 0;
  virtual void delete_told_address(const ToldAddress& address) = 0;

  /// The earliest moment a waiting item is due, and the earliest at which a lease is over; nothing: there is
  /// none.
  virtual std::optional<Ms> next_item_due(ChannelNo channel) const = 0;
  /// Leases of paused lines do not count, nor damaged claims.
  virtual std::optional<Ms> next_lease_over(ChannelNo channel, Ms after) const = 0;
};

}  // namespace bccast
