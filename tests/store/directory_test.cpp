// Providers, clients and rosters as rows.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "rows.hpp"
#include "store_under_test.hpp"

namespace {

using namespace bccast;
using test::fields;
using test::kNow;
using test::kOddText;
using test::same;
using test::slice_of_places;
using test::StoreUnderTest;
using Names = std::vector<std::string>;

Provider full_provider() {
  Provider p;
  p.id = "lee";
  p.name = kOddText;
  p.locale = "pt-BR";
  p.zone = "Europe/Bucharest";
  p.addresses.set("email", "lee@example.org");
  p.archived_at = kNow;
  return p;
}

Client full_client() {
  Client c;
  c.id = "ann";
  c.name = kOddText;
  c.locale = "en";
  c.zone = "Asia/Kathmandu";
  c.addresses.set("email", "ann@example.org");
  c.addresses.set("push", std::string(3000, 'x'));
  c.flags = flag::client_chat_off;
  return c;
}

ProviderNo add_provider(Tables& tables, const std::string& id) {
  Provider provider;
  provider.id = id;
  return tables.directory().insert_provider(provider).value();
}

ClientNo insert(Tables& tables, const Client& client) {
  return tables.directory().insert_clients(std::array{client}).at(0).value();
}

Client add_client(Tables& tables, const std::string& id) {
  Client client;
  client.id = id;
  client.no = insert(tables, client);
  return client;
}

RosterEntry entry_of(ProviderNo provider, Place place, const Client& client) {
  RosterEntry entry;
  entry.provider_no = provider;
  entry.place = place;
  entry.since = kNow + place;
  entry.client = client;
  return entry;
}

/// Puts the client on the roster, at its place there.
void insert(Tables& tables, const RosterEntry& entry, Seq stored_seq = 0) {
  auto& directory = tables.directory();
  const auto places =
      directory.insert_memberships(entry.provider_no, std::array{entry.client.no}, entry.place, stored_seq);
  REQUIRE(places == std::vector<std::optional<Place>>{entry.place});
  directory.insert_entries(std::array{entry});
}

/// A roster with clients c0, c1, ... at these places.
struct Roster {
  explicit Roster(const std::vector<Place>& places) {
    provider = store.write([&](Tables& tables) {
      const auto no = add_provider(tables, "lee");
      for (const auto place : places)
        insert(tables, entry_of(no, place, add_client(tables, "c" + std::to_string(place))));
      return no;
    });
  }
  StoreUnderTest store;
  ProviderNo provider = 0;
};

}  // namespace

TEST_CASE("directory: what sending and the roster count on stands apart from the provider's settings") {
  StoreUnderTest store;
  store.write([](Tables& tables) {
    auto& directory = tables.directory();
    auto lee = full_provider();
    lee.no = directory.insert_provider(lee).value();
    const auto kim = add_provider(tables, "kim");
    RosterWork work{.provider_no = lee.no};
    CHECK(same(directory.roster_work(lee.no), work));
    work = {lee.no, 70'000, 12, 3, 5'000'000'000};
    directory.update_roster_work(work);
    lee.name = "Dr. Lee";
    directory.update_provider(lee);
    CHECK(same(directory.roster_work(lee.no), work));
    CHECK(same(directory.provider(lee.no), lee));
    CHECK(same(directory.roster_work(kim), {.provider_no = kim}));
    CHECK(!directory.roster_work(kim + 1));
  });
}

TEST_CASE("directory: a provider is found by its id and by its number, as it was stored") {
  StoreUnderTest store;
  auto lee = full_provider();
  lee.no = store.write([&](Tables& tables) { return tables.directory().insert_provider(lee).value(); });
  CHECK(lee.no > 0);
  const auto look = [&](const Provider& wanted) {
    store.read([&](const Tables& tables) {
      CHECK(same(tables.directory().provider("lee"), wanted));
      CHECK(same(tables.directory().provider(wanted.no), wanted));
      CHECK(!tables.directory().provider("LEE"));
      CHECK(!tables.directory().provider(""));
      CHECK(!tables.directory().provider(wanted.no + 1));
    });
  };
  look(lee);
  lee.name = "Dr. Lee";
  lee.archived_at = 0;
  lee.addresses.set("email", "");
  store.write([&](Tables& tables) { tables.directory().update_provider(lee); });
  look(lee);
  store.open();
  look(lee);
}

