// Bad calls: each gives its code and a message, leaves its outputs at NULL, 0 or "", and writes nothing. That
// nothing was written is seen in the bytes of the store's file and of its log.
#include <bccast/bccast.h>
#include <bccast/bccast_ext.h>
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "support/host.hpp"

namespace {

using std::string;

string bytes_of(const string& path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  string bytes(file ? static_cast<std::size_t>(file.tellg()) : 0, '\0');
  file.seekg(0).read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  return bytes;
}

/// What must not show in any message: it stands in every text, name and address.
const string kCanary = "canary-7f3a9c";

/// Two practices. "lee" has ana, ben, cyd and the archived dot, two drafts, a sent blast, and a community of
/// ana and ben; "may" has eve, and a draft, a sent blast and a community of her own.
struct World {
  test::Host host;
  string draft;     // lee's, with nothing in it
  string ready;     // lee's, with a text and recipients
  string only_one;  // lee's, with a text and one recipient
  string only_dot;  // lee's, with a text and an archived recipient
  string without;   // lee's, with recipients and no text
  string sent;      // lee's
  string foreign;   // may's, sent
  string foreign_draft;
  string thread;          // ana's, of the blast
  string foreign_thread;  // eve's, of may's blast
  string bens_thread;
  string direct;
  string community;          // lee's
  string foreign_community;  // may's

  World() {
    host.provider("lee");
    host.provider("may");
    host.clients("lee", {"ana", "ben", "cyd", "dot"});
    host.clients("may", {"eve", "fay"});
    host.archive("lee", "dot");
    sent = host.blast("lee", {"ana", "ben"}, "text " + kCanary);
    foreign = host.blast("may", {"eve", "fay"}, "text " + kCanary);
    draft = host.draft("lee");
    ready = host.draft("lee", {"ana", "ben"});
    host.write("lee", ready, "text " + kCanary);
    only_one = host.draft("lee", {"ana"});
    host.write("lee", only_one, "text");
    only_dot = host.draft("lee", {"dot"});
    host.write("lee", only_dot, "text");
    without = host.draft("lee", {"ana", "ben"});
    foreign_draft = host.draft("may", {"eve", "fay"});
    thread = host.of_blast("lee", sent, "ana");
    bens_thread = host.of_blast("lee", sent, "ben");
    foreign_thread = host.of_blast("may", foreign, "eve");
    host.reply("ana", thread, "first reply");
    host.reply("ben", bens_thread, "another reply");
    host.reply("eve", foreign_thread, "reply");
    direct = host.write_direct("lee", "cyd", "directly");
    community = host.community("lee", "title " + kCanary, {"ana", "ben"});
    foreign_community = host.community("may", "title " + kCanary, {"eve", "fay"});
    host.provider_reply("lee", community, "to the members");
    host.provider_reply("may", foreign_community, "to the members");
    host.pump();
    for (const char* client : {"ana", "ben", "cyd", "dot", "eve", "fay"}) host.threads(client);
  }

