// Blasts on channels as rows, and who of them waits or was left out.
#include <doctest/doctest.h>

#include <array>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "rows.hpp"
#include "store_under_test.hpp"

namespace {

using namespace bccast;
using test::kNow;
using test::same;
using test::slice_of_places;
using test::StoreUnderTest;
using Seqs = std::vector<Seq>;

constexpr ProviderNo kLee = 1;
constexpr ChannelNo kEmail = 2;
constexpr Ms kLongest = 1'000'000;

/// Of the blast of a number, which is its seq as well: so the tests tell lines apart.
Line line_of(BlastNo blast, std::int64_t turn = 0, ChannelNo channel = kEmail) {
  Line line;
  line.provider_no = kLee;
  line.blast_no = blast;
  line.channel_no = channel;
  line.turn = turn;
  line.seq = blast;
  line.slices = 1;
  line.order = {1000, OrderKind::singly, 7};
  line.total = 1000;
  return line;
}

/// With the blast that it is of, which is under way. The line gets its number.
Line add(Tables& tables, Line line) {
  if (!tables.blasts().blast(line.provider_no, line.blast_no)) {
    Blast blast;
    blast.provider_no = line.provider_no;
    blast.no = line.blast_no;
    blast.state = BlastState::sent;
    tables.blasts().insert_blast(blast);
  }
  line.no = tables.numbers().next(NumberKind::work);
  tables.work().insert_line(line);
  return line;
}

std::vector<Seq> seqs_of(const std::vector<Line>& lines) {
  return test::numbers(lines, &Line::seq);
}

}  // namespace

