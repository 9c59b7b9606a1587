// Blasts and their texts as rows, and what is due of them.
#include <doctest/doctest.h>

#include <array>
#include <exception>
#include <string>
#include <vector>

#include "rows.hpp"
#include "store_under_test.hpp"

namespace {

using namespace bccast;
using test::kNow;
using test::kOddText;
using test::same;
using test::StoreUnderTest;
using Numbers = std::vector<BlastNo>;

constexpr ProviderNo kLee = 1;

Blast blast_of(BlastNo no, BlastState state = BlastState::draft, ProviderNo provider = kLee) {
  Blast b;
  b.provider_no = provider;
  b.no = no;
  b.state = state;
  b.created_at = kNow;
  return b;
}

Blast full_blast() {
  Blast b = blast_of(4, BlastState::recalled);
  b.all_active = true;
  b.seq = 3;
  b.activity = 5'000'000'000;
  b.sent_at = kNow + 1;
  b.deadline_at = kNow + 2;
  b.finished_at = kNow + 3;
  b.recipients = 1'000'000;
  b.open_lines = 2;
  b.revision = 17;
  b.deadline = 60'000;
  b.roster_size = 2'000'000;
  b.key_hash = std::string("\0\x01\xff three", 9);
  b.actor = kOddText;
  b.sent_by = "nurse";
  b.channels = "email,push";
  b.hold = 10'000;
  b.scheduled_at = kNow + 4;
  b.digest = std::string("\xff\0\xfe", 3);
  b.missed_at = kNow + 5;
  b.missed_reason = "too_few";
  b.overdue = true;
  b.recalled_at = kNow + 6;
  b.swept = 65'536;
  b.purged = true;
  return b;
}

Numbers numbers_of(const std::vector<Blast>& blasts) {
  return test::numbers(blasts, &Blast::no);
}

}  // namespace

TEST_CASE("blasts: one is found by its number, as it was stored") {
  StoreUnderTest store;
  auto blast = full_blast();
  store.write([&](Tables& tables) { tables.blasts().insert_blast(blast); });
  const auto found = [&](ProviderNo provider, BlastNo no) {
    return store.read([&](const Tables& tables) { return tables.blasts().blast(provider, no); });
  };
  CHECK(same(found(kLee, 4), blast));
  CHECK(!found(kLee, 5));
  CHECK(!found(kLee + 1, 4));
  store.open();
  CHECK(same(found(kLee, 4), blast));
}

TEST_CASE("blasts: an update replaces what can change") {
  StoreUnderTest store;
  auto blast = full_blast();
  store.write([&](Tables& tables) { tables.blasts().insert_blast(blast); });
  blast.state = BlastState::recalled;
  blast.swept = 70'000;
  blast.finished_at = 0;
  blast.open_lines = 0;
  blast.overdue = false;
  blast.missed_reason.clear();
  store.write([&](Tables& tables) {
    auto update = *tables.blasts().blast(kLee, 4);
    update.state = blast.state;
    update.swept = blast.swept;
    update.finished_at = blast.finished_at;
    update.open_lines = blast.open_lines;
    update.overdue = blast.overdue;
    update.missed_reason = blast.missed_reason;
    tables.blasts().update_blast(update);
  });
  CHECK(store.read([&](const Tables& tables) { return same(tables.blasts().blast(kLee, 4), blast); }));
}

TEST_CASE("blasts: those of a set of keys") {
  StoreUnderTest store;
  store.write([](Tables& tables) {
    for (const BlastNo no : {1, 2, 3}) tables.blasts().insert_blast(blast_of(no));
  });
  store.read([](const Tables& tables) {
    const std::array<BlastKey, 3> asked{BlastKey{kLee, 3}, BlastKey{kLee, 9}, BlastKey{kLee, 1}};
    const auto found = tables.blasts().blasts(asked);
    CHECK(found.find({kLee, 3})->no == 3);
    CHECK(found.find({kLee, 1})->no == 1);
    CHECK(found.find({kLee, 9}) == nullptr);
    CHECK(!found.has({kLee, 2}));
  });
}

TEST_CASE("blasts: by the hash of an idempotency key, of one provider") {
  StoreUnderTest store;
  store.write([](Tables& tables) {
    auto one = blast_of(1);
    one.key_hash = std::string(16, '\x01');
    tables.blasts().insert_blast(one);
    auto of_another = blast_of(1, BlastState::draft, kLee + 1);
    of_another.key_hash = std::string(16, '\x02');
    tables.blasts().insert_blast(of_another);
    CHECK(tables.blasts().blast_by_key(kLee, std::string(16, '\x01')) == BlastNo{1});
    CHECK(!tables.blasts().blast_by_key(kLee, std::string(16, '\x02')));
    CHECK(!tables.blasts().blast_by_key(kLee, ""));
  });
}