  string stored() const { return bytes_of(host.store_path()) + bytes_of(host.store_path() + "-wal"); }
};

/// A call that must fail with `code`, say why, and write nothing.
void refused(const World& w, const string& name, std::int32_t code,
             const std::function<std::int32_t()>& call) {
  CAPTURE(name);
  const string before = w.stored();
  const std::int32_t got = call();
  const string message = bccast_error_message();
  CHECK_MESSAGE(got == code, name, ": ", string(bccast_code_name(got)), " instead of ",
                string(bccast_code_name(code)), " (", message, ")");
  if (got < 0) {
    CHECK(!message.empty());
    CHECK(message.find(kCanary) == string::npos);
  }
  CHECK(w.stored() == before);
}

// ---- Outputs: each is filled with something else before the call, and looked at after a failure.

std::int32_t with_rows(const std::function<std::int32_t(bccast_rows**)>& call) {
  auto* rows = reinterpret_cast<bccast_rows*>(8);
  const auto code = call(&rows);
  if (code < 0) {
    CHECK(rows == nullptr);
  } else {
    bccast_rows_free(rows);
  }
  return code;
}

std::int32_t with_id(const std::function<std::int32_t(char*)>& call) {
  std::array<char, BCCAST_ID_SIZE> id{};
  id.fill('x');
  const auto code = call(id.data());
  if (code < 0) CHECK(id[0] == '\0');
  return code;
}

std::int32_t with_written(const std::function<std::int32_t(std::int64_t*, std::int64_t*)>& call) {
  std::int64_t seq = 77;
  std::int64_t at = 77;
  const auto code = call(&seq, &at);
  if (code < 0) {
    CHECK(seq == 0);
    CHECK(at == 0);
  }
  return code;
}

/// One id or some ids as columns; after a failure all results are its code.
std::int32_t with_ids(
    const std::vector<string>& ids,
    const std::function<std::int32_t(std::size_t, const char*, const std::uint64_t*, std::int32_t*)>& call) {
  const test::Column column(ids);
  std::vector<std::int32_t> results(ids.size(), 77);
  const auto code = call(ids.size(), column.bytes.c_str(), column.offsets.data(), results.data());
  for (const auto result : results) {
    if (code < 0) CHECK(result == code);
    CHECK(result != 77);
  }
  return code;
}

// ---- The places where a text goes in

using Call = std::function<std::int32_t(const char*)>;
struct Place {
  string name;
  Call call;
};

/// Every verb with a provider's id, all else being right.
std::vector<Place> provider_places(const World& w) {
  bccast_engine* e = w.host;
  const char* blast = w.ready.c_str();
  const char* sent = w.sent.c_str();
  const char* thread = w.thread.c_str();
  const char* community = w.community.c_str();
  return {
      {"provider_set", [=](auto p) { return bccast_directory_provider_set(e, p, "locale", "de"); }},
      {"roster_add", [=](auto p) { return bccast_directory_roster_add(e, p, "eve"); }},
      {"roster_add_many",
       [=](auto p) {
         return with_ids({"eve"}, [&](auto n, auto ids, auto offsets, auto results) {
           return bccast_directory_roster_add_many(e, p, n, ids, offsets, results);
         });
       }},
      {"roster_set", [=](auto p) { return bccast_directory_roster_set(e, p, "ana", "chat", "off"); }},
      {"roster_archive", [=](auto p) { return bccast_directory_roster_archive(e, p, "ana"); }},
      {"roster_archive_many",
       [=](auto p) {
         return with_ids({"ana"}, [&](auto n, auto ids, auto offsets, auto results) {
           return bccast_directory_roster_archive_many(e, p, n, ids, offsets, results);
         });
       }},
      {"roster_restore", [=](auto p) { return bccast_directory_roster_restore(e, p, "dot"); }},
      {"roster_count",
       [=](auto p) {
         std::int64_t active = 77;
         std::int64_t archived = 77;
         const auto code = bccast_provider_roster_count(e, p, &active, &archived);
         CHECK(active == 0);
         CHECK(archived == 0);
         return code;
       }},
      {"blast_create",
       [=](auto p) { return with_id([&](char* id) { return bccast_blast_create(e, p, nullptr, id); }); }},
      {"blast_discard", [=](auto p) { return bccast_blast_discard(e, p, blast); }},
      {"blast_select", [=](auto p) { return bccast_blast_select(e, p, blast, "cyd"); }},
      {"blast_deselect", [=](auto p) { return bccast_blast_deselect(e, p, blast, "ana"); }},
      {"blast_select_all_active", [=](auto p) { return bccast_blast_select_all_active(e, p, blast); }},
      {"blast_select_none", [=](auto p) { return bccast_blast_select_none(e, p, blast); }},
      {"blast_select_from", [=](auto p) { return bccast_blast_select_from(e, p, blast, sent, nullptr); }},
      {"blast_select_many",
       [=](auto p) {
         return with_ids({"cyd"}, [&](auto n, auto ids, auto offsets, auto results) {
           return bccast_blast_select_many(e, p, blast, n, ids, offsets, results);
         });
       }},
      {"blast_deselect_many",
       [=](auto p) {
         return with_ids({"ana"}, [&](auto n, auto ids, auto offsets, auto results) {
           return bccast_blast_deselect_many(e, p, blast, n, ids, offsets, results);
         });
       }},
      {"blast_write", [=](auto p) { return bccast_blast_write(e, p, blast, "new", 3); }},
      {"blast_preview",
       [=](auto p) { return with_rows([&](auto out) { return bccast_blast_preview(e, p, blast, out); }); }},
      {"blast_send", [=](auto p) { return bccast_blast_send(e, p, blast, nullptr); }},
      {"blast_status",
       [=](auto p) { return with_rows([&](auto out) { return bccast_blast_status(e, p, sent, out); }); }},
      {"blast_recipients",
       [=](auto p) {
         return with_rows(
             [&](auto out) { return bccast_blast_recipients(e, p, sent, nullptr, nullptr, 0, out); });
       }},
      {"blast_list",
       [=](auto p) {
         return with_rows([&](auto out) { return bccast_blast_list(e, p, nullptr, nullptr, 0, out); });
       }},
      {"provider_direct",
       [=](auto p) { return with_id([&](char* id) { return bccast_provider_direct(e, p, "ana", id); }); }},
      {"provider_threads",
       [=](auto p) {
         return with_rows([&](auto out) { return bccast_provider_threads(e, p, nullptr, nullptr, 0, out); });
       }},
      {"provider_messages",
       [=](auto p) {
         return with_rows([&](auto out) { return bccast_provider_messages(e, p, thread, 0, 1, 0, out); });
       }},
      {"provider_reply",
       [=](auto p) {
         return with_written([&](auto seq, auto at) {
           return bccast_provider_reply(e, p, thread, nullptr, "text", 4, seq, at);
         });
       }},
      {"provider_read", [=](auto p) { return bccast_provider_read(e, p, thread, 2); }},
      {"provider_get",
       [=](auto p) { return with_rows([&](auto out) { return bccast_directory_provider_get(e, p, out); }); }},
      {"provider_archive", [=](auto p) { return bccast_directory_provider_archive(e, p); }},
      {"provider_restore", [=](auto p) { return bccast_directory_provider_restore(e, p); }},
      {"roster_add_archived_many",
       [=](auto p) {
         return with_ids({"eve"}, [&](auto n, auto ids, auto offsets, auto results) {
           return bccast_directory_roster_add_archived_many(e, p, n, ids, offsets, results);
         });
       }},
      {"provider_unread", [=](auto p) { return bccast_provider_unread(e, p, nullptr, nullptr); }},
      {"blast_set", [=](auto p) { return bccast_blast_set(e, p, blast, "channels", "email"); }},
      {"blast_get",
       [=](auto p) { return with_rows([&](auto out) { return bccast_blast_get(e, p, blast, out); }); }},
      {"blast_selection",
       [=](auto p) {
         return with_rows(
             [&](auto out) { return bccast_blast_selection(e, p, blast, nullptr, nullptr, 0, out); });
       }},
      {"blast_why",
       [=](auto p) { return with_rows([&](auto out) { return bccast_blast_why(e, p, sent, "ana", out); }); }},
      {"provider_community",
       [=](auto p) {
         return with_id([&](char* id) { return bccast_provider_community(e, p, "Title", id); });
       }},
      {"community_set",
       [=](auto p) { return bccast_provider_community_set(e, p, community, "title", "Title"); }},
      {"community_add", [=](auto p) { return bccast_provider_community_add(e, p, community, "cyd"); }},
      {"community_add_many",
       [=](auto p) {
         return with_ids({"cyd"}, [&](auto n, auto ids, auto offsets, auto results) {
           return bccast_provider_community_add_many(e, p, community, n, ids, offsets, results);
         });
       }},
      {"community_remove", [=](auto p) { return bccast_provider_community_remove(e, p, community, "ana"); }},
      {"provider_members",
       [=](auto p) {
         return with_rows([&](auto out) { return bccast_provider_members(e, p, community, out); });
       }},
  };
}

/// Every verb with a client's id; a provider's come last.
std::vector<Place> client_places(const World& w) {
  bccast_engine* e = w.host;
  const char* blast = w.ready.c_str();
  const char* sent = w.sent.c_str();
  const char* thread = w.thread.c_str();
  const char* community = w.community.c_str();
  return {
      {"client_get",
       [=](auto c) { return with_rows([&](auto out) { return bccast_directory_client_get(e, c, out); }); }},
      {"client_export",
       [=](auto c) {
         return with_rows([&](auto out) { return bccast_directory_client_export(e, c, nullptr, 0, out); });
       }},
      {"client_erase", [=](auto c) { return bccast_directory_client_erase(e, c); }},
      {"client_unread",
       [=](auto c) {
         return with_written(
             [&](auto threads, auto messages) { return bccast_client_unread(e, c, threads, messages); });
       }},
      {"client_members",
       [=](auto c) {
         return with_rows([&](auto out) { return bccast_client_members(e, c, community, out); });
       }},
      {"client_set", [=](auto c) { return bccast_directory_client_set(e, c, "chat", "off"); }},
      {"client_archive", [=](auto c) { return bccast_directory_client_archive(e, c); }},
      {"client_restore", [=](auto c) { return bccast_directory_client_restore(e, c); }},
      {"roster_add", [=](auto c) { return bccast_directory_roster_add(e, "lee", c); }},
      {"client_threads",
       [=](auto c) {
         return with_rows([&](auto out) { return bccast_client_threads(e, c, nullptr, nullptr, 0, out); });
       }},
      {"client_messages",
       [=](auto c) {
         return with_rows([&](auto out) { return bccast_client_messages(e, c, thread, 0, 1, 0, out); });
       }},
      {"client_reply",
       [=](auto c) {
         return with_written([&](auto seq, auto at) {
           return bccast_client_reply(e, c, thread, nullptr, "text", 4, seq, at);
         });
       }},
      {"client_read", [=](auto c) { return bccast_client_read(e, c, thread, 1); }},
      {"roster_set", [=](auto c) { return bccast_directory_roster_set(e, "lee", c, "chat", "off"); }},
      {"roster_archive", [=](auto c) { return bccast_directory_roster_archive(e, "lee", c); }},
      {"roster_restore", [=](auto c) { return bccast_directory_roster_restore(e, "lee", c); }},
      {"blast_select", [=](auto c) { return bccast_blast_select(e, "lee", blast, c); }},
      {"blast_deselect", [=](auto c) { return bccast_blast_deselect(e, "lee", blast, c); }},
      {"provider_direct",
       [=](auto c) { return with_id([&](char* id) { return bccast_provider_direct(e, "lee", c, id); }); }},
      {"blast_why",
       [=](auto c) { return with_rows([&](auto out) { return bccast_blast_why(e, "lee", sent, c, out); }); }},
      {"community_add", [=](auto c) { return bccast_provider_community_add(e, "lee", community, c); }},
      {"community_remove", [=](auto c) { return bccast_provider_community_remove(e, "lee", community, c); }},
  };
}
constexpr std::size_t kPlacesOfTheRoster = 9;  // the last of client_places: a client of a provider

/// Every verb with a blast's id, all else being right for lee's draft, or for lee's sent blast.
std::vector<Place> blast_places(const World& w) {
  bccast_engine* e = w.host;
  const char* sent = w.sent.c_str();
  return {
      {"blast_discard", [=](auto b) { return bccast_blast_discard(e, "lee", b); }},
      {"blast_select", [=](auto b) { return bccast_blast_select(e, "lee", b, "ana"); }},
      {"blast_deselect", [=](auto b) { return bccast_blast_deselect(e, "lee", b, "ana"); }},
      {"blast_select_all_active", [=](auto b) { return bccast_blast_select_all_active(e, "lee", b); }},
      {"blast_select_none", [=](auto b) { return bccast_blast_select_none(e, "lee", b); }},
      {"blast_select_from", [=](auto b) { return bccast_blast_select_from(e, "lee", b, sent, nullptr); }},
      {"blast_select_many",
       [=](auto b) {
         return with_ids({"ana"}, [&](auto n, auto ids, auto offsets, auto results) {
           return bccast_blast_select_many(e, "lee", b, n, ids, offsets, results);
         });
       }},
      {"blast_deselect_many",
       [=](auto b) {
         return with_ids({"ana"}, [&](auto n, auto ids, auto offsets, auto results) {
           return bccast_blast_deselect_many(e, "lee", b, n, ids, offsets, results);
         });
       }},
      {"blast_write", [=](auto b) { return bccast_blast_write(e, "lee", b, "new", 3); }},
      {"blast_preview",
       [=](auto b) { return with_rows([&](auto out) { return bccast_blast_preview(e, "lee", b, out); }); }},
      {"blast_send", [=](auto b) { return bccast_blast_send(e, "lee", b, nullptr); }},
      {"blast_status",
       [=](auto b) { return with_rows([&](auto out) { return bccast_blast_status(e, "lee", b, out); }); }},
      {"blast_recipients",
       [=](auto b) {
         return with_rows(
             [&](auto out) { return bccast_blast_recipients(e, "lee", b, nullptr, nullptr, 0, out); });
       }},
      {"blast_set", [=](auto b) { return bccast_blast_set(e, "lee", b, "channels", "email"); }},
      {"blast_get",
       [=](auto b) { return with_rows([&](auto out) { return bccast_blast_get(e, "lee", b, out); }); }},
      {"blast_selection",
       [=](auto b) {
         return with_rows(
             [&](auto out) { return bccast_blast_selection(e, "lee", b, nullptr, nullptr, 0, out); });
       }},
      {"blast_why",
       [=](auto b) {
         return with_rows([&](auto out) { return bccast_blast_why(e, "lee", b, "ana", out); });
       }},
  };
}
constexpr std::size_t kPlacesOfDrafts = 10;  // the first of blast_places: STATE for what was sent

std::vector<Place> thread_places(const World& w, const char* client, const char* provider) {
  bccast_engine* e = w.host;
  std::vector<Place> places;
  if (client != nullptr) {
    places.push_back({"client_messages", [=](auto t) {
                        return with_rows(
                            [&](auto out) { return bccast_client_messages(e, client, t, 0, 1, 0, out); });
                      }});
    places.push_back({"client_reply", [=](auto t) {
                        return with_written([&](auto seq, auto at) {
                          return bccast_client_reply(e, client, t, nullptr, "text", 4, seq, at);
                        });
                      }});
    places.push_back({"client_read", [=](auto t) { return bccast_client_read(e, client, t, 1); }});
    places.push_back({"client_members", [=](auto t) {
                        return with_rows([&](auto out) { return bccast_client_members(e, client, t, out); });
                      }});
  }
  if (provider != nullptr) {
    places.push_back({"provider_messages", [=](auto t) {
                        return with_rows(
                            [&](auto out) { return bccast_provider_messages(e, provider, t, 0, 1, 0, out); });
                      }});
    places.push_back({"provider_reply", [=](auto t) {
                        return with_written([&](auto seq, auto at) {
                          return bccast_provider_reply(e, provider, t, nullptr, "text", 4, seq, at);
                        });
                      }});
    places.push_back({"provider_read", [=](auto t) { return bccast_provider_read(e, provider, t, 1); }});
    places.push_back({"provider_members", [=](auto t) {
                        return with_rows(
                            [&](auto out) { return bccast_provider_members(e, provider, t, out); });
                      }});
    places.push_back({"community_set", [=](auto t) {
                        return bccast_provider_community_set(e, provider, t, "title", "Title");
                      }});
    places.push_back(
        {"community_add", [=](auto t) { return bccast_provider_community_add(e, provider, t, "cyd"); }});
    places.push_back({"community_add_many", [=](auto t) {
                        return with_ids({"cyd"}, [&](auto n, auto column, auto offsets, auto results) {
                          return bccast_provider_community_add_many(e, provider, t, n, column, offsets,
                                                                    results);
                        });
                      }});
    places.push_back({"community_remove",
                      [=](auto t) { return bccast_provider_community_remove(e, provider, t, "ana"); }});
  }
  return places;
}

// ---- Bad texts

struct BadText {
  string name;
  string bytes;
  std::int32_t code;
};

/// What no text of ours may hold, whatever its length.
std::vector<BadText> malformed(bool message) {
  std::vector<BadText> all{
      {"a continuation byte alone", "a\x80", BCCAST_E_UTF8},
      {"an overlong slash of two", "\xc0\xaf", BCCAST_E_UTF8},
      {"an overlong NUL", "\xc0\x80", BCCAST_E_UTF8},
      {"an overlong of two, the last", "\xc1\xbf", BCCAST_E_UTF8},
      {"an overlong of three", "\xe0\x9f\xbf", BCCAST_E_UTF8},
      {"an overlong of four", "\xf0\x8f\xbf\xbf", BCCAST_E_UTF8},
      {"the first surrogate", "\xed\xa0\x80", BCCAST_E_UTF8},
      {"the last surrogate", "\xed\xbf\xbf", BCCAST_E_UTF8},
      {"beyond Unicode", "\xf4\x90\x80\x80", BCCAST_E_UTF8},
      {"far beyond Unicode", "\xf5\x80\x80\x80", BCCAST_E_UTF8},
      {"five bytes", "\xf8\x88\x80\x80\x80", BCCAST_E_UTF8},
      {"FE", "\xfe", BCCAST_E_UTF8},
      {"FF", "\xff", BCCAST_E_UTF8},
      {"two bytes cut short", "a\xc3", BCCAST_E_UTF8},
      {"three bytes cut short", "a\xe2\x82", BCCAST_E_UTF8},
      {"four bytes cut short", "a\xf0\x9f\x98", BCCAST_E_UTF8},
      {"three bytes broken off", "\xe2\x82z", BCCAST_E_UTF8},
      {"Latin-1", "Zo\xeb is", BCCAST_E_UTF8},
      {"U+0080", "a\xc2\x80", BCCAST_E_ARGUMENT},
      {"U+0085, next line", "a\xc2\x85", BCCAST_E_ARGUMENT},
      {"U+009F", "\xc2\x9f", BCCAST_E_ARGUMENT},
      {"DEL", "a\x7f", BCCAST_E_ARGUMENT},
  };
  for (char c = 1; c < 0x20; ++c) {
    if (message && (c == '\t' || c == '\n' || c == '\r')) continue;
    all.push_back({"control character " + std::to_string(c), string("a") + c + "b", BCCAST_E_ARGUMENT});
  }
  return all;
}

/// Filled up to `size` bytes; neither ASCII alone nor broken off.
string filled(std::size_t size) {
  string text;
  while (text.size() + 2 <= size) text += "\xc3\xa9";
  text.resize(size, 'x');
  return text;
}

void refuse_texts(const World& w, const Place& place, std::size_t most, bool empty_allowed) {
  for (const auto& bad : malformed(false))
    refused(w, place.name + ": " + bad.name, bad.code, [&] { return place.call(bad.bytes.c_str()); });
  refused(w, place.name + ": one byte too long", BCCAST_E_LIMIT,
          [&] { return place.call(filled(most + 1).c_str()); });
  if (!empty_allowed) refused(w, place.name + ": empty", BCCAST_E_ARGUMENT, [&] { return place.call(""); });
}

}  // namespace

