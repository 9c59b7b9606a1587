// Choosing for a draft who has an earlier blast: all of them, or who has opened or answered it, or has not.
#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "support/host.hpp"

namespace {

using test::call;
using test::Host;
using test::must;
using Names = std::vector<std::string>;

/// A blast to ana, ben, cal and dan: ana has opened it, ben has opened and answered it, cal has answered it.
struct Practice : Host {
  Practice() {
    provider("lee");
    clients("lee", {"ana", "ben", "cal", "dan", "eve", "fay"});
    earlier = blast("lee", {"ana", "ben", "cal", "dan"}, "Good morning");
    for (const char* client : {"ana", "ben"}) read(client, of_blast("lee", earlier, client), 1);
    for (const char* client : {"ben", "cal"}) reply(client, of_blast("lee", earlier, client), "Thank you");
  }
  std::int32_t select_from(const std::string& draft, const char* filter = nullptr) {
    return call(bccast_blast_select_from, *this, "lee", draft, earlier, filter).code;
  }
  Names chosen(const std::string& draft) const {
    return must(bccast_blast_selection, *this, "lee", draft, "chosen=1", nullptr, 0).rows.column("client");
  }
  std::string earlier;
};

TEST_CASE("select from: all recipients of an earlier blast, or those who opened or answered it, or did not") {
  Practice host;
  const std::vector<std::pair<const char*, Names>> cases{
      {nullptr, {"ana", "ben", "cal", "dan"}},
      {"opened=1", {"ana", "ben"}},
      {"opened=0", {"cal", "dan"}},
      {"replied=1", {"ben", "cal"}},
      {"replied=0", {"ana", "dan"}},
      {"opened=1&replied=1", {"ben"}},
      {"opened=1&replied=0", {"ana"}},
      {"opened=0&replied=1", {"cal"}},
      {"opened=0&replied=0", {"dan"}},
  };
  for (const auto& [given, expected] : cases) {
    const auto filter = given;
    CAPTURE((filter == nullptr ? "" : filter));
    const auto draft = host.draft("lee");
    CHECK(host.select_from(draft, filter) == BCCAST_OK);
    CHECK(host.chosen(draft) == expected);
  }
}

TEST_CASE("select from: is one more act, and the last act on a client decides") {
  Practice host;
  const auto draft = host.draft("lee", {"eve"});
  must(bccast_blast_deselect, host, "lee", draft, "ana");
  must(bccast_blast_deselect, host, "lee", draft, "fay");
  CHECK(host.select_from(draft) == BCCAST_OK);
  CHECK(host.chosen(draft) == Names{"ana", "ben", "cal", "dan", "eve"});
  must(bccast_blast_deselect, host, "lee", draft, "ben");
  CHECK(host.chosen(draft) == Names{"ana", "cal", "dan", "eve"});
  // By the rule, who was taken out is in again.
  must(bccast_blast_select_all_active, host, "lee", draft);
  for (const char* client : {"ana", "eve"}) must(bccast_blast_deselect, host, "lee", draft, client);
  CHECK(host.select_from(draft, "opened=1") == BCCAST_OK);
  CHECK(host.chosen(draft) == Names{"ana", "ben", "cal", "dan", "fay"});
  const auto revision = must(bccast_blast_get, host, "lee", draft).rows[0].number("revision");
  CHECK(host.select_from(draft) == BCCAST_OK);
  CHECK(must(bccast_blast_get, host, "lee", draft).rows[0].number("revision") == revision + 1);
}

TEST_CASE("select from: a reminder reaches those who have not opened it, but for who was archived since") {
  Practice host;
  host.archive("lee", "dan");
  must(bccast_directory_client_erase, host, "cal");
  const auto draft = host.draft("lee", {"eve", "fay"});
  CHECK(host.select_from(draft, "opened=0") == BCCAST_OK);
  const auto preview = host.preview("lee", draft);
  CHECK(preview.number("recipients") == 2);
  CHECK(preview.number("archived") == 1);
  CHECK(preview.number("not_on_roster") == 1);
  host.write("lee", draft, "Did you see it?");
  host.send("lee", draft);
  CHECK(host.recipients("lee", draft).column("client") == Names{"eve", "fay"});
}

TEST_CASE("select from: what cannot be, and nothing is chosen by it") {
  Practice host;
  host.provider("kim");
  host.clients("kim", {"zoe", "ana"});
  const auto theirs = host.blast("kim", {"zoe", "ana"}, "Hello");
  const auto draft = host.draft("lee", {"fay"});
  const auto other_draft = host.draft("lee", {"ana"});
  const auto from = [&](const std::string& blast, const std::string& earlier, const char* filter = nullptr) {
    return call(bccast_blast_select_from, host, "lee", blast, earlier, filter);
  };
  CHECK(from(draft, other_draft).code == BCCAST_E_STATE);
  CHECK(from(draft, other_draft).message.find(other_draft) != std::string::npos);
  CHECK(from(draft, draft).code == BCCAST_E_STATE);
  CHECK(from(host.earlier, host.earlier).code == BCCAST_E_STATE);
  CHECK(from(draft, theirs).code == BCCAST_E_NOT_FOUND);
  CHECK(from(theirs, host.earlier).code == BCCAST_E_NOT_FOUND);
  CHECK(from(draft, std::string(32, '0')).code == BCCAST_E_NOT_FOUND);
  CHECK(from(draft, "").code == BCCAST_E_NOT_FOUND);
  CHECK(call(bccast_blast_select_from, host, "lee", draft, nullptr, nullptr).code == BCCAST_E_ARGUMENT);
  CHECK(call(bccast_blast_select_from, host, "kim", draft, theirs, nullptr).code == BCCAST_E_NOT_FOUND);
  for (const char* filter : {"opened", "opened=", "opened=2", "opened=yes", "state=done", "opened=1&opened=0",
                             "&", "opened=1&x=1"}) {
    CAPTURE(filter);
    CHECK(from(draft, host.earlier, filter).code == BCCAST_E_ARGUMENT);
  }
  CHECK(host.chosen(draft) == Names{"fay"});
  must(bccast_directory_provider_archive, host, "lee");
  CHECK(from(draft, host.earlier).code == BCCAST_E_STATE);
}

TEST_CASE("select from: through several slices") {
  // 66,000 places: two slices; a blast to some of both, a few of whom open it.
  Host host;
  host.provider("lee");
  Names ids;
  for (int i = 0; i < 66'000; ++i) ids.push_back("c" + std::to_string(i));
  const test::Column column(ids);
  must(bccast_directory_client_put_many, host, ids.size(), column.bytes, column.offsets.data(), nullptr,
       nullptr, nullptr, nullptr, nullptr);
  must(bccast_directory_roster_add_many, host, "lee", ids.size(), column.bytes, column.offsets.data(),
       nullptr);
  const auto earlier = host.blast("lee", {"c1", "c2", "c65535", "c65536", "c65990"}, "Good morning");
  for (const char* client : {"c2", "c65535", "c65990"})
    host.read(client, host.of_blast("lee", earlier, client), 1);
  const auto draft = host.draft("lee");
  must(bccast_blast_select_from, host, "lee", draft, earlier, "opened=1");
  CHECK(must(bccast_blast_selection, host, "lee", draft, nullptr, nullptr, 0).rows.column("client") ==
        Names{"c2", "c65535", "c65990"});
}

}  // namespace
