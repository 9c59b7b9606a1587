// How fast a channel may be worked.
#include "model/rate.hpp"

#include <doctest/doctest.h>

#include <string>

#include "base/error.hpp"

using bccast::deferred_by_rate;
using bccast::parse_rate;
using bccast::Rate;
using bccast::text_of;
using bccast::TokenBucket;

TEST_CASE("a rate is a decimal number of items a second, and is written as it was set") {
  for (const std::string text : {"1", "0.5", "0.001", "100", "12.25", "1000000", "999999.999"})
    CHECK(text_of(parse_rate(text)) == text);
  CHECK(text_of(parse_rate("007.50")) == "7.5");
  CHECK(parse_rate("0.5").per_1000_s == 500);
  for (const std::string text : {"", "0", "0.0", "0.000"}) {
    CHECK_FALSE(parse_rate(text).limited());
    CHECK(text_of(parse_rate(text)).empty());
  }
  for (const std::string text : {"-1", "+1", "1.", ".5", "1.2345", "1,5", "1e3", " 1", "1 ", "0x1",
                                 "1000000.001", "1000001", "99999999999999999999", "1.2.3", "fast"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(parse_rate(text), bccast::Error);
  }
}

TEST_CASE("a bucket holds a second's worth, and at least one item") {
  TokenBucket fast{0, 1000};
  const Rate hundred{100'000};
  fast.refill(hundred, 1000 + 10'000);
  CHECK(fast.items() == 100);
  TokenBucket slow{0, 1000};
  const Rate half{500};
  slow.refill(half, 1000 + 1999);
  CHECK(slow.items() == 0);
  CHECK(slow.ready_in(half) == 1);
  slow.refill(half, 1000 + 2000);
  CHECK(slow.items() == 1);
  slow.refill(half, 1000 + 200'000);
  CHECK(slow.items() == 1);
  // The slowest rate, after a century.
  TokenBucket slowest{0, 0};
  slowest.refill(Rate{1}, 999'999);
  CHECK(slowest.items() == 0);
  slowest.refill(Rate{1}, 3'000'000'000'000);
  CHECK(slowest.items() == 1);
}

TEST_CASE("a portion is a tenth of a second's worth, or one item") {
  const Rate hundred{100'000};
  TokenBucket bucket{0, 0};
  CHECK(bucket.ready_in(hundred) == 100);
  bucket.refill(hundred, 99);
  CHECK_FALSE(bucket.ready(hundred));
  CHECK(bucket.ready_in(hundred) == 1);
  bucket.refill(hundred, 100);
  CHECK(bucket.ready(hundred));
  CHECK(bucket.items() == 10);
  const Rate three{3'000};
  TokenBucket few{0, 0};
  CHECK(few.ready_in(three) == 334);
  few.refill(three, 334);
  CHECK(few.ready(three));
  CHECK(few.items() == 1);
}

TEST_CASE("a clock that is stepped back neither stalls a bucket nor fills it") {
  const Rate ten{10'000};
  TokenBucket bucket{0, 1'000'000'000};
  bucket.refill(ten, 1'000);
  CHECK(bucket.items() == 0);
  bucket.refill(ten, 1'500);
  CHECK(bucket.items() == 5);
}

TEST_CASE("what is taken and given back is counted in items, and never above what a bucket holds") {
  const Rate ten{10'000};
  TokenBucket bucket{TokenBucket::most(ten), 0};
  bucket.take(7);
  CHECK(bucket.items() == 3);
  bucket.give_back(ten, 5);
  CHECK(bucket.items() == 8);
  bucket.give_back(ten, 1000);
  CHECK(bucket.items() == 10);
}

TEST_CASE("what a rate alone defers: those whose turn has not come, and no more than are pending") {
  const Rate hundred{100'000};
  CHECK(deferred_by_rate(hundred, 1000, 1000, 0) == 1000);
  CHECK(deferred_by_rate(hundred, 1000, 1000, 2'000) == 800);
  CHECK(deferred_by_rate(hundred, 1000, 300, 2'000) == 300);
  CHECK(deferred_by_rate(hundred, 1000, 700, 9'990) == 1);
  CHECK(deferred_by_rate(hundred, 1000, 700, 10'000) == 0);
  CHECK(deferred_by_rate(hundred, 1000, 700, 9'000'000'000'000'000) == 0);
  CHECK(deferred_by_rate(hundred, 1000, 1000, -5'000) == 1000);  // the clock was stepped back
  CHECK(deferred_by_rate(hundred, 1000, 0, 0) == 0);
  CHECK(deferred_by_rate(Rate{}, 1000, 1000, 0) == 0);
  CHECK(deferred_by_rate(Rate{1}, 1000, 1000, 1'000'000) == 999);
}
