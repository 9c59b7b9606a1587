// Erasing a client: what goes, what stays, what others see of it, and that the files hold nothing of it.
#include <doctest/doctest.h>
#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "support/host.hpp"

namespace {

using test::Answer;
using test::call;
using test::Host;
using test::must;
using test::Notice;
using test::Outcome;
using test::Row;
using test::Rows;
using Names = std::vector<std::string>;

const std::string kNoThread = "00112233445566778899aabbccddeeff";  // made up

struct Practice : Host {
  Practice() : Practice(test::Setup{}) {}
  explicit Practice(const test::Setup& setup) : Host(setup) {
    provider("lee");
    clients("lee", {"ana", "ben", "cal", "dan"});
    provider("kim");
    clients("kim", {"zoe", "ana", "ben"});
  }
  Row people(const std::string& blast) const { return status("lee", blast).where("channel", ""); }
  /// The place of whoever was erased.
  Row nobodys(const std::string& blast) const { return recipients("lee", blast).where("client", ""); }
};

/// done + failed + skipped + pending = recipients on every channel and over all, and finished just when
/// nothing is pending.
void check_sums(const Host& host, const std::string& blast) {
  for (const auto& row : host.status("lee", blast)) {
    CAPTURE(row);
    CHECK(row.number("done") + row.number("failed") + row.number("skipped") + row.number("pending") ==
          row.number("recipients"));
    CHECK((row.text("state") == "finished") == (row.number("pending") == 0));
  }
}

/// Every answer about a client, for what asks by its id.
std::vector<Answer> answers_about(const Host& host, const std::string& client, const std::string& thread,
                                  const std::string& blast, const std::string& draft) {
  char id[BCCAST_ID_SIZE];
  const test::Column ids({client});
  const auto many = [&](auto function, const std::string& of) {
    std::int32_t result = 77;
    auto answer = call(function, host, "lee", of, 1, ids.bytes, ids.offsets.data(), &result);
    answer.message += " " + std::to_string(result);
    return answer;
  };
  return {call(bccast_directory_client_get, host, client),
          call(bccast_directory_client_set, host, client, "chat", "off"),
          call(bccast_directory_client_archive, host, client),
          call(bccast_directory_client_restore, host, client),
          call(bccast_directory_client_export, host, client, nullptr, 0),
          call(bccast_directory_client_erase, host, client),
          call(bccast_directory_roster_add, host, "lee", client),
          call(bccast_directory_roster_set, host, "lee", client, "chat", "off"),
          call(bccast_directory_roster_archive, host, "lee", client),
          call(bccast_directory_roster_restore, host, "lee", client),
          call(bccast_client_threads, host, client, nullptr, nullptr, 0),
          call(bccast_client_messages, host, client, thread, 0, 1, 0),
          call(bccast_client_reply, host, client, thread, nullptr, "Hello", 5, nullptr, nullptr),
          call(bccast_client_read, host, client, thread, 1),
          call(bccast_client_unread, host, client, nullptr, nullptr),
          call(bccast_client_members, host, client, thread),
          call(bccast_provider_direct, host, "lee", client, id),
          call(bccast_provider_threads, host, "lee", "client=" + client, nullptr, 0),
          call(bccast_blast_select, host, "lee", draft, client),
          call(bccast_blast_deselect, host, "lee", draft, client),
          call(bccast_blast_why, host, "lee", blast, client),
          call(bccast_blast_find, host, "lee", blast, 1, ids.bytes, ids.offsets.data()),
          many(bccast_blast_select_many, draft),
          call(bccast_provider_community_add, host, "lee", thread, client)};
}

TEST_CASE("erase: identity and own messages go; what the provider wrote, places and sums stay") {
  Practice host;
  const auto draft = host.draft("lee", {"cal", "dan"});
  const auto blast = host.blast("lee", {"ana", "ben", "cal"}, "Good morning");
  const auto thread = host.of_blast("lee", blast, "ana");
  host.clock.advance(1000);
  host.read("ana", thread, 1);
  host.reply("ana", thread, "From Ana");
  host.provider_reply("lee", thread, "You are welcome");
  host.read("ben", host.of_blast("lee", blast, "ben"), 1);
  const auto direct = host.write_direct("lee", "ana", "Just for you");
  host.reply("ana", direct, "The last word is Ana's");
  REQUIRE(host.pump_to_the_end());
  const auto status = host.status("lee", blast);
  const auto rows = host.recipients("lee", blast);
  const auto unread = [&] {
    std::int64_t threads = 0;
    std::int64_t messages = 0;
    must(bccast_provider_unread, host, "lee", &threads, &messages);
    return std::pair(threads, messages);
  };
  const auto unread_before = unread();
  const auto blasts = must(bccast_blast_list, host, "lee", nullptr, nullptr, 0).rows;

  CHECK(call(bccast_directory_client_erase, host, "ana").code == BCCAST_OK);

  // Whoever asks by its id asks for somebody who never was.
  CHECK(answers_about(host, "ana", thread, blast, draft) ==
        answers_about(host, "nobody", thread, blast, draft));
  CHECK(call(bccast_directory_client_get, host, "ana").code == BCCAST_E_NOT_FOUND);
  for (const auto* provider : {"lee", "kim"}) {
    const auto roster = must(bccast_provider_roster, host, provider, nullptr, nullptr, 0).rows;
    std::int64_t active = 0;
    std::int64_t archived = 0;
    must(bccast_provider_roster_count, host, provider, &active, &archived);
    for (const auto& row : roster) CHECK(row.text("client") != "ana");
    CHECK(must(bccast_provider_roster, host, provider, "search=ana", nullptr, 0).rows.empty());
    CHECK(must(bccast_provider_roster, host, provider, "state=archived", nullptr, 0).rows.empty());
    CHECK(active == static_cast<std::int64_t>(roster.size()));
    CHECK(archived == 0);
    CHECK(must(bccast_directory_provider_list, host, nullptr, 0)
              .rows.where("provider", provider)
              .number("clients") == static_cast<std::int64_t>(roster.size()));
  }
  // Its place stays, and every sum.
  CHECK(host.status("lee", blast) == status);
  CHECK(must(bccast_blast_list, host, "lee", nullptr, nullptr, 0).rows == blasts);
  CHECK(unread() == unread_before);
  const auto after = host.recipients("lee", blast);
  REQUIRE(after.size() == rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    CAPTURE(i);
    const bool gone = rows[i].text("client") == "ana";
    for (const auto& cell : rows[i].cells) {
      CAPTURE(cell.column);
      const auto& now = after[i].cell(cell.column);
      if (gone && (cell.column == "client" || cell.column == "client_name")) {
        CHECK(now.null);
      } else {
        CHECK(now == cell);
      }
    }
  }
  // The provider keeps its own words.
  const auto messages = host.provider_messages("lee", thread);
  CHECK(messages.column("text") == Names{"Good morning", "", "You are welcome"});
  CHECK(messages.column("author") == Names{"lee", "", "lee"});
  CHECK(messages.column("removed") == Names{"0", "1", "0"});
  CHECK(messages[1].null("author_name"));
  const auto list = host.provider_threads("lee");
  REQUIRE(list.size() == 2);
  for (const auto& row : list) {
    CHECK(row.null("client"));
    CHECK(row.null("client_name"));
  }
  const auto& last = list.where("thread", direct);
  CHECK(last.text("last_text").empty());
  CHECK(last.null("last_author"));
  CHECK(last.null("last_author_name"));
  CHECK(last.number("removed") == 1);
  CHECK(host.provider_threads("lee", "replied=1").size() == 2);
  CHECK(list.where("thread", thread).text("last_text") == "You are welcome");
  // There is nobody to write to.
  for (const auto& of : {thread, direct})
    CHECK(call(bccast_provider_reply, host, "lee", of, nullptr, "Hello?", 6, nullptr, nullptr).code ==
          BCCAST_E_STATE);
  REQUIRE(host.pump_to_the_end());
  host.restart();
  CHECK(host.status("lee", blast) == status);
  CHECK(host.provider_messages("lee", thread) == messages);
  CHECK(host.verify().empty());
}

TEST_CASE("erase: who is unknown, and who was erased before, is not found") {
  Practice host;
  const auto unknown = call(bccast_directory_client_erase, host, "nobody");
  CHECK(unknown.code == BCCAST_E_NOT_FOUND);
  host.erase("ana");
  CHECK(call(bccast_directory_client_erase, host, "ana") == unknown);
  // Of no roster, of an archived entry, archived as a client: all the same.
  must(bccast_directory_client_put, host, "alone", nullptr, nullptr);
  host.archive("lee", "ben");
  must(bccast_directory_client_archive, host, "cal");
  for (const auto* client : {"alone", "ben", "cal"}) {
    CHECK(call(bccast_directory_client_erase, host, client).code == BCCAST_OK);
    CHECK(call(bccast_directory_client_get, host, client).code == BCCAST_E_NOT_FOUND);
  }
  CHECK(must(bccast_provider_roster, host, "lee", nullptr, nullptr, 0).rows.column("client") == Names{"dan"});
  CHECK(host.verify().empty());
}

// ---- The files

std::string lower(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return text;
}

/// Whatever is stored of somebody has one of these in it; names are also kept folded.
struct Canaries {
  std::string id = "zq0id7f3a9c11d2e4";
  std::string old_name = "Zq1oldname5b1e77c0";
  std::string name = "Zq2newname902ac4d1";
  std::string old_address = "zq3oldaddress6e0b@example.org";
  std::string address = "zq4address13f7c5a2@example.org";
  std::string device = "zq5device-8c2b40e6f1";
  std::string locale = "zq6locale-de";
  std::string zone = "America/Argentina/ComodRivadavia";
  std::string in_blast = "zq8text in a blast's thread ";
  std::string in_direct = "zq9text in a direct one ";
  std::string in_community = "zqatext in a community ";
  std::string host_ref = "zqbroom of this person";