TEST_CASE(
    "Ids that are NULL, empty, too long, or no text are refused by every verb, and unknown ones not found") {
  const World w;
  auto places = provider_places(w);
  const auto of_clients = client_places(w);
  places.insert(places.end(), of_clients.begin(), of_clients.end());
  for (const auto& place : places) {
    refuse_texts(w, place, BCCAST_MAX_ID, false);
    refused(w, place.name + ": NULL", BCCAST_E_ARGUMENT, [&] { return place.call(nullptr); });
    refused(w, place.name + ": unknown", BCCAST_E_NOT_FOUND, [&] { return place.call("nobody"); });
    refused(w, place.name + ": unknown, as long as may be", BCCAST_E_NOT_FOUND,
            [&] { return place.call(filled(BCCAST_MAX_ID).c_str()); });
    refused(w, place.name + ": compared byte for byte", BCCAST_E_NOT_FOUND,
            [&] { return place.call("LEE"); });
    refused(w, place.name + ": compared byte for byte", BCCAST_E_NOT_FOUND,
            [&] { return place.call("ana "); });
  }
  bccast_engine* e = w.host;
  refuse_texts(w, {"provider_put", [&](auto p) { return bccast_directory_provider_put(e, p, "Name"); }},
               BCCAST_MAX_ID, false);
  refuse_texts(w, {"client_put", [&](auto c) { return bccast_directory_client_put(e, c, "Name", "a@b.c"); }},
               BCCAST_MAX_ID, false);
  refused(w, "provider_put: NULL", BCCAST_E_ARGUMENT,
          [&] { return bccast_directory_provider_put(e, nullptr, "Name"); });
  refused(w, "provider_put: name NULL", BCCAST_E_ARGUMENT,
          [&] { return bccast_directory_provider_put(e, "new", nullptr); });
  refused(w, "client_put: NULL", BCCAST_E_ARGUMENT,
          [&] { return bccast_directory_client_put(e, nullptr, "Name", nullptr); });
}

TEST_CASE("Names, addresses, keys, channels and settings that break a rule are refused") {
  const World w;
  bccast_engine* e = w.host;
  const char* thread = w.thread.c_str();
  const auto created = [&](const char* key) {
    return with_id([&](char* id) { return bccast_blast_create(e, "lee", key, id); });
  };
  const auto client_replies = [&](const char* key) {
    return with_written(
        [&](auto seq, auto at) { return bccast_client_reply(e, "ana", thread, key, "t", 1, seq, at); });
  };
  const auto provider_replies = [&](const char* key) {
    return with_written(
        [&](auto seq, auto at) { return bccast_provider_reply(e, "lee", thread, key, "t", 1, seq, at); });
  };
  for (const auto& [place, most, empty] : std::initializer_list<std::tuple<Place, std::size_t, bool>>{
           {{"name of provider_put, new", [&](auto v) { return bccast_directory_provider_put(e, "new", v); }},
            BCCAST_MAX_NAME,
            true},
           {{"name of provider_put", [&](auto v) { return bccast_directory_provider_put(e, "lee", v); }},
            BCCAST_MAX_NAME,
            true},
           {{"name of client_put, new",
             [&](auto v) { return bccast_directory_client_put(e, "new", v, "a@b.c"); }},
            BCCAST_MAX_NAME,
            true},
           {{"name of client_put", [&](auto v) { return bccast_directory_client_put(e, "ana", v, nullptr); }},
            BCCAST_MAX_NAME,
            true},
           {{"address of client_put, new",
             [&](auto v) { return bccast_directory_client_put(e, "new", "N", v); }},
            BCCAST_MAX_ADDRESS,
            true},
           {{"address of client_put",
             [&](auto v) { return bccast_directory_client_put(e, "ana", nullptr, v); }},
            BCCAST_MAX_ADDRESS,
            true},
           {{"address of client_set",
             [&](auto v) { return bccast_directory_client_set(e, "ana", "address.sms", v); }},
            BCCAST_MAX_ADDRESS,
            true},
           {{"address of provider_set",
             [&](auto v) { return bccast_directory_provider_set(e, "lee", "address.email", v); }},
            BCCAST_MAX_ADDRESS,
            true},
           {{"locale of client_set",
             [&](auto v) { return bccast_directory_client_set(e, "ana", "locale", v); }},
            BCCAST_MAX_KEY,
            true},
           {{"locale of provider_set",
             [&](auto v) { return bccast_directory_provider_set(e, "lee", "locale", v); }},
            BCCAST_MAX_KEY,
            true},
           {{"channel of client_set",
             [&](auto v) {
               return bccast_directory_client_set(
                   e, "ana", v == nullptr ? nullptr : ("address." + string(v)).c_str(), "x");
             }},
            BCCAST_MAX_KEY,
            false},
           {{"channel of provider_set",
             [&](auto v) {
               return bccast_directory_provider_set(e, "lee", ("address." + string(v)).c_str(), "x");
             }},
            BCCAST_MAX_KEY,
            false},
           {{"channel_put", [&](auto v) { return bccast_channel_put(e, v, "notify"); }},
            BCCAST_MAX_KEY,
            false},
           {{"title of provider_community",
             [&](auto v) {
               return with_id([&](char* id) { return bccast_provider_community(e, "lee", v, id); });
             }},
            BCCAST_MAX_TITLE,
            false},
           {{"title of community_set",
             [&](auto v) {
               return bccast_provider_community_set(e, "lee", w.community.c_str(), "title", v);
             }},
            BCCAST_MAX_TITLE,
            false},
           {{"name of thread_bind", [&](auto v) { return bccast_thread_bind(e, thread, v); }},
            BCCAST_MAX_ID,
            true},
           {{"name of thread_find",
             [&](auto v) { return with_id([&](char* id) { return bccast_thread_find(e, v, id); }); }},
            BCCAST_MAX_ID,
            false},
           {{"actor of as",
             [&](auto v) {
               bccast_engine* of_actor = e;
               const auto code = bccast_as(e, v, &of_actor);
               if (code < 0) CHECK(of_actor == nullptr);
               return code;
             }},
            BCCAST_MAX_ID,
            false},
           {{"key of blast_create", created}, BCCAST_MAX_KEY, false},
           {{"key of client_reply", client_replies}, BCCAST_MAX_KEY, false},
           {{"key of provider_reply", provider_replies}, BCCAST_MAX_KEY, false},
       })
    refuse_texts(w, place, most, empty);

  const std::vector<std::pair<string, std::function<std::int32_t()>>> wrong{
      {"client_set: unknown key", [&] { return bccast_directory_client_set(e, "ana", "shoe", "9"); }},
      {"client_set: empty key", [&] { return bccast_directory_client_set(e, "ana", "", "9"); }},
      {"client_set: NULL key", [&] { return bccast_directory_client_set(e, "ana", nullptr, "9"); }},
      {"client_set: chat", [&] { return bccast_directory_client_set(e, "ana", "chat", "maybe"); }},
      {"client_set: notify", [&] { return bccast_directory_client_set(e, "ana", "notify", "OFF"); }},
      {"client_set: key with a space", [&] { return bccast_directory_client_set(e, "ana", "chat ", "off"); }},
      {"provider_set: chat", [&] { return bccast_directory_provider_set(e, "lee", "chat", "off"); }},
      {"provider_set: NULL key", [&] { return bccast_directory_provider_set(e, "lee", nullptr, "off"); }},
      {"roster_set: locale", [&] { return bccast_directory_roster_set(e, "lee", "ana", "locale", "de"); }},
      {"roster_set: address",
       [&] { return bccast_directory_roster_set(e, "lee", "ana", "address.email", "x"); }},
      {"roster_set: chat", [&] { return bccast_directory_roster_set(e, "lee", "ana", "chat", "1"); }},
      {"roster_set: NULL key", [&] { return bccast_directory_roster_set(e, "lee", "ana", nullptr, "off"); }},
      {"community_set: unknown key",
       [&] { return bccast_provider_community_set(e, "lee", w.community.c_str(), "colour", "red"); }},
      {"community_set: NULL key",
       [&] { return bccast_provider_community_set(e, "lee", w.community.c_str(), nullptr, "red"); }},
      {"community_set: empty key",
       [&] { return bccast_provider_community_set(e, "lee", w.community.c_str(), "", "red"); }},
      {"community_set: NULL title",
       [&] { return bccast_provider_community_set(e, "lee", w.community.c_str(), "title", nullptr); }},
      {"community_set: NULL max_members",
       [&] { return bccast_provider_community_set(e, "lee", w.community.c_str(), "max_members", nullptr); }},
      {"community_set: no max_members",
       [&] { return bccast_provider_community_set(e, "lee", w.community.c_str(), "max_members", "0"); }},
      {"community_set: too many max_members",
       [&] { return bccast_provider_community_set(e, "lee", w.community.c_str(), "max_members", "1001"); }},
      {"provider_community: NULL title",
       [&] { return with_id([&](char* id) { return bccast_provider_community(e, "lee", nullptr, id); }); }},
      {"thread_find: NULL",
       [&] { return with_id([&](char* id) { return bccast_thread_find(e, nullptr, id); }); }},
      {"channel_put: unknown role", [&] { return bccast_channel_put(e, "new", "shout"); }},
      {"channel_put: no role", [&] { return bccast_channel_put(e, "new", ""); }},
      {"channel_put: NULL role", [&] { return bccast_channel_put(e, "new", nullptr); }},
      {"channel_put: NULL", [&] { return bccast_channel_put(e, nullptr, "notify"); }},
  };
  for (const auto& [name, call] : wrong) refused(w, name, BCCAST_E_ARGUMENT, call);
}