TEST_CASE("directory: providers are found by a set of numbers, and those that are missing are missing") {
  StoreUnderTest store;
  const auto nos = store.write([](Tables& tables) {
    std::vector<ProviderNo> made;
    for (const char* id : {"lee", "kim", "ada"}) made.push_back(add_provider(tables, id));
    return made;
  });
  store.read([&](const Tables& tables) {
    const std::array<ProviderNo, 4> asked{nos[2], nos[0], 999, nos[2]};
    const auto found = tables.directory().providers(asked);
    CHECK(found.find(nos[2])->id == "ada");
    CHECK(found.find(nos[0])->id == "lee");
    CHECK(found.find(999) == nullptr);
    CHECK(!found.has(nos[1]));
    CHECK(!tables.directory().providers(std::span<const ProviderNo>()).has(nos[0]));
  });
}

TEST_CASE("directory: providers are listed in the order of their ids' bytes") {
  StoreUnderTest store;
  store.write([](Tables& tables) {
    for (const char* id : {"b", "Z", "a", "\xc3\xa9", "a.1"}) add_provider(tables, id);
  });
  store.read([](const Tables& tables) {
    const auto after = [&](const char* id, std::size_t limit) {
      return test::numbers(tables.directory().providers(id, limit), &Provider::id);
    };
    CHECK(after("", 10) == Names{"Z", "a", "a.1", "b", "\xc3\xa9"});
    CHECK(after("", 2) == Names{"Z", "a"});
    CHECK(after("a", 2) == Names{"a.1", "b"});
    CHECK(after("\xc3\xa9", 2).empty());
  });
}

TEST_CASE("directory: a provider's numbers ascend, and one behind another is found") {
  StoreUnderTest store;
  store.write([](Tables& tables) {
    const auto lee = add_provider(tables, "lee");
    const auto kim = add_provider(tables, "kim");
    CHECK(kim > lee);
    CHECK(tables.directory().provider_after(0) == lee);
    CHECK(tables.directory().provider_after(lee) == kim);
    CHECK(!tables.directory().provider_after(kim));
  });
}

TEST_CASE("directory: a client is found by its id and by its number, and its id is its own") {
  StoreUnderTest store;
  auto ann = full_client();
  ann.no = store.write([&](Tables& tables) { return insert(tables, ann); });
  store.write([&](Tables& tables) {
    CHECK(same(tables.directory().client("ann"), ann));
    CHECK(same(tables.directory().client(ann.no), ann));
    CHECK(!tables.directory().client("Ann"));
    Client again;
    again.id = "ann";
    Client bob;
    bob.id = "bob";
    const auto nos = tables.directory().insert_clients(std::array{again, bob, bob});
    REQUIRE(nos.size() == 3);
    CHECK(!nos[0]);
    CHECK(nos[1].value() > ann.no);
    CHECK(!nos[2]);
    CHECK(same(tables.directory().client("ann"), ann));
  });
  ann.name = "Ann";
  ann.zone.clear();
  ann.flags = flag::client_archived | flag::client_notify_off;
  store.write([&](Tables& tables) { tables.directory().update_clients(std::array{ann}); });
  CHECK(store.read([&](const Tables& tables) { return same(tables.directory().client(ann.no), ann); }));
}

TEST_CASE("directory: a client that is deleted leaves its rosters, and its number is nobody's") {
  StoreUnderTest store;
  store.write([](Tables& tables) {
    auto& directory = tables.directory();
    const auto lee = add_provider(tables, "lee");
    const auto ann = add_client(tables, "ann");
    const auto bob = add_client(tables, "bob");
    insert(tables, entry_of(lee, 0, ann));
    insert(tables, entry_of(lee, 1, bob));
    directory.delete_client(bob.no);
    CHECK(!directory.client("bob"));
    CHECK(!directory.client(bob.no));
    CHECK(directory.memberships(bob.no).empty());
    CHECK(!directory.place_of(lee, "bob"));
    CHECK(directory.place_of(lee, "ann") == Place{0});
    // The place stays, with what stands there until it is updated.
    CHECK(directory.entry(lee, 1));
    CHECK(add_client(tables, "bob").no != ann.no);
  });
}

