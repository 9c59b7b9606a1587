// Every verb beside every other (pair.hpp).
#include <doctest/doctest.h>

#include <array>
#include <set>
#include <string>

#include "pair.hpp"

using namespace test::beside;

TEST_CASE("Two verbs side by side come to what they come to one after the other") {
  Practice practice;
  try_each_pair(practice);
}

namespace {

const std::array kRaces{
    Race{"a client is archived while it comes to a roster", {1}, "roster_add", "client_archive of dan"},
    Race{"a client is erased while it replies", {1}, "reply", "client_erase"},
    Race{"two come to one place of a roster", {3}, "roster_add", "client_put of a new one on a roster"},
    Race{"two blasts are sent with one number", {3}, "send", "send_due"},
    Race{"two lines that deliver end together, and who follows them stays locked",
         {6, 7},
         "report on chat",
         "report on app"},
    Race{"a blast is paused while a batch of it is claimed", {6}, "claim on push", "pause"},
    Race{"a draft is written while it is sent", {7}, "blast_write", "send"},
    Race{"a blast is recalled while a client replies to it", {7}, "reply", "recall"},
    Race{"two write in one thread", {8}, "reply of bob's directly", "reply of lee's directly"}};

}  // namespace

TEST_CASE("Without the locks of their rank the races are back") {
  Practice practice;
  for (const auto& race : kRaces) must_be_back(practice, race);
}