TEST_CASE("Message texts that are empty, too long or malformed are refused") {
  const World w;
  bccast_engine* e = w.host;
  using Write = std::function<std::int32_t(const char*, std::size_t)>;
  const std::vector<std::pair<string, Write>> writes{
      {"blast_write",
       [&](auto text, auto length) { return bccast_blast_write(e, "lee", w.ready.c_str(), text, length); }},
      {"client_reply",
       [&](auto text, auto length) {
         return with_written([&](auto seq, auto at) {
           return bccast_client_reply(e, "ana", w.thread.c_str(), nullptr, text, length, seq, at);
         });
       }},
      {"provider_reply",
       [&](auto text, auto length) {
         return with_written([&](auto seq, auto at) {
           return bccast_provider_reply(e, "lee", w.thread.c_str(), nullptr, text, length, seq, at);
         });
       }},
  };
  for (const auto& entry : writes) {
    const auto& name = entry.first;
    const auto& write = entry.second;

    for (auto bad : malformed(true)) {
      refused(w, name + ": " + bad.name, bad.code, [&] { return write(bad.bytes.data(), bad.bytes.size()); });
      bad.bytes.insert(0, kCanary + "\n\xc3\xa9 and more ");
      refused(w, name + ": " + bad.name + ", at the end", bad.code,
              [&] { return write(bad.bytes.data(), bad.bytes.size()); });
    }
    const string nul("a\0b", 3);
    refused(w, name + ": a NUL", BCCAST_E_ARGUMENT, [&] { return write(nul.data(), nul.size()); });
    refused(w, name + ": empty", BCCAST_E_ARGUMENT, [&] { return write("", 0); });
    refused(w, name + ": NULL", BCCAST_E_ARGUMENT, [&] { return write(nullptr, 0); });
    refused(w, name + ": NULL with a length", BCCAST_E_ARGUMENT, [&] { return write(nullptr, 5); });
    const string huge = filled(BCCAST_MAX_TEXT + 1);
    refused(w, name + ": too long", BCCAST_E_LIMIT, [&] { return write(huge.data(), huge.size()); });
    const string cut = filled(BCCAST_MAX_TEXT);
    refused(w, name + ": cut within a character", BCCAST_E_UTF8,
            [&] { return write(cut.data(), cut.size() - 1); });
  }
}

TEST_CASE("What is just within a limit is taken, whole") {
  World w;
  bccast_engine* e = w.host;
  const string id = filled(BCCAST_MAX_ID);
  const string name = filled(BCCAST_MAX_NAME);
  const string address = filled(BCCAST_MAX_ADDRESS);
  const string key = filled(BCCAST_MAX_KEY);
  const string text = filled(BCCAST_MAX_TEXT - 3) + "\t\r\n";
  REQUIRE(bccast_directory_provider_put(e, id.c_str(), name.c_str()) == BCCAST_OK);
  REQUIRE(bccast_directory_provider_set(e, id.c_str(), ("address." + key).c_str(), address.c_str()) ==
          BCCAST_OK);
  REQUIRE(bccast_directory_client_put(e, id.c_str(), name.c_str(), address.c_str()) == BCCAST_OK);
  REQUIRE(bccast_directory_client_set(e, id.c_str(), ("address." + key).c_str(), address.c_str()) ==
          BCCAST_OK);
  REQUIRE(bccast_directory_client_set(e, id.c_str(), "locale", key.c_str()) == BCCAST_OK);
  CHECK(bccast_directory_client_set(e, id.c_str(), "timezone", key.c_str()) == BCCAST_E_ARGUMENT);
  REQUIRE(bccast_directory_client_set(e, id.c_str(), "timezone", "America/Argentina/ComodRivadavia") ==
          BCCAST_OK);
  REQUIRE(bccast_directory_roster_add(e, id.c_str(), id.c_str()) == BCCAST_OK);
  REQUIRE(bccast_directory_roster_add(e, id.c_str(), "ana") == BCCAST_OK);
  REQUIRE(bccast_channel_put(e, key.c_str(), "notify") == BCCAST_OK);
  const string title = filled(BCCAST_MAX_TITLE);
  const auto community = w.host.community(id, title, {id, "ana"});
  w.host.provider_reply(id, community, text);
  CHECK(w.host.threads(id)[0].text("title") == title);
  CHECK(w.host.members("ana", community).where("me", "0").text("member_name") == name);
  REQUIRE(bccast_thread_bind(e, community.c_str(), id.c_str()) == BCCAST_OK);
  CHECK(w.host.find(id) == community);
  w.host.exported(id);
  char blast[BCCAST_ID_SIZE];
  REQUIRE(bccast_blast_create(e, id.c_str(), key.c_str(), blast) == BCCAST_OK);
  REQUIRE(bccast_blast_select_all_active(e, id.c_str(), blast) == BCCAST_OK);
  REQUIRE(bccast_blast_write(e, id.c_str(), blast, text.data(), text.size()) == BCCAST_OK);
  REQUIRE(bccast_blast_send(e, id.c_str(), blast, nullptr) == BCCAST_OK);
  char again[BCCAST_ID_SIZE];
  CHECK(bccast_blast_create(e, id.c_str(), key.c_str(), again) == BCCAST_EXISTS);
  CHECK(string(again) == blast);
  const auto thread = w.host.of_blast(id, blast, id);
  CHECK(bccast_client_reply(e, id.c_str(), thread.c_str(), key.c_str(), text.data(), text.size(), nullptr,
                            nullptr) == BCCAST_OK);
  const auto messages = w.host.messages(id, thread);
  REQUIRE(messages.size() == 2);
  CHECK(messages[0].text("text") == text);
  CHECK(messages[0].text("author") == id);
  CHECK(messages[1].text("text") == text);
  CHECK(w.host.threads(id)[0].text("provider_name") == name);
  w.host.pump();
  const auto notices = w.host.notifier.to(id);
  REQUIRE(!notices.empty());
  CHECK(notices[0].row.text("address") == address);
  CHECK(notices[0].row.text("to_name") == name);
  CHECK(notices[0].row.text("locale") == key);
  CHECK(w.host.verify().empty());
  // More rows than a page may have are no error: the page is as long as may be.
  CHECK(test::call(bccast_client_threads, e, "ana", nullptr, nullptr, UINT32_MAX).code == BCCAST_OK);
}

TEST_CASE(
    "Blast ids that are malformed, made up, another's or of another kind are not found, with one message") {
  const World w;
  string upper = w.ready;
  for (auto& c : upper)
    if (c >= 'a') c = static_cast<char>(c - 'a' + 'A');
  string changed = w.ready;
  changed[31] = changed[31] == '0' ? '1' : '0';
  const std::vector<std::pair<string, string>> ids{
      {"another's", w.foreign},
      {"another's draft", w.foreign_draft},
      {"made up", "0123456789abcdef0123456789abcdef"},
      {"one letter changed", changed},
      {"in capitals", upper},
      {"cut", w.ready.substr(0, 31)},
      {"longer", w.ready + "0"},
      {"empty", ""},
      {"a thread's", w.thread},
      {"a community's", w.community},
      {"no hexadecimal letters", string(32, 'g')},
      {"not UTF-8", "\xff\xfe"},
      {"very long", string(100000, 'a')},
  };
  for (const auto& place : blast_places(w)) {
    std::vector<string> messages;
    for (const auto& entry : ids) {
      const auto& kind = entry.first;
      const auto& id = entry.second;

      refused(w, place.name + ": " + kind, BCCAST_E_NOT_FOUND, [&] { return place.call(id.c_str()); });
      messages.emplace_back(bccast_error_message());
      CHECK(messages.back() == messages.front());
    }
    refused(w, place.name + ": NULL", BCCAST_E_ARGUMENT, [&] { return place.call(nullptr); });
  }
}

TEST_CASE("Thread ids that are malformed, made up, another's or not there are not found, with one message") {
  const World w;
  char anas_direct[BCCAST_ID_SIZE];
  REQUIRE(bccast_provider_direct(w.host, "lee", "ana", anas_direct) == BCCAST_OK);
  const std::vector<std::pair<string, string>> ids{
      {"another practice's", w.foreign_thread},
      {"another practice's community", w.foreign_community},
      {"made up", "0123456789abcdef0123456789abcdef"},
      {"cut", w.thread.substr(0, 31)},
      {"longer", w.thread + "0"},
      {"empty", ""},
      {"a blast's", w.sent},
      {"not UTF-8", "\xff\xfe"},
      {"very long", string(100000, 'a')},
  };
  auto ids_of_client = ids;
  ids_of_client.emplace_back("another client's", w.bens_thread);
  ids_of_client.emplace_back("another client's, direct", w.direct);
  ids_of_client.emplace_back("her own, with nothing in it yet", anas_direct);
  const auto look = [&](const std::vector<Place>& places, const auto& which) {
    for (const auto& place : places) {
      std::vector<string> messages;
      for (const auto& entry : which) {
        const auto& kind = entry.first;
        const auto& id = entry.second;

        refused(w, place.name + ": " + kind, BCCAST_E_NOT_FOUND, [&] { return place.call(id.c_str()); });
        messages.emplace_back(bccast_error_message());
        CHECK(messages.back() == messages.front());
      }
      refused(w, place.name + ": NULL", BCCAST_E_ARGUMENT, [&] { return place.call(nullptr); });
    }
  };
  look(thread_places(w, "ana", nullptr), ids_of_client);
  look(thread_places(w, nullptr, "lee"), ids);
  // A private thread is no community.
  auto no_communities = thread_places(w, nullptr, "lee");
  no_communities.erase(no_communities.begin(), no_communities.begin() + 3);
  look(no_communities, std::vector<std::pair<string, string>>{{"made up", "0123456789abcdef0123456789abcdef"},
                                                              {"a blast's thread", w.thread},
                                                              {"a direct one", w.direct}});
  // Binding is the operator's: to it nobody's thread is another's.
  look({{"thread_bind", [&](auto t) { return bccast_thread_bind(w.host, t, "room"); }}},
       std::vector<std::pair<string, string>>(ids.begin() + 2, ids.end()));
}

