// What the library says of itself.
#include <bccast/bccast.h>
#include <doctest/doctest.h>

#include <cstring>
#include <string>

TEST_CASE("the library is the one that the header belongs to") {
  CHECK(bccast_api_date() == BCCAST_API_DATE);
  CHECK(std::string(bccast_version()).find_first_not_of("0123456789.") == std::string::npos);
  CHECK(std::strlen(bccast_version()) >= std::strlen("0.0.0"));
}

TEST_CASE("it says which parts it has") {
  for (const char* part : {"store.sqlite", "notifier.maildir", "notifier.callback"})
    CHECK(bccast_has(part) == 1);
  for (const char* part : {"store.postgres", "store", "", "store.sqlite "}) CHECK(bccast_has(part) == 0);
  CHECK(bccast_has(nullptr) == 0);
}