TEST_CASE("lines: one is found by the number it was given, as it was stored, whatever its state") {
  StoreUnderTest store;
  auto line = line_of(12, 5'000'000'000);
  line.slices = 31;
  line.order = {2'000'000, OrderKind::in_windows, -3};
  line.cursor = 1'000'000;
  line.follows = true;
  line.limit = 1'500'000;
  line.total = 2'000'000;
  line.done = 900'000;
  line.failed = 20'000;
  line.skipped = 80'000;
  line.waiting = 17;
  line.wake_from = 512;
  for (const auto kind : {LineKind::notify, LineKind::deliver, LineKind::retract}) {
    line.kind = kind;
    line = store.write([&](Tables& tables) { return add(tables, line); });
    CHECK(line.no > 0);
    const auto look = [&] {
      return store.read([&](const Tables& tables) { return same(tables.work().line(line.no), line); });
    };
    CHECK(look());
    for (const auto& [open, paused] :
         {std::pair(true, true), std::pair(true, false), std::pair(false, false)}) {
      line.open = open;
      line.paused = paused;
      line.cursor += 1;
      line.done += 1;
      store.write([&](Tables& tables) { tables.work().update_line(line); });
      CHECK(look());
    }
    line.open = true;
  }
  store.read([&](const Tables& tables) {
    CHECK(!tables.work().line(line.no + 1));
    const std::array<LineNo, 2> asked{line.no, line.no + 1};
    const auto found = tables.work().lines(asked);
    CHECK(found.find(line.no)->seq == 12);
    CHECK(found.find(line.no + 1) == nullptr);
  });
}

TEST_CASE("lines: of a blast, and the open ones of a provider and of a channel") {
  StoreUnderTest store;
  store.write([](Tables& tables) {
    add(tables, line_of(1));
    auto ended = add(tables, line_of(2));
    auto paused = add(tables, line_of(3));
    auto second_of_one = line_of(4, 0, kEmail + 1);
    second_of_one.blast_no = 1;
    add(tables, second_of_one);
    auto of_another = line_of(5);
    of_another.provider_no = kLee + 1;
    add(tables, of_another);
    ended.open = false;
    tables.work().update_line(ended);
    paused.paused = true;
    tables.work().update_line(paused);
  });
  store.read([](const Tables& tables) {
    const auto& work = tables.work();
    CHECK(seqs_of(work.lines(kLee, 1)) == Seqs{1, 4});
    CHECK(seqs_of(work.sound_lines(kLee, 1)) == Seqs{1, 4});
    CHECK(work.lines(kLee, 9).empty());
    CHECK(seqs_of(work.open_lines(kLee)) == Seqs{1, 3, 4});
    CHECK(seqs_of(work.sound_open_lines(kLee)) == Seqs{1, 3, 4});
    CHECK(seqs_of(work.open_lines_of_channel(kEmail)) == Seqs{1, 3, 5});
    CHECK(seqs_of(work.sound_open_lines_of_channel(kEmail)) == Seqs{1, 3, 5});
    CHECK(work.open_lines_of_channel(kEmail + 2).empty());
  });
}

TEST_CASE("lines: on a line of any kind are those to whom its blast was sent, slice by slice") {
  StoreUnderTest store;
  Audience sent;
  sent.recipients = slice_of_places(3, 5, 65'535);
  sent.archived = slice_of_places(4);
  for (const auto kind : {LineKind::notify, LineKind::deliver, LineKind::retract}) {
    auto line = line_of(7);
    line.kind = kind;
    store.write([&](Tables& tables) {
      if (kind == LineKind::notify) tables.blasts().insert_audience(kLee, 2, 7, 1, StoredAudience(sent));
      add(tables, line);
    });
    store.read([&](const Tables& tables) {
      CHECK(tables.work().audience(line, 2) == sent.recipients);
      CHECK(tables.work().audience(line, 1).empty());
      auto of_another = line;
      of_another.seq = 8;
      CHECK(tables.work().audience(of_another, 2).empty());
    });
  }
}

TEST_CASE("lines: next is the one with the lowest turn that has something to hand out") {
  StoreUnderTest store;
  store.write([](Tables& tables) {
    auto& work = tables.work();
    CHECK(!work.next_line(kEmail));
    CHECK(work.last_turn(kEmail) == 0);
    auto following = line_of(1, 30);
    following.follows = true;
    following.limit = following.order.end();  // all is delivered
    following = add(tables, following);
    auto handed_out = add(tables, line_of(2, 10));
    auto paused = add(tables, line_of(3, 20));
    add(tables, line_of(4, 5, kEmail + 1));
    CHECK(work.next_line(kEmail)->seq == 2);
    CHECK(work.last_turn(kEmail) == 30);
    handed_out.cursor = handed_out.order.end();
    work.update_line(handed_out);
    CHECK(work.next_line(kEmail)->seq == 3);
    paused.paused = true;
    work.update_line(paused);
    CHECK(work.next_line(kEmail)->seq == 1);
    following.limit = 0;  // nothing is
    work.update_line(following);
    CHECK(!work.next_line(kEmail));
    following.limit = 1;
    work.update_line(following);
    CHECK(work.next_line(kEmail)->seq == 1);
  });
}

TEST_CASE("lines: how many are pending on a channel, and which single messages") {
  StoreUnderTest store;
  store.write([](Tables& tables) {
    auto& work = tables.work();
    CHECK(work.pending(kEmail) == 0);
    auto one = line_of(1);
    one.done = 100;
    one.failed = 10;
    one.skipped = 5;
    add(tables, one);
    auto ended = line_of(2);
    ended.open = false;
    add(tables, ended);
    add(tables, line_of(3, 0, kEmail + 1));
    Item notice;
    notice.provider_no = kLee;
    notice.channel_no = kEmail;
    notice.thread = {kLee, 4, 0};
    notice.notice_no = 1;
    auto claimed = notice;
    claimed.notice_no = 2;
    claimed.no = tables.numbers().next(NumberKind::work);
    work.insert_items(std::array{notice, claimed});
    Token token{};
    token[0] = 1;
    work.claim_items(std::array{claimed}, token);
    CHECK(work.pending(kEmail) == 885 + 2);
    CHECK(work.pending(kEmail + 1) == 1000);
  });
}

TEST_CASE("lines: places that wait, each with its time and reason") {
  StoreUnderTest store;
  const auto line = store.write([](Tables& tables) { return add(tables, line_of(1)); });
  const Wait morning{kNow + 10, WaitReason::quiet_hours};
  const Wait unknown{kNow + 10, WaitReason::unknown_zone};
  const Wait again{kNow + 50, WaitReason::quiet_again};
  store.write([&](Tables& tables) {
    auto& work = tables.work();
    work.put_waiting_places(line, 0, again, slice_of_places(9));
    work.put_waiting_places(line, 0, morning, slice_of_places(1));
    work.put_waiting_places(line, 0, morning, slice_of_places(1, 2));
    work.put_waiting_places(line, 0, unknown, slice_of_places(3));
    work.put_waiting_places(line, 1, morning, slice_of_places(4));
  });
  const auto found = [&](SliceNo s) {
    return store.read([&](const Tables& tables) {
      std::vector<std::pair<Wait, Slice>> all;
      for (const auto& one : tables.work().waiting_places(line.no, s)) {
        CHECK(one.of == LineSlice{line.no, s});
        all.emplace_back(one.wait, one.places);
      }
      return all;
    });
  };
  using Waits = std::vector<std::pair<Wait, Slice>>;
  CHECK(found(0) ==
        Waits{{morning, slice_of_places(1, 2)}, {unknown, slice_of_places(3)}, {again, slice_of_places(9)}});
  CHECK(found(1) == Waits{{morning, slice_of_places(4)}});
  CHECK(found(2).empty());
  const auto of_slices = [&](std::vector<LineSlice> asked) {
    return store.read([&](const Tables& tables) {
      std::vector<SliceNo> slices;
      const auto page = tables.work().waiting_places(asked);
      CHECK(page.slices == asked.size());
      for (const auto& one : page.places) slices.push_back(one.of.slice);
      return slices;
    });
  };
  const auto at = [&](SliceNo s) { return LineSlice{line.no, s}; };
  CHECK(of_slices({at(0), at(1), at(2)}) == std::vector<SliceNo>{0, 0, 0, 1});
  CHECK(of_slices({at(1), at(0)}) == std::vector<SliceNo>{1, 0, 0, 0});
  CHECK(of_slices({at(2), {line.no + 1, 0}, at(1)}) == std::vector<SliceNo>{1});
  CHECK(of_slices({at(2)}).empty());
  store.read([&](const Tables& tables) {
    const std::array<WaitingKey, 3> keys{WaitingKey{at(0), unknown}, {at(1), unknown}, {at(0), morning}};
    CHECK(tables.work().waiting(keys) ==
          std::vector<Slice>{slice_of_places(3), Slice(), slice_of_places(1, 2)});
  });
  store.write([&](Tables& tables) { tables.work().put_waiting_places(line, 0, morning, Slice()); });
  CHECK(found(0) == Waits{{unknown, slice_of_places(3)}, {again, slice_of_places(9)}});
}

TEST_CASE("lines: the first place that is due, and those that a step of the clock left too far away") {
  StoreUnderTest store;
  const auto line = store.write([](Tables& tables) { return add(tables, line_of(1)); });
  const auto other = store.write([](Tables& tables) { return add(tables, line_of(2)); });
  const auto next = [&] {
    return store.read(
        [](const Tables& tables) { return tables.work().next_waiting(kEmail, kNow, kLongest); });
  };
  CHECK(!next());
  store.write([&](Tables& tables) {
    tables.work().put_waiting_places(line, 0, {kNow + 20, WaitReason::quiet_hours}, slice_of_places(1));
    tables.work().put_waiting_places(other, 0, {kNow + 10, WaitReason::quiet_hours}, slice_of_places(1));
  });
  CHECK(next()->line_no == other.no);
  CHECK(next()->due_at == kNow + 10);
  store.write([&](Tables& tables) { tables.work().park_items(other.no, true); });
  CHECK(next()->line_no == line.no);
  store.write([&](Tables& tables) { tables.work().park_items(other.no, false); });
  CHECK(next()->line_no == other.no);
  store.write([&](Tables& tables) {
    tables.work().put_waiting_places(line, 1, {kNow + kLongest + 1, WaitReason::quiet_hours},
                                     slice_of_places(1));
  });
  CHECK(next()->line_no == line.no);
  CHECK(next()->due_at == kNow + kLongest + 1);
}

TEST_CASE("lines: who was left out, by reason") {
  StoreUnderTest store;
  store.write([](Tables& tables) {
    auto& work = tables.work();
    const auto line = add(tables, line_of(1));
    const auto other = add(tables, line_of(2));
    work.put_skipped(line, 2, SkipReason::archived, slice_of_places(1));
    work.put_skipped(line, 2, SkipReason::archived, slice_of_places(1, 7));
    work.put_skipped(line, 2, SkipReason::same_address, slice_of_places(65'535));
    CHECK(work.skipped(line, 2, SkipReason::archived) == slice_of_places(1, 7));
    CHECK(work.skipped(line, 2, SkipReason::erased).empty());
    CHECK(work.skipped(line, 1, SkipReason::archived).empty());
    CHECK(work.skipped(other, 2, SkipReason::archived).empty());
    const std::array<SkipKey, 3> keys{skip_key(line, 2, SkipReason::same_address),
                                      skip_key(line, 3, SkipReason::archived),
                                      skip_key(other, 2, SkipReason::archived)};
    work.put_skipped(
        std::array{std::pair(keys[1], slice_of_places(4)), std::pair(keys[2], slice_of_places(5))});
    CHECK(work.skipped(keys) ==
          std::vector<Slice>{slice_of_places(65'535), slice_of_places(4), slice_of_places(5)});
    const std::array<SliceNo, 3> slices{3, 1, 2};
    const auto page = work.skips(line, slices);
    CHECK(page.slices == 3);
    CHECK(test::numbers(page.places, &SkippedPlaces::slice) == std::vector<SliceNo>{3, 2, 2});
    const auto skips = work.skips(line, 2);
    for (const auto& one : skips) {
      CHECK(one.slice == 2);
      const bool archived = one.reason == SkipReason::archived;
      CHECK(one.places == (archived ? slice_of_places(1, 7) : slice_of_places(65'535)));
    }
    CHECK(skips.size() == 2);
    CHECK(work.skips(line, 1).empty());
  });
}

TEST_CASE("lines: of bitmaps of many slices no more is given than 8 MiB, slice by slice") {
  StoreUnderTest store;
  constexpr SliceNo kSlices = 40;
  constexpr Ms kWaits = 60;  // in each: more than 8 MiB in all
  const auto line = store.write([](Tables& tables) { return add(tables, line_of(1)); });
  std::vector<LineSlice> slices;
  for (SliceNo s = 0; s < kSlices; ++s) slices.push_back({line.no, s});
  store.write([&](Tables& tables) {
    std::vector<WaitingPlaces> rows;
    for (const auto& slice : slices) {
      for (Ms at = 0; at < kWaits; ++at)
        rows.push_back({slice, {kNow + at, WaitReason::quiet_hours}, slice_of_places(at)});
    }
    tables.work().put_waiting_places(line, rows);
  });
  store.read([&](const Tables& tables) {
    std::size_t pages = 0;
    std::size_t found = 0;
    for (std::span<const LineSlice> rest = slices; !rest.empty(); ++pages) {
      const auto page = tables.work().waiting_places(rest);
      REQUIRE(page.slices > 0);
      CHECK(page.places.size() == page.slices * kWaits);
      found += page.places.size();
      rest = rest.subspan(page.slices);
    }
    CHECK(pages > 1);
    CHECK(found == kSlices * kWaits);
  });
}

TEST_CASE("lines: those of several blasts") {
  StoreUnderTest store;
  store.write([](Tables& tables) {
    add(tables, line_of(1));
    add(tables, line_of(2));
    add(tables, line_of(1, 0, kEmail + 1));
    const std::array<BlastKey, 3> blasts{BlastKey{kLee, 2}, {kLee, 1}, {kLee, 7}};
    const auto found = tables.work().lines_of(blasts);
    CHECK(seqs_of(*found.find(blasts[0])) == Seqs{2});
    CHECK(seqs_of(*found.find(blasts[1])) == Seqs{1, 1});
    CHECK(found.find(blasts[2])->empty());
  });
}

TEST_CASE("lines: an address has one who holds it, and was told there or not yet") {
  StoreUnderTest store;
  store.write([](Tables& tables) {
    auto& work = tables.work();
    const auto line = add(tables, line_of(1)).no;
    constexpr AddressHash kHash = -5;
    const auto row = [&](LineNo of, AddressHash hash) {
      const AddressOnLine key{of, hash};
      const auto found = work.told_addresses({&key, 1});
      const auto* told = found.find(key);
      return told != nullptr ? std::optional(std::pair(told->place, told->told)) : std::nullopt;
    };
    const auto waits = [](Place place) { return std::optional(std::pair(place, false)); };
    const auto told = [](Place place) { return std::optional(std::pair(place, true)); };
    CHECK(!row(line, kHash));
    work.put_told_addresses(std::array{ToldAddress{line, kHash, 7}, ToldAddress{line + 1, kHash, 9, true}});
    CHECK(row(line, kHash) == waits(7));
    CHECK(row(line + 1, kHash) == told(9));
    CHECK(!row(line + 2, kHash));
    const std::array<AddressOnLine, 3> asked{AddressOnLine{line, kHash}, AddressOnLine{line, kHash + 1},
                                             AddressOnLine{line + 1, kHash}};
    const auto found = work.told_addresses(asked);
    CHECK(found.find(asked[0])->place == 7);
    CHECK(found.find(asked[1]) == nullptr);
    CHECK(found.find(asked[2])->place == 9);
    // It is marked as long as it is the one.
    work.mark_told(std::array{ToldAddress{line, kHash, 8, true}, ToldAddress{line, kHash + 1, 7, true}});
    CHECK(row(line, kHash) == waits(7));
    CHECK(!row(line, kHash + 1));
    for (const bool again : {true, true, false, false, true}) {
      work.mark_told(std::array{ToldAddress{line, kHash, 7, again}});
      CHECK(row(line, kHash) == std::optional(std::pair(Place{7}, again)));
    }
    work.put_told_addresses(
        std::array{ToldAddress{line, kHash, ToldAddress::kLeft, true}, ToldAddress{line, kHash + 2, 4}});
    CHECK(row(line, kHash) == told(ToldAddress::kLeft));
    CHECK(row(line, kHash + 2) == waits(4));
    // Inserted where nobody is told so far; else what is there stays.
    const std::array fresh{ToldAddress{line, kHash + 1, 5}, ToldAddress{line, kHash + 2, 6, true}};
    CHECK(work.insert_told_addresses(fresh) == std::vector<bool>{true, false});
    CHECK(row(line, kHash + 1) == waits(5));
    CHECK(row(line, kHash + 2) == waits(4));
    work.delete_told_addresses(asked);
    CHECK(!row(line, kHash));
    CHECK(!row(line + 1, kHash));
    CHECK(row(line, kHash + 2) == waits(4));
  });
}

TEST_CASE("lines: what is kept of addresses is forgotten when a line has ended, a part at a time") {
  StoreUnderTest store;
  store.write([](Tables& tables) {
    auto& work = tables.work();
    auto line = add(tables, line_of(1));
    auto without = add(tables, line_of(2));
    for (AddressHash hash = 0; hash < 5; ++hash)
      work.put_told_addresses(std::array{ToldAddress{line.no, hash, 3}});
    CHECK(work.told_line_after(0) == line.no);
    CHECK(!work.told_line_after(line.no));
    CHECK(!work.line_to_forget());
    for (auto* ended : {&line, &without}) {
      ended->open = false;
      work.update_line(*ended);
    }
    const auto look = [&](bool is_left) {
      CHECK(work.line_to_forget().has_value() == is_left);
      CHECK(work.lines_to_forget(kLee) == (is_left ? std::vector<LineNo>{line.no} : std::vector<LineNo>{}));
      CHECK(tables.blasts().agenda().to_forget == is_left);
      CHECK(work.told_line_after(0).has_value() == is_left);
    };
    look(true);
    CHECK(work.line_to_forget()->has_told_addresses);
    work.forget_told_addresses(line.no, 3);
    work.update_line(*work.line(line.no));
    look(true);
    work.forget_told_addresses(line.no, 3);
    work.update_line(*work.line(line.no));
    look(false);
  });
}