TEST_CASE("To a provider, a client of another and one that does not exist are the same") {
  const World w;
  const auto places = client_places(w);
  for (std::size_t i = places.size() - kPlacesOfTheRoster; i < places.size(); ++i) {
    refused(w, places[i].name + ": another's", BCCAST_E_NOT_FOUND, [&] { return places[i].call("eve"); });
    const string message = bccast_error_message();
    refused(w, places[i].name + ": unknown", BCCAST_E_NOT_FOUND, [&] { return places[i].call("nobody"); });
    CHECK(bccast_error_message() == message);
  }
  for (const char* client : {"eve", "nobody"}) {
    CAPTURE(client);
    const auto threads =
        test::call(bccast_provider_threads, w.host, "lee", (string("client=") + client).c_str(), nullptr, 0U);
    CHECK(threads.code == BCCAST_E_NOT_FOUND);
    CHECK(threads.message == "there is no such client on the roster");
    const test::Column ids({client});
    for (const auto many : {bccast_blast_select_many, bccast_blast_deselect_many}) {
      std::int32_t result = 77;
      refused(w, "select_many", BCCAST_PARTIAL, [&] {
        return many(w.host, "lee", w.ready.c_str(), 1, ids.bytes.c_str(), ids.offsets.data(), &result);
      });
      CHECK(result == BCCAST_E_NOT_FOUND);
    }
    std::int32_t result = 77;
    refused(w, "roster_archive_many", BCCAST_PARTIAL, [&] {
      return bccast_directory_roster_archive_many(w.host, "lee", 1, ids.bytes.c_str(), ids.offsets.data(),
                                                  &result);
    });
    CHECK(result == BCCAST_E_NOT_FOUND);
  }
}

TEST_CASE("What is not in the right state is refused") {
  const World w;
  bccast_engine* e = w.host;
  const auto places = blast_places(w);
  for (std::size_t i = 0; i < kPlacesOfDrafts; ++i)
    refused(w, places[i].name + ": sent", BCCAST_E_STATE, [&] { return places[i].call(w.sent.c_str()); });
  refused(w, "blast_send: again", BCCAST_EXISTS,
          [&] { return bccast_blast_send(e, "lee", w.sent.c_str(), "0123456789abcdef"); });
  refused(w, "blast_recipients: a draft", BCCAST_E_STATE, [&] {
    return with_rows([&](auto out) {
      return bccast_blast_recipients(e, "lee", w.ready.c_str(), nullptr, nullptr, 0, out);
    });
  });
  refused(w, "blast_send: no text", BCCAST_E_STATE,
          [&] { return bccast_blast_send(e, "lee", w.without.c_str(), nullptr); });
  refused(w, "provider_direct: archived", BCCAST_E_STATE,
          [&] { return with_id([&](char* id) { return bccast_provider_direct(e, "lee", "dot", id); }); });
}

TEST_CASE("What an archived provider would change is refused, and nobody writes in its threads") {
  World w;
  bccast_engine* e = w.host;
  REQUIRE(bccast_thread_bind(e, w.thread.c_str(), "room") == BCCAST_OK);
  w.host.archive_provider("lee");
  const auto refuse = [&](const Place& place, const char* what) {
    refused(w, place.name + ": archived", BCCAST_E_STATE, [&] { return place.call(what); });
  };
  for (const auto& place : thread_places(w, nullptr, "lee")) {
    const bool reads = place.name == "provider_messages" || place.name == "provider_members" ||
                       place.name == "provider_read";
    if (!reads) refuse(place, w.community.c_str());
    if (place.name == "provider_reply") refuse(place, w.thread.c_str());
  }
  for (const char* name : {"blast_create", "provider_community"})
    for (const auto& place : provider_places(w))
      if (place.name == name) refuse(place, "lee");
  for (const auto& place : thread_places(w, "ana", nullptr))
    if (place.name == "client_reply")
      for (const auto& thread : {w.thread, w.community}) refuse(place, thread.c_str());
  refused(w, "provider_archive: again", BCCAST_EXISTS,
          [&] { return bccast_directory_provider_archive(e, "lee"); });
  refused(w, "provider_restore: not archived", BCCAST_EXISTS,
          [&] { return bccast_directory_provider_restore(e, "may"); });
  refused(w, "thread_bind: so already", BCCAST_EXISTS,
          [&] { return bccast_thread_bind(e, w.thread.c_str(), "room"); });
  refused(w, "thread_bind: another's name", BCCAST_E_CONFLICT,
          [&] { return bccast_thread_bind(e, w.foreign_thread.c_str(), "room"); });
}

TEST_CASE("Members that cannot be added or removed change nothing") {
  World w;
  bccast_engine* e = w.host;
  const char* community = w.community.c_str();
  refused(w, "add: a member", BCCAST_EXISTS,
          [&] { return bccast_provider_community_add(e, "lee", community, "ana"); });
  refused(w, "add: archived", BCCAST_E_STATE,
          [&] { return bccast_provider_community_add(e, "lee", community, "dot"); });
  refused(w, "remove: no member", BCCAST_E_NOT_FOUND,
          [&] { return bccast_provider_community_remove(e, "lee", community, "cyd"); });
  REQUIRE(bccast_provider_community_set(e, "lee", community, "max_members", "2") == BCCAST_OK);
  refused(w, "add: full", BCCAST_E_LIMIT,
          [&] { return bccast_provider_community_add(e, "lee", community, "cyd"); });
  const test::Column ids({"cyd", "ana", "dot", "eve", "nobody", "cyd"});
  std::array<std::int32_t, 6> results{};
  refused(w, "add_many", BCCAST_PARTIAL, [&] {
    return bccast_provider_community_add_many(e, "lee", community, 6, ids.bytes.c_str(), ids.offsets.data(),
                                              results.data());
  });
  CHECK(results == std::array<std::int32_t, 6>{BCCAST_E_LIMIT, BCCAST_EXISTS, BCCAST_E_STATE,
                                               BCCAST_E_NOT_FOUND, BCCAST_E_NOT_FOUND, BCCAST_EXISTS});
  CHECK(w.host.verify().empty());
}

TEST_CASE("A blast to nobody, to one, or to archived clients alone is not sent") {
  World w;
  bccast_engine* e = w.host;
  refused(w, "one", BCCAST_E_TOO_FEW,
          [&] { return bccast_blast_send(e, "lee", w.only_one.c_str(), nullptr); });
  refused(w, "archived", BCCAST_E_TOO_FEW,
          [&] { return bccast_blast_send(e, "lee", w.only_dot.c_str(), nullptr); });
  const auto nobody = w.host.draft("lee");
  w.host.write("lee", nobody, "text");
  refused(w, "nobody", BCCAST_E_TOO_FEW,
          [&] { return bccast_blast_send(e, "lee", nobody.c_str(), nullptr); });
  w.host.provider("new");
  const auto empty_roster = w.host.draft("new");
  w.host.write("new", empty_roster, "text");
  REQUIRE(bccast_blast_select_all_active(e, "new", empty_roster.c_str()) == BCCAST_OK);
  refused(w, "an empty roster", BCCAST_E_TOO_FEW,
          [&] { return bccast_blast_send(e, "new", empty_roster.c_str(), nullptr); });
  // One is missing for two: the second makes it.
  REQUIRE(bccast_blast_select(e, "lee", w.only_one.c_str(), "dot") == BCCAST_OK);
  refused(w, "one, and one archived", BCCAST_E_TOO_FEW,
          [&] { return bccast_blast_send(e, "lee", w.only_one.c_str(), nullptr); });
  REQUIRE(bccast_blast_select(e, "lee", w.only_one.c_str(), "ben") == BCCAST_OK);
  CHECK(bccast_blast_send(e, "lee", w.only_one.c_str(), nullptr) == BCCAST_OK);
  CHECK(w.host.recipients("lee", w.only_one).size() == 2);
}

TEST_CASE("A digest that is not the preview's is a conflict") {
  World w;
  bccast_engine* e = w.host;
  const string digest = w.host.preview("lee", w.ready).text("digest");
  const char* ready = w.ready.c_str();
  refused(w, "empty", BCCAST_E_ARGUMENT, [&] { return bccast_blast_send(e, "lee", ready, ""); });
  for (const string& wrong : {string("x"), digest.substr(1), digest + "0", string(100000, '0'),
                              string("\xff"), w.host.preview("lee", w.only_one).text("digest")})
    refused(w, "wrong", BCCAST_E_CONFLICT, [&] { return bccast_blast_send(e, "lee", ready, wrong.c_str()); });
  w.host.archive("lee", "ben");
  refused(w, "somebody was archived since", BCCAST_E_CONFLICT,
          [&] { return bccast_blast_send(e, "lee", ready, digest.c_str()); });
  REQUIRE(bccast_directory_roster_restore(e, "lee", "ben") == BCCAST_OK);
  w.host.write("lee", w.ready, "another text");
  refused(w, "the text changed since", BCCAST_E_CONFLICT,
          [&] { return bccast_blast_send(e, "lee", ready, digest.c_str()); });
  CHECK(bccast_blast_send(e, "lee", ready, w.host.preview("lee", w.ready).text("digest").c_str()) ==
        BCCAST_OK);
}

