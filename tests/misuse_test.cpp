// Misuse gives a code: handles that are NULL, freed, of another kind; closing twice, too early, or inside a
// callback; a store used after a fork; a notifier that throws.
#include <bccast/bccast.h>
#include <bccast/bccast_ext.h>
#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <new>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "support/host.hpp"

namespace {

using std::string;

struct Verb {
  string name;
  std::function<std::int32_t(bccast_engine*)> call;
};

/// Every function that takes an engine, but open and close.
std::vector<Verb> verbs() {
  static const char* const id = "0123456789abcdef0123456789abcdef";
  static const std::array<std::uint64_t, 2> offsets{0, 1};
  static bccast_rows* rows = nullptr;
  static std::int64_t number = 0;
  static char out[BCCAST_ID_SIZE];
  static bccast_engine* of_actor = nullptr;
  using E = bccast_engine*;
  return {
      {"provider_put", [](E e) { return bccast_directory_provider_put(e, "p", "P"); }},
      {"provider_set", [](E e) { return bccast_directory_provider_set(e, "p", "locale", "de"); }},
      {"client_put", [](E e) { return bccast_directory_client_put(e, "c", "C", nullptr); }},
      {"client_put_many",
       [](E e) {
         return bccast_directory_client_put_many(e, 1, "c", offsets.data(), nullptr, nullptr, nullptr,
                                                 nullptr, nullptr);
       }},
      {"client_set", [](E e) { return bccast_directory_client_set(e, "c", "locale", "de"); }},
      {"client_archive", [](E e) { return bccast_directory_client_archive(e, "c"); }},
      {"client_restore", [](E e) { return bccast_directory_client_restore(e, "c"); }},
      {"roster_add", [](E e) { return bccast_directory_roster_add(e, "p", "c"); }},
      {"roster_add_many",
       [](E e) { return bccast_directory_roster_add_many(e, "p", 1, "c", offsets.data(), nullptr); }},
      {"roster_set", [](E e) { return bccast_directory_roster_set(e, "p", "c", "chat", "on"); }},
      {"roster_archive", [](E e) { return bccast_directory_roster_archive(e, "p", "c"); }},
      {"roster_archive_many",
       [](E e) { return bccast_directory_roster_archive_many(e, "p", 1, "c", offsets.data(), nullptr); }},
      {"roster_restore", [](E e) { return bccast_directory_roster_restore(e, "p", "c"); }},
      {"roster_count", [](E e) { return bccast_provider_roster_count(e, "p", nullptr, nullptr); }},
      {"blast_create", [](E e) { return bccast_blast_create(e, "p", nullptr, out); }},
      {"blast_discard", [](E e) { return bccast_blast_discard(e, "p", id); }},
      {"blast_select", [](E e) { return bccast_blast_select(e, "p", id, "c"); }},
      {"blast_deselect", [](E e) { return bccast_blast_deselect(e, "p", id, "c"); }},
      {"blast_select_all_active", [](E e) { return bccast_blast_select_all_active(e, "p", id); }},
      {"blast_select_none", [](E e) { return bccast_blast_select_none(e, "p", id); }},
      {"blast_select_from", [](E e) { return bccast_blast_select_from(e, "p", id, id, nullptr); }},
      {"blast_select_many",
       [](E e) { return bccast_blast_select_many(e, "p", id, 1, "c", offsets.data(), nullptr); }},
      {"blast_deselect_many",
       [](E e) { return bccast_blast_deselect_many(e, "p", id, 1, "c", offsets.data(), nullptr); }},
      {"blast_write", [](E e) { return bccast_blast_write(e, "p", id, "t", 1); }},
      {"blast_preview", [](E e) { return bccast_blast_preview(e, "p", id, &rows); }},
      {"blast_send", [](E e) { return bccast_blast_send(e, "p", id, nullptr); }},
      {"blast_status", [](E e) { return bccast_blast_status(e, "p", id, &rows); }},
      {"blast_recipients",
       [](E e) { return bccast_blast_recipients(e, "p", id, nullptr, nullptr, 0, &rows); }},
      {"blast_list", [](E e) { return bccast_blast_list(e, "p", nullptr, nullptr, 0, &rows); }},
      {"client_threads", [](E e) { return bccast_client_threads(e, "c", nullptr, nullptr, 0, &rows); }},
      {"client_messages", [](E e) { return bccast_client_messages(e, "c", id, 0, 1, 0, &rows); }},
      {"client_reply",
       [](E e) { return bccast_client_reply(e, "c", id, nullptr, "t", 1, nullptr, nullptr); }},
      {"client_read", [](E e) { return bccast_client_read(e, "c", id, 1); }},
      {"provider_direct", [](E e) { return bccast_provider_direct(e, "p", "c", out); }},
      {"provider_threads", [](E e) { return bccast_provider_threads(e, "p", nullptr, nullptr, 0, &rows); }},
      {"provider_messages", [](E e) { return bccast_provider_messages(e, "p", id, 0, 1, 0, &rows); }},
      {"provider_reply",
       [](E e) { return bccast_provider_reply(e, "p", id, nullptr, "t", 1, nullptr, nullptr); }},
      {"provider_read", [](E e) { return bccast_provider_read(e, "p", id, 1); }},
      {"channel_put", [](E e) { return bccast_channel_put(e, "email", "notify"); }},
      {"channel_list", [](E e) { return bccast_channel_list(e, &rows); }},
      {"pump", [](E e) { return bccast_pump(e, 0, 0, nullptr, nullptr); }},
      {"next", [](E e) { return bccast_next(e, &number); }},
      {"operate_verify", [](E e) { return bccast_operate_verify(e, &rows); }},
      {"operate_checkpoint", [](E e) { return bccast_operate_checkpoint(e); }},
      {"provider_archive", [](E e) { return bccast_directory_provider_archive(e, "p"); }},
      {"provider_restore", [](E e) { return bccast_directory_provider_restore(e, "p"); }},
      {"provider_list", [](E e) { return bccast_directory_provider_list(e, nullptr, 0, &rows); }},
      {"provider_get", [](E e) { return bccast_directory_provider_get(e, "p", &rows); }},
      {"client_get", [](E e) { return bccast_directory_client_get(e, "c", &rows); }},
      {"client_export", [](E e) { return bccast_directory_client_export(e, "c", nullptr, 0, &rows); }},
      {"client_erase", [](E e) { return bccast_directory_client_erase(e, "c"); }},
      {"roster_add_archived_many",
       [](E e) {
         return bccast_directory_roster_add_archived_many(e, "p", 1, "c", offsets.data(), nullptr);
       }},
      {"provider_roster", [](E e) { return bccast_provider_roster(e, "p", nullptr, nullptr, 0, &rows); }},
      {"blast_set", [](E e) { return bccast_blast_set(e, "p", id, "channels", "email"); }},
      {"blast_get", [](E e) { return bccast_blast_get(e, "p", id, &rows); }},
      {"blast_selection", [](E e) { return bccast_blast_selection(e, "p", id, nullptr, nullptr, 0, &rows); }},
      {"blast_find", [](E e) { return bccast_blast_find(e, "p", id, 1, "c", offsets.data(), &rows); }},
      {"blast_why", [](E e) { return bccast_blast_why(e, "p", id, "c", &rows); }},
      {"client_unread", [](E e) { return bccast_client_unread(e, "c", nullptr, nullptr); }},
      {"client_members", [](E e) { return bccast_client_members(e, "c", id, &rows); }},
      {"provider_unread", [](E e) { return bccast_provider_unread(e, "p", nullptr, nullptr); }},
      {"provider_community", [](E e) { return bccast_provider_community(e, "p", "Title", out); }},
      {"community_set", [](E e) { return bccast_provider_community_set(e, "p", id, "title", "Title"); }},
      {"community_add", [](E e) { return bccast_provider_community_add(e, "p", id, "c"); }},
      {"community_add_many",
       [](E e) { return bccast_provider_community_add_many(e, "p", id, 1, "c", offsets.data(), nullptr); }},
      {"community_remove", [](E e) { return bccast_provider_community_remove(e, "p", id, "c"); }},
      {"provider_members", [](E e) { return bccast_provider_members(e, "p", id, &rows); }},
      {"thread_bind", [](E e) { return bccast_thread_bind(e, id, "room"); }},
      {"thread_find", [](E e) { return bccast_thread_find(e, "room", out); }},
      {"as", [](E e) { return bccast_as(e, "jo", &of_actor); }},
  };
}

bccast_config* new_config() {
  bccast_config* config = nullptr;
  REQUIRE(bccast_config_new(&config) == BCCAST_OK);
  return config;
}

bccast_engine* open_memory() {
  bccast_engine* engine = nullptr;
  REQUIRE(bccast_open(":memory:", nullptr, &engine) == BCCAST_OK);
  return engine;
}

/// Memory that is no handle of ours, but can be read.
template <typename T>
T* foreign() {
  static std::array<std::uint64_t, 64> bytes{};
  return reinterpret_cast<T*>(bytes.data());
}

std::int32_t say_ok(void*, bccast_batch*) {
  return BCCAST_OK;
}

/// Runs `child` in a forked process; what it returns must fit in an exit status.
int in_a_child(const std::function<int()>& child) {
  const pid_t pid = fork();
  if (pid == 0) {
    int result = 99;
    try {
      result = child();
    } catch (...) {
    }
    _exit(result);
  }
  int status = 0;
  REQUIRE(waitpid(pid, &status, 0) == pid);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

/// The same where even a crash is an answer: true when it says so and the process goes on.
bool survives(const std::function<bool()>& misuse) {
  return in_a_child([&] {
           for (const int signal : {SIGSEGV, SIGABRT, SIGBUS}) std::signal(signal, SIG_DFL);
           return misuse() ? 0 : 1;
         }) == 0;
}

}  // namespace

TEST_CASE("An engine that is NULL, closed, or never was one is refused by every function") {
  bccast_engine* closed = open_memory();
  REQUIRE(bccast_close(closed, 0) == BCCAST_OK);
  for (const auto& verb : verbs()) {
    CAPTURE(verb.name);
    CHECK(verb.call(nullptr) == BCCAST_E_ARGUMENT);
    CHECK(string(bccast_error_message()) != "");
    CHECK(verb.call(closed) == BCCAST_E_HANDLE);
    CHECK(string(bccast_error_message()) != "");
    CHECK(verb.call(foreign<bccast_engine>()) == BCCAST_E_HANDLE);
  }
  CHECK(bccast_close(closed, 0) == BCCAST_E_HANDLE);
  CHECK(bccast_close(foreign<bccast_engine>(), 0) == BCCAST_E_HANDLE);
  CHECK(bccast_close(nullptr, 0) == BCCAST_OK);
  CHECK(bccast_close(nullptr, -1) == BCCAST_OK);
}

TEST_CASE("A config that is NULL, freed, or never was one is refused, and freeing twice does nothing") {
  auto* config = new_config();
  bccast_config_free(config);
  bccast_config_free(config);
  bccast_config_free(nullptr);
  bccast_config_free(foreign<bccast_config>());
  const bccast_notifier_vtbl notifier{sizeof notifier, 0, say_ok, nullptr};
  for (auto* bad : {config, foreign<bccast_config>()}) {
    CHECK(bccast_config_set(bad, "deadline_ms", "1") == BCCAST_E_HANDLE);
    CHECK(bccast_config_notifier(bad, "email", &notifier, nullptr) == BCCAST_E_HANDLE);
    auto* engine = reinterpret_cast<bccast_engine*>(8);
    CHECK(bccast_open(":memory:", bad, &engine) == BCCAST_E_HANDLE);
    CHECK(engine == nullptr);
  }
  CHECK(bccast_config_set(nullptr, "deadline_ms", "1") == BCCAST_E_ARGUMENT);
}

TEST_CASE("A config given where an engine belongs is refused") {
  auto* config = new_config();
  auto* as_engine = reinterpret_cast<bccast_engine*>(config);
  auto all = verbs();
  all.push_back({"close", [](bccast_engine* e) { return bccast_close(e, 0); }});
  string wrong;
  for (const auto& verb : all)
    if (!survives([&] { return verb.call(as_engine) == BCCAST_E_HANDLE; })) wrong += verb.name + " ";
  CHECK(wrong == "");
  CHECK(bccast_config_set(config, "deadline_ms", "1") == BCCAST_OK);
  bccast_config_free(config);
}

TEST_CASE("An engine given where a config belongs is refused") {
  bccast_engine* engine = open_memory();
  auto* as_config = reinterpret_cast<bccast_config*>(engine);
  CHECK(survives([&] { return bccast_config_set(as_config, "deadline_ms", "1") == BCCAST_E_HANDLE; }));
  CHECK(survives([&] {
    const bccast_notifier_vtbl notifier{sizeof notifier, 0, say_ok, nullptr};
    return bccast_config_notifier(as_config, "email", &notifier, nullptr) == BCCAST_E_HANDLE;
  }));
  CHECK(survives([&] {
    bccast_engine* other = nullptr;
    return bccast_open(":memory:", as_config, &other) == BCCAST_E_HANDLE;
  }));
  CHECK(survives([&] {
    bccast_config_free(as_config);
    return bccast_directory_provider_put(engine, "p", "P") == BCCAST_E_FORKED;
  }));
  CHECK(bccast_directory_provider_put(engine, "p", "P") == BCCAST_OK);
  CHECK(bccast_close(engine, 0) == BCCAST_OK);
}

TEST_CASE("What is no rows or no batch is told by all that read them") {
  for (const bccast_rows* rows : {static_cast<const bccast_rows*>(nullptr), foreign<const bccast_rows>()}) {
    CHECK(bccast_rows_count(rows) == 0);
    CHECK(bccast_rows_columns(rows) == 0);
    CHECK(bccast_rows_name(rows, 0) == nullptr);
    CHECK(bccast_rows_next(rows) == nullptr);
    std::size_t column = 77;
    CHECK(bccast_rows_find(rows, "client", &column) == BCCAST_E_HANDLE);
    CHECK(column == 0);
    CHECK(bccast_rows_type(rows, 0) == BCCAST_E_HANDLE);
    const std::int64_t* numbers = foreign<std::int64_t>();
    CHECK(bccast_rows_i64(rows, 0, &numbers) == BCCAST_E_HANDLE);
    CHECK(numbers == nullptr);
    const char* bytes = "x";
    const std::uint64_t* offsets = foreign<std::uint64_t>();
    CHECK(bccast_rows_text(rows, 0, &bytes, &offsets) == BCCAST_E_HANDLE);
    CHECK(bytes == nullptr);
    CHECK(offsets == nullptr);
    std::int64_t number = 77;
    const char* text = "x";
    std::size_t length = 77;
    CHECK(bccast_rows_i64_at(rows, 0, 0, &number) == BCCAST_E_HANDLE);
    CHECK(bccast_rows_text_at(rows, 0, 0, &text, &length) == BCCAST_E_HANDLE);
    CHECK(bccast_rows_get_i64(rows, 0, "client", &number) == BCCAST_E_HANDLE);
    CHECK(bccast_rows_get_text(rows, 0, "client", &text, &length) == BCCAST_E_HANDLE);
    CHECK(number == 0);
    CHECK(string(text) == "");
    CHECK(length == 0);
    for (const std::size_t row : {std::size_t{0}, BCCAST_ALL_ROWS}) {
      text = "x";
      length = 77;
      CHECK(bccast_rows_json(rows, row, &text, &length) == BCCAST_E_HANDLE);
      CHECK(string(text) == "");
      CHECK(length == 0);
    }
  }
  bccast_rows_free(nullptr);
  bccast_rows_free(foreign<bccast_rows>());
  CHECK(bccast_batch_rows(nullptr) == nullptr);
  CHECK(bccast_batch_rows(foreign<bccast_batch>()) == nullptr);
  CHECK(bccast_batch_set(nullptr, 0, BCCAST_ITEM_DONE, nullptr, -1) == BCCAST_E_ARGUMENT);
  CHECK(bccast_batch_set(foreign<bccast_batch>(), 0, BCCAST_ITEM_DONE, nullptr, -1) == BCCAST_E_HANDLE);
}

TEST_CASE("A freed handle of rows, a batch or a config is told, also when others were made since") {
  test::Host host;
  host.provider("lee");
  host.clients("lee", {"ana", "ben"});
  host.blast("lee", {"ana", "ben"}, "text");
  bccast_rows* rows = nullptr;
  bccast_batch* batch = nullptr;
  bccast_config* config = nullptr;
  REQUIRE(bccast_blast_list(host, "lee", nullptr, nullptr, 0, &rows) == BCCAST_OK);
  REQUIRE(bccast_channel_put(host, "own", "notify") >= BCCAST_OK);
  for (const char* who : {"ana", "ben"})
    REQUIRE(bccast_directory_client_set(host, who, "address.own", who) == BCCAST_OK);
  host.blast("lee", {"ana", "ben"}, "another");
  REQUIRE(bccast_claim(host, "own", 1, &batch) == BCCAST_OK);
  REQUIRE(bccast_config_new(&config) == BCCAST_OK);
  const bccast_rows* borrowed = bccast_batch_rows(batch);
  CHECK(bccast_rows_count(borrowed) == 1);
  bccast_rows_free(rows);
  bccast_batch_free(batch);
  bccast_config_free(config);
  // The same memory, most likely, for others of the same kind.
  std::vector<bccast_rows*> others(8);
  for (auto& other : others)
    REQUIRE(bccast_blast_list(host, "lee", nullptr, nullptr, 0, &other) == BCCAST_OK);
  bccast_batch* other_batch = nullptr;
  REQUIRE(bccast_claim(host, "own", 1, &other_batch) == BCCAST_OK);
  bccast_config* other_config = nullptr;
  REQUIRE(bccast_config_new(&other_config) == BCCAST_OK);

  std::int64_t number = 77;
  CHECK(bccast_rows_i64_at(rows, 0, 0, &number) == BCCAST_E_HANDLE);
  CHECK(bccast_rows_count(rows) == 0);
  CHECK(bccast_rows_count(borrowed) == 0);
  CHECK(bccast_batch_rows(batch) == nullptr);
  CHECK(bccast_batch_complete(batch, 0, nullptr) == BCCAST_E_HANDLE);
  CHECK(bccast_config_set(config, "lease_ms", "2000") == BCCAST_E_HANDLE);
  // Nor is one of them another's, nor freed twice.
  CHECK(bccast_rows_count(reinterpret_cast<bccast_rows*>(other_batch)) == 0);
  CHECK(bccast_batch_rows(reinterpret_cast<bccast_batch*>(others[0])) == nullptr);
  bccast_rows_free(rows);
  bccast_rows_free(const_cast<bccast_rows*>(borrowed));
  bccast_batch_free(batch);
  bccast_config_free(config);
  for (auto* other : others) {
    CHECK(bccast_rows_count(other) == 2);
    bccast_rows_free(other);
  }
  CHECK(bccast_batch_complete(other_batch, 0, nullptr) == BCCAST_OK);
  bccast_batch_free(other_batch);
  bccast_config_free(other_config);
}

TEST_CASE(
    "Rows and columns that are not there, and cells of the other type, give a code and an empty value") {
  test::Host host;
  host.provider("lee");
  host.clients("lee", {"ana", "ben"});
  const auto blast = host.blast("lee", {"ana", "ben"}, "text");
  bccast_rows* rows = nullptr;
  REQUIRE(bccast_blast_status(host, "lee", blast.c_str(), &rows) == BCCAST_OK);
  std::size_t text_column = 77;
  std::size_t number_column = 77;
  REQUIRE(bccast_rows_find(rows, "state", &text_column) == BCCAST_OK);
  REQUIRE(bccast_rows_find(rows, "done", &number_column) == BCCAST_OK);
  std::int64_t number = 77;
  const char* text = "x";
  const auto number_at = [&](std::size_t row, std::size_t column) {
    number = 77;
    return bccast_rows_i64_at(rows, row, column, &number);
  };
  const auto text_at = [&](std::size_t row, std::size_t column) {
    text = "x";
    return bccast_rows_text_at(rows, row, column, &text, nullptr);
  };
  for (const auto& [row, column] :
       {std::pair{SIZE_MAX, number_column}, std::pair{bccast_rows_count(rows), number_column},
        std::pair{std::size_t{0}, SIZE_MAX}, std::pair{std::size_t{0}, bccast_rows_columns(rows)},
        std::pair{std::size_t{0}, text_column}}) {
    CHECK(number_at(row, column) == BCCAST_E_ARGUMENT);
    CHECK(number == 0);
  }
  for (const auto& [row, column] :
       {std::pair{SIZE_MAX, text_column}, std::pair{bccast_rows_count(rows), text_column},
        std::pair{std::size_t{0}, SIZE_MAX}, std::pair{std::size_t{0}, number_column}}) {
    CHECK(text_at(row, column) == BCCAST_E_ARGUMENT);
    CHECK(string(text) == "");
  }
  std::size_t column = 77;
  CHECK(bccast_rows_find(rows, "no such", &column) == BCCAST_E_ARGUMENT);
  CHECK(column == 0);
  CHECK(bccast_rows_find(rows, nullptr, &column) == BCCAST_E_ARGUMENT);
  CHECK(bccast_rows_find(rows, "state", nullptr) == BCCAST_E_ARGUMENT);
  CHECK(bccast_rows_type(rows, SIZE_MAX) == BCCAST_E_ARGUMENT);
  CHECK(bccast_rows_name(rows, SIZE_MAX) == nullptr);
  CHECK(bccast_rows_i64(rows, number_column, nullptr) == BCCAST_E_ARGUMENT);
  CHECK(bccast_rows_i64_at(rows, 0, number_column, nullptr) == BCCAST_E_ARGUMENT);
  CHECK(bccast_rows_text_at(rows, 0, text_column, nullptr, nullptr) == BCCAST_E_ARGUMENT);
  CHECK(bccast_rows_get_text(rows, 0, nullptr, &text, nullptr) == BCCAST_E_ARGUMENT);
  CHECK(bccast_rows_get_text(rows, 0, "no such", &text, nullptr) == BCCAST_E_ARGUMENT);
  const std::int64_t* numbers = foreign<std::int64_t>();
  CHECK(bccast_rows_i64(rows, text_column, &numbers) == BCCAST_E_ARGUMENT);
  CHECK(numbers == nullptr);
  const char* bytes = "x";
  const std::uint64_t* offsets = nullptr;
  CHECK(bccast_rows_text(rows, text_column, nullptr, &offsets) == BCCAST_E_ARGUMENT);
  CHECK(bccast_rows_text(rows, text_column, &bytes, nullptr) == BCCAST_E_ARGUMENT);
  CHECK(bytes == nullptr);
  text = "x";
  CHECK(bccast_rows_json(rows, bccast_rows_count(rows), &text, nullptr) == BCCAST_E_ARGUMENT);
  CHECK(string(text) == "");
  CHECK(bccast_rows_json(rows, 0, nullptr, nullptr) == BCCAST_E_ARGUMENT);
  bccast_rows_free(rows);
}

TEST_CASE("Rows outlive their engine") {
  auto host = std::make_unique<test::Host>();
  host->provider("lee");
  host->clients("lee", {"ana", "ben", "cyd"});
  const auto blast = host->blast("lee", "a text");
  bccast_rows* rows = nullptr;
  REQUIRE(bccast_blast_recipients(*host, "lee", blast.c_str(), nullptr, nullptr, 2, &rows) == BCCAST_OK);
  host.reset();
  CHECK(bccast_rows_count(rows) == 2);
  CHECK(bccast_rows_next(rows) != nullptr);
  const auto copy = test::copy_rows(rows);
  CHECK(copy.column("client") == std::vector<string>{"ana", "ben"});
  bccast_rows_free(rows);
}

// ---- Inside a callback

TEST_CASE(
    "Closing and pumping inside a notifier is refused, and does no harm; all else may be called there") {
  test::Host host;
  host.provider("lee");
  host.clients("lee", {"ana", "ben"});
  std::vector<std::int32_t> codes;
  string message;
  host.notifier.whole = [&](const std::vector<test::Notice>&) {
    std::uint64_t done = 77;
    std::int64_t next = 77;
    codes = {bccast_close(host, 0), bccast_close(host, 60'000), bccast_pump(host, 0, 0, &done, &next)};
    message = bccast_error_message();
    codes.push_back(done == 0 && next != 77 ? 0 : 1);
    // The rest goes through.
    host.write_direct("lee", "ana", "written within the notifier");
    codes.push_back(test::call(bccast_blast_list, host, "lee", nullptr, nullptr, 0U).code);
    codes.push_back(test::call(bccast_next, host, &next).code);
    codes.push_back(test::call(bccast_operate_checkpoint, host).code);
    host.notifier.whole = nullptr;
    return BCCAST_OK;
  };
  const auto blast = host.blast("lee", "a text");
  host.pump();
  CHECK(codes ==
        std::vector<std::int32_t>{BCCAST_E_REENTRANT, BCCAST_E_REENTRANT, BCCAST_E_REENTRANT, 0, 0, 0, 0});
  CHECK(message != "");
  CHECK(host.notifier.to("ana").size() == 2);  // the blast, and what was written meanwhile
  CHECK(host.status("lee", blast).where("channel", "").text("state") == "finished");
  CHECK(host.verify().empty());
}

TEST_CASE("Inside a notifier, another engine may be pumped and closed") {
  test::Host outer;
  test::Host inner;
  for (auto* host : {&outer, &inner}) {
    host->provider("lee");
    host->clients("lee", {"ana", "ben"});
    host->blast("lee", "a text");
  }
  bccast_engine* third = open_memory();
  std::vector<std::int32_t> codes;
  outer.notifier.whole = [&](const std::vector<test::Notice>&) {
    codes = {bccast_pump(inner, 0, 0, nullptr, nullptr), bccast_close(third, 0)};
    return BCCAST_OK;
  };
  inner.notifier.whole = [&](const std::vector<test::Notice>&) {  // inside both
    codes.push_back(bccast_pump(outer, 0, 0, nullptr, nullptr));
    return BCCAST_OK;
  };
  outer.pump();
  CHECK(codes == std::vector<std::int32_t>{BCCAST_DONE, BCCAST_OK});
  CHECK(inner.notifier.to("ana").size() == 1);
  CHECK(outer.notifier.to("ana").size() == 1);
}

TEST_CASE("Closing while another thread is inside is refused until it is out") {
  test::Host host;
  host.provider("lee");
  host.clients("lee", {"ana", "ben"});
  host.blast("lee", "a text");
  bccast_config* config = new_config();
  std::atomic<bool> inside{false};
  std::atomic<bool> leave{false};
  struct Both {
    std::atomic<bool>& inside;
    std::atomic<bool>& leave;
  } both{inside, leave};
  const bccast_notifier_vtbl vtbl{sizeof vtbl, 0,
                                  [](void* self, bccast_batch*) {
                                    auto* b = static_cast<Both*>(self);
                                    b->inside = true;
                                    while (!b->leave) std::this_thread::yield();
                                    return std::int32_t{BCCAST_OK};
                                  },
                                  nullptr};
  REQUIRE(bccast_config_notifier(config, "email", &vtbl, &both) == BCCAST_OK);
  bccast_engine* engine = nullptr;
  REQUIRE(bccast_open(host.store_path().c_str(), config, &engine) == BCCAST_OK);
  bccast_config_free(config);
  std::thread pumping([&] { CHECK(bccast_pump(engine, 0, 0, nullptr, nullptr) == BCCAST_DONE); });
  while (!inside) std::this_thread::yield();
  CHECK(bccast_close(engine, 0) == BCCAST_E_BUSY);
  CHECK(bccast_error_retriable() == 1);
  CHECK(bccast_close(engine, 30) == BCCAST_E_BUSY);
  // It is as it was.
  CHECK(bccast_directory_provider_put(engine, "may", "May") == BCCAST_OK);
  std::thread closing([&] { CHECK(bccast_close(engine, 60'000) == BCCAST_OK); });
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  leave = true;
  pumping.join();
  closing.join();
  CHECK(bccast_close(engine, 0) == BCCAST_E_HANDLE);
  CHECK(host.verify().empty());
}

TEST_CASE("Of several threads that close the same engine, one does") {
  for (int round = 0; round < 20; ++round) {
    bccast_engine* engine = open_memory();
    std::atomic<int> closed{0};
    std::atomic<int> refused{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
      threads.emplace_back([&] {
        switch (bccast_close(engine, 1000)) {
          case BCCAST_OK:
            ++closed;
            break;
          case BCCAST_E_HANDLE:
            ++refused;
            break;
          default:
            break;
        }
      });
    for (auto& thread : threads) thread.join();
    CHECK(closed == 1);
    CHECK(refused == 3);
  }
}

// ---- Notifiers that do what they must not

TEST_CASE("A notifier that throws has its batch again later, with the same ids") {
  struct NotOfStd {};
  for (const int kind : {0, 1, 2}) {
    CAPTURE(kind);
    test::Host host;
    host.provider("lee");
    host.clients("lee", {"ana", "ben", "cyd"});
    const auto blast = host.blast("lee", "a text");
    host.notifier.whole = [&](const std::vector<test::Notice>&) -> std::int32_t {
      if (kind == 0) throw std::runtime_error("from the host's notifier");
      if (kind == 1) throw std::bad_alloc();
      throw NotOfStd();
    };
    const auto pumped = host.pump();
    CHECK(pumped.code == BCCAST_DONE);  // no error of pump
    CHECK(pumped.done == 0);
    CHECK(pumped.next_ms > 0);
    CHECK(host.status("lee", blast).where("channel", "").number("pending") == 3);
    CHECK(!test::must(bccast_channel_list, host).rows[0].null("failing_since_ms"));
    CHECK(bccast_pump(host, 0, 0, nullptr, nullptr) == BCCAST_DONE);  // nor is it inside any more
    const auto first = host.notifier.all();
    REQUIRE(first.size() == 3);
    host.notifier.forget();
    host.notifier.whole = nullptr;
    CHECK(host.pump_to_the_end());
    std::set<string> ids_before;
    std::set<string> ids_after;
    for (const auto& notice : first) ids_before.insert(notice.id());
    for (const auto& notice : host.notifier.all()) ids_after.insert(notice.id());
    CHECK(ids_before == ids_after);
    CHECK(host.notifier.all().size() == 3);
    CHECK(host.status("lee", blast).where("channel", "").number("done") == 3);
    CHECK(test::must(bccast_channel_list, host).rows[0].null("failing_since_ms"));
    CHECK(host.verify().empty());
  }
}

TEST_CASE("Answers of a notifier that are none count as a failure of the whole batch") {
  for (const std::int32_t answer :
       {BCCAST_DONE, BCCAST_PARTIAL, BCCAST_EXISTS, 77, INT32_MAX, BCCAST_E_NOTIFIER, -10'001, INT32_MIN}) {
    CAPTURE(answer);
    test::Host host;
    host.provider("lee");
    host.clients("lee", {"ana", "ben"});
    const auto blast = host.blast("lee", "a text");
    host.notifier.whole = [&](const std::vector<test::Notice>&) { return answer; };
    CHECK(host.pump().done == 0);
    CHECK(host.status("lee", blast).where("channel", "").number("pending") == 2);
    host.notifier.whole = nullptr;
    CHECK(host.pump_to_the_end());
    CHECK(host.status("lee", blast).where("channel", "").number("done") == 2);
  }
}

TEST_CASE("What a notifier sets wrongly is refused item by item") {
  test::Host host;
  host.provider("lee");
  host.clients("lee", {"ana", "ben"});
  host.blast("lee", "a text");
  bccast_config* config = new_config();
  static std::vector<std::pair<string, std::int32_t>> codes;
  codes.clear();
  const bccast_notifier_vtbl vtbl{
      sizeof vtbl, 0,
      [](void*, bccast_batch* batch) {
        const auto set = [&](const char* what, std::size_t item, std::int32_t status, const char* reason,
                             std::int64_t after) {
          codes.emplace_back(what, bccast_batch_set(batch, item, status, reason, after));
        };
        const auto* rows = bccast_batch_rows(batch);
        set("item", bccast_rows_count(rows), BCCAST_ITEM_DONE, nullptr, -1);
        set("item", SIZE_MAX, BCCAST_ITEM_DONE, nullptr, -1);
        set("status", 0, -1, nullptr, -1);
        set("status", 0, BCCAST_ITEM_NOT_TRIED + 1, nullptr, -1);
        set("after", 0, BCCAST_ITEM_RETRY, nullptr, -2);
        set("reason", 0, BCCAST_ITEM_FAILED, "a\nb", -1);
        set("utf8", 0, BCCAST_ITEM_FAILED, "\xff", -1);
        set("long", 0, BCCAST_ITEM_FAILED, string(100'000, 'x').c_str(), -1);
        // Not the host's to free.
        bccast_rows_free(nullptr);
        return std::int32_t{BCCAST_OK};
      },
      nullptr};
  REQUIRE(bccast_config_notifier(config, "email", &vtbl, nullptr) == BCCAST_OK);
  bccast_engine* engine = nullptr;
  REQUIRE(bccast_open(host.store_path().c_str(), config, &engine) == BCCAST_OK);
  bccast_config_free(config);
  std::uint64_t done = 0;
  CHECK(bccast_pump(engine, 0, 0, &done, nullptr) == BCCAST_DONE);
  CHECK(done == 2);  // what was refused changed nothing: items not set are done
  CHECK(codes == std::vector<std::pair<string, std::int32_t>>{{"item", BCCAST_E_ARGUMENT},
                                                              {"item", BCCAST_E_ARGUMENT},
                                                              {"status", BCCAST_E_ARGUMENT},
                                                              {"status", BCCAST_E_ARGUMENT},
                                                              {"after", BCCAST_E_ARGUMENT},
                                                              {"reason", BCCAST_E_ARGUMENT},
                                                              {"utf8", BCCAST_E_UTF8},
                                                              {"long", BCCAST_E_LIMIT}});
  CHECK(bccast_close(engine, 0) == BCCAST_OK);
}

// ---- Forks

TEST_CASE("In the child of a fork every call is refused, closing is not, and the parent goes on working") {
  test::Host host;
  host.provider("lee");
  host.clients("lee", {"ana", "ben"});
  const auto blast = host.blast("lee", "a text");
  const auto all = verbs();
  const int result = in_a_child([&] {
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (all[i].call(host) != BCCAST_E_FORKED) return static_cast<int>(i) + 1;
      if (string(bccast_error_message()).empty()) return 96;
    }
    bccast_engine* engine = host;
    if (bccast_close(engine, 0) != BCCAST_OK) return 97;
    if (bccast_close(engine, 0) != BCCAST_E_HANDLE) return 98;
    // A store of its own is the child's to use.
    bccast_engine* own = nullptr;
    if (bccast_open((host.store_path() + ".child").c_str(), nullptr, &own) != BCCAST_OK) return 95;
    if (bccast_directory_provider_put(own, "may", "May") != BCCAST_OK) return 94;
    return bccast_close(own, 0) == BCCAST_OK ? 0 : 93;
  });
  CHECK(result == 0);
  // The child's close has dropped no lock and no byte: others wait for the parent's transaction as before.
  host.pump();
  CHECK(host.notifier.all().size() == 2);
  CHECK(host.status("lee", blast).where("channel", "").text("state") == "finished");
  host.blast("lee", "another text");
  CHECK(host.threads("ana").size() == 2);
  host.restart();
  CHECK(host.threads("ana").size() == 2);
  CHECK(host.verify().empty());
}

TEST_CASE("A child that was forked while the parent pumps can close, and rows it has stay readable") {
  test::Host host;
  host.provider("lee");
  host.clients("lee", {"ana", "ben"});
  host.blast("lee", "a text");
  bccast_rows* rows = nullptr;
  REQUIRE(bccast_blast_list(host, "lee", nullptr, nullptr, 0, &rows) == BCCAST_OK);
  int result = -1;
  host.notifier.whole = [&](const std::vector<test::Notice>&) {
    result = in_a_child([&] {
      if (bccast_rows_count(rows) != 1) return 1;
      bccast_rows_free(rows);
      bccast_engine* engine = host;
      return bccast_close(engine, 0) == BCCAST_OK ? 0 : 2;
    });
    return BCCAST_OK;
  };
  host.pump();
  CHECK(result == 0);
  CHECK(bccast_rows_count(rows) == 1);
  bccast_rows_free(rows);
  CHECK(host.notifier.all().size() == 2);
  CHECK(host.verify().empty());
}

// ---- The last error

TEST_CASE(
    "The last error is cleared by the next call, kept by those that read cells, and each thread has its "
    "own") {
  bccast_engine* engine = open_memory();
  REQUIRE(bccast_directory_provider_put(engine, "lee", "Lee") == BCCAST_OK);
  const auto fail = [&] {
    REQUIRE(bccast_blast_discard(engine, "lee", "no such blast") == BCCAST_E_NOT_FOUND);
  };
  fail();
  const string message = bccast_error_message();
  CHECK(message != "");
  CHECK(bccast_error_retriable() == 0);
  CHECK(bccast_error_native() == 0);

  // Reading neither clears nor sets it.
  std::int64_t number = 0;
  CHECK(bccast_rows_get_i64(nullptr, 0, "x", &number) == BCCAST_E_HANDLE);
  bccast_rows_free(nullptr);
  bccast_config_free(nullptr);
  CHECK(bccast_has("store.sqlite") == 1);
  CHECK(string(bccast_code_name(BCCAST_E_NOT_FOUND)) == "BCCAST_E_NOT_FOUND");
  CHECK(bccast_error_message() == message);

  // Each function that returns a code clears it, whatever it does.
  CHECK(bccast_directory_provider_put(engine, "lee", "Lee") == BCCAST_OK);
  CHECK(string(bccast_error_message()) == "");
  CHECK(bccast_error_copy(nullptr, 0) == 0);
  fail();
  CHECK(bccast_config_describe(0, nullptr, nullptr, nullptr, nullptr) == BCCAST_OK);
  CHECK(string(bccast_error_message()) == "");
  fail();
  CHECK(bccast_close(nullptr, 0) == BCCAST_OK);
  CHECK(string(bccast_error_message()) == "");

  fail();
  std::thread([&] {
    CHECK(string(bccast_error_message()) == "");
    CHECK(bccast_directory_provider_put(engine, "", "x") == BCCAST_E_ARGUMENT);
    CHECK(bccast_error_message() != message);
  }).join();
  CHECK(bccast_error_message() == message);

  // The copy.
  CHECK(bccast_error_copy(nullptr, 0) == message.size());
  std::array<char, 600> buffer{};
  buffer.fill('z');
  CHECK(bccast_error_copy(buffer.data(), 0) == message.size());
  CHECK(buffer[0] == 'z');
  CHECK(bccast_error_copy(buffer.data(), 1) == message.size());
  CHECK(buffer[0] == '\0');
  CHECK(buffer[1] == 'z');
  CHECK(bccast_error_copy(buffer.data(), 6) == message.size());
  CHECK(string(buffer.data()) == message.substr(0, 5));
  CHECK(buffer[6] == 'z');
  CHECK(bccast_error_copy(buffer.data(), message.size() + 1) == message.size());
  CHECK(string(buffer.data()) == message);
  CHECK(bccast_error_copy(buffer.data(), buffer.size()) == message.size());
  CHECK(string(buffer.data()) == message);
  CHECK(bccast_close(engine, 0) == BCCAST_OK);
  CHECK(string(bccast_error_message()) == "");
}

TEST_CASE("Every code has its name, and what is none is unknown") {
  std::set<string> names;
  for (std::int32_t code = -60; code <= 10; ++code) {
    const string name = bccast_code_name(code);
    if (name != "unknown") CHECK(names.insert(name).second);
  }
  CHECK(names.size() == 30);
  for (const std::int32_t code : {6, -1, -9, -52, -10'000, INT32_MIN, INT32_MAX})
    CHECK(string(bccast_code_name(code)) == "unknown");
  CHECK(bccast_has(nullptr) == 0);
  CHECK(bccast_has("") == 0);
  CHECK(bccast_has("store.none") == 0);
}
