// Blasts on channels as rows, and who of them waits or was left out.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "model/handing_order.hpp"
#include "model/numbers.hpp"
#include "model/same_address.hpp"
#include "model/slice.hpp"
#include "ports/found.hpp"

namespace bccast {

/// What a line does on its channel. Others may come, with numbers of their own; a number that is none of
/// these is damage.
enum class LineKind : std::uint8_t {
  notify = 0,   // tells of the blast
  deliver = 1,  // puts its message into the host's own threads
  retract = 2,  // takes back what the line that delivers on the same channel has delivered
};
inline constexpr LineKind kLastLineKind = LineKind::retract;

/// Whether it was made by the sending. Such a line is the only one of its blast and channel, it is about all
/// recipients, and what it has counted is how far the blast is there.
constexpr bool is_of_sending(LineKind kind) noexcept {
  switch (kind) {
    case LineKind::notify:
    case LineKind::deliver:
      return true;
    case LineKind::retract:
      return false;
  }
  return false;
}

/// A blast on a channel: one row, whatever the number of recipients. done + failed + skipped + pending =
/// total.
struct Line {
  LineNo no = 0;
  ProviderNo provider_no = 0;
  BlastNo blast_no = 0;
  ChannelNo channel_no = 0;
  LineKind kind = LineKind::notify;
  std::int64_t turn = 0;  // a number that was drawn: the lowest goes next, and to the back after each batch
  Seq seq = 0;
  SliceNo slices = 0;
  OrderNumbers order;    // in which its places are handed out: that of all lines of the blast
  Position cursor = 0;   // the next position to hand out
  bool follows = false;  // it hands out only what other lines of the blast have delivered
  Position limit = 0;    // of a line that follows: handed out up to here; all before is delivered, or an item
  std::int64_t total = 0;
  std::int64_t done = 0;
  std::int64_t failed = 0;
  std::int64_t skipped = 0;
  std::int64_t waiting = 0;  // of the pending: places that wait because of quiet hours, as bitmaps
  Position wake_from = 0;    // where those who are woken next are looked for first
  bool open = true;
  bool paused = false;              // its blast is: nothing is handed out
  bool has_told_addresses = false;  // of one that has ended: such rows are left, and are to be forgotten

  /// Where handing out stops for now.
  Position hand_out_to() const noexcept { return follows ? limit : order.end(); }
  std::int64_t pending() const noexcept { return total - done - failed - skipped; }
};

/// Whether one line takes back what another, of the same blast, has delivered.
inline bool takes_back(const Line& line, const Line& delivered) noexcept {
  return line.kind == LineKind::retract && delivered.kind == LineKind::deliver &&
         line.channel_no == delivered.channel_no;
}

/// Why places of a line wait, as stored beside them.
enum class WaitReason : std::uint8_t {
  quiet_hours = 0,   // for the end of them
  unknown_zone = 1,  // for their time zone to be known, as there are quiet hours
  quiet_again = 2,   // for the end of quiet hours, begun again after they had ended
};

/// When places that wait are looked at again.
struct Wait {
  Ms due_at = 0;
  WaitReason reason = WaitReason::quiet_hours;

  friend auto operator<=>(const Wait&, const Wait&) = default;
};

/// A slice of a line.
struct LineSlice {
  LineNo line_no = 0;
  SliceNo slice = 0;
  friend auto operator<=>(const LineSlice&, const LineSlice&) = default;
};

/// Places of a slice that wait.
struct WaitingPlaces {
  LineSlice of;
  Wait wait;
  Slice places;
};

/// Those of some slices of lines, and of how many: of the first of those that were asked for.
struct WaitingPage {
  std::vector<WaitingPlaces> places;
  std::size_t slices = 0;
};

/// Which places wait, as they are stored.
struct WaitingKey {
  LineSlice of;
  Wait wait;
  friend auto operator<=>(const WaitingKey&, const WaitingKey&) = default;
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
/// Where it stands in kSkipReasons.
constexpr std::size_t index_of(SkipReason reason) noexcept {
  return static_cast<std::size_t>(reason) - 1;
}
static_assert([] {
  for (const auto reason : kSkipReasons)
    if (kSkipReasons.at(index_of(reason)) != reason) return false;
  return true;
}());
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

/// Which places were left out, as they are stored.
struct SkipKey {
  ProviderNo provider_no = 0;
  LineSlice of;
  SkipReason reason = SkipReason::archived;
  friend auto operator<=>(const SkipKey&, const SkipKey&) = default;
};
inline SkipKey skip_key(const Line& line, SliceNo slice, SkipReason reason) {
  return {line.provider_no, {line.no, slice}, reason};
}

/// Places of a slice that were left out.
struct SkippedPlaces {
  SliceNo slice = 0;
  SkipReason reason = SkipReason::archived;
  Slice places;
};

/// Those of some slices of a line, and of how many: of the first of those that were asked for.
struct SkippedPage {
  std::vector<SkippedPlaces> places;
  std::size_t slices = 0;
};

/// An address that several recipients of a line's blast have.
struct AddressOnLine {
  LineNo line_no = 0;
  AddressHash hash = 0;
  friend auto operator<=>(const AddressOnLine&, const AddressOnLine&) = default;
};

/// Who is told there.
struct ToldAddress {
  static constexpr Place kLeft = kMaxPlaces;  // somebody was, or was to be, and has another address now

  LineNo line_no = 0;
  AddressHash hash = 0;
  Place place = 0;
  bool told = false;  // it was; else it is to be told before anybody else, and may have been

  AddressOnLine key() const noexcept { return {line_no, hash}; }
  /// Whoever was to be told has left, perhaps while its batch was being filled: nobody was told.
  bool is_free() const noexcept { return place == kLeft && !told; }
};

/// Bitmaps that are asked for by a set of keys are given in the order of these. No more are named in one call
/// than core/set_pages.hpp says.
class LineTables {
 public:
  virtual ~LineTables() = default;