TEST_CASE("Filters and cursors that are none of the list are refused") {
  const World w;
  bccast_engine* e = w.host;
  const char* sent = w.sent.c_str();
  using List = std::function<std::int32_t(const char*, const char*, bccast_rows**)>;
  struct OfList {
    string name;
    List list;
    std::vector<string> bad;
  };
  const std::vector<OfList> lists{
      {"blast_recipients",
       [&](auto f, auto c, auto out) { return bccast_blast_recipients(e, "lee", sent, f, c, 1, out); },
       {"state=draft", "state=nonsense", "opened=yes", "opened=2", "replied=-1", "unread=1"}},
      {"blast_list",
       [&](auto f, auto c, auto out) { return bccast_blast_list(e, "lee", f, c, 1, out); },
       {"state=pending", "state=nonsense", "unread=1", "opened=1"}},
      {"client_threads",
       [&](auto f, auto c, auto out) { return bccast_client_threads(e, "ana", f, c, 1, out); },
       {"unread=yes", "unread=01", "state=sent", "client=ana", "thread=", "thread=%", "thread=x&thread=x"}},
      {"provider_threads",
       [&](auto f, auto c, auto out) { return bccast_provider_threads(e, "lee", f, c, 1, out); },
       {"unread=yes", "unread=1&unread=1", "state=sent", "provider=lee", "replied=2", "replied=1&replied=0",
        "unread=%", "unread=%3", "unread=%3g", "unread=%31%", "unread=%00", "%75nread=1"}},
  };
  for (const auto& of_list : lists) {
    const auto& name = of_list.name;
    const auto& list = of_list.list;
    const auto& bad = of_list.bad;

    auto filters = bad;
    filters.insert(filters.end(), {"x", "=", "=1", "state", "state=", "unread=", "&", "bogus=1", "UNREAD=1",
                                   " unread=1", "unread=1&", "opened=1&&replied=1", "state=sent&state=sent",
                                   "\xff=1", string(100000, 'x')});
    for (const auto& filter : filters) {
      if (filter == "unread=1&") continue;  // an end that says nothing may be taken
      refused(w, name + " filter " + filter.substr(0, 50), BCCAST_E_ARGUMENT,
              [&] { return with_rows([&](auto out) { return list(filter.c_str(), nullptr, out); }); });
    }
    for (const string& cursor : {string("x"), string("00"), string(64, '0'), string(200, 'a'), string("\xff"),
                                 string(100000, '0'), w.sent})
      refused(w, name + " cursor " + cursor.substr(0, 50), BCCAST_E_ARGUMENT,
              [&] { return with_rows([&](auto out) { return list(nullptr, cursor.c_str(), out); }); });
  }
  for (const string& cursor :
       {string("x"), string("00"), string(64, '0'), string("\xff"), string(100000, '0'), w.sent}) {
    refused(w, "provider_list cursor", BCCAST_E_ARGUMENT, [&] {
      return with_rows([&](auto out) { return bccast_directory_provider_list(e, cursor.c_str(), 1, out); });
    });
    refused(w, "client_export cursor", BCCAST_E_ARGUMENT, [&] {
      return with_rows(
          [&](auto out) { return bccast_directory_client_export(e, "ana", cursor.c_str(), 1, out); });
    });
  }
  const auto found = [&](const string& filter) {
    return with_rows(
        [&](auto out) { return bccast_provider_threads(e, "lee", filter.c_str(), nullptr, 0, out); });
  };
  refused(w, "another's blast", BCCAST_E_NOT_FOUND, [&] { return found("blast=" + w.foreign); });
  refused(w, "no blast", BCCAST_E_NOT_FOUND, [&] { return found("blast=x"); });
  refused(w, "no client", BCCAST_E_NOT_FOUND, [&] { return found("client=nobody"); });
  refused(w, "a client's id too long", BCCAST_E_LIMIT,
          [&] { return found("client=" + filled(BCCAST_MAX_ID + 1)); });
  refused(w, "a client's id not UTF-8", BCCAST_E_UTF8, [&] { return found("client=\xff"); });
}

TEST_CASE("A cursor is good for the list and the caller it was given to, and for no other") {
  const World w;
  bccast_engine* e = w.host;
  const auto next = [](const test::Answer& answer) {
    REQUIRE(answer.code == BCCAST_OK);
    REQUIRE(!answer.rows.next.empty());
    return answer.rows.next;
  };
  const string recipients =
      next(test::call(bccast_blast_recipients, e, "lee", w.sent.c_str(), nullptr, nullptr, 1U));
  const string blasts = next(test::call(bccast_blast_list, e, "lee", nullptr, nullptr, 1U));
  const string threads = next(test::call(bccast_provider_threads, e, "lee", nullptr, nullptr, 1U));
  const auto refuse = [&](const string& name, const std::function<std::int32_t(bccast_rows**)>& list) {
    refused(w, name, BCCAST_E_ARGUMENT, [&] { return with_rows(list); });
  };
  refuse("may with lee's cursor",
         [&](auto out) { return bccast_blast_list(e, "may", nullptr, blasts.c_str(), 1, out); });
  refuse("may with lee's cursor",
         [&](auto out) { return bccast_provider_threads(e, "may", nullptr, threads.c_str(), 1, out); });
  refuse("ana with lee's cursor",
         [&](auto out) { return bccast_client_threads(e, "ana", nullptr, threads.c_str(), 1, out); });
  refuse("of another blast", [&](auto out) {
    return bccast_blast_recipients(e, "may", w.foreign.c_str(), nullptr, recipients.c_str(), 1, out);
  });
  refuse("of another list",
         [&](auto out) { return bccast_blast_list(e, "lee", nullptr, threads.c_str(), 1, out); });
  refuse("of another list",
         [&](auto out) { return bccast_provider_threads(e, "lee", nullptr, recipients.c_str(), 1, out); });
  for (std::size_t i = 0; i < blasts.size(); ++i) {
    string changed = blasts;
    changed[i] = changed[i] == '0' ? '1' : '0';
    refuse("changed",
           [&](auto out) { return bccast_blast_list(e, "lee", nullptr, changed.c_str(), 1, out); });
  }
  refuse("cut",
         [&](auto out) { return bccast_blast_list(e, "lee", nullptr, blasts.substr(2).c_str(), 1, out); });
  CHECK(test::call(bccast_blast_list, e, "lee", nullptr, blasts.c_str(), 1U).code == BCCAST_OK);
}

TEST_CASE("Directions and message numbers that cannot be are refused") {
  const World w;
  bccast_engine* e = w.host;
  const char* thread = w.thread.c_str();
  for (const std::int32_t direction : {0, 2, -2, INT32_MAX, INT32_MIN}) {
    refused(w, "direction", BCCAST_E_ARGUMENT, [&] {
      return with_rows(
          [&](auto out) { return bccast_client_messages(e, "ana", thread, 0, direction, 0, out); });
    });
    refused(w, "direction", BCCAST_E_ARGUMENT, [&] {
      return with_rows(
          [&](auto out) { return bccast_provider_messages(e, "lee", thread, 0, direction, 0, out); });
    });
  }
  for (const std::int64_t seq : {std::int64_t{-1}, INT64_MIN}) {
    refused(w, "from", BCCAST_E_ARGUMENT, [&] {
      return with_rows([&](auto out) { return bccast_client_messages(e, "ana", thread, seq, 1, 0, out); });
    });
    refused(w, "from", BCCAST_E_ARGUMENT, [&] {
      return with_rows([&](auto out) { return bccast_provider_messages(e, "lee", thread, seq, -1, 0, out); });
    });
    refused(w, "read", BCCAST_E_ARGUMENT, [&] { return bccast_client_read(e, "ana", thread, seq); });
    refused(w, "read", BCCAST_E_ARGUMENT, [&] { return bccast_provider_read(e, "lee", thread, seq); });
  }
  // Beyond the newest is no error.
  CHECK(test::call(bccast_client_messages, e, "ana", thread, INT64_MAX, 1, 0U).rows.empty());
  CHECK(test::call(bccast_client_messages, e, "ana", thread, INT64_MAX, -1, 0U).rows.size() == 2);
  CHECK(bccast_client_read(e, "ana", thread, INT64_MAX) == BCCAST_OK);
}

// ---- Columns

namespace {

using Many = std::function<std::int32_t(std::size_t, const char*, const std::uint64_t*, std::int32_t*)>;

std::vector<std::pair<string, Many>> many_verbs(const World& w) {
  bccast_engine* e = w.host;
  const char* blast = w.ready.c_str();
  const char* community = w.community.c_str();
  return {
      {"client_put_many",
       [=](auto n, auto ids, auto offsets, auto results) {
         return bccast_directory_client_put_many(e, n, ids, offsets, nullptr, nullptr, nullptr, nullptr,
                                                 results);
       }},
      {"roster_add_many",
       [=](auto n, auto ids, auto offsets, auto results) {
         return bccast_directory_roster_add_many(e, "lee", n, ids, offsets, results);
       }},
      {"roster_archive_many",
       [=](auto n, auto ids, auto offsets, auto results) {
         return bccast_directory_roster_archive_many(e, "lee", n, ids, offsets, results);
       }},
      {"blast_select_many",
       [=](auto n, auto ids, auto offsets, auto results) {
         return bccast_blast_select_many(e, "lee", blast, n, ids, offsets, results);
       }},
      {"blast_deselect_many",
       [=](auto n, auto ids, auto offsets, auto results) {
         return bccast_blast_deselect_many(e, "lee", blast, n, ids, offsets, results);
       }},
      {"roster_add_archived_many",
       [=](auto n, auto ids, auto offsets, auto results) {
         return bccast_directory_roster_add_archived_many(e, "lee", n, ids, offsets, results);
       }},
      {"community_add_many",
       [=](auto n, auto ids, auto offsets, auto results) {
         return bccast_provider_community_add_many(e, "lee", community, n, ids, offsets, results);
       }},
  };
}

}  // namespace

TEST_CASE("Columns with NULLs, with offsets that descend, or with too many items are refused as a whole") {
  const World w;
  const std::array<std::uint64_t, 3> good{0, 3, 6};
  const std::array<std::uint64_t, 3> descending{3, 6, 2};
  const std::array<std::uint64_t, 3> back{6, 3, 6};
  for (const auto& entry : many_verbs(w)) {
    const auto& name = entry.first;
    const auto& many = entry.second;

    std::array<std::int32_t, 2> results{};
    const auto refuse = [&](const string& how, std::int32_t code, const std::function<std::int32_t()>& call) {
      results.fill(77);
      refused(w, name + ": " + how, code, call);
      for (const auto result : results) CHECK(result == code);
    };
    refuse("offsets NULL", BCCAST_E_ARGUMENT, [&] { return many(2, "anaben", nullptr, results.data()); });
    refuse("bytes NULL", BCCAST_E_ARGUMENT, [&] { return many(2, nullptr, good.data(), results.data()); });
    refuse("descending", BCCAST_E_ARGUMENT,
           [&] { return many(2, "anabenx", descending.data(), results.data()); });
    refuse("descending", BCCAST_E_ARGUMENT, [&] { return many(2, "anabenx", back.data(), results.data()); });
    refused(w, name + ": too many", BCCAST_E_LIMIT,
            [&] { return many(BCCAST_MAX_COLUMN + 1, "", good.data(), nullptr); });
    refused(w, name + ": far too many", BCCAST_E_LIMIT,
            [&] { return many(SIZE_MAX, "", good.data(), nullptr); });
    refused(w, name + ": none", BCCAST_OK, [&] { return many(0, nullptr, nullptr, nullptr); });

    // Items that are wrong on their own are left out.
    const std::vector<string> wrong{"", "\xff", "a\nb", filled(BCCAST_MAX_ID + 1)};
    const test::Column ids(wrong);
    std::array<std::int32_t, 4> of_items{};
    refused(w, name + ": wrong items", BCCAST_PARTIAL,
            [&] { return many(wrong.size(), ids.bytes.c_str(), ids.offsets.data(), of_items.data()); });
    CHECK(of_items ==
          std::array<std::int32_t, 4>{BCCAST_E_ARGUMENT, BCCAST_E_UTF8, BCCAST_E_ARGUMENT, BCCAST_E_LIMIT});
    // Without a column of results too.
    refused(w, name + ": wrong items", BCCAST_PARTIAL,
            [&] { return many(wrong.size(), ids.bytes.c_str(), ids.offsets.data(), nullptr); });
  }
}

