// bccast_rows_json: rows as JSON, read back by another's parser.
#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "support/embedding.hpp"
#include "support/host.hpp"

namespace {

using Json = nlohmann::ordered_json;
using test::Host;

std::string json_of(const bccast_rows* rows, std::size_t row = BCCAST_ALL_ROWS) {
  const char* text = nullptr;
  std::size_t length = 0;
  REQUIRE(bccast_rows_json(rows, row, &text, &length) == BCCAST_OK);
  CHECK(std::string_view(text) == std::string_view(text, length));  // NUL-ended, and no NUL in it
  return {text, length};
}

/// What the cells say.
Json expected(const test::Row& row) {
  Json object = Json::object();
  for (const auto& cell : row.cells) {
    if (cell.null || (cell.type == BCCAST_TYPE_TEXT && cell.value.empty())) {
      object[cell.column] = nullptr;
    } else if (cell.type == BCCAST_TYPE_I64) {
      object[cell.column] = std::stoll(cell.value);
    } else {
      object[cell.column] = cell.value;
    }
  }
  return object;
}

/// Row by row and as a whole, in the order of rows and columns.
void check_json(const bccast_rows* rows) {
  const auto copied = test::copy_rows(rows);
  Json all = Json::array();
  for (std::size_t i = 0; i < copied.size(); ++i) {
    all.push_back(expected(copied[i]));
    CHECK(Json::parse(json_of(rows, i)).dump() == all.back().dump());
  }
  CHECK(Json::parse(json_of(rows)).dump() == all.dump());
}

const std::string kStrange = "\"Quotes\", a \\, \t tab,\r\n new line, </script>, \u00e9 \u4e2d \U0001F600";

}  // namespace

TEST_CASE("every cell of a row, and every row, with texts as they were written") {
  Host host;
  host.provider("lee");
  host.clients("lee", {"ana", "ben"});
  const auto blast = host.blast("lee", {"ana", "ben"}, kStrange);
  host.draft("lee");
  bccast_rows* rows = nullptr;
  REQUIRE(bccast_blast_list(host, "lee", nullptr, nullptr, 0, &rows) == BCCAST_OK);
  CHECK(bccast_rows_count(rows) == 2);
  check_json(rows);
  CHECK(Json::parse(json_of(rows, 1))["text"] == kStrange);
  CHECK(Json::parse(json_of(rows, 0))["text"].is_null());
  CHECK(Json::parse(json_of(rows, 0))["sent_at_ms"].is_null());
  bccast_rows_free(rows);
  REQUIRE(bccast_blast_list(host, "lee", "state=paused", nullptr, 0, &rows) == BCCAST_OK);
  CHECK(json_of(rows) == "[]");
  bccast_rows_free(rows);
  // A text without letters is null, too: of a message that was taken away.
  const auto thread = host.of_blast("lee", blast, "ana");
  host.read("ana", thread, 1);
  test::must(bccast_blast_recall, host, "lee", blast);
  REQUIRE(bccast_client_messages(host, "ana", thread.c_str(), 0, 1, 0, &rows) == BCCAST_OK);
  check_json(rows);
  bccast_rows_free(rows);
}

TEST_CASE("what a terminal should not be shown is escaped, and reads back as it was") {
  Host host;
  host.provider("lee");
  host.clients("lee", {"ana", "ben"});
  for (const char* text :
       {"a\u061c", "a\u2028\u2029", "a\u202a\u202b\u202c\u202d\u202e", "a\u2066\u2067\u2068\u2069"}) {
    const auto blast = host.blast("lee", {"ana", "ben"}, text);
    bccast_rows* rows = nullptr;
    REQUIRE(bccast_blast_get(host, "lee", blast.c_str(), &rows) == BCCAST_OK);
    const auto json = json_of(rows, 0);
    for (const char byte : json) CHECK((byte >= 0x20 && byte < 0x7F));
    CHECK(Json::parse(json)["text"] == text);
    bccast_rows_free(rows);
  }
}

TEST_CASE("the text is valid until the next call for the same rows, also of rows that a batch lends") {
  Host host(test::Setup{.channels = {}});
  test::must(bccast_channel_put, host, "email", "notify");
  host.provider("lee");
  host.clients("lee", {"ana", "ben"});
  host.blast("lee", {"ana", "ben"}, "Good morning");
  const auto batch = test::claim(host);
  const auto* rows = bccast_batch_rows(batch);
  bccast_rows* others = nullptr;
  REQUIRE(bccast_blast_list(host, "lee", nullptr, nullptr, 0, &others) == BCCAST_OK);
  const char* first = nullptr;
  REQUIRE(bccast_rows_json(rows, 0, &first, nullptr) == BCCAST_OK);
  const std::string before = first;
  static_cast<void>(json_of(others));
  CHECK(first == before);
  check_json(rows);
  CHECK(json_of(rows, 1) != before);
  bccast_rows_free(others);
}