TEST_CASE("blasts: lists go by number") {
  StoreUnderTest store;
  store.write([](Tables& tables) {
    for (BlastNo no = 1; no <= 6; ++no)
      tables.blasts().insert_blast(blast_of(no, no % 2 == 0 ? BlastState::sent : BlastState::draft));
    tables.blasts().insert_blast(blast_of(9, BlastState::sent, kLee + 1));
    auto scheduled = blast_of(7, BlastState::scheduled);
    scheduled.scheduled_at = kNow;
    tables.blasts().insert_blast(scheduled);
  });
  store.read([](const Tables& tables) {
    const auto& blasts = tables.blasts();
    CHECK(numbers_of(blasts.blasts(kLee, kMaxNumber, {}, 3)) == Numbers{7, 6, 5});
    CHECK(numbers_of(blasts.blasts(kLee, 5, {}, 10)) == Numbers{4, 3, 2, 1});
    CHECK(numbers_of(blasts.blasts(kLee, kMaxNumber, BlastState::sent, 10)) == Numbers{6, 4, 2});
    CHECK(numbers_of(blasts.blasts(kLee, 4, BlastState::sent, 10)) == Numbers{2});
    CHECK(blasts.blasts(kLee, kMaxNumber, BlastState::paused, 10).empty());
    CHECK(blasts.blast_numbers(kLee, 2, 3) == Numbers{3, 4, 5});
    CHECK(blasts.blast_numbers(kLee, 7, 3).empty());
    auto unsent = numbers_of(blasts.unsent(kLee));
    std::sort(unsent.begin(), unsent.end());
    CHECK(unsent == Numbers{1, 3, 5, 7});
    CHECK(blasts.unsent_from(kLee, 0) == BlastNo{1});
    CHECK(blasts.unsent_from(kLee, 3) == BlastNo{3});
    CHECK(blasts.unsent_from(kLee, 4) == BlastNo{5});
    CHECK(!blasts.unsent_from(kLee, 8));
  });
}

TEST_CASE("blasts: the agenda says when the first is due, and what was left to be done") {
  StoreUnderTest store;
  const auto agenda = [&] {
    return store.read([](const Tables& tables) { return tables.blasts().agenda(); });
  };
  CHECK(!agenda().schedule);
  CHECK(!agenda().deadline);
  CHECK(!agenda().to_sweep);
  CHECK(!agenda().to_forget);
  store.write([](Tables& tables) {
    for (const BlastNo no : {1, 2}) {
      auto scheduled = blast_of(no, BlastState::scheduled);
      scheduled.scheduled_at = kNow + 1000 * no;
      scheduled.deadline_at = kNow + 1000 * no + 500;
      tables.blasts().insert_blast(scheduled);
    }
  });
  CHECK(agenda().schedule == kNow + 1000);
  CHECK(agenda().deadline == kNow + 1500);
  store.write([](Tables& tables) {
    auto first = *tables.blasts().blast(kLee, 1);
    first.state = BlastState::sent;
    first.overdue = true;
    tables.blasts().update_blast(first);
  });
  CHECK(agenda().schedule == kNow + 2000);
  CHECK(agenda().deadline == kNow + 2500);
  store.write([](Tables& tables) {
    auto recalled = blast_of(3, BlastState::recalled);
    recalled.roster_size = 10;
    recalled.swept = 9;
    tables.blasts().insert_blast(recalled);
  });
  CHECK(agenda().to_sweep);
  CHECK(store.read([](const Tables& tables) { return tables.blasts().recall_to_sweep()->no; }) == 3);
  const auto has_one = [&](ProviderNo provider) {
    return store.read([&](const Tables& tables) { return tables.blasts().has_recall_to_sweep(provider); });
  };
  CHECK(has_one(kLee));
  CHECK(!has_one(kLee + 1));
  const std::array<ProviderNo, 3> providers{kLee + 1, kLee, kLee + 2};
  CHECK(store.read([&](const Tables& tables) { return tables.blasts().have_recalls_to_sweep(providers); }) ==
        std::vector<bool>{false, true, false});
  store.write([](Tables& tables) {
    auto recalled = *tables.blasts().blast(kLee, 3);
    recalled.swept = 10;
    tables.blasts().update_blast(recalled);
  });
  CHECK(!agenda().to_sweep);
  CHECK(!store.read([](const Tables& tables) { return tables.blasts().recall_to_sweep(); }));
  CHECK(!has_one(kLee));
}

