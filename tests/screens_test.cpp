// What the screens of a provider, a client and an operator are made of: the roster by name, a draft's
// selection, what became of each client and why, counts of unread messages, and the person behind a provider.
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "support/host.hpp"

namespace {

using test::Answer;
using test::call;
using test::Host;
using test::must;
using test::Row;
using test::Rows;
using Names = std::vector<std::string>;

struct Practice : Host {
  Practice() : Practice(test::Setup{}) {}
  explicit Practice(const test::Setup& setup) : Host(setup) {
    provider("lee");
    clients("lee", {"ana", "ben", "cal", "dan", "eve", "fay"});
    provider("kim");
    clients("kim", {"zoe", "ben", "xia"});
  }
  void all_active(const std::string& draft) { must(bccast_blast_select_all_active, *this, "lee", draft); }
  void deselect(const std::string& draft, const std::string& client) {
    must(bccast_blast_deselect, *this, "lee", draft, client);
  }
  void chat_off(const std::string& client) {
    must(bccast_directory_roster_set, *this, "lee", client, "chat", "off");
  }
  Rows why(const std::string& blast, const std::string& client) {
    return must(bccast_blast_why, *this, "lee", blast, client).rows;
  }
  Row get(const std::string& blast) { return must(bccast_blast_get, *this, "lee", blast).rows[0]; }
};

/// A roster of people with names of their own.
struct Named : Host {
  Named() { provider("lee"); }
  void add(const std::string& id, const std::string& name, const std::string& to = "lee") {
    must(bccast_directory_client_put, *this, id, name, nullptr);
    must(bccast_directory_roster_add, *this, to, id);
  }
  Names ids(const std::string& filter = "", const std::string& of = "lee") {
    return must(bccast_provider_roster, *this, of, filter, nullptr, 1000).rows.column("client");
  }
  Names found(const std::string& search) { return ids("search=" + search); }
};

/// All pages of a list, of `limit` rows; each but the last must be full. list(cursor, limit) gives a page.
template <typename List>
std::vector<Row> pages(List list, std::uint32_t limit) {
  std::vector<Row> all;
  std::string cursor;
  do {
    const Rows page = list(cursor, limit);
    REQUIRE(page.size() <= limit);
    CHECK((page.next.empty() || page.size() == limit));
    std::ranges::copy(page.rows, std::back_inserter(all));
    cursor = page.next;
  } while (!cursor.empty());
  return all;
}

/// The same rows come in small pages as in one.
template <typename List>
void check_pages(List list) {
  const Rows whole = list("", 1000);
  CHECK(whole.next.empty());
  for (std::uint32_t limit = 1; limit <= 3; ++limit) {
    CAPTURE(limit);
    CHECK(pages(list, limit) == whole.rows);
  }
}

auto roster_of(const Host& host, const std::string& provider, const std::string& filter) {
  return [&host, provider, filter](const std::string& cursor, std::uint32_t limit) {
    return must(bccast_provider_roster, host, provider, filter, cursor, limit).rows;
  };
}

constexpr const char* kNobodysBlast = "0123456789abcdef0123456789abcdef";

/// Unknown and another's: the same code, and the same message but for the id.
void check_alike(const Answer& unknown, Answer foreign, const std::string& foreign_id) {
  CHECK(unknown.code == BCCAST_E_NOT_FOUND);
  if (const auto at = foreign.message.find(foreign_id); at != std::string::npos)
    foreign.message.replace(at, foreign_id.size(), kNobodysBlast);
  CHECK(foreign == unknown);
}

// ---- The roster

TEST_CASE("roster: by name, without case and marks") {
  Named host;
  host.add("c", "ZOË");
  host.add("b", "Björn Ångström");
  host.add("a", "Anna-Maria Lee");
  host.add("d", "");
  host.add("e", "Straße Müller");
  host.add("l", "Lee Anna");
  host.add("m", "LEEANN Leeds");
  host.add("n", "lee anna");  // the same folded: in the order of the roster
  CHECK(host.ids() == Names{"d", "a", "b", "l", "n", "m", "e", "c"});

  const std::pair<const char*, Names> searches[] = {
      {"bjorn", {"b"}},
      {"BJÖRN", {"b"}},
      {"bjo", {"b"}},
      {"ang", {"b"}},
      {"Ång", {"b"}},
      {"bjorn ang", {"b"}},
      {"maria", {"a"}},
      {"maria lee", {"a"}},
      {"anna-m", {"a"}},
      {"lee", {"l", "n", "m", "a"}},  // whole names first, each once
      {"ann", {"a", "l", "n"}},
      {"leed", {"m"}},
      {"zoe", {"c"}},
      {"strasse", {"e"}},
      {"STRASSE M", {"e"}},
      {"mul", {"e"}},
      {"straße", {"e"}},
      {"eed", {}},
      {"zoë x", {}},
      {"q", {}},
      {"zz", {}},
  };
  for (const auto& search : searches) {
    const auto& text = search.first;
    const auto& ids = search.second;
    CAPTURE(text);
    CHECK(host.found(text) == ids);
    for (const char* state : {"active", "archived"}) {  // few: found and sorted in another way
      const auto by_state = host.ids("search=" + std::string(text) + "&state=" + state);
      CHECK(by_state == (std::string(state) == "active" ? ids : Names{}));
    }
  }
  const auto rows = must(bccast_provider_roster, host, "lee", "search=bjorn", nullptr, 0).rows;
  CHECK(rows[0].text("client_name") == "Björn Ångström");
  CHECK(rows[0].text("state") == "active");
  CHECK(rows[0].null("chosen"));
  CHECK(host.verify().empty());
}

TEST_CASE("roster: a search finds names as people type them, word by word") {
  Named host;
  const std::pair<const char*, const char*> names[] = {
      {"lo", "Łukasz Øystein"},       {"da", "Đorđe Ægir"},  {"ob", "Siobhán O’Brien"},
      {"js", "Jean-Luc Straße"},      {"ii", "İpek Işık"},   {"zn", "Zoë (Zuzana) Nováková"},
      {"oc", "Maeve O'Connor"},       {"gr", "Νίκος Καζάν"}, {"cn", "王 小明"},
      {"sp", "Ana\u00a0 Maria  Lee"},
  };
  for (const auto& [id, name] : names) host.add(id, name);
  const std::pair<const char*, Names> searches[] = {
      {"lukasz", {"lo"}},  {"oystein", {"lo"}},  {"dor", {"da"}},        {"aegir", {"da"}},
      {"o'brien", {"ob"}}, {"brien", {"ob"}},    {"siobhan  o", {"ob"}}, {"luc", {"js"}},
      {"strasse", {"js"}}, {"ean", {}},          {"ipek", {"ii"}},       {"isik", {"ii"}},
      {"zuzana", {"zn"}},  {"o’connor", {"oc"}}, {"connor", {"oc"}},     {"νικος", {"gr"}},
      {"ΚΑΖ", {"gr"}},     {"小", {"cn"}},       {"ana maria", {"sp"}},  {" ana   maria lee ", {"sp"}},
  };
  for (const auto& search : searches) {
    const std::string text = search.first;
    CAPTURE(text);
    CHECK(host.found(text) == search.second);
  }
  CHECK(host.found("  ").size() == 10);
  CHECK(host.verify().empty());
}

TEST_CASE("roster: a word that comes twice, and more words than are kept, list nobody twice") {
  Named host;
  host.add("a", "Mo Lee Lee");
  host.add("b", "Lee Lee Lee Lee");
  host.add("c", "a1 a2 a3 a4 a5 a6 a7 a8 a9 a10 a11");
  host.add("d", "  Lee  -Lee- ");
  CHECK(host.found("lee") == Names{"d", "b", "a"});
  CHECK(host.found("a") == Names{"c"});
  CHECK(host.found("a9") == Names{"c"});
  CHECK(host.ids().size() == 4);
  check_pages(roster_of(host, "lee", "search=lee"));
  CHECK(host.verify().empty());
}

TEST_CASE("roster: a new name moves an entry, on all rosters") {
  Named host;
  host.provider("kim");
  host.add("a", "Anna Berg");
  host.add("b", "Björn Ek");
  host.add("c", "Carl Berg");
  must(bccast_directory_roster_add, host, "kim", "b");
  host.add("z", "Cleo", "kim");
  must(bccast_directory_client_put, host, "b", "Zora Berg", nullptr);
  CHECK(host.ids() == Names{"a", "c", "b"});
  CHECK(host.ids("", "kim") == Names{"z", "b"});
  CHECK(host.found("bjorn").empty());
  CHECK(host.found("ek").empty());
  CHECK(host.found("berg") == Names{"a", "b", "c"});  // all by a later word, the same
  CHECK(host.ids("search=berg", "kim") == Names{"b"});
  // To the same name, and to one that folds to the same.
  must(bccast_directory_client_put, host, "b", "Zora Berg", nullptr);
  must(bccast_directory_client_put, host, "b", "ZORA BERG", nullptr);
  CHECK(host.ids() == Names{"a", "c", "b"});
  CHECK(host.found("zora") == Names{"b"});
  // Nobody's name, and back.
  must(bccast_directory_client_put, host, "b", "", nullptr);
  CHECK(host.ids() == Names{"b", "a", "c"});
  must(bccast_directory_client_put, host, "b", "Björn", nullptr);
  CHECK(host.ids() == Names{"a", "b", "c"});
  CHECK(host.verify().empty());
}

TEST_CASE("roster: pages, whatever the filter; a cursor is of this caller and this filter alone") {
  Named host;
  host.provider("kim");
  for (int i = 0; i < 23; ++i) {
    const auto id = "c" + std::to_string(i);
    host.add(id, (i % 3 == 0 ? "Lee Nr " : i % 3 == 1 ? "Nr Lee " : "Same ") + std::to_string(i % 7));
    must(bccast_directory_roster_add, host, "kim", id);
    if (i % 4 == 0) host.archive("lee", id);
  }
  for (const auto* filter :
       {"", "search=lee", "search=LEE N", "search=same", "state=active", "state=archived",
        "state=active&search=lee", "state=archived&search=nr", "search=3"}) {
    CAPTURE(filter);
    check_pages(roster_of(host, "lee", filter));
  }
  const auto cursor_of = [&](const char* filter) {
    return must(bccast_provider_roster, host, "lee", filter, nullptr, 3).rows.next;
  };
  const auto code = [&](const char* provider, const char* filter, const std::string& cursor) {
    return call(bccast_provider_roster, host, provider, filter, cursor, 3).code;
  };
  CHECK(code("lee", "", cursor_of("")) == BCCAST_OK);
  CHECK(code("kim", "", cursor_of("")) == BCCAST_E_ARGUMENT);
  CHECK(code("lee", "search=lee", cursor_of("")) == BCCAST_E_ARGUMENT);
  CHECK(code("lee", "state=active", cursor_of("search=lee")) == BCCAST_E_ARGUMENT);
  CHECK(code("lee", "search=lee", "nonsense") == BCCAST_E_ARGUMENT);
  CHECK(call(bccast_directory_provider_list, host, cursor_of(""), 3).code == BCCAST_E_ARGUMENT);
}

TEST_CASE("roster: a state with few entries and one with many are listed alike") {
  constexpr std::size_t kMany = 4'300;
  Host host;
  host.provider("lee");
  Names ids;
  Names names;
  for (std::size_t i = 0; i < kMany; ++i) {
    ids.push_back("c" + std::to_string(i));
    names.push_back((i % 2 == 0 ? "Lee Nr " : "Nr Lee ") + std::to_string(i * 7919 % kMany));
  }
  const test::Column id_column(ids);
  const test::Column name_column(names);
  must(bccast_directory_client_put_many, host, ids.size(), id_column.bytes, id_column.offsets.data(),
       name_column.bytes, name_column.offsets.data(), nullptr, nullptr, nullptr);
  must(bccast_directory_roster_add_many, host, "lee", ids.size(), id_column.bytes, id_column.offsets.data(),
       nullptr);
  std::size_t archived = 0;
  for (const std::size_t goal : {std::size_t{40}, std::size_t{2'100}, std::size_t{4'290}}) {
    CAPTURE(goal);
    const test::Column more(Names(ids.begin() + static_cast<std::ptrdiff_t>(archived),
                                  ids.begin() + static_cast<std::ptrdiff_t>(goal)));
    must(bccast_directory_roster_archive_many, host, "lee", goal - archived, more.bytes, more.offsets.data(),
         nullptr);
    archived = goal;
    for (const char* search : {"", "search=lee", "search=nr", "search=lee 4"}) {
      CAPTURE(search);
      const auto all = pages(roster_of(host, "lee", search), 1000);
      for (const std::string state : {"active", "archived"}) {
        CAPTURE(state);
        std::vector<Row> expected;
        std::ranges::copy_if(all, std::back_inserter(expected),
                             [&](const Row& row) { return row.text("state") == state; });
        const auto filter = (*search != '\0' ? search + std::string("&") : "") + "state=" + state;
        CHECK(pages(roster_of(host, "lee", filter), 700) == expected);
      }
    }
  }
  // A list that goes on after many have become few.
  const auto first = must(bccast_provider_roster, host, "lee", "search=lee&state=archived", nullptr, 1000);
  const test::Column rest(Names(ids.begin(), ids.begin() + 10));
  for (std::size_t i = 0; i < 2'400; ++i) must(bccast_directory_roster_restore, host, "lee", ids[4'289 - i]);
  auto shown = first.rows.column("client");
  for (auto cursor = first.rows.next; !cursor.empty();) {
    const auto page =
        must(bccast_provider_roster, host, "lee", "search=lee&state=archived", cursor, 1000).rows;
    std::ranges::copy(page.column("client"), std::back_inserter(shown));
    cursor = page.next;
  }
  std::ranges::sort(shown);
  CHECK(std::ranges::adjacent_find(shown) == shown.end());  // nobody twice
  for (std::size_t i = 0; i < 1'890; ++i)
    REQUIRE(std::ranges::binary_search(shown, ids[i]));  // nobody left out
}

TEST_CASE("roster: whom a draft has chosen, and who can be told") {
  Practice host(test::Setup{.channels = {"email", "push"}});
  host.archive("lee", "ana");
  host.chat_off("ben");
  must(bccast_directory_client_set, host, "cal", "chat", "off");
  must(bccast_directory_client_set, host, "dan", "address.email", "");
  must(bccast_directory_client_set, host, "eve", "address.email", "");
  must(bccast_directory_client_set, host, "eve", "address.push", "device 1");
  must(bccast_directory_client_set, host, "dan", "address.pager", "no channel of the store");
  const auto draft = host.draft("lee");
  host.all_active(draft);
  host.deselect(draft, "fay");
  const auto rows = must(bccast_provider_roster, host, "lee", "draft=" + draft, nullptr, 0).rows;
  CHECK(rows.column("client") == Names{"ana", "ben", "cal", "dan", "eve", "fay"});
  CHECK(rows.column("state") == Names{"archived", "active", "active", "active", "active", "active"});
  CHECK(rows.column("chosen") == Names{"0", "0", "0", "1", "1", "0"});
  CHECK(rows.column("contact") == Names{"ok", "off", "off", "no_address", "ok", "ok"});
  const auto picked = host.draft("lee", {"fay", "ana"});
  CHECK(must(bccast_provider_roster, host, "lee", "search=name&state=active&draft=" + picked, nullptr, 0)
            .rows.column("chosen") == Names{"0", "0", "0", "0", "1"});

  const auto code = [&](const std::string& blast) {
    return call(bccast_provider_roster, host, "lee", "draft=" + blast, nullptr, 0);
  };
  const auto sent = host.blast("lee", {"eve", "fay"}, "Good morning");
  CHECK(code(sent).code == BCCAST_E_STATE);
  const auto kims = host.draft("kim", {"zoe"});
  check_alike(code(kNobodysBlast), code(kims), kims);
}

TEST_CASE("contact: who has no address cannot be told, whether there are channels or not") {
  Practice host(test::Setup{.channels = {}});
  must(bccast_directory_client_set, host, "ana", "address.email", "");
  must(bccast_directory_client_set, host, "ben", "address.email", "");
  must(bccast_directory_client_set, host, "ben", "address.push", "device 1");
  const auto draft = host.draft("lee");
  host.all_active(draft);
  const auto contact = [&](const std::string& client) {
    return must(bccast_provider_roster, host, "lee", nullptr, nullptr, 0)
        .rows.where("client", client)
        .text("contact");
  };
  const auto no_address = [&] { return host.preview("lee", draft).number("no_address"); };
  // No channel yet: any address may be one of the channel to come.
  CHECK(contact("ana") == "no_address");
  CHECK(contact("ben") == "ok");
  CHECK(contact("cal") == "ok");
  CHECK(no_address() == 1);
  // Delivering needs no address.
  must(bccast_channel_put, host, "rooms", "deliver");
  CHECK(contact("ana") == "ok");
  CHECK(no_address() == 0);
  // An address of a deliverer is none to be told at.
  must(bccast_channel_put, host, "email", "notify");
  must(bccast_directory_client_set, host, "ana", "address.rooms", "room 1");
  CHECK(contact("ana") == "no_address");
  CHECK(contact("ben") == "no_address");
  CHECK(contact("cal") == "ok");
  CHECK(no_address() == 2);
  must(bccast_channel_put, host, "push", "notify");
  CHECK(contact("ben") == "ok");
  CHECK(no_address() == 1);
  must(bccast_channel_remove, host, "rooms");
  must(bccast_channel_remove, host, "email");
  must(bccast_channel_remove, host, "push");
  CHECK(contact("ben") == "ok");
  must(bccast_directory_client_set, host, "ben", "address.push", "");
  CHECK(contact("ben") == "no_address");
  must(bccast_directory_client_set, host, "ana", "address.rooms", "");
  CHECK(no_address() == 2);
}

TEST_CASE("roster: bad input") {
  Practice host;
  const auto code = [&](const char* filter) {
    return call(bccast_provider_roster, host, "lee", filter, nullptr, 0).code;
  };
  for (const char* filter :
       {"state=gone", "state=", "state", "colour=red", "state=active&state=active", "draft=", "search=", "&"})
    CHECK_MESSAGE(code(filter) == BCCAST_E_ARGUMENT, filter);
  CHECK(code("draft=nonsense") == BCCAST_E_NOT_FOUND);
  CHECK(code("search=\xff") == BCCAST_E_UTF8);
  CHECK(call(bccast_provider_roster, host, "nobody", nullptr, nullptr, 0).code == BCCAST_E_NOT_FOUND);
  CHECK(call(bccast_provider_roster, host, nullptr, nullptr, nullptr, 0).code == BCCAST_E_ARGUMENT);
  CHECK(bccast_provider_roster(host, "lee", nullptr, nullptr, 0, nullptr) == BCCAST_E_ARGUMENT);
}

// ---- Drafts and blasts

TEST_CASE("selection: who would receive, and who would not and why") {
  Practice host;
  host.archive("lee", "ana");
  host.chat_off("ben");
  const auto draft = host.draft("lee");
  const auto rows = [&](const char* filter = nullptr) {
    return must(bccast_blast_selection, host, "lee", draft, filter, nullptr, 0).rows;
  };
  CHECK(rows().empty());
  host.all_active(draft);
  host.deselect(draft, "fay");
  CHECK(rows().column("client") == Names{"ana", "ben", "cal", "dan", "eve", "fay"});
  CHECK(rows().column("chosen") == Names{"0", "0", "1", "1", "1", "0"});
  CHECK(rows().column("reason") == Names{"archived", "off", "", "", "", "deselected"});
  CHECK(rows()[2].null("reason"));
  CHECK(rows()[2].text("client_name") == "Name of cal");
  CHECK(rows("chosen=1").column("client") == Names{"cal", "dan", "eve"});
  CHECK(rows("chosen=0").column("client") == Names{"ana", "ben", "fay"});
  CHECK(static_cast<std::int64_t>(rows("chosen=1").size()) ==
        host.preview("lee", draft).number("recipients"));
  for (const std::string filter : {"", "chosen=0", "chosen=1"}) {
    CAPTURE(filter);
    check_pages([&](const std::string& cursor, std::uint32_t limit) {
      return must(bccast_blast_selection, host, "lee", draft, filter, cursor, limit).rows;
    });
  }
  must(bccast_blast_select_none, host, "lee", draft);
  must(bccast_blast_select, host, "lee", draft, "ana");
  must(bccast_blast_select, host, "lee", draft, "dan");
  CHECK(rows().column("client") == Names{"ana", "dan"});
  CHECK(rows().column("chosen") == Names{"0", "1"});
}

TEST_CASE("selection: a cursor is of this draft, caller and filter alone; bad input") {
  Practice host;
  const auto draft = host.draft("lee", {"ana", "ben", "cal"});
  const auto other = host.draft("lee", {"ana", "ben", "cal"});
  const auto cursor = must(bccast_blast_selection, host, "lee", draft, nullptr, nullptr, 1).rows.next;
  const auto list = [&](const char* provider, const std::string& blast, const char* filter,
                        const std::string& from) {
    return call(bccast_blast_selection, host, provider, blast, filter, from, 1);
  };
  CHECK(list("lee", draft, nullptr, cursor).code == BCCAST_OK);
  CHECK(list("lee", draft, "chosen=1", cursor).code == BCCAST_E_ARGUMENT);
  CHECK(list("lee", other, nullptr, cursor).code == BCCAST_E_ARGUMENT);
  CHECK(list("lee", draft, nullptr, "nonsense").code == BCCAST_E_ARGUMENT);
  CHECK(list("lee", draft, "chosen=2", "").code == BCCAST_E_ARGUMENT);
  CHECK(list("lee", draft, "state=active", "").code == BCCAST_E_ARGUMENT);
  check_alike(list("kim", kNobodysBlast, nullptr, ""), list("kim", draft, nullptr, ""), draft);
  const auto sent = host.blast("lee", {"ana", "ben"}, "Good morning");
  CHECK(list("lee", sent, nullptr, "").code == BCCAST_E_STATE);
}

TEST_CASE("get: a draft and its changes, then the blast") {
  Practice host;
  const auto draft = host.draft("lee");
  auto row = host.get(draft);
  CHECK(row.text("blast") == draft);
  CHECK(row.text("state") == "draft");
  CHECK(row.null("text"));
  CHECK(row.number("all_active") == 0);
  CHECK(row.number("created_at_ms") == host.clock.now_ms());
  CHECK(row.null("actor"));
  for (const auto* column : {"sent_at_ms", "deadline_at_ms", "finished_at_ms"}) CHECK(row.null(column));
  CHECK(row.number("deadline_ms") == 3'600'000);
  auto revision = row.number("revision");
  const auto changed = [&] {
    row = host.get(draft);
    const bool more = row.number("revision") > revision;
    revision = row.number("revision");
    return more;
  };
  CHECK_FALSE(changed());  // looking is no change
  host.all_active(draft);
  CHECK(changed());
  CHECK(row.number("all_active") == 1);
  host.deselect(draft, "fay");
  host.deselect(draft, "eve");
  must(bccast_blast_select, host, "lee", draft, "ana");
  CHECK(changed());
  CHECK(row.number("deselected") == 2);
  CHECK(row.number("picked") == 1);
  CHECK(row.number("recipients") == 0);
  host.write("lee", draft, "Good\nmorning");
  CHECK(changed());
  CHECK(row.text("text") == "Good\nmorning");
  must(bccast_blast_set, host, "lee", draft, "deadline_ms", "90000");
  CHECK(changed());
  CHECK(row.number("deadline_ms") == 90'000);

  host.clock.advance(5'000);
  host.send("lee", draft);
  row = host.get(draft);
  CHECK(row.text("state") == "sent");
  CHECK(row.text("text") == "Good\nmorning");
  CHECK(row.number("recipients") == 4);
  CHECK(row.number("picked") == 0);
  CHECK(row.number("deselected") == 0);
  CHECK(row.number("sent_at_ms") == host.clock.now_ms());
  CHECK(row.number("deadline_at_ms") == host.clock.now_ms() + 90'000);
  CHECK(row.null("finished_at_ms"));
  CHECK(host.status("lee", draft).where("channel", "").number("deadline_ms") == host.clock.now_ms() + 90'000);
  host.clock.advance(1'000);
  REQUIRE(host.pump_to_the_end());
  row = host.get(draft);
  CHECK(row.text("state") == "finished");
  CHECK(row.number("finished_at_ms") == host.clock.now_ms());
}

TEST_CASE("set and get: bad input") {
  Practice host;
  const auto draft = host.draft("lee", {"ana", "ben"});
  const auto code = [&](const char* key, const char* value) {
    return call(bccast_blast_set, host, "lee", draft, key, value).code;
  };
  for (const char* value :
       {"0", "-1", "+1", " 1", "1 ", "1x", "0x10", "1.5", "31622400001", "99999999999999999999999"})
    CHECK_MESSAGE(code("deadline_ms", value) == BCCAST_E_ARGUMENT, value);
  CHECK(code(nullptr, "1") == BCCAST_E_ARGUMENT);
  CHECK(code("colour", "1") == BCCAST_E_ARGUMENT);
  CHECK(host.get(draft).number("deadline_ms") == 3'600'000);
  CHECK(code("deadline_ms", "1") == BCCAST_OK);
  CHECK(code("deadline_ms", "31622400000") == BCCAST_OK);
  for (const char* back : {static_cast<const char*>(nullptr), ""}) {
    CHECK(code("deadline_ms", "5000") == BCCAST_OK);
    CHECK(host.get(draft).number("deadline_ms") == 5'000);
    CHECK(code("deadline_ms", back) == BCCAST_OK);
    CHECK(host.get(draft).number("deadline_ms") == 3'600'000);
  }
  check_alike(call(bccast_blast_set, host, "kim", kNobodysBlast, "deadline_ms", "1"),
              call(bccast_blast_set, host, "kim", draft, "deadline_ms", "1"), draft);
  check_alike(call(bccast_blast_get, host, "kim", kNobodysBlast), call(bccast_blast_get, host, "kim", draft),
              draft);
  host.write("lee", draft, "Good morning");
  host.send("lee", draft);
  CHECK(code("deadline_ms", "1") == BCCAST_E_STATE);
}

/// The channels that a blast's status has lines for.
Names lines_of(const Host& host, const std::string& blast) {
  auto channels = host.status("lee", blast).column("channel");
  channels.pop_back();  // the people
  return channels;
}

TEST_CASE("set channels: the only ones that a blast makes work for") {
  Practice host(test::Setup{.channels = {"email", "push", "sms"}});
  for (const std::string client : {"ana", "ben"}) {
    must(bccast_directory_client_set, host, client, "address.push", "device of " + client);
    must(bccast_directory_client_set, host, client, "address.sms", "number of " + client);
  }
  const auto draft = host.draft("lee", {"ana", "ben", "cal"});
  host.write("lee", draft, "Good morning");
  const auto set = [&](const char* value) {
    return call(bccast_blast_set, host, "lee", draft, "channels", value).code;
  };
  CHECK(host.get(draft).null("channels"));
  Names expected;
  Names told;
  SUBCASE("all of them, unless set") {
    expected = {"email", "push", "sms"};
    told = {"email", "email", "email", "push", "push", "sms", "sms"};
  }
  SUBCASE("one") {
    const auto revision = host.get(draft).number("revision");
    CHECK(set("push") == BCCAST_OK);
    CHECK(host.get(draft).text("channels") == "push");
    CHECK(host.get(draft).number("revision") > revision);
    CHECK(host.preview("lee", draft).number("no_address") == 1);  // cal
    expected = {"push"};
    told = {"push", "push"};
  }
  SUBCASE("two") {
    CHECK(set("sms,email") == BCCAST_OK);
    expected = {"email", "sms"};
    told = {"email", "email", "email", "sms", "sms"};
  }
  SUBCASE("set, and taken back") {
    CHECK(set("push") == BCCAST_OK);
    SUBCASE("with NULL") {
      CHECK(set(nullptr) == BCCAST_OK);
    }
    SUBCASE("with nothing") {
      CHECK(set("") == BCCAST_OK);
    }
    CHECK(host.get(draft).null("channels"));
    expected = {"email", "push", "sms"};
    told = {"email", "email", "email", "push", "push", "sms", "sms"};
  }
  SUBCASE("what is wrong changes nothing") {
    CHECK(set("sms") == BCCAST_OK);
    CHECK(set("pager") == BCCAST_E_NOT_FOUND);
    CHECK(set("email,pager") == BCCAST_E_NOT_FOUND);
    CHECK(set("EMAIL") == BCCAST_E_NOT_FOUND);
    for (const char* wrong : {",", "email,", ",email", "email,,push", "a\nb"})
      CHECK_MESSAGE(set(wrong) < 0, wrong);
    CHECK(set("\xff") == BCCAST_E_UTF8);
    CHECK(host.get(draft).text("channels") == "sms");
    expected = {"sms"};
    told = {"sms", "sms"};
  }
  host.send("lee", draft);
  CHECK(set("email") == BCCAST_E_STATE);
  CHECK(lines_of(host, draft) == expected);
  CHECK(host.recipients("lee", draft).size() == 3 * expected.size());
  REQUIRE(host.pump_to_the_end());
  Names got;
  for (const auto& notice : host.notifier.all()) got.push_back(notice.channel);
  std::ranges::sort(got);
  CHECK(got == told);
  CHECK(host.status("lee", draft).where("channel", "").text("state") == "finished");
  // It says nothing to the clients, nor of what is written in its threads later.
  for (const auto* client : {"ana", "cal"}) CHECK(host.threads(client).size() == 1);
  host.notifier.forget();
  host.provider_reply("lee", host.of_blast("lee", draft, "ana"), "One more");
  REQUIRE(host.pump_to_the_end());
  CHECK(host.notifier.to("ana").size() == 3);
  CHECK(host.verify().empty());
}

TEST_CASE("set channels: one made after it was set is not among them; without, it is") {
  Practice host;
  const auto set = host.draft("lee", {"ana", "ben"});
  must(bccast_blast_set, host, "lee", set, "channels", "email");
  const auto open = host.draft("lee", {"ana", "ben"});
  must(bccast_channel_put, host, "push", "notify");
  for (const auto& draft : {set, open}) {
    host.write("lee", draft, "Good morning");
    host.send("lee", draft);
  }
  CHECK(lines_of(host, set) == Names{"email"});
  CHECK(lines_of(host, open) == Names{"email", "push"});
  const auto kims = host.draft("kim", {"zoe", "ben"});
  check_alike(call(bccast_blast_set, host, "lee", kNobodysBlast, "channels", "email"),
              call(bccast_blast_set, host, "lee", kims, "channels", "email"), kims);
  CHECK(host.verify().empty());
}

TEST_CASE("recipients: small pages give the same as one, with two channels and with filters") {
  Practice host(test::Setup{.channels = {"email", "push"}});
  must(bccast_directory_client_set, host, "cal", "address.email", "");
  must(bccast_directory_client_set, host, "dan", "address.push", "device 1");
  host.archive("lee", "ben");
  const auto blast = host.blast("lee", "Good morning");
  host.read("eve", host.of_blast("lee", blast, "eve"), 1);
  for (const std::string filter : {"", "channel=push", "state=pending", "state=skipped", "opened=0",
                                   "opened=1", "channel=email&opened=0"}) {
    CAPTURE(filter);
    const auto list = [&](const std::string& cursor, std::uint32_t limit) {
      return must(bccast_blast_recipients, host, "lee", blast, filter, cursor, limit).rows;
    };
    check_pages(list);
    REQUIRE(host.pump_to_the_end());
    check_pages(list);
  }
  const auto cursor = must(bccast_blast_recipients, host, "lee", blast, nullptr, nullptr, 1).rows.next;
  CHECK(call(bccast_blast_recipients, host, "lee", blast, "channel=push", cursor, 1).code ==
        BCCAST_E_ARGUMENT);
}

TEST_CASE("find: who of a list has a blast, in the order of the list") {
  Practice host;
  const auto blast = host.blast("lee", {"ana", "cal", "fay"}, "Good morning");
  const auto find = [&](const char* provider, const std::string& of, const Names& list) {
    const test::Column ids(list);
    return call(bccast_blast_find, host, provider, of, list.size(), ids.bytes, ids.offsets.data());
  };
  const auto rows =
      find("lee", blast, {"fay", "nobody", "ben", "", "zoe", "ana", "fay", "a\nb", "\xff"}).rows;
  CHECK(rows.column("client") == Names{"fay", "ana"});
  for (const auto& row : rows)
    CHECK(row.text("thread") == host.threads(row.text("client"))[0].text("thread"));
  CHECK(find("lee", blast, {}).rows.empty());
  CHECK(find("lee", blast, {"dan"}).rows.empty());
  const auto draft = host.draft("lee", {"ana", "ben"});
  CHECK(find("lee", draft, {"ana"}).code == BCCAST_E_STATE);
  check_alike(find("kim", kNobodysBlast, {"ben"}), find("kim", blast, {"ben"}), blast);
  CHECK(call(bccast_blast_find, host, "lee", blast, 1, nullptr, nullptr).code == BCCAST_E_ARGUMENT);
}

TEST_CASE("why: each reason of a sent blast") {
  Practice host;
  host.clients("lee", {"gus", "hal"});
  host.archive("lee", "ana");
  host.chat_off("ben");
  must(bccast_directory_client_archive, host, "gus");
  const auto blast = host.draft("lee");
  host.all_active(blast);
  host.deselect(blast, "fay");
  host.write("lee", blast, "Good morning");
  host.send("lee", blast);
  const auto few = host.blast("lee", {"cal", "dan"}, "To two");
  // What happens later changes nothing of it.
  host.clients("lee", {"new"});
  must(bccast_directory_roster_restore, host, "lee", "ana");
  must(bccast_directory_roster_set, host, "lee", "ben", "chat", "on");
  host.archive("lee", "hal");
  const auto check = [&](const std::string& of, const char* client, const char* reason) {
    CAPTURE(client);
    const auto rows = host.why(of, client);
    REQUIRE(rows.size() == 1);
    CHECK(rows[0].text("client") == client);
    CHECK(rows[0].text("client_name") == Host::name_of(client));
    CHECK(rows[0].text("state") == "left_out");
    CHECK(rows[0].text("reason") == reason);
    for (const auto* column : {"thread", "channel", "next_at_ms", "opened_at_ms"})
      CHECK(rows[0].null(column));
  };
  check(blast, "ana", "archived");
  check(blast, "ben", "off");
  check(blast, "gus", "archived");
  check(blast, "fay", "deselected");
  check(blast, "new", "added_later");
  check(few, "ana", "not_chosen");
  check(few, "fay", "not_chosen");
  check(few, "new", "added_later");
  CHECK(host.why(blast, "cal")[0].text("state") == "pending");
  CHECK(host.why(blast, "hal")[0].text("state") == "pending");
  REQUIRE(host.pump_to_the_end());
  check(blast, "ana", "archived");
  CHECK(host.why(blast, "cal")[0].text("state") == "done");
  CHECK(host.why(blast, "hal")[0].text("state") == "skipped");
  CHECK(host.why(blast, "hal")[0].text("reason") == "archived");
  host.restart();
  check(blast, "fay", "deselected");
  CHECK(host.verify().empty());
}

TEST_CASE("why: a recipient's rows are those of the list") {
  Practice host(test::Setup{.channels = {"email", "push"}});
  host.notifier.each = [](const test::Notice& notice) {
    if (notice.to() == "ben") return test::Outcome{BCCAST_ITEM_FAILED, "no_mailbox", -1};
    if (notice.to() == "cal") return test::Outcome{BCCAST_ITEM_RETRY, "greylisted", 60'000};
    return test::Outcome{};
  };
  const auto blast = host.blast("lee", "Good morning");
  const auto check = [&] {
    const auto all = host.recipients("lee", blast);
    for (const auto* client : {"ana", "ben", "cal", "dan", "eve", "fay"}) {
      CAPTURE(client);
      std::vector<Row> expected;
      std::ranges::copy_if(all.rows, std::back_inserter(expected),
                           [&](const Row& row) { return row.text("client") == client; });
      const auto rows = host.why(blast, client);
      CHECK(rows.columns == all.columns);
      CHECK(rows.rows == expected);
      CHECK(rows.size() == 2);
    }
  };
  check();
  host.read("dan", host.of_blast("lee", blast, "dan"), 1);
  host.reply("eve", host.of_blast("lee", blast, "eve"), "Thank you");
  check();
  host.pump();
  check();
  CHECK(host.why(blast, "ben").where("channel", "email").text("state") == "failed");
  CHECK(host.why(blast, "cal").where("channel", "email").text("state") == "retry");
  CHECK(host.why(blast, "cal").where("channel", "email").text("reason") == "greylisted");
}

TEST_CASE("why: of a draft, what would be; without channels; bad input") {
  Practice host(test::Setup{.channels = {}});
  host.archive("lee", "ana");
  host.chat_off("ben");
  const auto draft = host.draft("lee");
  const auto says = [&](const char* client) {
    const auto row = host.why(draft, client)[0];
    return row.text("state") + " " + row.text("reason");
  };
  CHECK(says("ana") == "left_out not_chosen");
  CHECK(says("cal") == "left_out not_chosen");
  host.all_active(draft);
  host.deselect(draft, "fay");
  CHECK(says("ana") == "left_out archived");
  CHECK(says("ben") == "left_out off");
  CHECK(says("cal") == "chosen ");
  CHECK(says("fay") == "left_out deselected");
  host.clients("lee", {"new"});
  CHECK(says("new") == "chosen ");
  host.write("lee", draft, "Good morning");
  host.send("lee", draft);
  const auto rows = host.why(draft, "cal");
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].text("state") == "done");
  CHECK(rows[0].null("channel"));
  CHECK(rows[0].text("thread") == host.of_blast("lee", draft, "cal"));

  check_alike(call(bccast_blast_why, host, "kim", kNobodysBlast, "ben"),
              call(bccast_blast_why, host, "kim", draft, "ben"), draft);
  const auto unknown = call(bccast_blast_why, host, "lee", draft, "nobody");
  CHECK(unknown.code == BCCAST_E_NOT_FOUND);
  CHECK(call(bccast_blast_why, host, "lee", draft, "zoe") == unknown);  // on another roster
  CHECK(call(bccast_blast_why, host, "lee", draft, nullptr).code == BCCAST_E_ARGUMENT);
}

// ---- Unread messages

TEST_CASE("unread: the sums of the lists, before they are looked at, after, and after reading") {
  Practice host;
  const auto counts = [&](auto function, const char* who) {
    std::int64_t threads = -1;
    std::int64_t messages = -1;
    must(function, host, who, &threads, &messages);
    return std::pair(threads, messages);
  };
  const auto sums = [](const Rows& rows) {
    std::pair<std::int64_t, std::int64_t> sum;
    for (const auto& row : rows) {
      sum.first += row.number("unread") > 0 ? 1 : 0;
      sum.second += row.number("unread");
    }
    return sum;
  };
  using Count = std::pair<std::int64_t, std::int64_t>;
  CHECK(counts(bccast_client_unread, "ben") == Count(0, 0));
  CHECK(counts(bccast_provider_unread, "lee") == Count(0, 0));
  const auto first = host.blast("lee", {"ana", "ben"}, "One");
  host.blast("lee", {"ben", "cal"}, "Two");
  host.blast("lee", {"cal", "dan"}, "Not for ben");
  const auto kims = host.blast("kim", {"zoe", "ben"}, "Three");
  // Nobody has looked yet: nothing of it is stored.
  CHECK(counts(bccast_client_unread, "ben") == Count(3, 3));
  CHECK(counts(bccast_client_unread, "ben") == sums(host.threads("ben")));
  CHECK(counts(bccast_client_unread, "ben") == Count(3, 3));  // now it is
  host.blast("lee", {"ben", "cal"}, "Four");
  host.write_direct("lee", "ben", "Five");
  host.direct("lee", "cal");  // an empty thread counts nothing
  host.provider_reply("kim", host.of_blast("kim", kims, "ben"), "Six");
  CHECK(counts(bccast_client_unread, "ben") == Count(5, 6));
  CHECK(counts(bccast_client_unread, "ben") == sums(host.threads("ben")));
  CHECK(counts(bccast_client_unread, "cal") == Count(3, 3));
  CHECK(counts(bccast_client_unread, "cal") == sums(host.threads("cal")));

  const auto thread = host.of_blast("lee", first, "ben");
  host.read("ben", thread, 1);
  CHECK(counts(bccast_client_unread, "ben") == Count(4, 5));
  CHECK(counts(bccast_client_unread, "ana") == Count(1, 1));
  host.read("ben", host.of_blast("kim", kims, "ben"), 1);
  CHECK(counts(bccast_client_unread, "ben") == Count(4, 4));
  // The first touch of a thread that nobody has looked at.
  host.read("ana", host.of_blast("lee", first, "ana"), 1);
  CHECK(counts(bccast_client_unread, "ana") == Count(0, 0));
  host.reply("ben", thread, "Thank you");
  host.reply("ben", thread, "Really");
  host.reply("ana", host.of_blast("lee", first, "ana"), "Me too");
  CHECK(counts(bccast_client_unread, "ben") == sums(host.threads("ben")));
  CHECK(counts(bccast_provider_unread, "lee") == Count(2, 3));
  CHECK(counts(bccast_provider_unread, "lee") == sums(host.provider_threads("lee")));
  CHECK(counts(bccast_provider_unread, "kim") == Count(0, 0));
  must(bccast_provider_read, host, "lee", thread, 2);
  CHECK(counts(bccast_provider_unread, "lee") == Count(2, 2));
  must(bccast_provider_read, host, "lee", thread, 9);
  CHECK(counts(bccast_provider_unread, "lee") == Count(1, 1));
  CHECK(counts(bccast_provider_unread, "lee") == sums(host.provider_threads("lee")));
  host.archive("lee", "ben");  // who keeps what was sent
  CHECK(counts(bccast_client_unread, "ben") == sums(host.threads("ben")));
  host.restart();
  CHECK(counts(bccast_client_unread, "ben") == sums(host.threads("ben")));
  CHECK(host.verify().empty());
}

TEST_CASE("unread: outputs and bad input") {
  Practice host;
  std::int64_t threads = 7;
  std::int64_t messages = 7;
  CHECK(call(bccast_client_unread, host, "nobody", &threads, &messages).code == BCCAST_E_NOT_FOUND);
  CHECK(threads == 0);
  CHECK(messages == 0);
  CHECK(call(bccast_provider_unread, host, "nobody", &threads, nullptr).code == BCCAST_E_NOT_FOUND);
  CHECK(call(bccast_client_unread, host, nullptr, nullptr, nullptr).code == BCCAST_E_ARGUMENT);
  CHECK(call(bccast_client_unread, host, "ana", nullptr, nullptr).code == BCCAST_OK);
  CHECK(call(bccast_provider_unread, host, "lee", nullptr, nullptr).code == BCCAST_OK);
}

// ---- Lists: their columns, filters and cursors

TEST_CASE("lists: the columns that the manual names, in that order, with rows and without") {
  Practice host;
  const auto draft = host.draft("lee", {"ana"});
  const auto sent = host.blast("lee", {"ana", "ben"}, "Good morning");
  const auto thread = host.of_blast("lee", sent, "ana");
  host.reply("ana", thread, "Thank you");
  const auto group = host.community("lee", "Monday group", {"ana", "ben"});
  const test::Column ids({"ana"});
  host.provider("new");
  must(bccast_directory_client_put, host, "new", nullptr, nullptr);
  const std::string recipients =
      "client client_name thread channel state reason attempts next_at_ms opened_at_ms replied";
  const std::string messages = "seq author author_name text at_ms removed";
  const std::vector<std::pair<std::string, Rows>> lists{
      {"provider provider_name locale timezone address clients archived",
       must(bccast_directory_provider_list, host, nullptr, 0).rows},
      {"provider provider_name locale timezone address clients archived",
       must(bccast_directory_provider_get, host, "lee").rows},
      {"client client_name locale timezone archived chat notify address rosters",
       must(bccast_directory_client_get, host, "ana").rows},
      {"record name thread provider provider_name kind title seq author author_name text at_ms removed",
       must(bccast_directory_client_export, host, "ana", nullptr, 0).rows},
      {"record name thread provider provider_name kind title seq author author_name text at_ms removed",
       must(bccast_directory_client_export, host, "new", nullptr, 0).rows},
      {"client client_name state chosen contact since_ms",
       must(bccast_provider_roster, host, "lee", nullptr, nullptr, 0).rows},
      {"client client_name state chosen contact since_ms",
       must(bccast_provider_roster, host, "new", nullptr, nullptr, 0).rows},
      {"blast state text all_active picked deselected recipients created_at_ms sent_at_ms deadline_at_ms "
       "finished_at_ms deadline_ms revision actor sent_by channels hold_ms scheduled_at_ms missed_at_ms "
       "missed_reason recalled_at_ms purged",
       must(bccast_blast_get, host, "lee", draft).rows},
      {"client client_name chosen reason",
       must(bccast_blast_selection, host, "lee", draft, nullptr, nullptr, 0).rows},
      {"recipients archived off not_on_roster no_address deselected digest",
       must(bccast_blast_preview, host, "lee", draft).rows},
      {"channel state recipients done failed skipped deferred pending opened replied sent_at_ms deadline_ms "
       "overdue why left_ms removed on_device",
       must(bccast_blast_status, host, "lee", sent).rows},
      {recipients, must(bccast_blast_recipients, host, "lee", sent, nullptr, nullptr, 0).rows},
      {recipients, must(bccast_blast_why, host, "lee", sent, "dan").rows},
      {"client thread", must(bccast_blast_find, host, "lee", sent, 1, ids.bytes, ids.offsets.data()).rows},
      {"blast state created_at_ms sent_at_ms recipients key_given actor sent_by text done failed skipped "
       "pending opened replied",
       must(bccast_blast_list, host, "lee", nullptr, nullptr, 0).rows},
      {"blast state created_at_ms sent_at_ms recipients key_given actor sent_by text done failed skipped "
       "pending opened replied",
       must(bccast_blast_list, host, "new", nullptr, nullptr, 0).rows},
      {"thread provider provider_name kind title unread last_at_ms last_text removed last_author "
       "last_author_name closed read_seq",
       host.threads("ana")},
      {"thread provider provider_name kind title unread last_at_ms last_text removed last_author "
       "last_author_name closed read_seq",
       host.threads("new")},
      {messages, host.messages("ana", thread)},
      {"member member_name since_ms me", host.members("ana", group)},
      {"thread client client_name kind title blast unread last_at_ms last_text last_author last_author_name "
       "last_actor removed read_seq",
       host.provider_threads("lee")},
      {"thread client client_name kind title blast unread last_at_ms last_text last_author last_author_name "
       "last_actor removed read_seq",
       host.provider_threads("new")},
      {messages + " actor", host.provider_messages("lee", thread)},
      {"client client_name member since_ms actor", host.provider_members("lee", group)},
      {"client client_name member since_ms actor",
       host.provider_members("lee", host.community("lee", "Nobody yet"))},
      {"channel role paused failing_since_ms last_reason pending worker_seen_ms rate concurrency "
       "fail_percent fail_window fail_action quiet_hours due_at_ms unknown_zones",
       must(bccast_channel_list, host).rows},
      {"kind object detail", must(bccast_operate_verify, host).rows},
  };
  for (const auto& list : lists) {
    std::string names;
    for (const auto& column : list.second.columns) names += (names.empty() ? "" : " ") + column.first;
    CHECK(names == list.first);
  }
}

TEST_CASE("roster: since when an entry is active, or archived") {
  Practice host;
  const auto since = [&](const char* client) {
    return must(bccast_provider_roster, host, "lee", nullptr, nullptr, 0)
               .rows.where("client", client)
               .number("since_ms") -
           test::Clock::kStart;
  };
  CHECK(since("ana") == 0);
  host.clock.advance(1111);
  host.archive("lee", "ana");
  CHECK(since("ana") == 1111);
  host.clock.advance(1111);
  CHECK(call(bccast_directory_roster_archive, host, "lee", "ana").code == BCCAST_EXISTS);
  const test::Column ids({"ana", "ben"});
  must(bccast_directory_roster_archive_many, host, "lee", 2, ids.bytes, ids.offsets.data(), nullptr);
  CHECK(since("ana") == 1111);  // it was
  CHECK(since("ben") == 2222);
  host.clock.advance(1111);
  host.restore("lee", "ana");
  CHECK(since("ana") == 3333);
  must(bccast_directory_client_archive, host, "cal");
  CHECK(since("cal") == 3333);
  host.clock.advance(1111);
  must(bccast_directory_client_restore, host, "cal");
  CHECK(since("cal") == 4444);
  // Of nothing else.
  host.clock.advance(1111);
  must(bccast_directory_client_put, host, "dan", "Another name", nullptr);
  must(bccast_directory_roster_set, host, "lee", "dan", "chat", "off");
  must(bccast_directory_client_set, host, "dan", "notify", "off");
  CHECK(call(bccast_directory_roster_add, host, "lee", "dan").code == BCCAST_EXISTS);
  CHECK(since("dan") == 0);
  must(bccast_directory_client_put, host, "new", nullptr, nullptr);
  const test::Column archived({"new", "ben"});
  must(bccast_directory_roster_add_archived_many, host, "lee", 2, archived.bytes, archived.offsets.data(),
       nullptr);
  CHECK(since("new") == 5555);
  CHECK(since("ben") == 2222);
  host.restart();
  CHECK(since("ana") == 3333);
  CHECK(since("cal") == 4444);
  // Searched, and with a draft, it is the same.
  CHECK(must(bccast_provider_roster, host, "lee", "search=ana", nullptr, 0).rows[0].number("since_ms") ==
        test::Clock::kStart + 3333);
  CHECK(host.verify().empty());
}

TEST_CASE("threads of a provider: those in which the client has written, and those in which it has not") {
  Practice host;
  const auto one = host.blast("lee", {"ana", "ben", "cal"}, "One");
  Names expected;
  const auto put = [&](const std::string& thread) { expected.insert(expected.begin(), thread); };
  host.clock.advance(1000);
  host.reply("ana", host.of_blast("lee", one, "ana"), "Thank you");
  put(host.of_blast("lee", one, "ana"));
  host.clock.advance(1000);
  host.provider_reply("lee", host.of_blast("lee", one, "ben"), "One more");
  put(host.of_blast("lee", one, "ben"));
  host.clock.advance(1000);
  put(host.write_direct("lee", "cal", "Just for you"));
  host.clock.advance(1000);
  put(host.write_direct("lee", "dan", "And for you"));
  host.reply("dan", expected[0], "Thank you");
  host.provider_reply("lee", expected[0], "Welcome");  // the client has written all the same
  const auto list = [&](const std::string& filter) {
    return host.provider_threads("lee", filter).column("thread");
  };
  CHECK(list("") == expected);
  CHECK(list("replied=1") == Names{expected[0], expected[3]});
  CHECK(list("replied=0") == Names{expected[1], expected[2]});
  CHECK(list("replied=1&unread=1") == Names{expected[0], expected[3]});
  must(bccast_provider_read, host, "lee", expected[3], 9);
  CHECK(list("replied=1&unread=1") == Names{expected[0]});
  CHECK(list("replied=1&blast=" + one) == Names{expected[3]});
  CHECK(list("replied=0&blast=" + one) == Names{expected[2]});
  CHECK(list("replied=1&client=dan") == Names{expected[0]});
  CHECK(list("replied=0&client=dan").empty());
  for (const auto& filter : Names{"replied=1", "replied=0", "", "replied=0&blast=" + one}) {
    CAPTURE(filter);
    check_pages([&](const std::string& cursor, std::uint32_t limit) {
      return must(bccast_provider_threads, host, "lee", filter, cursor, limit).rows;
    });
  }
  for (const char* wrong : {"replied=2", "replied=yes", "replied=", "replied=1&replied=0"})
    CHECK(call(bccast_provider_threads, host, "lee", wrong, nullptr, 0).code == BCCAST_E_ARGUMENT);
  CHECK(host.verify().empty());
}

TEST_CASE(
    "blast_list: the counts of people, as the status has them; of several channels those that cost nothing") {
  Host host(test::Setup{.channels = {"email", "push"}});
  host.provider("lee");
  host.clients("lee", {"ana", "ben", "cal", "dan"});
  must(bccast_directory_client_set, host, "dan", "notify", "off");
  host.notifier.each = [](const test::Notice& notice) {
    return test::Outcome{notice.to() == "ben" ? BCCAST_ITEM_FAILED : BCCAST_ITEM_DONE};
  };
  const auto send = [&](const char* channels, const std::vector<std::string>& clients) {
    const auto blast = host.draft("lee", clients);
    must(bccast_blast_set, host, "lee", blast, "channels", channels);
    host.write("lee", blast, "Good morning");
    host.send("lee", blast);
    return blast;
  };
  const auto listed = [&](const std::string& of) {
    return must(bccast_blast_list, host, "lee", nullptr, nullptr, 0).rows.where("blast", of);
  };
  const auto check_alike = [&](const std::string& blast) {
    const auto people = host.status("lee", blast).where("channel", "");
    for (const char* column : {"recipients", "done", "failed", "skipped", "pending", "opened", "replied"})
      CHECK(listed(blast).number(column) == people.number(column));
  };
  const auto draft = host.draft("lee", {"ana", "ben"});
  check_alike(draft);
  CHECK(listed(draft).number("done") == 0);
  const auto one = send("email", {"ana", "ben", "cal", "dan"});
  const auto both = send("email,push", {"ana", "ben", "cal"});
  check_alike(one);
  CHECK(listed(one).number("pending") == 4);
  host.read("ana", host.of_blast("lee", one, "ana"), 1);
  host.reply("ana", host.of_blast("lee", one, "ana"), "Thanks");
  host.reply("ana", host.of_blast("lee", one, "ana"), "Again");
  host.reply("ben", host.of_blast("lee", one, "ben"), "Unread");
  host.read("cal", host.of_blast("lee", both, "cal"), 1);
  REQUIRE(host.pump_to_the_end());
  check_alike(one);
  const auto row = listed(one);
  CHECK(row.number("done") == 1);
  CHECK(row.number("failed") == 1);
  CHECK(row.number("skipped") == 2);  // ana has read it, dan wants to be told of nothing
  CHECK(row.number("opened") == 1);
  CHECK(row.number("replied") == 2);
  for (const char* column : {"done", "failed", "skipped", "pending"}) CHECK(listed(both).null(column));
  CHECK(listed(both).number("opened") == 1);
  CHECK(listed(both).number("replied") == 0);
  // Taken back, also by a line of its own, and without channels.
  must(bccast_blast_recall, host, "lee", one);
  REQUIRE(host.pump_to_the_end());
  check_alike(one);
  must(bccast_channel_remove, host, "push");
  must(bccast_channel_remove, host, "email");
  check_alike(send("", {"ana", "ben"}));
  CHECK(host.verify().empty());
}

TEST_CASE("filters: %26, %25 and so on stand for bytes") {
  Host host;
  host.provider("lee");
  const std::string odd = "a&b=c%d+e f";
  for (const auto& id : {odd, std::string("a"), std::string("plain"), std::string("100%")}) {
    must(bccast_directory_client_put, host, id, "Name & Co = " + id, nullptr);
    must(bccast_directory_roster_add, host, "lee", id);
  }
  const auto thread = host.write_direct("lee", odd, "For the odd one");
  const auto plain = host.write_direct("lee", "plain", "For the plain one");
  const auto hundred = host.write_direct("lee", "100%", "For a hundred");
  const auto found = [&](const std::string& filter) {
    return host.provider_threads("lee", filter).column("thread");
  };
  CHECK(found("client=a%26b=c%25d+e f") == Names{thread});
  CHECK(found("client=a%26b%3Dc%25d%2Be%20f") == Names{thread});
  CHECK(found("client=a%26b%3dc%25d%2be%20f&unread=0") == Names{thread});
  CHECK(found("client=100%25") == Names{hundred});
  CHECK(found("client=%70%6C%61%69%6e") == Names{plain});
  CHECK(found("unread=%30").size() == 3);
  const auto code = [&](const std::string& filter) {
    return call(bccast_provider_threads, host, "lee", filter, nullptr, 0).code;
  };
  for (const char* wrong :
       {"client=a%", "client=a%2", "client=%zz", "client=%2g", "client=% 26", "client=100%", "client=%%",
        "client=a%00", "client=a%0A", "client=%", "cli%65nt=plain"})
    CHECK_MESSAGE(code(wrong) == BCCAST_E_ARGUMENT, wrong);
  CHECK(code("client=%ff") == BCCAST_E_UTF8);
  CHECK(code("client=%C3%28") == BCCAST_E_UTF8);
  CHECK(code("client=%2525") == BCCAST_E_NOT_FOUND);  // once, not twice: "%25"
  const auto searched = [&](const std::string& filter) {
    return must(bccast_provider_roster, host, "lee", filter, nullptr, 0).rows.size();
  };
  must(bccast_directory_client_put, host, "plain", "Zo\xc3\xab Berg", nullptr);
  CHECK(searched("search=zo%C3%AB") == 1);
  CHECK(searched("search=zo%c3%ab%20be") == 1);
  CHECK(searched("search=%7Ao") == 1);
  CHECK(searched("state=%61ctive") == 4);
  CHECK(call(bccast_provider_roster, host, "lee", "search=%C3", nullptr, 0).code == BCCAST_E_UTF8);
}

TEST_CASE("cursors go with their list, caller and filter, and with nothing else") {
  Practice host(test::Setup{.channels = {"email", "push"}});
  host.clients("kim", {"ana"});
  const auto sent = host.blast("lee", "One");
  const auto other = host.blast("lee", "Two");
  const auto kims = host.blast("kim", "Three");
  const auto draft = host.draft("lee", {"ana", "ben", "cal"});
  const auto other_draft = host.draft("lee", {"ana", "ben", "cal"});
  for (const auto& blast : {sent, other})
    for (const auto* client : {"ana", "ben", "cal"})
      host.reply(client, host.of_blast("lee", blast, client), "Thank you");
  for (const auto* client : {"ana", "ben", "zoe"})
    host.reply(client, host.of_blast("kim", kims, client), "Thank you");
  host.draft("lee");
  for (int i = 0; i < 2; ++i) host.draft("kim", {"zoe"});
  // Of every list, with several callers and filters: what gives a page of two rows for a cursor.
  using List = std::function<Answer(const char*)>;
  std::vector<std::pair<std::string, List>> lists;
  lists.emplace_back(
      "providers", [&](const char* cursor) { return call(bccast_directory_provider_list, host, cursor, 1); });
  for (const std::string client : {"ana", "ben"}) {
    lists.emplace_back("export of " + client, [&host, client](const char* cursor) {
      return call(bccast_directory_client_export, host, client, cursor, 2);
    });
    for (const std::string filter : {"", "unread=1"})
      lists.emplace_back("threads of " + client + " " + filter, [&host, client, filter](const char* cursor) {
        return call(bccast_client_threads, host, client, filter, cursor, 2);
      });
  }
  for (const std::string provider : {"lee", "kim"}) {
    for (const std::string filter : {"", "state=active", "search=name"})
      lists.emplace_back("roster of " + provider + " " + filter,
                         [&host, provider, filter](const char* cursor) {
                           return call(bccast_provider_roster, host, provider, filter, cursor, 2);
                         });
    for (const std::string filter : {"", "state=draft"})
      lists.emplace_back("blasts of " + provider + " " + filter,
                         [&host, provider, filter](const char* cursor) {
                           return call(bccast_blast_list, host, provider, filter, cursor, 1);
                         });
    for (const std::string filter : {"", "unread=1", "replied=1"})
      lists.emplace_back("threads of " + provider + " " + filter,
                         [&host, provider, filter](const char* cursor) {
                           return call(bccast_provider_threads, host, provider, filter, cursor, 2);
                         });
  }
  lists.emplace_back("roster with a draft", [&](const char* cursor) {
    return call(bccast_provider_roster, host, "lee", "draft=" + draft, cursor, 2);
  });
  for (const auto& blast : {sent, other})
    for (const std::string filter : {"", "channel=email"})
      lists.emplace_back("recipients of " + blast + " " + filter, [&host, blast, filter](const char* cursor) {
        return call(bccast_blast_recipients, host, "lee", blast, filter, cursor, 2);
      });
  lists.emplace_back("recipients of kim's", [&](const char* cursor) {
    return call(bccast_blast_recipients, host, "kim", kims, nullptr, cursor, 2);
  });
  for (const auto& of : {draft, other_draft})
    for (const std::string filter : {"", "chosen=1"})
      lists.emplace_back("selection of " + of + " " + filter, [&host, of, filter](const char* cursor) {
        return call(bccast_blast_selection, host, "lee", of, filter, cursor, 2);
      });
  Names cursors;
  for (const auto& list : lists) {
    CAPTURE(list.first);
    const auto first = list.second(nullptr);
    REQUIRE(first.code == BCCAST_OK);
    REQUIRE_FALSE(first.rows.next.empty());
    cursors.push_back(first.rows.next);
  }
  for (std::size_t i = 0; i < lists.size(); ++i) {
    for (std::size_t j = 0; j < cursors.size(); ++j) {
      INFO("the cursor of ", lists[j].first, " in ", lists[i].first);
      CHECK(lists[i].second(cursors[j].c_str()).code == (i == j ? BCCAST_OK : BCCAST_E_ARGUMENT));
    }
  }
  // And nothing of what they go with can be read in them.
  for (const auto& cursor : cursors)
    for (const auto* word : {"ana", "lee", "state", "unread"}) CHECK(cursor.find(word) == std::string::npos);
}

// ---- The person behind a provider

TEST_CASE("as: who made a draft is written down, and the store is the same") {
  Practice host;
  bccast_engine* jo = nullptr;
  must(bccast_as, host, "assistant-jo", &jo);
  char blast[BCCAST_ID_SIZE];
  must(bccast_blast_create, jo, "lee", nullptr, blast);
  CHECK(host.get(blast).text("actor") == "assistant-jo");
  CHECK(host.get(host.draft("lee")).null("actor"));
  // Whoever goes on with it: it is hers.
  must(bccast_blast_select, host, "lee", blast, "ana");
  must(bccast_blast_select, jo, "lee", blast, "ben");
  host.write("lee", blast, "Good morning");
  must(bccast_blast_send, jo, "lee", blast, nullptr);
  CHECK(host.get(blast).text("actor") == "assistant-jo");
  // A message through it is the provider's, to the client.
  const auto thread = host.of_blast("lee", blast, "ana");
  must(bccast_provider_reply, jo, "lee", thread, nullptr, "One more", std::size_t{8}, nullptr, nullptr);
  const auto messages = host.messages("ana", thread);
  REQUIRE(messages.size() == 2);
  CHECK(messages[0].text("author") == messages[1].text("author"));
  CHECK(messages[0].text("author_name") == messages[1].text("author_name"));
  for (const auto& row : messages)
    for (const auto& cell : row.cells) CHECK(cell.value.find("jo") == std::string::npos);
  // One of its own.
  bccast_engine* al = nullptr;
  must(bccast_as, jo, "al", &al);
  must(bccast_close, jo, 0);
  must(bccast_blast_create, al, "lee", nullptr, blast);
  CHECK(host.get(blast).text("actor") == "al");
  CHECK(call(bccast_blast_create, jo, "lee", nullptr, blast).code == BCCAST_E_HANDLE);
  // It pumps for the same notifiers.
  std::uint64_t done = 0;
  must(bccast_pump, al, 0, 0, &done, nullptr);
  CHECK(done > 0);
  CHECK(host.notifier.to("ana").size() >= 1);
  must(bccast_close, al, 0);
}

TEST_CASE("as: the actor in every row of the provider, and in none of a client's") {
  Practice host;
  const test::Actor jo(host, "actor-jo");
  const test::Actor al(host, "actor-al");
  // Made by one, sent by another: both are known.
  char blast[BCCAST_ID_SIZE];
  must(bccast_blast_create, jo, "lee", nullptr, blast);
  must(bccast_blast_select, host, "lee", blast, "ana");
  must(bccast_blast_select, jo, "lee", blast, "ben");
  must(bccast_blast_write, jo, "lee", blast, "Good morning", 12);
  CHECK(host.get(blast).text("actor") == "actor-jo");
  CHECK(host.get(blast).null("sent_by"));
  const auto listed = [&](const std::string& of) {
    return must(bccast_blast_list, host, "lee", nullptr, nullptr, 0).rows.where("blast", of);
  };
  CHECK(listed(blast).text("actor") == "actor-jo");
  CHECK(listed(blast).null("sent_by"));
  CHECK(listed(blast).text("text") == "Good morning");
  must(bccast_blast_send, al, "lee", blast, nullptr);
  CHECK(call(bccast_blast_send, jo, "lee", blast, nullptr).code == BCCAST_EXISTS);  // changes nothing
  for (const auto& row : {host.get(blast), listed(blast)}) {
    CHECK(row.text("actor") == "actor-jo");
    CHECK(row.text("sent_by") == "actor-al");
  }
  // By the provider itself: empty.
  const auto own = host.blast("lee", {"cal", "dan"}, "From the provider");
  for (const auto& row : {host.get(own), listed(own)}) {
    CHECK(row.null("actor"));
    CHECK(row.null("sent_by"));
  }
  // Messages.
  const auto thread = host.of_blast("lee", blast, "ana");
  const auto direct = host.direct("lee", "ana");
  host.reply("ana", thread, "From Ana");
  must(bccast_provider_reply, jo, "lee", thread, nullptr, "From Jo", 7, nullptr, nullptr);
  must(bccast_provider_reply, al, "lee", thread, "a key", "From Al", 7, nullptr, nullptr);
  CHECK(call(bccast_provider_reply, jo, "lee", thread, "a key", "Again", 5, nullptr, nullptr).code ==
        BCCAST_EXISTS);
  host.provider_reply("lee", thread, "From Lee");
  must(bccast_provider_reply, al, "lee", direct, nullptr, "Directly", 8, nullptr, nullptr);
  const auto messages = host.provider_messages("lee", thread);
  CHECK(messages.column("text") == Names{"Good morning", "From Ana", "From Jo", "From Al", "From Lee"});
  CHECK(messages.column("actor") == Names{"actor-al", "", "actor-jo", "actor-al", ""});
  CHECK(messages.column("author") == Names{"lee", "ana", "lee", "lee", "lee"});
  CHECK(host.provider_messages("lee", host.of_blast("lee", own, "cal"))[0].null("actor"));
  CHECK(host.provider_threads("lee").where("thread", direct).text("last_actor") == "actor-al");
  CHECK(host.provider_threads("lee").where("thread", thread).null("last_actor"));
  // Communities and memberships.
  char group[BCCAST_ID_SIZE];
  must(bccast_provider_community, jo, "lee", "Monday group", group);
  must(bccast_provider_community_add, al, "lee", group, "ana");
  host.add_members("lee", group, {"ben"});
  must(bccast_provider_reply, jo, "lee", group, nullptr, "Welcome", 7, nullptr, nullptr);
  CHECK(host.provider_members("lee", group).column("actor") == Names{"actor-al", ""});
  CHECK(host.provider_messages("lee", group)[0].text("actor") == "actor-jo");
  // The lists are the same through whoever's handle they are asked.
  CHECK(must(bccast_provider_messages, jo, "lee", thread, 0, 1, 0).rows == messages);
  // Clients: nowhere, in nothing.
  REQUIRE(host.pump_to_the_end());
  for (const auto* client : {"ana", "ben", "cal", "dan"}) {
    std::vector<Rows> all{host.threads(client), host.exported(client)};
    for (const auto& row : host.threads(client)) {
      all.push_back(host.messages(client, row.text("thread")));
      all.push_back(call(bccast_client_members, host, client, row.text("thread")).rows);
    }
    for (const auto& notice : host.notifier.to(client)) all.push_back({{}, {notice.row}, {}});
    for (const auto& rows : all) {
      for (const auto& column : rows.columns) CHECK(column.first != "actor");
      for (const auto& row : rows)
        for (const auto& cell : row.cells) {
          CHECK(cell.value.find("actor-") == std::string::npos);
          CHECK(cell.column.find("actor") == std::string::npos);
        }
    }
  }
  host.restart();
  CHECK(host.provider_messages("lee", thread) == messages);
  CHECK(host.verify().empty());
}

TEST_CASE("as: handles are closed in any order") {
  for (const bool parent_first : {true, false}) {
    CAPTURE(parent_first);
    test::TemporaryFolder folder;
    const auto path = (folder.path() / "store.db").string();
    bccast_engine* parent = nullptr;
    bccast_engine* child = nullptr;
    must(bccast_open, path, nullptr, &parent);
    must(bccast_directory_provider_put, parent, "lee", "Dr. Lee");
    must(bccast_as, parent, "jo", &child);
    CHECK(parent != child);
    bccast_engine* stays = parent_first ? child : parent;
    must(bccast_close, parent_first ? parent : child, 0);
    CHECK(call(bccast_provider_roster_count, parent_first ? parent : child, "lee", nullptr, nullptr).code ==
          BCCAST_E_HANDLE);
    char blast[BCCAST_ID_SIZE];
    must(bccast_blast_create, stays, "lee", nullptr, blast);
    must(bccast_close, stays, 0);
    must(bccast_open, path, nullptr, &parent);
    CHECK(must(bccast_blast_get, parent, "lee", blast).rows[0].text("actor") == (parent_first ? "jo" : ""));
    must(bccast_close, parent, 0);
  }
}

TEST_CASE("as: bad input") {
  Practice host;
  bccast_engine* out = host;
  CHECK(call(bccast_as, host, nullptr, &out).code == BCCAST_E_ARGUMENT);
  CHECK(out == nullptr);
  CHECK(call(bccast_as, host, "", &out).code == BCCAST_E_ARGUMENT);
  CHECK(call(bccast_as, host, "a\nb", &out).code == BCCAST_E_ARGUMENT);
  CHECK(call(bccast_as, host, "\xff", &out).code == BCCAST_E_UTF8);
  CHECK(call(bccast_as, host, std::string(BCCAST_MAX_ID + 1, 'x'), &out).code == BCCAST_E_LIMIT);
  CHECK(bccast_as(host, "jo", nullptr) == BCCAST_E_ARGUMENT);
  CHECK(bccast_as(nullptr, "jo", &out) < 0);
  CHECK(out == nullptr);
}

// ---- What the operator sees

TEST_CASE("provider_list: by id, with pages") {
  Practice host;
  must(bccast_directory_provider_set, host, "kim", "locale", "de");
  must(bccast_directory_provider_set, host, "kim", "timezone", "Europe/Berlin");
  must(bccast_directory_provider_put, host, "Zed", "Dr. Zed");
  for (int i = 0; i < 5; ++i) host.provider("p" + std::to_string(i));
  const auto list = [&](const std::string& cursor, std::uint32_t limit) {
    return must(bccast_directory_provider_list, host, cursor, limit).rows;
  };
  const auto rows = list("", 0);
  CHECK(rows.column("provider") == Names{"Zed", "kim", "lee", "p0", "p1", "p2", "p3", "p4"});
  CHECK(rows[1].text("provider_name") == "Name of kim");
  CHECK(rows[1].text("locale") == "de");
  CHECK(rows[1].text("timezone") == "Europe/Berlin");
  CHECK(rows[1].text("address") == "kim@example.org");
  CHECK(rows[1].number("clients") == 3);
  CHECK(rows[2].number("clients") == 6);
  CHECK(rows[2].null("locale"));
  CHECK(rows[0].null("address"));
  check_pages(list);
  CHECK(call(bccast_directory_provider_list, host, "nonsense", 0).code == BCCAST_E_ARGUMENT);
  const auto cursor = must(bccast_provider_roster, host, "lee", nullptr, nullptr, 1).rows.next;
  CHECK(call(bccast_directory_provider_list, host, cursor, 0).code == BCCAST_E_ARGUMENT);
  CHECK(bccast_directory_provider_list(host, nullptr, 0, nullptr) == BCCAST_E_ARGUMENT);
}

TEST_CASE("provider_get: one row of the providers' list") {
  Practice host;
  must(bccast_directory_provider_set, host, "kim", "locale", "de");
  must(bccast_directory_provider_archive, host, "kim");
  const auto all = must(bccast_directory_provider_list, host, nullptr, 0).rows;
  REQUIRE(all.size() == 2);
  for (const auto& row : all) {
    const auto one = must(bccast_directory_provider_get, host, row.text("provider")).rows;
    REQUIRE(one.size() == 1);
    CHECK(one[0] == row);
    CHECK(one.next.empty());
  }
  CHECK(all[0].number("archived") == 1);
  CHECK(call(bccast_directory_provider_get, host, "ana").code == BCCAST_E_NOT_FOUND);  // a client
  CHECK(call(bccast_directory_provider_get, host, nullptr).code == BCCAST_E_ARGUMENT);
}

TEST_CASE("client_get: a client as the operator keeps it") {
  Practice host;
  const auto get = [&](const char* id) { return must(bccast_directory_client_get, host, id).rows[0]; };
  auto row = get("ben");
  CHECK(row.text("client") == "ben");
  CHECK(row.text("client_name") == "Name of ben");
  CHECK(row.text("address") == "ben@example.org");
  CHECK(row.number("archived") == 0);
  CHECK(row.number("chat") == 1);
  CHECK(row.number("notify") == 1);
  CHECK(row.number("rosters") == 2);
  CHECK(row.null("locale"));
  CHECK(row.null("timezone"));
  must(bccast_directory_client_archive, host, "ben");
  must(bccast_directory_client_set, host, "ben", "chat", "off");
  must(bccast_directory_client_set, host, "ben", "notify", "off");
  must(bccast_directory_client_set, host, "ben", "locale", "sv");
  must(bccast_directory_client_set, host, "ben", "address.email", "");
  row = get("ben");
  CHECK(row.number("archived") == 1);
  CHECK(row.number("chat") == 0);
  CHECK(row.number("notify") == 0);
  CHECK(row.text("locale") == "sv");
  CHECK(row.null("address"));
  // On a roster alone: not here.
  host.archive("lee", "ana");
  host.chat_off("ana");
  row = get("ana");
  CHECK(row.number("archived") == 0);
  CHECK(row.number("chat") == 1);
  must(bccast_directory_client_put, host, "alone", nullptr, nullptr);
  CHECK(get("alone").number("rosters") == 0);
  CHECK(call(bccast_directory_client_get, host, "nobody").code == BCCAST_E_NOT_FOUND);
  CHECK(call(bccast_directory_client_get, host, nullptr).code == BCCAST_E_ARGUMENT);
}

TEST_CASE("add_archived_many: archived from the first moment on; who is there stays as it is") {
  Practice host;
  host.archive("lee", "ben");
  for (const char* id : {"n1", "n2"}) must(bccast_directory_client_put, host, id, nullptr, nullptr);
  const auto add = [&](const Names& list, std::vector<std::int32_t>& results) {
    const test::Column ids(list);
    results.assign(list.size(), 99);
    return call(bccast_directory_roster_add_archived_many, host, "lee", list.size(), ids.bytes,
                ids.offsets.data(), results.data())
        .code;
  };
  std::vector<std::int32_t> results;
  CHECK(add({"n1", "ana", "ben", "nobody", "n2", "n1", ""}, results) == BCCAST_PARTIAL);
  CHECK(results == std::vector<std::int32_t>{BCCAST_OK, BCCAST_EXISTS, BCCAST_EXISTS, BCCAST_E_NOT_FOUND,
                                             BCCAST_OK, BCCAST_EXISTS, BCCAST_E_ARGUMENT});
  const auto state = [&](const char* id) {
    return must(bccast_provider_roster, host, "lee", nullptr, nullptr, 0)
        .rows.where("client", id)
        .text("state");
  };
  CHECK(state("n1") == "archived");
  CHECK(state("n2") == "archived");
  CHECK(state("ana") == "active");
  CHECK(state("ben") == "archived");
  const auto blast = host.blast("lee", "Good morning");
  CHECK(host.recipients("lee", blast).column("client") == Names{"ana", "cal", "dan", "eve", "fay"});
  CHECK(host.why(blast, "n1")[0].text("reason") == "archived");
  CHECK(host.threads("n1").empty());
  must(bccast_directory_roster_restore, host, "lee", "n1");
  CHECK(state("n1") == "active");
  CHECK(add({"n1", "n2"}, results) == BCCAST_OK);
  CHECK(state("n1") == "active");
  const test::Column one({"n1"});
  std::int32_t result = 0;
  CHECK(call(bccast_directory_roster_add_archived_many, host, "nobody", 1, one.bytes, one.offsets.data(),
             &result)
            .code == BCCAST_E_NOT_FOUND);
  CHECK(result == BCCAST_E_NOT_FOUND);
  CHECK(host.verify().empty());
}

TEST_CASE("add_archived_many: blasts sent meanwhile reach none of those it adds") {
  Practice host;
  Host beside(test::Setup{.beside = &host});
  std::atomic<bool> ready{false};
  std::thread adds([&] {
    for (int round = 0; round < 30; ++round) {
      Names ids;
      for (int i = 0; i < 50; ++i) ids.push_back("r" + std::to_string(round) + "-" + std::to_string(i));
      const test::Column column(ids);
      must(bccast_directory_client_put_many, beside, ids.size(), column.bytes, column.offsets.data(), nullptr,
           nullptr, nullptr, nullptr, nullptr);
      must(bccast_directory_roster_add_archived_many, beside, "lee", ids.size(), column.bytes,
           column.offsets.data(), nullptr);
    }
    ready = true;
  });
  Names blasts;
  while (!ready && blasts.size() < 1000) blasts.push_back(host.blast("lee", "Good morning"));
  adds.join();
  blasts.push_back(host.blast("lee", "Good morning"));
  for (const auto& blast : blasts) CHECK(host.recipients("lee", blast).size() == 6);
}

}  // namespace
