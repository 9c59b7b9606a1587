// When two addresses are one mailbox.
#include "model/same_address.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using bccast::folded_address;

namespace {

struct Pair {
  std::string one;
  std::string other;
  bool same;
};

void check(const std::vector<Pair>& pairs) {
  for (const auto& pair : pairs) {
    const auto one = folded_address(pair.one);
    const auto other = folded_address(pair.other);
    INFO(pair.one << " and " << pair.other << ": " << one << " and " << other);
    CHECK((one == other) == pair.same);
    CHECK(folded_address(one) == one);
    CHECK(folded_address(other) == other);
  }
}

}  // namespace

TEST_CASE("addresses: one mailbox or two, as people write them") {
  check({
      {"ana@example.org", "ANA@EXAMPLE.ORG", true},
      {"josé@example.org", "JOSÉ@example.org", true},
      {"ana@bücher.example", "ana@BÜCHER.example", true},
      {"ana@bücher.example", "ana@xn--bcher-kva.example", true},
      {"ana+a@example.org", "ana+b@example.org", false},
      {"a.na@example.org", "ana@example.org", false},
      {"\"ana\"@example.org", "ana@example.org", true},
      {"josé@example.org", "jose@example.org", false},
  });
}

TEST_CASE("addresses: case is Unicode's, in every alphabet, and marks stay") {
  check({
      {"ΜΑΡΊΑ@example.org", "μαρία@example.org", true},
      {"ΝΊΚΟΣ@example.org", "νίκος@example.org", true},  // a final sigma
      {"ИВАН@example.org", "иван@example.org", true},
      {"й@example.org", "и@example.org", false},
      {"ŁUKASZ@example.org", "łukasz@example.org", true},
      {"łukasz@example.org", "lukasz@example.org", false},
      {"STRASSE@example.org", "straße@example.org", false},  // two letters and one are two names
      {"STRAẞE@example.org", "straße@example.org", true},
      {"ﬁx@example.org", "fix@example.org", false},
      // Not Turkish: I is the capital of i; the dot of a capital İ is a mark, and a dotless ı another letter.
      {"IPEK@example.org", "ipek@example.org", true},
      {"İPEK@example.org", "i\u0307pek@example.org", true},
      {"İPEK@example.org", "ipek@example.org", false},
      {"ışık@example.org", "işik@example.org", false},
  });
}

TEST_CASE("addresses: how marks were typed makes no difference") {
  check({
      {"jose\u0301@example.org", "josé@example.org", true},
      {"JOSE\u0301@example.org", "josé@example.org", true},
      {"ana@bu\u0308cher.example", "ana@bücher.example", true},
      {"ana@BU\u0308CHER.example", "ana@xn--bcher-kva.example", true},
      {"a\u0323\u0307@example.org", "a\u0307\u0323@example.org", true},
      {"ａｎａ@example.org", "ana@example.org", false},  // NFC: no compatibility forms before the @
  });
}

TEST_CASE("addresses: a domain has one form") {
  check({
      {"ana@XN--BCHER-KVA.EXAMPLE", "ana@Bücher.Example", true},
      {"ana@example.org.", "ana@example.org", true},
      {"ana@bücher.example.", "ana@bücher.example", true},
      {"ana@example。org", "ana@example.org", true},  // an ideographic full stop
      {"ana@ｅｘａｍｐｌｅ．ｏｒｇ", "ana@example.org", true},
      {"ana@straße.example", "ana@strasse.example", false},  // two registrations
      {"ana@straße.example", "ana@xn--strae-oqa.example", true},
      {"ana@exam\u00adple.org", "ana@example.org", true},  // a soft hyphen
      {"ana@пример.example", "ana@ПРИМЕР.example", true},
      {"ana@例え.example", "ana@xn--r8jz45g.example", true},
      {"ana@r3---sn.example", "ana@R3---SN.example", true},
      {"ana@my_host.example", "ana@MY_HOST.example", true},
      {"ana@[192.0.2.1]", "ana@[192.0.2.1]", true},
      {"ana@[IPv6:2001:DB8::1]", "ana@[ipv6:2001:db8::1]", true},
      {"ana@example.org", "ana@mail.example.org", false},
  });
}

TEST_CASE("addresses: a quoted string is what it quotes") {
  check({
      {"\"Ana\"@example.org", "ana@example.org", true},
      {"\"a\\na\"@example.org", "ana@example.org", true},
      {"\"a.na\"@example.org", "a.na@example.org", true},
      {"\"JOSÉ\"@example.org", "josé@example.org", true},
      {"\"ana smith\"@example.org", "\"ana\\ smith\"@example.org", true},
      {"\"ana smith\"@example.org", "anasmith@example.org", false},
      {"\"ana@home\"@example.org", "\"ana\\@home\"@EXAMPLE.org", true},
      {"\"ana@home\"@example.org", "ana@home", false},
      {"\"a\\\"b\"@example.org", "\"ab\"@example.org", false},
      {"\"a\\\\b\"@example.org", "\"ab\"@example.org", false},
      {"\".ana\"@example.org", "ana@example.org", false},
      {"\"\"@example.org", "@example.org", false},
  });
}

TEST_CASE("addresses: what is no mail address stands for itself, its case folded where it has an @") {
  CHECK(folded_address("Device-A") == "Device-A");
  CHECK(folded_address("+49 30 123") == "+49 30 123");
  CHECK(folded_address("JOSÉ") == "JOSÉ");
  CHECK(folded_address("") == "");
  CHECK(folded_address("Ana@") == "ana@");
  CHECK(folded_address("@") == "@");
  CHECK(folded_address("Ana@.") == "ana@.");
  CHECK(folded_address("ana＠example.org") == "ana＠example.org");      // a full-width sign is no @
  CHECK(folded_address("Ana@xn--\u00fc.org") == "ana@xn--\u00fc.org");  // not Punycode
  CHECK(folded_address("Ana@xn--0.ORG") == "ana@xn--0.org");
  CHECK(folded_address("Ana@a..ü.ORG") == "ana@a..ü.org");
  CHECK(folded_address("\"Ana@example.org") == "\"ana@example.org");
  CHECK(folded_address("\"An\"a\"@example.org") == "\"an\"a\"@example.org");
  CHECK(folded_address("\"Ana\\\"@example.org") == "\"ana\\\"@example.org");
  CHECK(folded_address("Ana@" + std::string(64, 'a') + "ü.ORG") == "ana@" + std::string(64, 'a') + "ü.org");
}
