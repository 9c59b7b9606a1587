#include "screens_names.hpp"

#include <array>
#include <cmath>

namespace bench {
namespace {

constexpr std::array kGiven{
    kCommonWord, "Anna",  "Peter",  "Ali",    "Sofia",   "Jan",    "Lena",  "Omar",   "Eva",   "Paul",
    "Mina",      "Lukas", "Fatima", "Tom",    "Julia",   "Daniel", "Nora",  "Simon",  "Clara", "Ivan",
    "Ines",      "David", "Helena", "Marc",   "Aisha",   "Leo",    "Ruth",  "Samuel", "Yuki",  "Chen",
    "Greta",     "Hugo",  "Zoé",    "Björn",  "Amélie",  "Max",    "Dana",  "Karim",  "Vera",  "Emil",
    "Livia",     "Noah",  "Petra",  "Rashid", "Tereza",  "Felix",  "Irma",  "Oskar",  "Ulla",  "Quentin",
    "Wanda",     "Xenia", "Edgar",  "Judith", "Bastian", "Carmen", "Silas", "Gloria", "Viktor"};
constexpr std::array kBegin{"Ab",  "Bar", "Cor", "Del", "Er",  "Fal", "Gar", "Hol", "In",
                            "Jan", "Kel", "Lan", "Mor", "Nor", "Ost", "Pel", "Ros", "Sal",
                            "Tor", "Ul",  "Ver", "Wal", "Yan", "Zim", "Mül", "Sön"};
constexpr std::array kMiddle{"a",  "be", "di", "e",  "fi", "go",  "i",   "ka", "le", "ma",
                             "ni", "o",  "pe", "ra", "se", "ti",  "u",   "vi", "wo", "za",
                             "",   "na", "ro", "li", "mo", "ste", "gra", "hu", "ja", "ke"};
constexpr std::array kEnd{"ck",  "dt",  "er",   "ez",  "feld", "gård", "in",   "kin", "ler", "mann",
                          "nen", "ova", "rich", "sen", "ski",  "son",  "tano", "ton", "y",   "z"};

template <typename Words>
const char* one_of(const Words& words, std::uint64_t number) {
  return words[number % words.size()];
}

/// The first are far more frequent than the last.
const char* given_name(std::uint64_t number) {
  const double u = static_cast<double>(number >> 11) / 9007199254740992.0;  // 2^53: at least 0, below 1
  return kGiven[static_cast<std::size_t>(u * u * static_cast<double>(kGiven.size()))];
}

std::string family_name(std::uint64_t number) {
  return std::string(one_of(kBegin, number)) + one_of(kMiddle, number / 64) + one_of(kEnd, number / 4096);
}

}  // namespace

std::uint64_t mixed(std::uint64_t client, std::uint64_t what) {
  // The finisher of SplitMix64 (Steele, Lea, Flood 2014).
  std::uint64_t z = client * 0x9e3779b97f4a7c15U + what * 0xd1b54a32d192ed03U + 0x9e3779b97f4a7c15U;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
  return z ^ (z >> 31);
}

std::string person_name(std::uint64_t client) {
  std::string name = given_name(mixed(client, 1));
  if (mixed(client, 2) % 4 == 0) name += std::string(" ") + given_name(mixed(client, 3));
  if (mixed(client, 4) % 50 == 0) name += " von";
  if (client % 333333 == 222222) return name + ' ' + kRareWord;
  name += ' ' + family_name(mixed(client, 5));
  if (mixed(client, 6) % 30 == 0) name += '-' + family_name(mixed(client, 7));
  return name;
}

}  // namespace bench