TEST_CASE("As many items as may be are taken, and those that were in the list before say so") {
  const World w;
  bccast_engine* e = w.host;
  string bytes;
  std::vector<std::uint64_t> offsets{0};
  for (std::size_t i = 0; i < BCCAST_MAX_COLUMN; ++i) {
    bytes += "new";
    offsets.push_back(bytes.size());
  }
  std::vector<std::int32_t> results(BCCAST_MAX_COLUMN, 77);
  CHECK(bccast_directory_client_put_many(e, BCCAST_MAX_COLUMN, bytes.c_str(), offsets.data(), nullptr,
                                         nullptr, nullptr, nullptr, results.data()) == BCCAST_OK);
  CHECK(results[0] == BCCAST_OK);
  CHECK(std::count(results.begin(), results.end(), BCCAST_EXISTS) == BCCAST_MAX_COLUMN - 1);
}

TEST_CASE("A list with an id twice takes the first; the columns of names and addresses are checked with it") {
  World w;
  bccast_engine* e = w.host;
  const test::Column ids({"one", "two", "one", "two", "ana"});
  const test::Column names({"First", "Second", "Third", "", "Ana the second"});
  const test::Column addresses({"1@example.org", "2@example.org", "3@example.org", "4@example.org", ""});
  std::array<std::int32_t, 5> results{};
  const auto put = [&] {
    results.fill(77);
    return bccast_directory_client_put_many(e, 5, ids.bytes.c_str(), ids.offsets.data(), names.bytes.c_str(),
                                            names.offsets.data(), addresses.bytes.c_str(),
                                            addresses.offsets.data(), results.data());
  };
  const std::array<std::int32_t, 5> expected{BCCAST_OK, BCCAST_OK, BCCAST_EXISTS, BCCAST_EXISTS, BCCAST_OK};
  CHECK(put() == BCCAST_OK);
  CHECK(results == expected);
  CHECK(put() == BCCAST_OK);
  CHECK(results == expected);

  const std::array<std::int32_t, 5> on_roster{BCCAST_OK, BCCAST_OK, BCCAST_EXISTS, BCCAST_EXISTS,
                                              BCCAST_EXISTS};
  CHECK(bccast_directory_roster_add_many(e, "lee", 5, ids.bytes.c_str(), ids.offsets.data(),
                                         results.data()) == BCCAST_OK);
  CHECK(results == on_roster);
  CHECK(bccast_blast_select_many(e, "lee", w.draft.c_str(), 5, ids.bytes.c_str(), ids.offsets.data(),
                                 results.data()) == BCCAST_OK);
  CHECK(results == expected);
  w.host.write("lee", w.draft, "text");
  w.host.send("lee", w.draft);
  const auto recipients = w.host.recipients("lee", w.draft);
  CHECK(recipients.column("client") == std::vector<string>{"ana", "one", "two"});
  CHECK(recipients.column("client_name") == std::vector<string>{"Ana the second", "First", "Second"});

  // A name or an address that is wrong leaves its item out, an offset that is wrong the whole call.
  const string before = w.stored();
  const test::Column new_ids({"n1", "n2", "n3"});
  const test::Column three_names({filled(BCCAST_MAX_NAME + 1), "\xff", "a\r\nb"});
  CHECK(bccast_directory_client_put_many(e, 3, new_ids.bytes.c_str(), new_ids.offsets.data(),
                                         three_names.bytes.c_str(), three_names.offsets.data(), nullptr,
                                         nullptr, results.data()) == BCCAST_PARTIAL);
  CHECK(results[0] == BCCAST_E_LIMIT);
  CHECK(results[1] == BCCAST_E_UTF8);
  CHECK(results[2] == BCCAST_E_ARGUMENT);
  const test::Column three_addresses({filled(BCCAST_MAX_ADDRESS + 1), "\xc0\x80", "a@b.c\r\nBcc: x@y.z"});
  CHECK(bccast_directory_client_put_many(e, 3, new_ids.bytes.c_str(), new_ids.offsets.data(), nullptr,
                                         nullptr, three_addresses.bytes.c_str(),
                                         three_addresses.offsets.data(), results.data()) == BCCAST_PARTIAL);
  CHECK(results[0] == BCCAST_E_LIMIT);
  CHECK(results[1] == BCCAST_E_UTF8);
  CHECK(results[2] == BCCAST_E_ARGUMENT);
  CHECK(w.stored() == before);
}

TEST_CASE("Names or addresses without their offsets are not passed over in silence") {
  const World w;
  bccast_engine* e = w.host;
  const test::Column ids({"n1"});
  const test::Column names({"Name"});
  for (const bool of_names : {true, false}) {
    std::int32_t result = 77;
    refused(w, "bytes without offsets", BCCAST_E_ARGUMENT, [&] {
      return bccast_directory_client_put_many(e, 1, ids.bytes.c_str(), ids.offsets.data(),
                                              of_names ? names.bytes.c_str() : nullptr, nullptr,
                                              of_names ? nullptr : names.bytes.c_str(), nullptr, &result);
    });
    CHECK(result == BCCAST_E_ARGUMENT);
    refused(w, "offsets without bytes", BCCAST_E_ARGUMENT, [&] {
      return bccast_directory_client_put_many(e, 1, ids.bytes.c_str(), ids.offsets.data(), nullptr,
                                              of_names ? names.offsets.data() : nullptr, nullptr,
                                              of_names ? nullptr : names.offsets.data(), &result);
    });
    CHECK(result == BCCAST_E_ARGUMENT);
  }
}

// ---- NULLs for outputs and engines

TEST_CASE("Outputs that may not be NULL are refused as NULL, those that may are not") {
  World w;
  bccast_engine* e = w.host;
  const char* ready = w.ready.c_str();
  const char* sent = w.sent.c_str();
  const char* thread = w.thread.c_str();
  const std::vector<std::pair<string, std::function<std::int32_t()>>> calls{
      {"blast_create", [&] { return bccast_blast_create(e, "lee", nullptr, nullptr); }},
      {"blast_preview", [&] { return bccast_blast_preview(e, "lee", ready, nullptr); }},
      {"blast_status", [&] { return bccast_blast_status(e, "lee", sent, nullptr); }},
      {"blast_recipients",
       [&] { return bccast_blast_recipients(e, "lee", sent, nullptr, nullptr, 0, nullptr); }},
      {"blast_list", [&] { return bccast_blast_list(e, "lee", nullptr, nullptr, 0, nullptr); }},
      {"client_threads", [&] { return bccast_client_threads(e, "ana", nullptr, nullptr, 0, nullptr); }},
      {"client_messages", [&] { return bccast_client_messages(e, "ana", thread, 0, 1, 0, nullptr); }},
      {"provider_direct", [&] { return bccast_provider_direct(e, "lee", "ana", nullptr); }},
      {"provider_threads", [&] { return bccast_provider_threads(e, "lee", nullptr, nullptr, 0, nullptr); }},
      {"provider_messages", [&] { return bccast_provider_messages(e, "lee", thread, 0, 1, 0, nullptr); }},
      {"provider_list", [&] { return bccast_directory_provider_list(e, nullptr, 0, nullptr); }},
      {"provider_get", [&] { return bccast_directory_provider_get(e, "lee", nullptr); }},
      {"client_get", [&] { return bccast_directory_client_get(e, "ana", nullptr); }},
      {"client_export", [&] { return bccast_directory_client_export(e, "ana", nullptr, 0, nullptr); }},
      {"client_members", [&] { return bccast_client_members(e, "ana", w.community.c_str(), nullptr); }},
      {"provider_members", [&] { return bccast_provider_members(e, "lee", w.community.c_str(), nullptr); }},
      {"provider_community", [&] { return bccast_provider_community(e, "lee", "Title", nullptr); }},
      {"thread_find", [&] { return bccast_thread_find(e, "room", nullptr); }},
      {"as", [&] { return bccast_as(e, "jo", nullptr); }},
      {"channel_list", [&] { return bccast_channel_list(e, nullptr); }},
      {"next", [&] { return bccast_next(e, nullptr); }},
      {"operate_verify", [&] { return bccast_operate_verify(e, nullptr); }},
      {"config_new", [&] { return bccast_config_new(nullptr); }},
      {"open", [&] { return bccast_open((w.host.store_path() + ".other").c_str(), nullptr, nullptr); }},
  };
  for (const auto& [name, call] : calls) refused(w, name, BCCAST_E_ARGUMENT, call);
  CHECK(!std::filesystem::exists(w.host.store_path() + ".other"));

  CHECK(bccast_provider_roster_count(e, "lee", nullptr, nullptr) == BCCAST_OK);
  CHECK(bccast_pump(e, 0, 0, nullptr, nullptr) == BCCAST_DONE);
  CHECK(bccast_client_reply(e, "ana", thread, nullptr, "t", 1, nullptr, nullptr) == BCCAST_OK);
  CHECK(bccast_provider_reply(e, "lee", thread, nullptr, "t", 1, nullptr, nullptr) == BCCAST_OK);
  CHECK(bccast_config_describe(0, nullptr, nullptr, nullptr, nullptr) == BCCAST_OK);
}

TEST_CASE("Outputs are written also when pump or next fail") {
  std::uint64_t done = 77;
  std::int64_t next = 77;
  CHECK(bccast_pump(nullptr, 0, 0, &done, &next) == BCCAST_E_ARGUMENT);
  CHECK(done == 0);
  CHECK(next != 77);
  next = 77;
  CHECK(bccast_next(nullptr, &next) == BCCAST_E_ARGUMENT);
  CHECK(next != 77);
  const char* key = nullptr;
  const char* type = nullptr;
  const char* fallback = nullptr;
  const char* help = nullptr;
  CHECK(bccast_config_describe(SIZE_MAX, &key, &type, &fallback, &help) == BCCAST_DONE);
  for (const char* text : {key, type, fallback, help}) CHECK(string(text).empty());
}

// ---- Opening and configuring

TEST_CASE("URLs that name no store are refused, and make no file") {
  const test::TemporaryFolder folder;
  const string path = (folder.path() / "store.db").string();
  const auto open = [](const char* url) {
    auto* engine = reinterpret_cast<bccast_engine*>(8);
    const auto code = bccast_open(url, nullptr, &engine);
    if (code < 0) CHECK(engine == nullptr);
    return code;
  };
  CHECK(open(nullptr) == BCCAST_E_ARGUMENT);
  CHECK(open("") == BCCAST_E_ARGUMENT);
  CHECK(open("sqlite:") == BCCAST_E_ARGUMENT);
  CHECK(open("sqlite:?mode=ro") == BCCAST_E_ARGUMENT);
  CHECK(open(("sqlite:" + path + "?mode=wo").c_str()) == BCCAST_E_ARGUMENT);
  CHECK(open(("sqlite:" + path + "?").c_str()) == BCCAST_E_ARGUMENT);
  CHECK(open(("sqlite:" + path + "?cache=shared").c_str()) == BCCAST_E_ARGUMENT);
  CHECK(open("postgres://host/base") == BCCAST_E_ARGUMENT);
  CHECK(open(("sqlite:" + path + "?mode=ro").c_str()) == BCCAST_E_NOT_FOUND);
  CHECK(std::filesystem::is_empty(folder.path()));
}