TEST_CASE("blasts: what is due comes in the order of its time") {
  StoreUnderTest store;
  store.write([](Tables& tables) {
    auto later = blast_of(1, BlastState::scheduled);
    later.scheduled_at = kNow + 20;
    later.deadline_at = kNow + 200;
    tables.blasts().insert_blast(later);
    auto sooner = blast_of(2, BlastState::scheduled);
    sooner.scheduled_at = kNow + 10;
    sooner.deadline_at = kNow + 300;
    tables.blasts().insert_blast(sooner);
  });
  store.read([](const Tables& tables) {
    const auto& blasts = tables.blasts();
    CHECK(!blasts.due_schedule(kNow + 9));
    CHECK(blasts.due_schedule(kNow + 10)->no == 2);
    CHECK(blasts.due_schedule(kNow + 1000)->no == 2);
    CHECK(!blasts.due_deadline(kNow + 200));  // it passes when its time is over
    CHECK(blasts.due_deadline(kNow + 201)->no == 1);
  });
}

TEST_CASE("blasts: those past their deadline, a page at a time, of one provider and of all") {
  StoreUnderTest store;
  store.write([](Tables& tables) {
    for (BlastNo no = 1; no <= 4; ++no)
      for (const ProviderNo provider : {kLee, kLee + 1}) {
        auto sent = blast_of(no, BlastState::sent, provider);
        sent.deadline_at = kNow + 100 - 10 * no;
        sent.overdue = no == 2;
        tables.blasts().insert_blast(sent);
      }
    auto finished = blast_of(9, BlastState::finished);
    finished.deadline_at = kNow;
    finished.finished_at = kNow;
    tables.blasts().insert_blast(finished);
  });
  const auto pages = [&](std::optional<ProviderNo> provider) {
    return store.read([&](const Tables& tables) {
      std::vector<std::pair<ProviderNo, BlastNo>> all;
      DeadlinePosition after;
      for (;;) {
        const auto page = tables.blasts().past_deadline(provider, kNow + 90, after, 2);
        for (const auto& blast : page) all.emplace_back(blast.provider_no, blast.no);
        if (page.size() < 2) return all;
        after = {page.back().deadline_at, page.back().provider_no, page.back().no};
      }
    });
  };
  using Keys = std::vector<std::pair<ProviderNo, BlastNo>>;
  CHECK(pages(kLee) == Keys{{1, 4}, {1, 3}, {1, 2}});
  CHECK(pages({}) == Keys{{1, 4}, {2, 4}, {1, 3}, {2, 3}, {1, 2}, {2, 2}});
}

TEST_CASE("blasts: what was recalled long ago, and still has its text") {
  StoreUnderTest store;
  store.write([](Tables& tables) {
    for (BlastNo no = 1; no <= 4; ++no) {
      auto recalled = blast_of(no, BlastState::recalled);
      recalled.recalled_at = kNow + 100 - 10 * no;
      recalled.purged = no == 2;
      tables.blasts().insert_blast(recalled);
    }
  });
  store.read([](const Tables& tables) {
    std::exception_ptr damaged;
    CHECK(numbers_of(tables.blasts().recalled_before(kNow + 90, 10, damaged)) == Numbers{4, 3});
    CHECK(numbers_of(tables.blasts().recalled_before(kNow + 91, 2, damaged)) == Numbers{4, 3});
    CHECK(numbers_of(tables.blasts().recalled_before(kNow + 91, 3, damaged)) == Numbers{4, 3, 1});
    CHECK(!damaged);
  });
}

TEST_CASE("blasts: a text is kept byte for byte, and goes with its blast") {
  StoreUnderTest store;
  const std::string large(1 << 20, '\xfe');
  store.write([&](Tables& tables) {
    auto& blasts = tables.blasts();
    blasts.insert_blast(blast_of(1));
    CHECK(!blasts.text(kLee, 1));
    blasts.put_text(kLee, 1, kOddText);
    CHECK(blasts.text(kLee, 1) == kOddText);
    blasts.put_text(kLee, 1, large);
    CHECK(blasts.text(kLee, 1) == large);
    const std::array<BlastKey, 2> keys{BlastKey{kLee, 1}, {kLee, 2}};
    CHECK(*blasts.texts(keys).find(keys[0]) == large);
    CHECK(blasts.texts(keys).find(keys[1]) == nullptr);
    CHECK(!blasts.text(kLee, 2));
    CHECK(!blasts.text(kLee + 1, 1));
    blasts.put_draft_slice(kLee, 1, 0, {test::slice_of_places(1), {}});
    blasts.delete_blast(kLee, 1);
    CHECK(!blasts.text(kLee, 1));
    CHECK(!blasts.blast(kLee, 1));
    CHECK(blasts.draft_slice(kLee, 1, 0).empty());
  });
}