  /// REQUIRES: its number was drawn for it.
  virtual void insert_line(const Line& line) = 0;
  virtual std::optional<Line> line(LineNo no) const = 0;
  virtual Found<LineNo, Line> lines(std::span<const LineNo> nos) const = 0;
  virtual std::vector<Line> lines(ProviderNo provider, BlastNo blast) const = 0;
  /// Those of each of these blasts. Each blast is found, also one that has none.
  virtual Found<std::pair<ProviderNo, BlastNo>, std::vector<Line>> lines_of(
      std::span<const std::pair<ProviderNo, BlastNo>> blasts) const = 0;
  virtual std::vector<Line> open_lines(ProviderNo provider) const = 0;
  virtual std::vector<Line> open_lines_of_channel(ChannelNo channel) const = 0;
  /// The same, but damaged ones are passed by: nothing is handed out of them.
  virtual std::vector<Line> sound_lines(ProviderNo provider, BlastNo blast) const = 0;
  virtual std::vector<Line> sound_open_lines(ProviderNo provider) const = 0;
  virtual std::vector<Line> sound_open_lines_of_channel(ChannelNo channel) const = 0;

  /// The open line of the channel that has something to hand out and the lowest turn.
  virtual std::optional<Line> next_line(ChannelNo channel) const = 0;

  /// The highest turn of the channel's lines that have something to hand out; 0 when there is none.
  virtual std::int64_t last_turn(ChannelNo channel) const = 0;
  /// REQUIRES: unchanged is what a line is from its beginning: of which blast and channel, its kind, seq,
  /// slices, order and total, and whether it follows.
  virtual void update_line(const Line& line) = 0;
  virtual std::int64_t pending(ChannelNo channel) const = 0;

  /// Who of each of these slices is on the line, `total` in all: those to whom its blast was sent.
  virtual std::vector<Slice> audience(const Line& line, std::span<const SliceNo> slices) const = 0;
  Slice audience(const Line& line, SliceNo slice) const { return audience(line, {&slice, 1}).front(); }

  /// The places that wait because of quiet hours, slice by slice, of the first of these: up to 8 MiB of
  /// bitmaps, and of one slice at least.
  virtual WaitingPage waiting_places(std::span<const LineSlice> slices) const = 0;
  std::vector<WaitingPlaces> waiting_places(LineNo line, SliceNo slice) const {
    const LineSlice one{line, slice};
    return waiting_places({&one, 1}).places;
  }
  /// Those that wait just so.
  virtual std::vector<Slice> waiting(std::span<const WaitingKey> keys) const = 0;
  /// Instead of those that wait just so, of one line. Empty: none.
  virtual void put_waiting_places(const Line& line, std::span<const WaitingPlaces> places) = 0;
  void put_waiting_places(const Line& line, SliceNo slice, const Wait& wait, const Slice& places) {
    const WaitingPlaces one{{line.no, slice}, wait, places};
    put_waiting_places(line, {&one, 1});
  }

  struct NextWaiting {
    LineNo line_no;
    Ms due_at;
  };
  /// The first that are due, of lines that are not paused; those further away than `longest` come first: they
  /// are from before the clock was stepped back.
  virtual std::optional<NextWaiting> next_waiting(ChannelNo channel, Ms now, Ms longest) const = 0;
  virtual std::vector<Slice> skipped(std::span<const SkipKey> keys) const = 0;
  Slice skipped(const Line& line, SliceNo slice, SkipReason reason) const {
    const auto one = skip_key(line, slice, reason);
    return skipped({&one, 1}).front();
  }
  virtual void put_skipped(std::span<const std::pair<SkipKey, Slice>> skips) = 0;
  void put_skipped(const Line& line, SliceNo slice, SkipReason reason, const Slice& value) {
    const std::pair one(skip_key(line, slice, reason), value);
    put_skipped({&one, 1});
  }

  /// All that were left out, by reason, slice by slice, of the first of these: up to 8 MiB of bitmaps, and of
  /// one slice at least.
  virtual SkippedPage skips(const Line& line, std::span<const SliceNo> slices) const = 0;
  std::vector<SkippedPlaces> skips(const Line& line, SliceNo slice) const {
    return skips(line, {&slice, 1}).places;
  }

  /// Who is told of a line's blast at an address that several share. Of lines that have ended nothing is
  /// kept: update_line() marks one that still has such rows (Line::has_told_addresses), and they go a few at
  /// a time.
  virtual Found<AddressOnLine, ToldAddress> told_addresses(
      std::span<const AddressOnLine> addresses) const = 0;
  /// Whether each was inserted; false: there is one for its address, and it stays as it is.
  virtual std::vector<bool> insert_told_addresses(std::span<const ToldAddress> addresses) = 0;
  virtual void put_told_addresses(std::span<const ToldAddress> addresses) = 0;
  /// Those of these rows that still have the place: it was told there, or is to be tried again after all.
  virtual void mark_told(std::span<const ToldAddress> addresses) = 0;
  virtual void delete_told_addresses(std::span<const AddressOnLine> addresses) = 0;
  /// A line that has ended and is marked so.
  virtual std::optional<Line> line_to_forget() const = 0;
  /// The provider's lines that are, damaged ones too.
  virtual std::vector<LineNo> lines_to_forget(ProviderNo provider) const = 0;
  /// At most so many of a line's rows.
  virtual void forget_told_addresses(LineNo line, std::size_t most) = 0;
  /// The next line that has such rows; it need not be one that there is.
  virtual std::optional<LineNo> told_line_after(LineNo after) const = 0;
};

}  // namespace bccast