TEST_CASE("Configuration keys and values that are not known are refused") {
  bccast_config* config = nullptr;
  REQUIRE(bccast_config_new(&config) == BCCAST_OK);
  const auto set = [&](const char* key, const char* value) { return bccast_config_set(config, key, value); };
  CHECK(set("no.such.key", "1") == BCCAST_E_NOT_FOUND);
  CHECK(set("", "1") == BCCAST_E_NOT_FOUND);
  CHECK(set("DEADLINE_MS", "1000") == BCCAST_E_NOT_FOUND);
  CHECK(set("notifier", "maildir:/x") == BCCAST_E_NOT_FOUND);
  CHECK(set(nullptr, "1") == BCCAST_E_ARGUMENT);
  CHECK(set("deadline_ms", nullptr) == BCCAST_E_ARGUMENT);
  for (const char* value :
       {"", "0", "-1", "+1", "1s", " 1", "1 ", "1e3", "0x10", "1.5", "99999999999999999999999"})
    CHECK_MESSAGE(set("deadline_ms", value) == BCCAST_E_ARGUMENT, "deadline_ms=", value);
  CHECK(set("deadline_ms", "1") == BCCAST_OK);
  for (const char* value : {"", "0", "999", "600001", "10s", "-1000"})
    CHECK_MESSAGE(set("lease_ms", value) == BCCAST_E_ARGUMENT, "lease_ms=", value);
  CHECK(set("lease_ms", "1000") == BCCAST_OK);
  CHECK(set("lease_ms", "600000") == BCCAST_OK);
  CHECK(set("notifier.", "maildir:/tmp/x") == BCCAST_E_ARGUMENT);
  CHECK(set(("notifier." + string(BCCAST_MAX_KEY + 1, 'x')).c_str(), "maildir:/tmp/x") == BCCAST_E_LIMIT);
  CHECK(set("notifier.a\nb", "maildir:/tmp/x") == BCCAST_E_ARGUMENT);
  CHECK(set("notifier.\xff", "maildir:/tmp/x") == BCCAST_E_UTF8);
  for (const char* value : {"", "maildir", "maildir:", "smtp:localhost", "/tmp/x", "MAILDIR:/tmp/x"})
    CHECK_MESSAGE(set("notifier.email", value) == BCCAST_E_ARGUMENT, "notifier.email=", value);
  bccast_config_free(config);
}

TEST_CASE(
    "A mail setting that could break out of its header is refused when set, or when the store is opened") {
  const test::TemporaryFolder folder;
  for (const char* key : {"mail.from", "mail.from_name", "mail.reply_to", "mail.subject", "mail.link_prefix",
                          "mail.message_id_domain"})
    for (const char* value :
         {"x@example.org\r\nBcc: y@example.org", "x\ny", "x\ry", "\x01", "\xff", "\xc0\x8d"}) {
      CAPTURE(key);
      bccast_config* config = nullptr;
      REQUIRE(bccast_config_new(&config) == BCCAST_OK);
      auto code = bccast_config_set(config, key, value);
      if (code == BCCAST_OK) {
        const string mails = "maildir:" + (folder.path() / "mails").string();
        REQUIRE(bccast_config_set(config, "notifier.email", mails.c_str()) == BCCAST_OK);
        bccast_engine* engine = nullptr;
        code = bccast_open((folder.path() / "store.db").c_str(), config, &engine);
        CHECK(engine == nullptr);
        bccast_close(engine, 0);
      }
      CHECK(code < 0);
      bccast_config_free(config);
    }
}

// ---- Vtables

namespace {

int destroyed = 0;
void count_destroyed(void* self) {
  destroyed += *static_cast<int*>(self);
}
std::int32_t notify_nothing(void*, bccast_batch*) {
  return BCCAST_OK;
}
std::int64_t zero(void*) {
  return 0;
}
int one = 1;

/// The result, and how often destroy was called.
std::pair<std::int32_t, int> attach(bccast_config* config, const char* channel,
                                    const bccast_notifier_vtbl* vtbl) {
  destroyed = 0;
  const auto code = bccast_config_notifier(config, channel, vtbl, &one);
  return {code, destroyed};
}

}  // namespace

TEST_CASE("A notifier's vtable that is wrong is refused, and its self is destroyed just once") {
  using Result = std::pair<std::int32_t, int>;
  const bccast_notifier_vtbl good{sizeof(bccast_notifier_vtbl), 0, notify_nothing, count_destroyed};
  const auto with = [&](auto change) {
    auto vtbl = good;
    change(vtbl);
    return vtbl;
  };
  bccast_config* config = nullptr;
  REQUIRE(bccast_config_new(&config) == BCCAST_OK);

  // One that is too small has no destroy that could be called.
  const auto small = with([](auto& v) { v.struct_size = sizeof v - 1; });
  CHECK(attach(config, "email", &small) == Result{BCCAST_E_VERSION, 0});
  const auto no_size = with([](auto& v) { v.struct_size = 0; });
  CHECK(attach(config, "email", &no_size) == Result{BCCAST_E_VERSION, 0});
  const auto flags = with([](auto& v) { v.flags = 1; });
  CHECK(attach(config, "email", &flags) == Result{BCCAST_E_VERSION, 1});
  const auto high_flag = with([](auto& v) { v.flags = 0x80000000U; });
  CHECK(attach(config, "email", &high_flag) == Result{BCCAST_E_VERSION, 1});
  const auto no_notify = with([](auto& v) { v.notify = nullptr; });
  CHECK(attach(config, "email", &no_notify) == Result{BCCAST_E_ARGUMENT, 1});
  CHECK(attach(config, nullptr, &good) == Result{BCCAST_E_ARGUMENT, 1});
  CHECK(attach(config, "", &good) == Result{BCCAST_E_ARGUMENT, 1});
  CHECK(attach(config, "a\tb", &good) == Result{BCCAST_E_ARGUMENT, 1});
  CHECK(attach(config, "\xff", &good) == Result{BCCAST_E_UTF8, 1});
  CHECK(attach(config, string(BCCAST_MAX_KEY + 1, 'x').c_str(), &good) == Result{BCCAST_E_LIMIT, 1});
  CHECK(attach(nullptr, "email", &good) == Result{BCCAST_E_ARGUMENT, 1});
  CHECK(attach(config, "email", nullptr) == Result{BCCAST_E_ARGUMENT, 0});
  const auto without_destroy = with([](auto& v) { v.destroy = nullptr; });
  CHECK(attach(config, "sms", &without_destroy) == Result{BCCAST_OK, 0});

  // A larger one is of a later version: what is known of it is used.
  struct Later {
    bccast_notifier_vtbl known;
    void* more;
  } later{good, nullptr};
  later.known.struct_size = sizeof later;
  CHECK(attach(config, "later", &later.known) == Result{BCCAST_OK, 0});

  CHECK(attach(config, "email", &good) == Result{BCCAST_OK, 0});
  CHECK(attach(config, "email", &good) == Result{BCCAST_E_CONFLICT, 1});
  destroyed = 0;
  bccast_config_free(config);
  CHECK(destroyed == 2);
}

TEST_CASE("A clock's vtable that is wrong is refused, and its self is destroyed just once") {
  const bccast_clock_vtbl good{sizeof(bccast_clock_vtbl), 0, zero, zero, count_destroyed};
  bccast_config* config = nullptr;
  REQUIRE(bccast_config_new(&config) == BCCAST_OK);
  const auto attach_clock = [&](bccast_config* to, const bccast_clock_vtbl* vtbl) {
    destroyed = 0;
    const auto code = bccast_config_clock(to, vtbl, &one);
    return std::pair{code, destroyed};
  };
  auto vtbl = good;
  vtbl.struct_size = 8;
  CHECK(attach_clock(config, &vtbl) == std::pair{BCCAST_E_VERSION, 0});
  vtbl = good;
  vtbl.flags = 2;
  CHECK(attach_clock(config, &vtbl) == std::pair{BCCAST_E_VERSION, 1});
  vtbl = good;
  vtbl.wall_ms = nullptr;
  CHECK(attach_clock(config, &vtbl) == std::pair{BCCAST_E_ARGUMENT, 1});
  vtbl = good;
  vtbl.monotonic_us = nullptr;
  CHECK(attach_clock(config, &vtbl) == std::pair{BCCAST_E_ARGUMENT, 1});
  CHECK(attach_clock(nullptr, &good) == std::pair{BCCAST_E_ARGUMENT, 1});
  CHECK(attach_clock(config, nullptr) == std::pair{BCCAST_E_ARGUMENT, 0});
  CHECK(attach_clock(config, &good) == std::pair{BCCAST_OK, 0});
  CHECK(attach_clock(config, &good) == std::pair{BCCAST_OK, 1});  // the one before goes
  destroyed = 0;
  bccast_config_free(config);
  CHECK(destroyed == 1);
}

TEST_CASE(
    "The selves of a config are destroyed once: with the engine that took them over, or with the config") {
  const test::TemporaryFolder folder;
  const bccast_notifier_vtbl vtbl{sizeof(bccast_notifier_vtbl), 0, notify_nothing, count_destroyed};
  const bccast_clock_vtbl clock{sizeof(bccast_clock_vtbl), 0, zero, zero, count_destroyed};
  bccast_config* config = nullptr;
  REQUIRE(bccast_config_new(&config) == BCCAST_OK);
  REQUIRE(bccast_config_notifier(config, "email", &vtbl, &one) == BCCAST_OK);
  REQUIRE(bccast_config_clock(config, &clock, &one) == BCCAST_OK);
  destroyed = 0;
  bccast_engine* engine = nullptr;
  CHECK(bccast_open((folder.path() / "missing" / "store.db").c_str(), config, &engine) == BCCAST_E_STORAGE);
  CHECK(engine == nullptr);
  CHECK(destroyed == 0);
  REQUIRE(bccast_open((folder.path() / "store.db").c_str(), config, &engine) == BCCAST_OK);
  CHECK(destroyed == 0);
  bccast_config_free(config);
  CHECK(destroyed == 0);
  CHECK(bccast_close(engine, 0) == BCCAST_OK);
  CHECK(destroyed == 2);
}
