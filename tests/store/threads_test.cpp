// Threads and messages as rows.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "rows.hpp"
#include "store_under_test.hpp"

namespace {

using namespace bccast;
using test::kNow;
using test::kOddText;
using test::same;
using test::StoreUnderTest;

constexpr ProviderNo kLee = 1;
using Keys = std::vector<ThreadKey>;
using Places = std::vector<Place>;

Thread thread_of(const ThreadKey& key, Ms last_at, bool touched = true, bool replied = false) {
  Thread thread;
  thread.key = key;
  thread.last_seq = 1;
  thread.last_at = last_at;
  thread.touched = touched;
  thread.replied = replied;
  return thread;
}

Message message_of(std::int64_t seq, const Author& author, std::string text, std::string key_hash = {}) {
  Message message;
  message.seq = seq;
  message.author = author;
  message.at = kNow + seq;
  message.text = std::move(text);
  message.key_hash = std::move(key_hash);
  return message;
}

constexpr Author kProvider{};
constexpr Author client(Place place) {
  return {Side::client, place};
}

}  // namespace

TEST_CASE("threads: one is found by its key, as it was stored") {
  StoreUnderTest store;
  Thread thread = thread_of({kLee, 70'000, 4}, kNow, true, true);
  thread.last_seq = 12;
  thread.activity = 5'000'000'000;
  thread.client_read = 3;
  thread.provider_read = 4;
  thread.client_unread = 5;
  thread.provider_unread = 6;
  thread.opened_at = kNow + 1;
  store.write([&](Tables& tables) { tables.threads().insert_threads(std::array{thread}); });
  const auto found = [&](const ThreadKey& key) {
    return store.read([&](const Tables& tables) { return tables.threads().thread(key); });
  };
  CHECK(same(found(thread.key), thread));
  CHECK(!found({kLee, 70'000, 5}));
  CHECK(!found({kLee, 70'001, 4}));
  CHECK(!found({kLee + 1, 70'000, 4}));
  store.write([&](Tables& tables) { tables.threads().delete_threads(std::array{thread.key}); });
  CHECK(!found(thread.key));
}

TEST_CASE("threads: one is inserted once, and says whether it was") {
  StoreUnderTest store;
  const Thread thread = thread_of({kLee, 7, 4}, kNow);
  Thread again = thread;
  again.last_seq = 9;
  const Thread other = thread_of({kLee, 8, 4}, kNow);
  store.write([&](Tables& tables) {
    auto& threads = tables.threads();
    CHECK(threads.insert_threads(std::array{thread}) == std::vector<bool>{true});
    CHECK(threads.insert_threads(std::array{again, other, other}) == std::vector<bool>{false, true, false});
  });
  store.write([&](Tables& tables) {
    CHECK(tables.threads().insert_threads(std::array{again}) == std::vector<bool>{false});
    CHECK(same(tables.threads().thread(thread.key), thread));
    CHECK(same(tables.threads().thread(other.key), other));
  });
}

TEST_CASE("threads: an update changes what is there, and never takes back the number of its last message") {
  StoreUnderTest store;
  Thread thread = thread_of({kLee, 70'000, 4}, kNow, true, true);
  thread.last_seq = 12;
  thread.provider_unread = 3;
  const Thread none = thread_of({kLee, 70'001, 4}, kNow);
  const auto update = [&](const Thread& changed) {
    store.write([&](Tables& tables) { tables.threads().update_threads(std::array{changed, none}); });
    return store.read([&](const Tables& tables) { return tables.threads().thread(changed.key); });
  };
  store.write([&](Tables& tables) { tables.threads().insert_threads(std::array{thread}); });
  Thread newer = thread;
  newer.last_seq = 13;
  newer.last_at = kNow + 9;
  newer.client_read = 13;
  newer.provider_unread = 0;
  newer.opened_at = kNow + 5;
  newer.replied = false;
  CHECK(same(update(newer), newer));
  Thread older = newer;
  older.last_seq = 12;  // as somebody read it before that message
  older.provider_read = 12;
  Thread expected = older;
  expected.last_seq = 13;
  CHECK(same(update(older), expected));
  CHECK(!store.read([&](const Tables& tables) { return tables.threads().thread(none.key); }));
}

TEST_CASE("threads: those of a set of keys") {
  StoreUnderTest store;
  const ThreadKey direct{kLee, 3, kDirect};
  const ThreadKey of_blast{kLee, 3, 9};
  store.write([&](Tables& tables) {
    for (const auto& key : {direct, of_blast, community_key(kLee, 2)})
      tables.threads().insert_threads(std::array{thread_of(key, kNow)});
  });
  store.read([&](const Tables& tables) {
    const std::array<ThreadKey, 3> asked{of_blast, community_key(kLee, 2), ThreadKey{kLee, 4, 9}};
    const auto found = tables.threads().threads(asked);
    CHECK(found.find(of_blast)->key == of_blast);
    CHECK(found.find(community_key(kLee, 2)) != nullptr);
    CHECK(found.find({kLee, 4, 9}) == nullptr);
    CHECK(!found.has(direct));
  });
}

TEST_CASE("threads: a client's, the latest first") {
  StoreUnderTest store;
  store.write([](Tables& tables) {
    for (const auto& [origin, at] : {std::pair<BlastNo, Ms>{1, 10}, {2, 30}, {3, 20}, {4, 20}, {0, 5}}) {
      auto thread = thread_of({kLee, 7, origin}, kNow + at);
      thread.client_unread = origin == 3 || origin == 0 ? 2 : 0;
      tables.threads().insert_threads(std::array{thread});
    }
    tables.threads().insert_threads(std::array{thread_of({kLee, 8, 1}, kNow + 15)});
  });
  store.read([](const Tables& tables) {
    const auto found = [&](Ms from, bool unread, std::size_t most = 100,
                           BlastNo behind = std::numeric_limits<BlastNo>::max()) {
      std::vector<BlastNo> origins;
      const RosterKey at{kLee, 7};
      for (const auto& thread : tables.threads().client_threads({&at, 1}, {from, kLee, behind}, unread, most))
        origins.push_back(thread.key.origin);
      return origins;
    };
    using Origins = std::vector<BlastNo>;
    CHECK(found(kNow + 100, false) == Origins{2, 4, 3, 1, 0});
    CHECK(found(kNow + 20, false, 100, 4) == Origins{3, 1, 0});
    CHECK(found(kNow + 20, true, 100, 3) == Origins{0});
    CHECK(found(kNow + 20, false) == Origins{4, 3, 1, 0});
    CHECK(found(kNow + 20, false, 2) == Origins{4, 3});
    CHECK(found(kNow + 100, true) == Origins{3, 0});
    const auto unread_at = [&](Place place) {
      const RosterKey at{kLee, place};
      return tables.threads().client_unread({&at, 1});
    };
    CHECK(unread_at(7).threads == 2);
    CHECK(unread_at(7).messages == 4);
    CHECK(unread_at(8).threads == 0);
  });
}

TEST_CASE("threads: a client's of several rosters, in one order, a page at a time") {
  StoreUnderTest store;
  const std::array<RosterKey, 3> places{RosterKey{kLee + 1, 4}, {kLee, 7}, {kLee + 2, 1}};
  store.write([&](Tables& tables) {
    for (const auto& [provider, origin, at] : {std::tuple<ProviderNo, BlastNo, Ms>{kLee, 1, 10},
                                               {kLee, 2, 20},
                                               {kLee + 1, 1, 20},
                                               {kLee + 1, 9, 20},
                                               {kLee + 2, 5, 20},
                                               {kLee + 2, 6, 5}}) {
      auto thread = thread_of({provider,
                               places[provider == kLee       ? 1
                                      : provider == kLee + 1 ? 0
                                                             : 2]
                                   .place,
                               origin},
                              kNow + at);
      thread.client_unread = origin == 9 || origin == 2 ? 3 : 0;
      tables.threads().insert_threads(std::array{thread});
    }
    tables.threads().insert_threads(std::array{thread_of({kLee, 4, 1}, kNow + 15)});  // another's
  });
  store.read([&](const Tables& tables) {
    using Found = std::vector<std::pair<ProviderNo, BlastNo>>;
    constexpr auto kMax = std::numeric_limits<std::int64_t>::max();
    const auto pages = [&](std::size_t most, bool unread) {
      Found found;
      ClientThreadPosition last{kMax, kMax, kMax};
      for (;;) {
        const auto page = tables.threads().client_threads(places, last, unread, most);
        CHECK(page.size() <= most);
        for (const auto& thread : page) found.emplace_back(thread.key.provider_no, thread.key.origin);
        if (page.empty()) return found;
        last = client_position_of(page.back());
      }
    };
    const Found all{{kLee + 2, 5}, {kLee + 1, 9}, {kLee + 1, 1}, {kLee, 2}, {kLee, 1}, {kLee + 2, 6}};
    for (const std::size_t most : {std::size_t{1}, std::size_t{2}, std::size_t{4}, std::size_t{100}}) {
      CHECK(pages(most, false) == all);
      CHECK(pages(most, true) == Found{{kLee + 1, 9}, {kLee, 2}});
    }
    CHECK(tables.threads().client_unread(places).threads == 2);
    CHECK(tables.threads().client_unread(places).messages == 6);
  });
}

TEST_CASE("threads: messages of several, one thread after the other, each from a number on") {
  StoreUnderTest store;
  const std::array<ThreadKey, 3> keys{ThreadKey{kLee, 7, 0}, {kLee, 3, 5}, {kLee + 1, 1, 0}};
  store.write([&](Tables& tables) {
    for (const auto& key : keys) {
      tables.threads().insert_threads(std::array{thread_of(key, kNow)});
      for (std::int64_t seq = 1; seq <= 3; ++seq)
        tables.threads().insert_message(key, message_of(seq, kProvider, "text"));
    }
  });
  store.read([&](const Tables& tables) {
    const auto found = [&](std::vector<MessagesFrom> from, std::size_t most, std::size_t whole) {
      std::vector<std::pair<std::size_t, std::int64_t>> all;
      const auto page = tables.threads().messages_from(from, most);
      CHECK(page.threads == whole);
      for (const auto& one : page.messages) {
        CHECK(one.message.text == "text");
        all.emplace_back(one.thread, one.message.seq);
      }
      return all;
    };
    using Messages = std::vector<std::pair<std::size_t, std::int64_t>>;
    const std::vector<MessagesFrom> from{{keys[2], 2}, {keys[0], 4}, {keys[1], 1}};
    CHECK(found(from, 100, 3) == Messages{{0, 2}, {0, 3}, {2, 1}, {2, 2}, {2, 3}});
    CHECK(found(from, 3, 2) == Messages{{0, 2}, {0, 3}, {2, 1}});
    CHECK(found({}, 3, 0).empty());
    CHECK(found(from, 1, 0).size() == 1);
    CHECK(found(from, 2, 2).size() == 2);
    CHECK(found(from, 5, 3).size() == 5);
  });
}

TEST_CASE("threads: of messages of several threads no more is given than 8 MiB, and one at least") {
  StoreUnderTest store;
  const std::array<MessagesFrom, 2> from{MessagesFrom{{kLee, 7, 0}, 1}, {{kLee, 8, 0}, 1}};
  store.write([&](Tables& tables) {
    const std::string text(6'000'000, 'x');
    for (const auto& one : from) tables.threads().insert_message(one.thread, message_of(1, kProvider, text));
    tables.threads().insert_message(from[1].thread, message_of(2, kProvider, text));
  });
  store.read([&](const Tables& tables) {
    const auto page = tables.threads().messages_from(from, 100);
    CHECK(page.messages.size() == 2);
    CHECK(page.threads == 1);
  });
}

TEST_CASE("threads: a provider's, the latest first, a page at a time, in all its ways") {
  StoreUnderTest store;
  store.write([](Tables& tables) {
    // Times meet, so that the order goes by origin and place as well.
    for (Place place = 0; place < 12; ++place)
      for (BlastNo origin = 0; origin < 3; ++origin) {
        auto thread =
            thread_of({kLee, place, origin}, kNow + (place * 5 + origin) % 4, place % 3 != 0, place % 3 == 2);
        thread.provider_unread = place % 3 == 2 && origin == 1 ? 3 : 0;
        tables.threads().insert_threads(std::array{thread});
      }
    tables.threads().insert_threads(std::array{thread_of({kLee + 1, 0, 0}, kNow)});
  });
  store.read([](const Tables& tables) {
    using Wanted = ThreadTables::Wanted;
    const auto all = [&](const Wanted& wanted, std::size_t page_size) {
      std::vector<Thread> found;
      std::optional<ThreadPosition> after;
      for (bool more = true; more;) {
        const auto page =
            tables.threads().provider_threads(kLee, after ? &*after : nullptr, wanted, page_size);
        found.insert(found.end(), page.begin(), page.end());
        REQUIRE(page.size() <= page_size);
        more = page.size() == page_size;
        if (more) after = position_of(found.back());
      }
      return found;
    };
    for (const bool unread : {false, true})
      for (const auto of_blast :
           {std::optional<BlastNo>(), std::optional<BlastNo>(1), std::optional<BlastNo>(9)})
        for (const auto replied : {std::optional<bool>(), std::optional(true), std::optional(false)})
          for (const auto page_size : {std::size_t{1}, std::size_t{4}, std::size_t{100}}) {
            CAPTURE(unread);
            CAPTURE(of_blast.value_or(-1));
            CAPTURE(page_size);
            const auto found = all({unread, of_blast, replied}, page_size);
            std::size_t expected = 0;
            for (Place place = 0; place < 12; ++place)
              for (BlastNo origin = 0; origin < 3; ++origin) {
                const bool fits =
                    place % 3 != 0 && (!of_blast || *of_blast == origin) &&
                    (unread ? place % 3 == 2 && origin == 1 : !replied || *replied == (place % 3 == 2));
                expected += fits ? 1 : 0;
              }
            CHECK(found.size() == expected);
            CHECK(std::is_sorted(found.begin(), found.end(), [](const Thread& a, const Thread& b) {
              return position_of(a) > position_of(b);
            }));
          }
    CHECK(tables.threads().provider_unread(kLee).threads == 4);
    CHECK(tables.threads().provider_unread(kLee).messages == 12);
    std::vector<ThreadPosition> of_blast;
    for (const auto& thread : all({false, 1, {}}, 100)) of_blast.push_back(position_of(thread));
    for (const auto page_size : {std::size_t{1}, std::size_t{3}, std::size_t{100}}) {
      std::vector<ThreadPosition> touched;
      for (bool more = true; more;) {
        const auto page =
            tables.threads().touched_places(kLee, 1, touched.empty() ? nullptr : &touched.back(), page_size);
        touched.insert(touched.end(), page.begin(), page.end());
        more = page.size() == page_size;
      }
      CHECK(touched == of_blast);
    }
    Places places;
    for (const auto& one : of_blast) places.push_back(one.place);
    std::sort(places.begin(), places.end());
    CHECK(places == Places{1, 2, 4, 5, 7, 8, 10, 11});
  });
}

TEST_CASE("messages: one is found by its number and by its key, as it was stored") {
  StoreUnderTest store;
  const ThreadKey key{kLee, 70'000, 4};
  auto full = message_of(2, client(70'000), kOddText, std::string("\0\xff hash", 7));
  full.actor = "daughter";
  store.write([&](Tables& tables) {
    auto& threads = tables.threads();
    threads.insert_message(key, message_of(1, kProvider, "one"));
    threads.insert_message(key, full);
    threads.insert_message({kLee, 70'001, 4}, message_of(2, client(70'001), "another's", full.key_hash));
    CHECK(same(threads.message(key, 2), full));
    CHECK(!threads.message(key, 3));
    CHECK(!threads.message({kLee, 70'000, 5}, 2));
    CHECK(same(threads.message_by_key(key, client(70'000), full.key_hash), full));
    CHECK(!threads.message_by_key(key, kProvider, full.key_hash));
    CHECK(!threads.message_by_key(key, client(70'000), "other"));
  });
}

TEST_CASE("messages: up and down a thread, and how many others wrote") {
  StoreUnderTest store;
  const ThreadKey key{kLee, 3, 4};
  store.write([&](Tables& tables) {
    for (std::int64_t seq = 1; seq <= 6; ++seq)
      tables.threads().insert_message(key, message_of(seq, seq % 3 == 0 ? client(3) : kProvider, "text"));
    tables.threads().insert_message({kLee, 4, 4}, message_of(1, kProvider, "another's"));
  });
  store.read([&](const Tables& tables) {
    const auto& threads = tables.threads();
    const auto found = [&](std::int64_t from, bool ascending, std::size_t most = 100) {
      std::vector<std::int64_t> seqs;
      for (const auto& message : threads.messages(key, from, ascending, most).messages)
        seqs.push_back(message.seq);
      return seqs;
    };
    using Seqs = std::vector<std::int64_t>;
    CHECK(threads.messages(key, 4, true, 2).more);
    CHECK(!threads.messages(key, 4, true, 4).more);
    const std::array<MessageKey, 3> keys{MessageKey{key, 6}, {key, 7}, {{kLee, 4, 4}, 1}};
    const auto set = threads.messages(keys);
    CHECK(set.find(keys[0])->seq == 6);
    CHECK(set.find(keys[1]) == nullptr);
    CHECK(set.find(keys[2])->text == "another's");
    CHECK(found(0, true) == Seqs{1, 2, 3, 4, 5, 6});
    CHECK(found(4, true, 2) == Seqs{4, 5});
    CHECK(found(4, false) == Seqs{4, 3, 2, 1});
    CHECK(found(9, true).empty());
    CHECK(threads.count_for(key, 0, kProvider) == 2);
    CHECK(threads.count_for(key, 3, kProvider) == 1);
    CHECK(threads.count_for(key, 0, client(3)) == 4);
    CHECK(threads.count_for(key, 6, client(3)) == 0);
  });
}

TEST_CASE("messages: no more than 8 MiB of texts are given at once, and the rest is asked for again") {
  StoreUnderTest store;
  const ThreadKey key{kLee, 3, 4};
  store.write([&](Tables& tables) {
    for (std::int64_t seq = 1; seq <= 3; ++seq)
      tables.threads().insert_message(key, message_of(seq, kProvider, std::string(5 << 20, 'x')));
  });
  store.read([&](const Tables& tables) {
    const auto& threads = tables.threads();
    const auto page = threads.messages(key, 0, true, 10);
    CHECK(page.messages.size() == 2);
    CHECK(page.more);
    CHECK(!threads.messages(key, 3, true, 10).more);
    const std::array<MessageKey, 3> keys{MessageKey{key, 1}, {key, 2}, {key, 3}};
    const auto set = threads.messages(keys);
    CHECK(set.has(keys[1]));
    CHECK(!set.has(keys[2]));
  });
}

TEST_CASE("messages: the texts of one who is forgotten go, in their threads and in communities") {
  StoreUnderTest store;
  const ThreadKey own{kLee, 3, 4};
  const ThreadKey others{kLee, 5, 4};
  const auto shelf = community_key(kLee, 1);
  store.write([&](Tables& tables) {
    auto& threads = tables.threads();
    threads.insert_message(own, message_of(1, kProvider, "from the provider"));
    threads.insert_message(own, message_of(2, client(3), "mine", "hash"));
    threads.insert_message(shelf, message_of(1, client(3), "mine too", "hash"));
    threads.insert_message(shelf, message_of(2, client(5), "not mine"));
    threads.insert_message(others, message_of(1, client(5), "not mine"));
    threads.insert_message({kLee + 1, 3, 0}, message_of(1, client(3), "of another roster"));
    threads.remove_texts(kLee, 3);
    for (const auto& [key, seq] : {std::pair(own, 2), std::pair(shelf, 1)}) {
      const auto message = threads.message(key, seq);
      REQUIRE(message);
      CHECK(message->removed);
      CHECK(message->text.empty());
      CHECK(message->key_hash.empty());
      CHECK(message->author == client(3));
    }
    CHECK(!threads.message_by_key(own, client(3), "hash"));
    CHECK(threads.message(own, 1)->text == "from the provider");
    CHECK(threads.message(shelf, 2)->text == "not mine");
    CHECK(threads.message(others, 1)->text == "not mine");
    CHECK(threads.message({kLee + 1, 3, 0}, 1)->text == "of another roster");
  });
}

TEST_CASE("threads: a host's name leads to one thread, and a thread to one name") {
  StoreUnderTest store;
  const ThreadKey one{kLee, 3, 4};
  const ThreadKey two{kLee, 3, 0};
  const ThreadKey three{kLee, 5, 4};
  store.write([&](Tables& tables) {
    auto& threads = tables.threads();
    using Bound = ThreadTables::Bound;
    CHECK(threads.put_host_ref(one, kOddText) == Bound::put);
    CHECK(threads.put_host_ref(two, "room 2") == Bound::put);
    CHECK(threads.put_host_ref(three, "room 3") == Bound::put);
    CHECK(threads.thread_bound_to(kOddText) == one);
    CHECK(!threads.thread_bound_to("room 1"));
    CHECK(threads.put_host_ref(three, "room 2") == Bound::taken);
    CHECK(threads.thread_bound_to("room 2") == two);
    CHECK(threads.thread_bound_to("room 3") == three);
    CHECK(threads.put_host_ref(three, "room 3") == Bound::same);
    CHECK(threads.thread_bound_to("room 3") == three);
    CHECK(threads.put_host_ref(one, "room 1") == Bound::put);  // instead
    CHECK(threads.thread_bound_to("room 1") == one);
    CHECK(!threads.thread_bound_to(kOddText));
    CHECK(threads.delete_host_ref(two));
    CHECK(!threads.delete_host_ref(two));
    CHECK(!threads.thread_bound_to("room 2"));
    CHECK(threads.put_host_ref(one, "room 2") == Bound::put);  // nobody's any more
    threads.delete_host_refs(kLee, 3);
    CHECK(!threads.thread_bound_to("room 2"));
    CHECK(threads.thread_bound_to("room 3") == three);
  });
}
