// What shows nothing is refused, wherever people would read it.
#include <bccast/bccast.h>
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "support/host.hpp"

namespace {

using std::string;
using test::call;
using test::Host;
using test::must;

const std::vector<string> kNothing{" ",
                                   "\u00a0\u3000",
                                   "\u200b\u200c\u200d\ufeff",              // zero-width
                                   "\u200e\u200f\u202a\u202e\u2066\u2069",  // bidi marks
                                   "\u00ad",                                // a soft hyphen
                                   "\u2800",                                // a Braille cell without dots
                                   "\ufe0f",                                // a variation selector
                                   "\u3164\u115f\u1160\uffa0",              // Hangul fillers
                                   "\u2060 \U000e0020",
                                   "\ufffe\uffff\ufdd0\ufdef\U0001fffe\U0010ffff",  // no characters
                                   "\U0001d159",                                    // a note without a head
                                   "\U00016fe4"};                                   // a Khitan filler

struct Practice : Host {
  Practice() {
    provider("lee");
    clients("lee", {"ana", "ben"});
    community_thread = community("lee", "Parents", {"ana", "ben"});
    direct_thread = direct("lee", "ana");
    write_direct("lee", "ana", "Good morning");
  }
  string community_thread;
  string direct_thread;
};

}  // namespace

TEST_CASE("blank: a text that shows nothing is refused in blasts, direct messages, replies and posts") {
  Practice host;
  const auto draft = host.draft("lee", {"ana", "ben"});
  auto texts = kNothing;
  texts.insert(texts.end(), {"  \n ", "\t\r\n"});
  for (const auto& text : texts) {
    CAPTURE(text);
    const auto* bytes = text.data();
    const auto size = text.size();
    CHECK(call(bccast_blast_write, host, "lee", draft, bytes, size).code == BCCAST_E_ARGUMENT);
    for (const auto& thread : {host.direct_thread, host.community_thread}) {
      CHECK(call(bccast_provider_reply, host, "lee", thread, nullptr, bytes, size, nullptr, nullptr).code ==
            BCCAST_E_ARGUMENT);
      CHECK(call(bccast_client_reply, host, "ana", thread, nullptr, bytes, size, nullptr, nullptr).code ==
            BCCAST_E_ARGUMENT);
    }
  }
  CHECK(call(bccast_blast_send, host, "lee", draft, nullptr).code == BCCAST_E_STATE);  // it has no text
  CHECK(host.messages("ana", host.direct_thread).size() == 1);
  CHECK(host.messages("ana", host.community_thread).empty());
}

TEST_CASE("blank: names, titles and addresses that show nothing are refused, and an empty name is none") {
  Practice host;
  for (const auto& nothing : kNothing) {
    CAPTURE(nothing);
    CHECK(call(bccast_directory_provider_put, host, "kim", nothing).code == BCCAST_E_ARGUMENT);
    CHECK(call(bccast_directory_client_put, host, "cal", nothing, nullptr).code == BCCAST_E_ARGUMENT);
    CHECK(call(bccast_directory_client_put, host, "ana", nullptr, nothing).code == BCCAST_E_ARGUMENT);
    CHECK(call(bccast_directory_client_set, host, "ana", "address.push", nothing).code == BCCAST_E_ARGUMENT);
    CHECK(call(bccast_directory_provider_set, host, "lee", "address.email", nothing).code ==
          BCCAST_E_ARGUMENT);
    char thread[BCCAST_ID_SIZE];
    CHECK(bccast_provider_community(host, "lee", nothing.c_str(), thread) == BCCAST_E_ARGUMENT);
    CHECK(call(bccast_provider_community_set, host, "lee", host.community_thread, "title", nothing).code ==
          BCCAST_E_ARGUMENT);
  }
  const auto refused = call(bccast_directory_client_put, host, "ana", "\u200b", nullptr);
  CHECK(refused.message == "the display name shows nothing: it is only white space or invisible characters");
  must(bccast_directory_client_put, host, "cal", "", nullptr);
  CHECK(must(bccast_directory_client_get, host, "ana").rows[0].text("client_name") == "Name of ana");
}

TEST_CASE("blank: a text with something to see is taken as it is, invisible characters and all") {
  Practice host;
  for (const string text : {" . ", "\u200f\u05d0\u200e", "\u2764\ufe0f", "\u0301"}) {
    CAPTURE(text);
    const auto blast = host.blast("lee", text);
    CHECK(host.messages("ana", host.of_blast("lee", blast, "ana"))[0].text("text") == text);
  }
}