  std::vector<std::string> all() const {
    return {id,     old_name, name,     old_address, address,      device,
            locale, zone,     in_blast, in_direct,   in_community, host_ref};
  }
  static std::string left_in(const Host& host, const std::vector<std::string>& of) {
    const auto stored = lower(host.stored());
    std::string left;
    for (const auto& canary : of)
      if (stored.find(lower(canary)) != std::string::npos) left += canary + "; ";
    return left;
  }
  std::string left_in(const Host& host) const { return left_in(host, all()); }
};

/// A store in which somebody has left everything that can be left, long texts and replaced values too.
struct Traces : Practice {
  explicit Traces(const test::Setup& setup = {.channels = {"email", "push"}}) : Practice(setup) {
    const auto& c = canaries;
    must(bccast_directory_client_put, *this, c.id, c.old_name, c.old_address);
    for (const auto* of : {"lee", "kim"}) must(bccast_directory_roster_add, *this, of, c.id);
    must(bccast_directory_client_put, *this, c.id, c.name, c.address);
    must(bccast_directory_client_set, *this, c.id, "address.push", c.device);
    must(bccast_directory_client_set, *this, c.id, "locale", c.locale);
    must(bccast_directory_client_set, *this, c.id, "timezone", c.zone);
    notifier.each = [&c](const Notice& notice) {
      if (notice.to() != c.id) return Outcome{};
      return notice.channel == "push" ? Outcome{BCCAST_ITEM_FAILED, "gone"}
                                      : Outcome{BCCAST_ITEM_RETRY, "busy"};
    };
    sent = blast("lee", "Good morning to all");
    const auto thread = of_blast("lee", sent, c.id);
    read(c.id, thread, 1);
    std::string longer;
    while (longer.size() < 50'000) longer += c.in_blast;
    reply(c.id, thread, longer);
    must(bccast_client_reply, *this, c.id, thread, "zq a key", c.in_blast, c.in_blast.size(), nullptr,
         nullptr);
    const auto direct = write_direct("kim", c.id, "Just for you");
    for (int i = 0; i < 20; ++i) reply(c.id, direct, c.in_direct + std::to_string(i));
    group = community("lee", "Monday group", {c.id, "ben", "cal"});
    provider_reply("lee", group, "Welcome");
    reply(c.id, group, c.in_community);
    bind(thread, "replaced " + c.host_ref);
    bind(thread, c.host_ref);
    const auto later = draft("lee", {c.id, "ben"});
    write("lee", later, "Tomorrow");
    must(bccast_provider_roster, *this, "lee", "search=" + c.name, nullptr, 0);
    for (const auto& row : threads(c.id)) messages(c.id, row.text("thread"));
    pump();
  }
  Canaries canaries;
  std::string sent;
  std::string group;
};

TEST_CASE("erase: no byte of it is left in the store's files") {
  Traces host;
  SUBCASE("all of it in the log") {}
  SUBCASE("all of it in the file") {
    must(bccast_operate_checkpoint, host);
  }
  SUBCASE("some in each, and handed over since") {
    must(bccast_operate_checkpoint, host);
    host.provider_reply("lee", host.group, "And more");
    host.reply(host.canaries.id, host.group, host.canaries.in_community + "again");
    REQUIRE(host.pump_to_the_end());
  }
  SUBCASE("with a second engine on the same store") {
    Host beside(test::Setup{.beside = &host});
    beside.threads(host.canaries.id);
    REQUIRE(call(bccast_directory_client_erase, beside, host.canaries.id).code == BCCAST_OK);
    CHECK(host.canaries.left_in(host) == "");
    CHECK(host.verify().empty());
    return;
  }
  // The search finds what is there.
  for (const auto& canary : host.canaries.all()) {
    CAPTURE(canary);
    if (canary == host.canaries.old_name || canary == host.canaries.old_address) continue;  // replaced
    CHECK(Canaries::left_in(host, {canary}) != "");
  }
  REQUIRE(call(bccast_directory_client_erase, host, host.canaries.id).code == BCCAST_OK);
  CHECK(host.canaries.left_in(host) == "");
  // Nor does it come back: with what is done next, or with closing and opening.
  host.blast("lee", "Good evening");
  REQUIRE(host.pump_to_the_end());
  host.restart();
  CHECK(host.canaries.left_in(host) == "");
  CHECK(host.verify().empty());
  // What others wrote is there.
  CHECK(host.stored().find("Just for you") != std::string::npos);
  CHECK(host.stored().find("Good morning to all") != std::string::npos);
}

TEST_CASE("erase: nor in what a notifier said of it") {
  Practice host;
  const std::string detail = "zqcbounced of this person";
  host.notifier.each = [&](const Notice& notice) {
    return notice.to() == "ana" ? Outcome{BCCAST_ITEM_FAILED, "gone: " + detail} : Outcome{};
  };
  host.blast("lee", {"ana", "ben"}, "Good morning");
  host.pump();
  REQUIRE(Canaries::left_in(host, {detail}) != "");
  REQUIRE(call(bccast_directory_client_erase, host, "ana").code == BCCAST_OK);
  CHECK(Canaries::left_in(host, {detail}) == "");
  CHECK(host.verify().empty());
}

TEST_CASE("erase: nor in what is said of it afterwards") {
  Practice host;
  const std::string detail = "zqcbounced of this person";
  std::string id;  // of the notification that Ana, or the provider of her reply, gets
  Outcome outcome;
  bool erase_in_flight = true;
  host.notifier.each = [&](const Notice& notice) {
    if (notice.to() == "ana" || notice.to() == "lee") id = notice.row.text("id");
    return outcome;
  };
  host.notifier.whole = [&](const std::vector<Notice>& batch) {
    for (const auto& notice : batch)
      if (erase_in_flight && (notice.to() == "ana" || notice.to() == "lee")) {
        erase_in_flight = false;
        host.erase("ana");
      }
    return BCCAST_OK;
  };
  const auto left = [&] { return Canaries::left_in(host, {detail}); };

  SUBCASE("of its own notification, which is in flight") {
    SUBCASE("it failed") {
      outcome = {BCCAST_ITEM_FAILED, "gone: " + detail};
    }
    SUBCASE("it is to be tried again") {
      outcome = {BCCAST_ITEM_RETRY, "gone: " + detail};
    }
    host.notifier.each = [&](const Notice& notice) { return notice.to() == "ana" ? outcome : Outcome{}; };
    host.blast("lee", {"ana", "ben", "cal"}, "Good morning");
    host.pump();
    CHECK(!erase_in_flight);
    CHECK(left() == "");
  }
  SUBCASE("of the whole batch that it was in") {
    outcome = {BCCAST_ITEM_RETRY, "busy: " + detail};
    host.blast("lee", {"ana", "ben"}, "Good morning");
    host.pump();
    CHECK(must(bccast_channel_list, host).rows[0].text("last_reason") == "busy");
    CHECK(left() == "");
  }
  SUBCASE("of a notification of its reply") {
    erase_in_flight = false;
    const auto thread = host.of_blast("lee", host.blast("lee", {"ana", "ben"}, "Good morning"), "ana");
    host.pump();
    erase_in_flight = true;
    host.reply("ana", thread, "Hello");
    outcome = {BCCAST_ITEM_RETRY, "busy: " + detail};
    host.pump();
    CHECK(!erase_in_flight);
    CHECK(left() == "");
  }
  SUBCASE("of a notification that had ended") {
    erase_in_flight = false;
    const auto blast = host.blast("lee", {"ana", "ben"}, "Good morning");
    host.pump();
    host.erase("ana");
    for (const auto status : {BCCAST_ITEM_FAILED, BCCAST_ITEM_RETRY}) {
      CHECK(call(bccast_report, host, id, status, ("bounced: " + detail).c_str()).code == BCCAST_OK);
      CHECK(left() == "");
    }
    check_sums(host, blast);
  }
  CHECK(host.verify().empty());
}

/// Another program that looks at the store, and holds on to what it saw.
class Reader {
 public:
  explicit Reader(const std::string& path) {
    if (sqlite3_open_v2(path.c_str(), &file_, SQLITE_OPEN_READWRITE, nullptr) != SQLITE_OK ||
        sqlite3_exec(file_, "BEGIN; SELECT count(*) FROM sqlite_schema", nullptr, nullptr, nullptr) !=
            SQLITE_OK)
      throw std::runtime_error("the store cannot be read");
  }
  ~Reader() { sqlite3_close(file_); }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

