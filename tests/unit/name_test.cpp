// Names as lists and searches compare them.
#include <doctest/doctest.h>

#include <algorithm>
#include <clocale>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/fold.hpp"
#include "base/unicode.hpp"
#include "model/name_keys.hpp"

using bccast::fold;
using bccast::later_words;

namespace {

/// As the roster is searched: by the beginning of the whole name or of a word.
bool is_found(const std::string& name, const std::string& query) {
  const auto folded = fold(name);
  const auto words = later_words(folded);
  const auto prefix = fold(query);
  return folded.starts_with(prefix) ||
         std::ranges::any_of(words, [&](const auto& word) { return word.starts_with(prefix); });
}

struct Search {
  std::string name;
  std::string query;
  bool found;
};

void check(const std::vector<Search>& searches) {
  for (const auto& search : searches) {
    INFO(search.query << " in " << search.name << ", which is " << fold(search.name));
    CHECK(is_found(search.name, search.query) == search.found);
    CHECK(fold(fold(search.name)) == fold(search.name));
  }
}

}  // namespace

TEST_CASE("names: found as people type them") {
  check({
      {"Łukasz Øystein", "lukasz", true},
      {"Łukasz Øystein", "oystein", true},
      {"Đorđe Ægir", "dor", true},
      {"Đorđe Ægir", "aegir", true},
      {"Siobhán O’Brien", "o'brien", true},
      {"Siobhán O’Brien", "brien", true},
      {"Siobhán O’Brien", "siobhan  o", true},
      {"Jean-Luc Straße", "luc", true},
      {"Jean-Luc Straße", "strasse", true},
      {"Jean-Luc Straße", "ean", false},
      {"İpek Işık", "ipek", true},
      {"İpek Işık", "isik", true},
      {"Zoë (Zuzana) Nováková", "zuzana", true},
  });
}

TEST_CASE("names: Latin letters with a form of their own are found by plain ones") {
  check({
      {"Þórður Œuvre", "thordur", true},
      {"Þórður Œuvre", "oeuvre", true},
      {"Ħal Għaxaq", "hal ghaxaq", true},
      {"Ŋuŋu Ðuro", "nunu d", true},
      {"Đặng Thị Hương", "dang thi hu", true},
      {"Ｍａｒｉａ", "maria", true},
      {"ŁUKASZ", "Łukasz", true},
      {"Lukasz", "łukasz", true},
      {"D´Angelo", "angelo", true},
      {"Ka\u02bbimi Hawai\u02bbi", "hawai'i", true},
      {"Anne\u2010Marie", "anne-m", true},
      {"Anne\u2013Marie", "marie", true},
      {"Zo\u0308e", "zöe", true},
      {"Al\u00adex", "alex", true},  // a soft hyphen
  });
}

TEST_CASE("names: words begin after spaces and signs, and only there") {
  check({
      {"O'Connor", "o’connor", true},
      {"O’Connor", "connor", true},
      {"O'Connor", "onnor", false},
      {"Dr.Lee", "lee", true},
      {"Lee/Kim", "kim", true},
      {"Anna [Ann] {Nan} <An>", "ann]", true},
      {"Anna [Ann] {Nan} <An>", "nan", true},
      {"Anna [Ann] {Nan} <An>", "an>", true},
      {"\"Bo\" Li", "bo", true},
      {"Lee,Anna", "anna", true},
      {"ジョン・スミス", "スミス", true},
      {"דוד בן־גוריון", "גוריון", true},
      {"Mary3 4th", "4th", true},
  });
}

TEST_CASE("names: white space of any kind and length is one space") {
  CHECK(fold("  Anna \t Maria\u00a0\u3000Lee ") == "anna maria lee");
  CHECK(fold(" \u2003 ") == "");
  check({
      {"Anna  Maria", "anna maria", true},
      {"Anna\u00a0Maria", "anna maria", true},
      {"Anna Maria", " anna \u2003 maria  ", true},
  });
}

TEST_CASE("names: other alphabets are found by their own letters") {
  check({
      {"Αλέξανδρος Παπαδόπουλος", "παπαδοπ", true},
      {"Αλέξανδρος Παπαδόπουλος", "ΑΛΈΞ", true},
      {"Юрий Гагарин", "гага", true},
      {"Юрий Гагарин", "gaga", false},
      {"王小明", "王", true},
      {"王小明", "小", false},
      {"محمد علي", "علي", true},
      {"김민준", "김민", true},
      {"김민준", "민준", false},
      {"सीता देवी", "देवी", true},
  });
}

TEST_CASE("names: at most eight later words are kept, and what is not UTF-8 is refused") {
  CHECK(later_words("a b c d e f g h i j").size() == 8);
  CHECK(later_words("- a").size() == 1);
  CHECK(later_words("").empty());
  CHECK_THROWS_AS(fold("\xff"), bccast::Error);
  CHECK_THROWS_AS(fold("\xc3"), bccast::Error);
}

TEST_CASE("names: folding does not depend on the process's locale") {
  const std::string before = std::setlocale(LC_ALL, nullptr);
  for (const char* locale : {"tr_TR.UTF-8", "C.UTF-8", "C"}) {
    std::setlocale(LC_ALL, locale);  // where the system has it
    CHECK(fold("TITLE Iı İ") == "title ii i");
    CHECK(bccast::fold_case("TITLE I") == "title i");
  }
  std::setlocale(LC_ALL, before.c_str());
}

TEST_CASE("texts: what shows nothing, and what shows something") {
  for (const std::string nothing :
       {"", " ", " \t\r\n", "\u00a0\u2003\u3000", "\u200b\u200c\u200d\ufeff",
        "\u200e\u200f\u202a\u202e\u2066\u2069", "\u00ad", "\u2060\u2064", "\u2800", "\ufe0f\ufe0e\U000e0100",
        "\u3164\u115f\u1160\uffa0", "\u180e", "\u034f", "\u0085", "\u2028\u2029", "\ufff9\ufffb",
        "\U000e0020\U000e007f", " \u200b \u2060\n"}) {
    CAPTURE(nothing);
    CHECK_FALSE(bccast::is_visible(nothing));
  }
  for (const std::string something :
       {"a", " .", "\u200b!", "\u0301", "❤\ufe0f", "👩\u200d👩\u200d👧", "王", "\u2801", "\u0600", "\n\n\u200fא",
        "\ufffd", "\u0378" /* not assigned, so far */, "\ue000" /* private use: the host's */}) {
    CAPTURE(something);
    CHECK(bccast::is_visible(something));
  }
}
