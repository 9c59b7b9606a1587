// The export of a client goes on where a page ended, however large its messages are, and past damage.
#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <vector>

#include <bccast/engine.hpp>

#include "../support/temporary_folder.hpp"
#include "code_of.hpp"
#include "full_store.hpp"

namespace {

using namespace bccast;

struct Practice {
  Practice() {
    for (const char* provider : {"lee", "zed"}) {
      engine.provider_put(provider, provider);
      engine.client_put("ann", "Ann", {});
      engine.roster_add(provider, "ann");
    }
  }
  void write(const char* provider, std::size_t messages, std::size_t bytes) {
    const auto thread = engine.provider_direct(provider, "ann");
    for (std::size_t i = 0; i < messages; ++i)
      engine.provider_reply(provider, thread, std::string(bytes, 'x'));
  }
  /// The messages that the pages show, by provider and number.
  std::vector<std::string> exported(std::size_t limit) {
    std::vector<std::string> all;
    std::string cursor;
    do {
      auto page = engine.client_export("ann", cursor, limit);
      for (const auto& row : page.items)
        if (row.record == "message") all.push_back(row.provider + " " + std::to_string(*row.seq));
      cursor = page.next;
    } while (!cursor.empty());
    return all;
  }
  static std::vector<std::string> all_of(std::size_t lees, std::size_t zeds) {
    std::vector<std::string> all;
    for (std::size_t i = 1; i <= lees; ++i) all.push_back("lee " + std::to_string(i));
    for (std::size_t i = 1; i <= zeds; ++i) all.push_back("zed " + std::to_string(i));
    return all;
  }
  test::TemporaryFolder folder;
  Engine engine{folder.file()};
};

TEST_CASE("An export shows every message, also where 8 MiB end within a thread, or right behind one") {
  constexpr std::size_t kTexts = 8 << 20;
  for (const std::size_t each : {std::size_t{1} << 20, kTexts / 9, kTexts / 700, kTexts / 700 - 9}) {
    CAPTURE(each);
    const std::size_t some = kTexts / each;
    for (const std::size_t lees : {some - 1, some, some + 1, 2 * some + 1}) {
      CAPTURE(lees);
      Practice practice;
      practice.write("lee", lees, each);
      practice.write("zed", 3, each);
      CHECK(practice.exported(1000) == Practice::all_of(lees, 3));
      if (each > 100'000) CHECK(practice.exported(2) == Practice::all_of(lees, 3));
    }
  }
}

TEST_CASE("What is damaged of one provider keeps nothing of those before it out of an export") {
  Practice practice;
  practice.write("lee", 3, 100);
  practice.write("zed", 3, 100);
  test::Database(practice.folder.file())
      .run("UPDATE thread SET sum = sum + 3 WHERE provider_no = (SELECT max(provider_no) FROM provider)");
  std::vector<std::string> all;
  std::string cursor;
  std::optional<Code> code;
  while (!code) {
    code = test::code_of([&] {
      auto page = practice.engine.client_export("ann", cursor, 1);
      for (const auto& row : page.items)
        if (row.record == "message") all.push_back(row.provider + " " + std::to_string(*row.seq));
      cursor = page.next;
      REQUIRE_FALSE(cursor.empty());
    });
  }
  CHECK(code == Code::corrupt);
  CHECK(all == Practice::all_of(3, 0));
}

}  // namespace