 private:
  sqlite3* file_ = nullptr;
};

TEST_CASE("erase: while somebody reads an older state it is partial, until a checkpoint is OK") {
  Traces host;
  {
    const Reader reader(host.store_path());
    CHECK(call(bccast_directory_client_erase, host, host.canaries.id).code == BCCAST_PARTIAL);
    // Erased it is: nobody finds it any more.
    CHECK(call(bccast_directory_client_get, host, host.canaries.id).code == BCCAST_E_NOT_FOUND);
    CHECK(host.recipients("lee", host.sent, "channel=email").where("client", "").text("client_name").empty());
    CHECK(host.canaries.left_in(host) != "");  // so it says PARTIAL rightly
    CHECK(call(bccast_operate_checkpoint, host).code == BCCAST_E_BUSY);
    CHECK(host.verify().empty());
  }
  CHECK(call(bccast_operate_checkpoint, host).code == BCCAST_OK);
  CHECK(host.canaries.left_in(host) == "");
  CHECK(host.verify().empty());
}

// ---- What is still to be sent

TEST_CASE("erase: what was still to be sent to it is dropped") {
  Practice host;
  std::string blast;
  std::int64_t failed = 0;
  SUBCASE("pending") {
    blast = host.blast("lee", {"ana", "ben", "cal"}, "Good morning");
  }
  SUBCASE("pending, and messages after it") {
    blast = host.blast("lee", {"ana", "ben", "cal"}, "Good morning");
    host.provider_reply("lee", host.of_blast("lee", blast, "ana"), "One more");
    host.write_direct("lee", "ana", "Just for you");
    host.write_direct("kim", "ana", "From Kim");
  }
  SUBCASE("pending, and posts of a community before it") {
    const auto group = host.community("lee", "Monday group", {"ana", "ben"});
    host.provider_reply("lee", group, "Welcome");
    host.reply("ben", group, "Hello Ana");
    blast = host.blast("lee", {"ana", "ben", "cal"}, "Good morning");
  }
  SUBCASE("of one who is archived") {
    blast = host.blast("lee", {"ana", "ben", "cal"}, "Good morning");
    host.archive("lee", "ana");
  }
  SUBCASE("waiting for another try") {
    host.notifier.each = [](const Notice& notice) {
      return notice.to() == "ana" ? Outcome{BCCAST_ITEM_RETRY, "mailbox_full"} : Outcome{};
    };
    blast = host.blast("lee", {"ana", "ben", "cal"}, "Good morning");
    host.write_direct("kim", "ana", "From Kim");
    host.pump();
    REQUIRE(host.recipients("lee", blast).where("client", "ana").text("state") == "retry");
  }
  SUBCASE("given back as a whole batch") {
    host.notifier.whole = [](const std::vector<Notice>&) { return BCCAST_E_NOTIFIER; };
    blast = host.blast("lee", {"ana", "ben", "cal"}, "Good morning");
    host.write_direct("kim", "ana", "From Kim");
    host.pump();
  }
  SUBCASE("failed for good: it stays so") {
    host.notifier.each = [](const Notice& notice) {
      return notice.to() == "ana" ? Outcome{BCCAST_ITEM_FAILED, "no_mailbox"} : Outcome{};
    };
    blast = host.blast("lee", {"ana", "ben", "cal"}, "Good morning");
    host.pump();
    REQUIRE(host.recipients("lee", blast).where("client", "ana").text("state") == "failed");
    failed = 1;
  }
  host.notifier.forget();
  host.notifier.each = nullptr;
  host.notifier.whole = nullptr;
  host.erase("ana");
  check_sums(host, blast);
  REQUIRE(host.pump_to_the_end());
  CHECK(host.notifier.to("ana").empty());
  for (const auto& notice : host.notifier.all()) CHECK(notice.to() != "");
  const auto people = host.people(blast);
  CHECK(people.number("recipients") == 3);
  CHECK(people.number("done") == 2);
  CHECK(people.number("failed") == failed);
  CHECK(people.number("skipped") == 1 - failed);
  CHECK(people.text("state") == "finished");
  CHECK(host.nobodys(blast).text("state") == (failed != 0 ? "failed" : "skipped"));
  CHECK(host.nobodys(blast).text("reason") == (failed != 0 ? "no_mailbox" : "erased"));
  check_sums(host, blast);
  CHECK(must(bccast_channel_list, host).rows[0].number("pending") == 0);
  CHECK(host.verify().empty());
}

TEST_CASE("erase: while its notification is in flight") {
  Practice host;
  const auto blast = host.blast("lee", {"ana", "ben", "cal"}, "Good morning");
  std::int32_t erased = 77;
  std::int32_t answer = BCCAST_OK;
  Outcome outcome;
  SUBCASE("it is handed over") {}
  SUBCASE("it is to be tried again") {
    outcome = {BCCAST_ITEM_RETRY, "mailbox_full"};
  }
  SUBCASE("it fails") {
    outcome = {BCCAST_ITEM_FAILED, "no_mailbox"};
  }
  SUBCASE("it is given back") {
    outcome = {BCCAST_ITEM_NOT_TRIED};
  }
  SUBCASE("the whole batch is") {
    answer = BCCAST_E_NOTIFIER;
  }
  host.notifier.each = [&](const Notice& notice) { return notice.to() == "ana" ? outcome : Outcome{}; };
  host.notifier.whole = [&](const std::vector<Notice>&) {
    if (erased != 77) return BCCAST_OK;
    erased = call(bccast_directory_client_erase, host, "ana").code;
    return answer;
  };
  REQUIRE(host.pump_to_the_end());
  CHECK(erased == BCCAST_OK);
  CHECK(host.notifier.to("ana").size() == 1);  // not once more
  for (const auto& notice : host.notifier.all()) CHECK(notice.to() != "");
  const auto people = host.people(blast);
  CHECK(people.number("recipients") == 3);
  CHECK(people.number("pending") == 0);
  CHECK(people.number("done") >= 2);
  CHECK(host.notifier.to("ben").size() == (answer == BCCAST_OK ? 1 : 2));
  check_sums(host, blast);
  CHECK(must(bccast_channel_list, host).rows[0].number("pending") == 0);
  CHECK(call(bccast_directory_client_get, host, "ana").code == BCCAST_E_NOT_FOUND);
  CHECK(host.verify().empty());
}

TEST_CASE("erase: while a notification of a single message is in flight") {
  Practice host;
  host.write_direct("lee", "ana", "Just for you");
  bool first = true;
  host.notifier.each = [&](const Notice& notice) {
    if (std::exchange(first, false)) host.erase("ana");
    return notice.to() == "ana" ? Outcome{BCCAST_ITEM_RETRY, "mailbox_full"} : Outcome{};
  };
  REQUIRE(host.pump_to_the_end());
  CHECK(host.notifier.to("ana").size() == 1);
  CHECK(must(bccast_channel_list, host).rows[0].number("pending") == 0);
  CHECK(host.verify().empty());
}

// ---- Drafts

TEST_CASE("erase: a draft that had chosen it goes to the others") {
  Practice host;
  const auto draft = host.draft("lee", {"ana", "ben", "cal"});
  host.write("lee", draft, "Good morning");
  const auto digest = host.preview("lee", draft).text("digest");
  const auto of_two = host.draft("lee", {"ana", "dan"});
  host.write("lee", of_two, "To two");
  const auto all = host.draft("lee");
  must(bccast_blast_select_all_active, host, "lee", all);
  host.write("lee", all, "To all");
  host.erase("ana");
  CHECK(host.preview("lee", draft).number("recipients") == 2);
  CHECK(call(bccast_blast_send, host, "lee", draft, digest).code == BCCAST_E_CONFLICT);
  CHECK(host.preview("lee", draft).number("not_on_roster") == 1);
  CHECK(must(bccast_blast_selection, host, "lee", draft, nullptr, nullptr, 0).rows.column("client") ==
        Names{"ben", "cal"});
  CHECK(call(bccast_blast_send, host, "lee", of_two, nullptr).code == BCCAST_E_TOO_FEW);
  host.send("lee", draft);
  CHECK(host.recipients("lee", draft).column("client") == Names{"ben", "cal"});
  host.send("lee", all);
  CHECK(host.recipients("lee", all).column("client") == Names{"ben", "cal", "dan"});
  REQUIRE(host.pump_to_the_end());
  CHECK(host.verify().empty());
}

// ---- The id comes back

TEST_CASE("erase: the id comes back as a new person, who has nothing of the old one") {
  Practice host;
  const auto draft = host.draft("lee", {"ana", "ben", "cal"});
  host.write("lee", draft, "Chosen before");
  const auto blast = host.blast("lee", {"ana", "ben"}, "Good morning");
  const auto thread = host.of_blast("lee", blast, "ana");
  const auto direct = host.write_direct("lee", "ana", "Just for the old one");
  const auto kims = host.write_direct("kim", "ana", "From Kim");
  must(bccast_client_reply, host, "ana", thread, "a key", "From the old one", 16, nullptr, nullptr);
  const auto group = host.community("lee", "Monday group", {"ana", "ben"});
  host.provider_reply("lee", group, "Welcome");
  const auto member = host.provider_members("lee", group).where("client", "ana").text("member");
  must(bccast_directory_client_set, host, "ana", "chat", "off");
  must(bccast_directory_client_set, host, "ana", "notify", "off");
  must(bccast_directory_client_set, host, "ana", "locale", "de");
  must(bccast_directory_client_archive, host, "ana");
  host.archive("lee", "ana");
  CHECK(host.bind(thread, "room of ana") == BCCAST_OK);
  host.erase("ana");
  CHECK(host.find("room of ana").empty());

  // On no roster, without settings.
  CHECK(call(bccast_directory_client_put, host, "ana", "Another Ana", "another@example.org").code ==
        BCCAST_OK);
  const auto got = must(bccast_directory_client_get, host, "ana").rows[0];
  CHECK(got.text("client_name") == "Another Ana");
  CHECK(got.text("address") == "another@example.org");
  CHECK(got.null("locale"));
  CHECK(got.number("archived") == 0);
  CHECK(got.number("chat") == 1);
  CHECK(got.number("notify") == 1);
  CHECK(got.number("rosters") == 0);
  CHECK(call(bccast_directory_roster_archive, host, "lee", "ana").code == BCCAST_E_NOT_FOUND);
  CHECK(call(bccast_directory_roster_add, host, "lee", "ana").code == BCCAST_OK);
  CHECK(host.threads("ana").empty());
  CHECK(host.exported("ana").where("name", "display_name").text("text") == "Another Ana");
  for (const auto& row : host.exported("ana")) CHECK(row.text("record") == "profile");
  for (const auto& old : {thread, direct, kims, group}) {
    CHECK(call(bccast_client_messages, host, "ana", old, 0, 1, 0) ==
          call(bccast_client_messages, host, "ana", kNoThread, 0, 1, 0));
    CHECK(call(bccast_client_reply, host, "ana", old, "a key", "Hello", 5, nullptr, nullptr).code ==
          BCCAST_E_NOT_FOUND);
    CHECK(call(bccast_client_read, host, "ana", old, 1).code == BCCAST_E_NOT_FOUND);
  }
  // The old blast is not hers, and the draft did not choose her.
  CHECK(must(bccast_blast_why, host, "lee", blast, "ana").rows[0].text("reason") == "added_later");
  const test::Column ids({"ana"});
  CHECK(must(bccast_blast_find, host, "lee", blast, 1, ids.bytes, ids.offsets.data()).rows.empty());
  CHECK(host.nobodys(blast).null("client"));
  host.send("lee", draft);
  CHECK(host.recipients("lee", draft).column("client") == Names{"ben", "cal"});
  // In the list of those with whom the provider writes, the old threads stay nobody's.
  for (const auto& row : host.provider_threads("lee"))
    if (row.text("thread") == thread || row.text("thread") == direct) CHECK(row.null("client"));
  CHECK(host.provider_threads("lee", "client=ana").empty());
  CHECK(host.direct("lee", "ana") != direct);
  // And from now on she is a client like any other.
  const auto mine = host.write_direct("lee", "ana", "Welcome");
  CHECK(mine != direct);
  const auto later = host.blast("lee", "To all");
  CHECK(host.recipients("lee", later).column("client") == Names{"ben", "cal", "dan", "ana"});
  host.add_members("lee", group, {"ana"});
  CHECK(host.provider_members("lee", group).where("client", "ana").text("member") != member);
  host.reply("ben", group, "Hello new one");
  CHECK(host.messages("ana", group).column("text") == Names{"Hello new one"});
  CHECK(host.threads("ana").size() == 3);
  host.notifier.forget();
  REQUIRE(host.pump_to_the_end());
  CHECK(host.notifier.to("ana").size() == 3);
  for (const auto& notice : host.notifier.to("ana"))
    CHECK(notice.row.text("address") == "another@example.org");
  CHECK(host.verify().empty());
  // Twice, too.
  host.erase("ana");
  must(bccast_directory_client_put, host, "ana", "The third Ana", nullptr);
  must(bccast_directory_roster_add, host, "lee", "ana");
  CHECK(host.threads("ana").empty());
  CHECK(host.verify().empty());
}

// ---- The others

TEST_CASE("erase: its posts show as removed to the other members, and it is none of them") {
  Practice host;
  const auto group = host.community("lee", "Monday group", {"ana", "ben", "cal"});
  host.provider_reply("lee", group, "Welcome");
  host.reply("ana", group, "From Ana");
  host.reply("ben", group, "From Ben");
  host.reply("ana", group, "The last word is Ana's");
  const auto unread = host.threads("cal")[0].number("unread");
  const auto bens = host.messages("cal", group)[2];
  host.erase("ana");
  for (const auto* client : {"ben", "cal"}) {
    CAPTURE(client);
    const auto messages = host.messages(client, group);
    CHECK(messages.column("seq") == Names{"1", "2", "3", "4"});
    CHECK(messages.column("text") == Names{"Welcome", "", "From Ben", ""});
    CHECK(messages.column("removed") == Names{"0", "1", "0", "1"});
    for (const std::size_t i : {std::size_t{1}, std::size_t{3}}) {
      CHECK(messages[i].null("author"));
      CHECK(messages[i].null("author_name"));
    }
    const auto list = host.threads(client);
    REQUIRE(list.size() == 1);
    CHECK(list[0].number("removed") == 1);
    CHECK(list[0].text("last_text").empty());
    CHECK(list[0].null("last_author"));
    CHECK(list[0].null("last_author_name"));
    CHECK(host.members(client, group).column("member_name") ==
          Names{Host::name_of("ben"), Host::name_of("cal")});
  }
  CHECK(host.messages("cal", group)[2] == bens);
  CHECK(host.threads("cal")[0].number("unread") == unread);
  CHECK(host.provider_messages("lee", group).column("removed") == Names{"0", "1", "0", "1"});
  CHECK(host.provider_members("lee", group).column("client") == Names{"ben", "cal"});
  // The community goes on.
  CHECK(host.reply("cal", group, "From Cal") == 5);
  CHECK(host.threads("ben")[0].number("removed") == 0);
  CHECK(host.threads("ben")[0].text("last_text") == "From Cal");
  CHECK(host.verify().empty());
}

TEST_CASE("erase: of one who had left a community, its posts go as well") {
  Practice host;
  const auto group = host.community("lee", "Monday group", {"ana", "ben"});
  host.provider_reply("lee", group, "Welcome");
  host.reply("ana", group, "From Ana");
  SUBCASE("removed") {
    host.remove_member("lee", group, "ana");
  }
  SUBCASE("archived") {
    host.archive("lee", "ana");
  }
  CHECK(host.messages("ben", group)[1].text("author_name") == Host::name_of("ana"));
  host.erase("ana");
  CHECK(host.messages("ben", group).column("text") == Names{"Welcome", ""});
  CHECK(host.messages("ben", group)[1].null("author_name"));
  CHECK(host.messages("ben", group)[1].number("removed") == 1);
  CHECK(host.verify().empty());
}

TEST_CASE("P15: an export is its client's own view, and erasing another leaves it as it was, byte for byte") {
  Practice host;
  const auto blast = host.blast("lee", "Good morning");
  for (const auto* client : {"ana", "ben", "cal"}) {
    host.clock.advance(700);
    const auto thread = host.of_blast("lee", blast, client);
    host.reply(client, thread, std::string("Private words of ") + client);
    host.provider_reply("lee", thread, std::string("An answer to ") + client);
  }
  host.write_direct("kim", "ana", "Kim to Ana");
  host.write_direct("kim", "ben", "Kim to Ben");
  const auto without = host.community("lee", "Without Ana", {"ben", "cal"});
  host.provider_reply("lee", without, "Welcome");
  host.reply("ben", without, "From Ben");
  std::string with;
  SUBCASE("who shares no community with it") {}
  SUBCASE("who does: there its posts are removed, and all else is as it was") {
    with = host.community("lee", "With Ana", {"ana", "ben", "cal"});
    host.provider_reply("lee", with, "Welcome");
    host.reply("ana", with, "From Ana");
    host.reply("cal", with, "From Cal");
  }
  REQUIRE(host.pump_to_the_end());
  const Names others{"ben", "cal", "dan", "zoe"};
  std::vector<Rows> before;
  std::vector<Rows> lists;
  for (const auto& client : others) {
    before.push_back(host.exported(client));
    lists.push_back(host.threads(client));
    for (const auto& row : before.back())
      for (const auto& cell : row.cells)
        for (const auto& other : {std::string("ana"), std::string("ben"), std::string("cal")})
          if (other != client) {
            CHECK(cell.value != other);
            CHECK(cell.value != "Private words of " + other);
            CHECK(cell.value != "An answer to " + other);
            CHECK(cell.value != Host::address_of(other));
          }
  }
  host.clock.advance(5000);
  host.erase("ana");
  for (std::size_t i = 0; i < others.size(); ++i) {
    CAPTURE(others[i]);
    auto after = host.exported(others[i]);
    CHECK(host.threads(others[i]) == lists[i]);
    if (!with.empty()) {
      // What Ana wrote there, and nothing else, is different.
      for (std::size_t row = 0; row < std::min(after.size(), before[i].size()); ++row) {
        if (before[i][row].text("text") != "From Ana") continue;
        CHECK(after[row].null("text"));
        CHECK(after[row].null("author"));
        CHECK(after[row].null("author_name"));
        CHECK(after[row].number("removed") == 1);
        CHECK(before[i][row].number("removed") == 0);
        for (auto& cell : after.rows[row].cells)
          for (const auto* column : {"text", "author", "author_name", "removed"})
            if (cell.column == column) cell = before[i][row].cell(column);
      }
    }
    CHECK(after == before[i]);
  }
  CHECK(host.verify().empty());
}

TEST_CASE("erase: others of the same blast see nothing of it") {
  Practice host;
  const auto blast = host.blast("lee", "Good morning");
  host.reply("ana", host.of_blast("lee", blast, "ana"), "From Ana");
  const auto list = host.threads("ben");
  const auto messages = host.messages("ben", host.of_blast("lee", blast, "ben"));
  const auto bens = host.of_blast("lee", blast, "ben");
  host.clock.advance(1000);
  host.erase("ana");
  CHECK(host.threads("ben") == list);
  CHECK(host.messages("ben", bens) == messages);
  CHECK(host.of_blast("lee", blast, "ben") == bens);
  REQUIRE(host.pump_to_the_end());
  CHECK(host.notifier.to("ben").size() == 1);
  CHECK(host.verify().empty());
}

}  // namespace