TEST_CASE("directory: who is on a roster stands at one place there") {
  StoreUnderTest store;
  store.write([](Tables& tables) {
    auto& directory = tables.directory();
    const auto lee = add_provider(tables, "lee");
    const auto kim = add_provider(tables, "kim");
    auto ann = full_client();
    ann.no = insert(tables, ann);
    const auto bob = add_client(tables, "bob");
    auto entry = entry_of(lee, 66'000, ann);
    entry.flags = flag::chat_off | flag::client_chat_off;
    insert(tables, entry, 7);
    // One who has a place keeps it, and takes none; who comes behind stands close.
    using MaybePlaces = std::vector<std::optional<Place>>;
    CHECK(directory.insert_memberships(lee, std::array{ann.no, bob.no, bob.no}, 66'001, 9) ==
          MaybePlaces{std::nullopt, Place{66'001}, std::nullopt});
    CHECK(!directory.entry(lee, 66'001));
    insert(tables, entry_of(kim, 3, ann));

    CHECK(same(directory.entry(lee, 66'000), entry));
    CHECK(directory.place_of(lee, "ann") == Place{66'000});
    CHECK(directory.place_of(kim, "ann") == Place{3});
    CHECK(!directory.place_of(kim, "bob"));
    const std::array<RosterKey, 4> places{RosterKey{lee, 66'000}, {lee, 66'001}, {kim, 2}, {kim, 3}};
    const auto page = directory.scan(places);
    REQUIRE(page.entries().size() == 2);
    CHECK(page.entries()[0].provider_no == lee);
    CHECK(page.entries()[0].place == 66'000);
    CHECK(page.entries()[1].provider_no == kim);
    CHECK(page.entries()[1].id == "ann");
    const std::array<ProviderNo, 3> providers{kim, 99, lee};
    const auto works = directory.roster_works(providers);
    CHECK(works.find(kim)->provider_no == kim);
    CHECK(works.find(99) == nullptr);
    CHECK(works.find(lee)->provider_no == lee);
    CHECK(!directory.place_of(lee, "Ann"));
    CHECK(same(directory.membership(ann.no, lee), Membership{lee, 66'000, 7}));
    CHECK(directory.membership(bob.no, lee)->stored_seq == 9);
    CHECK(directory.memberships(ann.no).size() == 2);
    directory.set_stored_seq(ann.no, lee, 9);
    CHECK(directory.membership(ann.no, lee)->stored_seq == 9);
    directory.set_stored_seq(ann.no, lee, 8);  // of a look that took its time
    CHECK(directory.membership(ann.no, lee)->stored_seq == 9);
    CHECK(directory.membership(ann.no, kim)->stored_seq == 0);
    directory.set_stored_seqs(ann.no, std::array<std::pair<ProviderNo, Seq>, 2>{{{kim, 4}, {lee, 8}}});
    CHECK(directory.membership(ann.no, lee)->stored_seq == 9);
    CHECK(directory.membership(ann.no, kim)->stored_seq == 4);

    entry.flags = flag::archived;
    entry.since = kNow + 5;
    entry.client.name = "Ann";
    entry.client.flags = 0;
    directory.update_entries(std::array{entry});
    CHECK(same(directory.entry(lee, 66'000), entry));
    CHECK(directory.last_place(lee) == Place{66'000});
    CHECK(!directory.last_place(kim + 1));
  });
}

TEST_CASE("directory: clients, their places and their entries are found by sets of keys") {
  const Roster roster({0, 3, 70'000});
  roster.store.read([&](const Tables& tables) {
    const auto& directory = tables.directory();
    const auto no = roster.provider;
    const std::array<std::string_view, 3> ids{"c3", "nobody", "c70000"};
    const auto clients = directory.clients(ids);
    CHECK(clients.find("c3")->id == "c3");
    CHECK(clients.find("nobody") == nullptr);
    CHECK(!clients.has("c0"));
    const std::array<ClientNo, 2> nos{clients.find("c70000")->no, clients.find("c70000")->no + 100};
    const auto by_number = directory.clients(nos);
    CHECK(by_number.find(nos[0])->id == "c70000");
    CHECK(by_number.find(nos[1]) == nullptr);
    const auto places = directory.places_of(no, ids);
    CHECK(*places.find("c70000") == 70'000);
    CHECK(places.find("nobody") == nullptr);
    CHECK(directory.places_of(no + 1, ids).find("c3") == nullptr);
    const std::array<RosterKey, 3> keys{RosterKey{no, 70'000}, RosterKey{no, 1}, RosterKey{no, 0}};
    const auto entries = directory.entries(keys);
    CHECK(entries.find({no, 70'000})->client.id == "c70000");
    CHECK(entries.find({no, 0})->client.id == "c0");
    CHECK(entries.find({no, 1}) == nullptr);
    CHECK(!entries.has({no, 3}));
  });
}

TEST_CASE("directory: the rosters of several clients, a page at a time") {
  StoreUnderTest store;
  const auto made = store.write([](Tables& tables) {
    std::vector<ClientNo> nos;
    for (const char* id : {"ann", "bob", "eve"}) nos.push_back(add_client(tables, id).no);
    for (int p = 0; p < 3; ++p) {
      const auto provider = add_provider(tables, "p" + std::to_string(p));
      for (const auto client : nos)
        if (client != nos[1] || p == 1)
          tables.directory().insert_memberships(provider, std::array{client}, static_cast<Place>(client), 0);
    }
    return nos;
  });
  const std::vector<ClientNo> clients{made[2], made[1], made[0]};
  store.read([&](const Tables& tables) {
    std::vector<std::pair<ClientNo, ProviderNo>> expected;
    for (const auto client : clients)
      for (const auto& membership : tables.directory().memberships(client))
        expected.emplace_back(client, membership.provider_no);
    REQUIRE(expected.size() == 7);
    for (const std::size_t limit : {std::size_t{1}, std::size_t{2}, std::size_t{7}, std::size_t{100}}) {
      std::vector<std::pair<ClientNo, ProviderNo>> found;
      std::span<const ClientNo> rest = clients;
      ProviderNo after = 0;
      for (;;) {
        const auto page = tables.directory().memberships(rest, after, limit);
        for (const auto& held : page) found.emplace_back(held.client_no, held.membership.provider_no);
        if (page.size() < limit) break;
        while (rest.front() != page.back().client_no) rest = rest.subspan(1);
        after = page.back().membership.provider_no;
      }
      CHECK(found == expected);
    }
  });
}

TEST_CASE("directory: a roster is read from place to place") {
  const Roster roster({0, 1, 5, 65'535, 65'536, 200'000});
  roster.store.read([&](const Tables& tables) {
    const auto scan = [&](Place begin, Place end, std::size_t limit = 100) {
      const auto page = tables.directory().scan(roster.provider, begin, end, limit);
      std::vector<Place> places;
      for (const auto& view : page.entries()) {
        CHECK(view.id == "c" + std::to_string(view.place));
        CHECK(view.since == kNow + view.place);
        places.push_back(view.place);
      }
      return places;
    };
    using Places = std::vector<Place>;
    CHECK(scan(0, kMaxPlaces) == Places{0, 1, 5, 65'535, 65'536, 200'000});
    CHECK(scan(1, 65'536) == Places{1, 5, 65'535});
    CHECK(scan(2, 5).empty());
    CHECK(scan(5, 5).empty());
    CHECK(scan(0, kMaxPlaces, 2) == Places{0, 1});
    CHECK(scan(2, kMaxPlaces, 3) == Places{5, 65'535, 65'536});
  });
}

TEST_CASE("directory: entries are found by a set of places") {
  const Roster roster({0, 1, 2, 3, 40, 41, 90'000});
  roster.store.read([&](const Tables& tables) {
    const auto found = [&](const std::vector<Place>& asked) {
      std::vector<RosterKey> keys;
      for (const auto place : asked) keys.push_back({roster.provider, place});
      auto read = tables.directory().scan(keys);
      const auto page = std::move(read);  // and the views live on
      std::vector<Place> places;
      for (const auto& view : page.entries()) {
        CHECK(view.id == "c" + std::to_string(view.place));
        places.push_back(view.place);
      }
      return places;
    };
    using Places = std::vector<Place>;
    CHECK(found({}).empty());
    CHECK(found({1, 3, 41, 90'000}) == Places{1, 3, 41, 90'000});
    CHECK(found({0, 7, 40, 42, 89'999}) == Places{0, 40});
    CHECK(found({5, 6, 7}).empty());
  });
}

TEST_CASE("directory: the index of names goes by bytes, then by place") {
  const Roster roster({});
  const auto no = roster.provider;
  const auto found = [&](NameKind kind, std::optional<bool> archived, std::string_view prefix,
                         const std::optional<NamedPlace>& after, std::size_t most = 100) {
    return roster.store.read([&](const Tables& tables) {
      Names names;
      for (const auto& one : tables.directory().names(no, kind, archived, prefix, after, most))
        names.push_back(one.key + "@" + std::to_string(one.place));
      return names;
    });
  };
  const auto whole = NameKind::whole;
  roster.store.write([&](Tables& tables) {
    const std::vector<NameRow> rows{
        {{no, 4}, whole, false, "lee"},      {{no, 2}, whole, false, "lee"},
        {{no, 2}, whole, false, "lee"},  // once more: nothing
        {{no, 1}, whole, false, "leeds"},    {{no, 3}, whole, true, "lea"},
        {{no, 9}, whole, false, "\xce\xb1"}, {{no, 4}, NameKind::later_word, false, "anna"},
        {{no + 1, 2}, whole, false, "lee"}};
    tables.directory().insert_names(rows);
  });
  CHECK(found(whole, false, "", {}) == Names{"lee@2", "lee@4", "leeds@1", "\xce\xb1@9"});
  CHECK(found(whole, true, "", {}) == Names{"lea@3"});
  CHECK(found(whole, {}, "", {}) == Names{"lea@3", "lee@2", "lee@4", "leeds@1", "\xce\xb1@9"});
  CHECK(found(whole, false, "lee", {}, 2) == Names{"lee@2", "lee@4"});
  CHECK(found(whole, {}, "le", {}) == Names{"lea@3", "lee@2", "lee@4", "leeds@1"});
  CHECK(found(whole, false, "", NamedPlace{"lee", 2}) == Names{"lee@4", "leeds@1", "\xce\xb1@9"});
  CHECK(found(whole, false, "lee", NamedPlace{"lee", 2}) == Names{"lee@4", "leeds@1"});
  CHECK(found(whole, {}, "lee", NamedPlace{"lee", 4}, 1) == Names{"leeds@1"});
  CHECK(found(NameKind::later_word, false, "", {}) == Names{"anna@4"});

  roster.store.write([&](Tables& tables) {
    const std::vector<NameRow> rows{{{no, 2}, whole, false, "lee"},
                                    {{no, 1}, whole, true, "leeds"}};  // there is none such
    tables.directory().delete_names(rows);
  });
  CHECK(found(whole, false, "", {}) == Names{"lee@4", "leeds@1", "\xce\xb1@9"});
  roster.store.write([&](Tables& tables) { tables.directory().forget_names(no, 4); });
  CHECK(found(whole, false, "", {}) == Names{"leeds@1", "\xce\xb1@9"});
  CHECK(found(NameKind::later_word, false, "", {}).empty());
}

TEST_CASE("directory: the index of addresses knows who shares one") {
  const Roster roster({});
  const auto no = roster.provider;
  constexpr AddressHash kHash = -77;
  constexpr AddressHash kOther = 5;
  using Hashes = std::vector<AddressHash>;
  using Rows = std::vector<AddressRow>;
  const auto shared_of = [&](const Hashes& hashes, std::optional<AddressRow> after, std::size_t limit) {
    return roster.store.read(
        [&](const Tables& tables) { return tables.directory().shared_places(no, hashes, after, limit); });
  };
  const auto shared = [&](std::optional<Place> after = std::nullopt, std::size_t limit = 100) {
    std::vector<Place> places;
    const auto from = after ? std::optional(AddressRow{kHash, *after}) : std::nullopt;
    for (const auto& row : shared_of({kHash, kOther}, from, limit)) places.push_back(row.place);
    return places;
  };
  using Places = std::vector<Place>;
  const auto insert = [&](AddressHash hash, Place place) {
    return roster.store.write([&](Tables& tables) {
      return tables.directory().change_addresses(std::array{AddressChange{{no, place}, hash, true}}).at(0);
    });
  };
  const auto take_away = [&](AddressHash hash, Place place) {
    roster.store.write([&](Tables& tables) {
      tables.directory().change_addresses(std::array{AddressChange{{no, place}, hash, false}});
    });
  };
  CHECK(!insert(kHash, 3).shared);
  CHECK(!insert(kOther, 4).shared);
  CHECK(shared().empty());
  const auto second = insert(kHash, 1);
  CHECK(second.shared);
  CHECK(second.was_alone == Place{3});
  const auto third = insert(kHash, 70'000);
  CHECK(third.shared);
  CHECK(!third.was_alone);
  CHECK(shared() == Places{1, 3, 70'000});
  CHECK(shared(std::nullopt, 2) == Places{1, 3});
  CHECK(shared(Place{1}, 100) == Places{3, 70'000});
  insert(kOther, 9);
  const Hashes both{kHash, kOther, kOther + 1};
  CHECK(shared_of(both, {}, 4) == Rows{{kHash, 1}, {kHash, 3}, {kHash, 70'000}, {kOther, 4}});
  CHECK(shared_of(both, AddressRow{kHash, 70'000}, 4) == Rows{{kOther, 4}, {kOther, 9}});
  CHECK(shared_of(both, AddressRow{kOther, 4}, 4) == Rows{{kOther, 9}});
  CHECK(shared_of({kOther}, {}, 4) == Rows{{kOther, 4}, {kOther, 9}});
  CHECK(shared_of({kOther + 1}, {}, 4).empty());
  take_away(kOther, 9);
  const auto all = [&](std::optional<AddressHash> after, std::size_t limit) {
    return roster.store.read([&](const Tables& tables) {
      std::vector<AddressHash> hashes;
      for (const auto& row : tables.directory().addresses(no, after, limit)) hashes.push_back(row.hash);
      return hashes;
    });
  };
  CHECK(all({}, 100) == std::vector<AddressHash>{kHash, kOther});
  CHECK(all({}, 1) == std::vector<AddressHash>{kHash});
  CHECK(all(kHash, 100) == std::vector<AddressHash>{kOther});
  const auto rows = [&](std::optional<AddressRow> after, std::size_t limit) {
    return roster.store.read(
        [&](const Tables& tables) { return tables.directory().shared_addresses(no, after, limit); });
  };
  using Rows = std::vector<AddressRow>;
  CHECK(rows({}, 100) == Rows{{kHash, 1}, {kHash, 3}, {kHash, 70'000}});
  CHECK(rows({}, 2) == Rows{{kHash, 1}, {kHash, 3}});
  CHECK(rows(AddressRow{kHash, 3}, 2) == Rows{{kHash, 70'000}});

  take_away(kHash, 3);
  CHECK(shared() == Places{1, 70'000});
  take_away(kHash, 70'000);
  CHECK(shared().empty());
  // The last one has it alone again, and who comes next is told so.
  CHECK(insert(kHash, 9).was_alone == Place{1});
  // Several changes are made one after the other.
  const std::array<AddressChange, 4> changes{
      AddressChange{{no, 1}, kHash, false}, AddressChange{{no, 9}, kHash, false},
      AddressChange{{no, 2}, kHash, true}, AddressChange{{no, 8}, kHash, true}};
  const auto met =
      roster.store.write([&](Tables& tables) { return tables.directory().change_addresses(changes); });
  REQUIRE(met.size() == 4);
  CHECK(!met[2].shared);
  CHECK(met[3].was_alone == Place{2});
}

TEST_CASE("directory: the indexes are forgotten a part at a time") {
  const Roster roster({});
  const auto no = roster.provider;
  roster.store.write([&](Tables& tables) {
    for (Place place = 0; place < 40; ++place) {
      const auto key = "name " + std::to_string(place);
      tables.directory().insert_names(std::array{NameRow{{no, place}, NameKind::whole, place % 2 == 0, key}});
      tables.directory().change_addresses(std::array{AddressChange{{no, place}, place / 2, true}});
    }
    tables.directory().insert_names(std::array{NameRow{{no + 1, 0}, NameKind::whole, false, "other"}});
  });
  int turns = 0;
  while (roster.store.write([&](Tables& tables) { return tables.directory().forget_indexes(no, 10); }))
    REQUIRE(++turns < 100);
  CHECK(turns > 1);
  roster.store.read([&](const Tables& tables) {
    CHECK(tables.directory().names(no, NameKind::whole, {}, "", {}, 100).empty());
    CHECK(tables.directory().addresses(no, {}, 100).empty());
    CHECK(tables.directory().shared_addresses(no, {}, 100).empty());
    CHECK(tables.directory().names(no + 1, NameKind::whole, {}, "", {}, 100).size() == 1);
  });
}

TEST_CASE("directory: a slice of a roster, and of those who have an address") {
  const Roster roster({});
  const auto no = roster.provider;
  RosterSlice slice;
  slice.active = Slice::range(0, 65'536);
  slice.chat_off = slice_of_places(1, 65'535);
  slice.dead = slice_of_places(9);
  roster.store.write([&](Tables& tables) {
    auto& directory = tables.directory();
    const RosterSliceKey key{no, 2};
    using Slices = std::vector<std::pair<RosterSliceKey, RosterSlice>>;
    directory.put_roster_slices(Slices{{key, {}}, {{no, 3}, {slice_of_places(7), {}, {}}}});
    directory.put_roster_slices(Slices{{key, slice}});
    using AddressSlices = std::vector<std::pair<AddressSliceKey, Slice>>;
    directory.put_address_slices(AddressSlices{{{key, "email"}, slice_of_places(4)}});
    directory.put_address_slices(
        AddressSlices{{{key, "email"}, slice_of_places(4, 5)}, {{key, "push"}, slice_of_places(6)}});
  });
  roster.store.read([&](const Tables& tables) {
    const auto& directory = tables.directory();
    const auto found = directory.roster_slice(no, 2);
    CHECK(found.active == slice.active);
    CHECK(found.chat_off == slice.chat_off);
    CHECK(found.dead == slice.dead);
    CHECK(directory.roster_slice(no, 1).active.empty());
    CHECK(directory.roster_slice(no + 1, 2).active.empty());
    const std::array<RosterSliceKey, 3> keys{RosterSliceKey{no, 3}, RosterSliceKey{no, 1},
                                             RosterSliceKey{no, 2}};
    const auto all = directory.roster_slices(keys);
    REQUIRE(all.size() == 3);
    CHECK(all[0].active == slice_of_places(7));
    CHECK(all[1].active.empty());
    CHECK(all[2].dead == slice.dead);
    const std::array<AddressSliceKey, 2> address_keys{AddressSliceKey{{no, 2}, "push"},
                                                      AddressSliceKey{{no, 1}, "push"}};
    CHECK(directory.address_slices(address_keys) == std::vector<Slice>{slice_of_places(6), Slice()});
    CHECK(directory.address_slice(no, 2, "email") == slice_of_places(4, 5));
    CHECK(directory.address_slice(no, 2, "push") == slice_of_places(6));
    CHECK(directory.address_slice(no, 1, "email").empty());
    CHECK(directory.address_slice(no, 2, "fax").empty());
    const std::array<RosterSliceKey, 2> slices{RosterSliceKey{no, 2}, RosterSliceKey{no, 1}};
    const auto of_slices = directory.address_channels(slices);
    auto channels = of_slices.at(0);
    std::sort(channels.begin(), channels.end());
    CHECK(channels == Names{"email", "push"});
    CHECK(of_slices.at(1).empty());
  });
}

TEST_CASE("directory: the time zones of all, each once") {
  StoreUnderTest store;
  CHECK(store.read([](const Tables& tables) { return tables.directory().zones(); }).empty());
  store.write([](Tables& tables) {
    for (const auto& [id, zone] : {std::pair("a", "Asia/Tokyo"), std::pair("b", ""),
                                   std::pair("c", "Asia/Tokyo"), std::pair("d", "Europe/Rome")}) {
      Client client;
      client.id = id;
      client.zone = zone;
      insert(tables, client);
    }
    Provider lee;
    lee.id = "lee";
    lee.zone = "America/Lima";
    tables.directory().insert_provider(lee);
  });
  CHECK(store.read([](const Tables& tables) { return tables.directory().zones(); }) ==
        Names{"America/Lima", "Asia/Tokyo", "Europe/Rome"});
}
