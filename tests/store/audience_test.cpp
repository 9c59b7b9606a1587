// Who a draft chooses, who has a blast, and what they did, as rows.
#include <doctest/doctest.h>

#include <array>
#include <utility>
#include <vector>

#include "rows.hpp"
#include "store_under_test.hpp"

namespace {

using namespace bccast;
using test::slice_of_places;
using test::StoreUnderTest;

constexpr ProviderNo kLee = 1;

Audience audience_of(const Slice& recipients) {
  Audience audience;
  audience.recipients = recipients;
  audience.archived = slice_of_places(100);
  audience.off = slice_of_places(101);
  audience.deselected = slice_of_places(102, 103);
  return audience;
}

}  // namespace

TEST_CASE("audience: a draft's slices") {
  StoreUnderTest store;
  store.write([](Tables& tables) {
    auto& blasts = tables.blasts();
    const DraftSlice chosen{slice_of_places(0, 65'535), slice_of_places(7)};
    blasts.put_draft_slice(kLee, 1, 3, {slice_of_places(1), {}});
    blasts.put_draft_slice(kLee, 1, 3, chosen);
    blasts.put_draft_slice(kLee, 1, 0, {{}, slice_of_places(2)});
    blasts.put_draft_slice(kLee, 2, 3, {slice_of_places(5), {}});
    CHECK(blasts.draft_slice(kLee, 1, 3).picked == chosen.picked);
    CHECK(blasts.draft_slice(kLee, 1, 3).deselected == chosen.deselected);
    CHECK(blasts.draft_slice(kLee, 1, 1).empty());
    const auto slices = [&](BlastNo no, SliceNo from = 0, std::size_t limit = 10) {
      std::vector<SliceNo> all;
      for (const auto& one : blasts.draft_slices(kLee, no, from, limit)) {
        CHECK(!one.chosen.empty());
        all.push_back(one.slice);
      }
      return all;
    };
    CHECK(slices(1) == std::vector<SliceNo>{0, 3});
    CHECK(slices(1, 0, 1) == std::vector<SliceNo>{0});
    CHECK(slices(1, 1, 1) == std::vector<SliceNo>{3});
    CHECK(slices(1, 4).empty());
    blasts.put_draft_slice(kLee, 1, 0, {});  // nothing is chosen: no row
    CHECK(slices(1) == std::vector<SliceNo>{3});
    blasts.delete_draft(kLee, 1);
    CHECK(slices(1).empty());
    CHECK(slices(2) == std::vector<SliceNo>{3});
  });
}

TEST_CASE("audience: who has a blast, and who was left out") {
  StoreUnderTest store;
  const auto who = slice_of_places(1, 2, 65'535);
  store.write([&](Tables& tables) {
    tables.blasts().insert_audience(kLee, 2, 5, 9, StoredAudience(audience_of(who)));
  });
  store.read([&](const Tables& tables) {
    const auto& blasts = tables.blasts();
    const auto found = blasts.audience(kLee, 2, 5);
    CHECK(found.recipients == who);
    CHECK(found.archived == slice_of_places(100));
    CHECK(found.off == slice_of_places(101));
    CHECK(found.deselected == slice_of_places(102, 103));
    CHECK(blasts.audience(kLee, 2, 6).nobody());
    CHECK(blasts.recipients(kLee, 2, 5) == who);
    CHECK(blasts.recipients(kLee, 1, 5).empty());
    CHECK(blasts.recipients(kLee + 1, 2, 5).empty());
    CHECK(blasts.is_recipient(kLee, place_at(2, 65'535), 5));
    CHECK(!blasts.is_recipient(kLee, place_at(2, 3), 5));
    CHECK(!blasts.is_recipient(kLee, place_at(1, 1), 5));
    CHECK(!blasts.is_recipient(kLee, place_at(2, 1), 4));
  });
}

TEST_CASE("audience: of a recalled blast some keep the thread") {
  StoreUnderTest store;
  store.write([](Tables& tables) {
    auto& blasts = tables.blasts();
    blasts.insert_audience(kLee, 0, 5, 9, StoredAudience(audience_of(slice_of_places(1, 2, 3))));
    CHECK(blasts.kept(kLee, 0, 5) == slice_of_places(1, 2, 3));
    CHECK(blasts.has_thread(kLee, 2, 5));
    CHECK(!blasts.has_kept(kLee, 0, 5));
    blasts.put_kept(kLee, 0, 5, 9, slice_of_places(2));
    CHECK(blasts.has_kept(kLee, 0, 5));
    CHECK(!blasts.has_kept(kLee, 1, 5));
    CHECK(blasts.kept(kLee, 0, 5) == slice_of_places(2));
    CHECK(blasts.has_thread(kLee, 2, 5));
    CHECK(!blasts.has_thread(kLee, 1, 5));
    CHECK(!blasts.has_thread(kLee, 2, 6));
    const std::array<RecipientKey, 3> keys{RecipientKey{kLee, 2, 5}, {kLee, 1, 5}, {kLee, 2, 6}};
    const auto have = blasts.have_threads(keys);
    CHECK(*have.find(keys[0]));
    CHECK(!*have.find(keys[1]));
    CHECK(!*have.find(keys[2]));
    CHECK(blasts.is_recipient(kLee, 1, 5));
    CHECK(blasts.recipients(kLee, 0, 5) == slice_of_places(1, 2, 3));
    blasts.put_kept(kLee, 0, 5, 9, Slice());
    CHECK(blasts.kept(kLee, 0, 5).empty());
    CHECK(blasts.audience(kLee, 0, 5).archived == slice_of_places(100));
  });
}

TEST_CASE("audience: the newer blasts of one place") {
  StoreUnderTest store;
  store.write([](Tables& tables) {
    auto& blasts = tables.blasts();
    const auto send = [&](Seq seq, const Slice& who) {
      blasts.insert_audience(kLee, 0, seq, 100 - seq, StoredAudience(audience_of(who)));
    };
    send(3, slice_of_places(1));
    send(1, slice_of_places(1));
    send(4, slice_of_places(2));
    send(5, slice_of_places(1));
    send(6, slice_of_places(1));
    blasts.put_kept(kLee, 0, 5, 95, slice_of_places(1));
    blasts.put_kept(kLee, 0, 6, 94, Slice());
    const auto newer = [&](Seq after, std::size_t limit) {
      const NewerKey key{{kLee, 1}, after};
      return blasts.newer_blasts({&key, 1}, limit);
    };
    const RosterKey at{kLee, 1};
    using Sent = std::vector<NewerBlast>;
    CHECK(newer(1, 10) == Sent{{at, {3, 97, false}}, {at, {5, 95, true}}});
    CHECK(newer(1, 1) == Sent{{at, {3, 97, false}}});
    CHECK(newer(3, 1) == Sent{{at, {5, 95, true}}});
    CHECK(newer(5, 1).empty());
  });
}

TEST_CASE("audience: the newer blasts of several places, one place after the other") {
  StoreUnderTest store;
  store.write([](Tables& tables) {
    auto& blasts = tables.blasts();
    const auto send = [&](ProviderNo provider, SliceNo slice, Seq seq, const Slice& who) {
      blasts.insert_audience(provider, slice, seq, 100 + seq, StoredAudience(audience_of(who)));
    };
    send(kLee + 1, 0, 7, slice_of_places(1, 2));
    send(kLee, 3, 2, slice_of_places(9));
    send(kLee, 3, 4, slice_of_places(9));
    const RosterKey lee{kLee, place_at(3, 9)};
    const RosterKey kim{kLee + 1, 2};
    const std::array<NewerKey, 3> keys{NewerKey{kim, 0}, {{kLee, 1}, 0}, {lee, 0}};
    using Sent = std::vector<NewerBlast>;
    const Sent all{{kim, {7, 107, false}}, {lee, {2, 102, false}}, {lee, {4, 104, false}}};
    CHECK(blasts.newer_blasts(keys, 10) == all);
    CHECK(blasts.newer_blasts(keys, 2) == Sent{all[0], all[1]});
    const std::array<NewerKey, 2> rest{NewerKey{lee, 2}, {kim, 7}};
    CHECK(blasts.newer_blasts(rest, 10) == Sent{all[2]});
  });
}

TEST_CASE("audience: bitmaps of several slices are read and written together, in the order of the slices") {
  StoreUnderTest store;
  constexpr std::array<SliceNo, 3> kSlices{4, 1, 2};
  store.write([&](Tables& tables) {
    auto& blasts = tables.blasts();
    const std::vector<AudienceOfSlice> audience{{1, StoredAudience(audience_of(slice_of_places(1, 2)))},
                                                {4, StoredAudience(audience_of(slice_of_places(3)))}};
    blasts.insert_audiences(kLee, 5, 9, audience);
    using Slices = std::vector<Slice>;
    CHECK(blasts.recipients(kLee, 5, kSlices) == Slices{slice_of_places(3), slice_of_places(1, 2), Slice()});
    CHECK(blasts.recipients(kLee, 6, kSlices) == Slices{Slice(), Slice(), Slice()});
    blasts.put_kept(kLee, 5, 9, std::vector<PlacesOfSlice>{{4, Slice()}, {1, slice_of_places(2)}});
    CHECK(blasts.kept(kLee, 5, kSlices) == Slices{Slice(), slice_of_places(2), Slice()});
    blasts.mark(kLee, 9, MarkKind::opened, place_at(1, 2));
    blasts.mark(kLee, 9, MarkKind::opened, place_at(2, 7));
    CHECK(blasts.marks(kLee, 9, MarkKind::opened, kSlices) ==
          Slices{Slice(), slice_of_places(2), slice_of_places(7)});
    const DraftSlice some{slice_of_places(5), slice_of_places(6)};
    blasts.put_draft_slices(kLee, 10, std::vector<ChosenSlice>{{4, some}, {2, some}});
    blasts.put_draft_slices(kLee, 10, std::vector<ChosenSlice>{{2, {}}, {1, {slice_of_places(8), {}}}});
    const auto drafts = blasts.draft_slices(kLee, 10, kSlices);
    REQUIRE(drafts.size() == 3);
    CHECK(drafts[0].picked == some.picked);
    CHECK(drafts[0].deselected == some.deselected);
    CHECK(drafts[1].picked == slice_of_places(8));
    CHECK(drafts[2].empty());
  });
}

TEST_CASE("marks: who of a slice has which, once, and how many of each blast do") {
  StoreUnderTest store;
  const Place first = 2 * Slice::kPlaces;
  store.write([&](Tables& tables) {
    auto& blasts = tables.blasts();
    const auto kOther = static_cast<MarkKind>(200);  // one that a later version may know
    for (const Place place : {1u, 1u, 4'095u, 4'096u, 65'535u})
      blasts.mark(kLee, 9, MarkKind::opened, first + place);
    blasts.mark(kLee, 9, MarkKind::opened, first - 1);
    blasts.mark(kLee, 9, MarkKind::opened, kMaxPlaces - 1);
    blasts.mark(kLee, 9, MarkKind::replied, first + 1);
    blasts.mark(kLee, 9, kOther, first + 2);
    blasts.mark(kLee, 8, MarkKind::opened, 3);
    blasts.mark(kLee + 1, 9, MarkKind::opened, 3);
  });
  store.open();
  store.write([&](Tables& tables) { tables.blasts().mark(kLee, 9, MarkKind::opened, first + 1); });
  store.read([](const Tables& tables) {
    const auto& blasts = tables.blasts();
    CHECK(blasts.marks(kLee, 9, MarkKind::opened, 2) == slice_of_places(1, 4'095, 4'096, 65'535));
    CHECK(blasts.marks(kLee, 9, MarkKind::opened, 1) == slice_of_places(65'535));
    CHECK(blasts.marks(kLee, 9, MarkKind::opened, slice_of(kMaxPlaces)) == slice_of_places(65'534));
    CHECK(blasts.marks(kLee, 9, MarkKind::replied, 2) == slice_of_places(1));
    CHECK(blasts.marks(kLee, 9, MarkKind::opened, 0).empty());
    CHECK(blasts.marks(kLee, 8, MarkKind::opened, 2).empty());
    const std::array<BlastKey, 3> asked{BlastKey{kLee, 9}, BlastKey{kLee, 7}, BlastKey{kLee, 8}};
    const auto counts = blasts.mark_counts(asked);
    CHECK(counts.find({kLee, 9})->of(MarkKind::opened) == 6);
    CHECK(counts.find({kLee, 9})->of(MarkKind::replied) == 1);
    CHECK(counts.find({kLee, 9})->of(static_cast<MarkKind>(200)) == 1);
    CHECK(counts.find({kLee, 8})->of(MarkKind::opened) == 1);
    CHECK(counts.find({kLee, 8})->of(MarkKind::replied) == 0);
    CHECK(counts.find({kLee, 7})->of(MarkKind::opened) == 0);
    CHECK(!counts.has({kLee + 1, 9}));
  });
}
