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
    using Sent = std::vector<SentBlast>;
    CHECK(blasts.newer_blasts(kLee, 1, 1, 10) == Sent{{3, 97, false}, {5, 95, true}});
    CHECK(blasts.newer_blasts(kLee, 1, 1, 1) == Sent{{3, 97, false}});
    CHECK(blasts.newer_blasts(kLee, 1, 3, 1) == Sent{{5, 95, true}});
    CHECK(blasts.newer_blasts(kLee, 1, 5, 1).empty());
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
