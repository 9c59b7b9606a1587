// The order in which the places of a blast are handed out: that it is an order, and that it says nothing
// (P17 in docs/design.md).
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <map>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "../support/temporary_folder.hpp"
#include "adapters/sqlite/sqlite_store.hpp"
#include "core/channels.hpp"
#include "core/directory.hpp"
#include "core/drafting.hpp"
#include "core/sending.hpp"
#include "core/work.hpp"
#include "engine/pump.hpp"
#include "model/handing_order.hpp"
#include "still_clock.hpp"

namespace {

using bccast::HandingOrder;
using bccast::OrderKind;
using bccast::OrderNumbers;
using bccast::Place;
using bccast::Position;
using bccast::Slice;
using bccast::SliceNo;
using std::string;

/// Fixed, but nothing like a count: as the store's key and the blast's number give it.
std::int64_t key_of(std::uint64_t blast) {
  std::uint64_t x = (blast + 1) * 0x9e3779b97f4a7c15;
  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
  x = (x ^ x >> 27) * 0x94d049bb133111eb;
  return static_cast<std::int64_t>(x ^ x >> 31);
}

Slice all_of(Place places, SliceNo s) {
  return Slice::range(0, std::min(Slice::kPlaces, places - bccast::place_at(s, 0)));
}

/// Everybody of a roster, in the order of batches of a thousand.
std::vector<Place> told(const OrderNumbers& numbers) {
  const HandingOrder order(numbers);
  Slice members;
  std::vector<Place> all;
  for (Position from = 0; from < order.end();) {
    const auto taken = order.take(from, order.end(), 1000, numbers.places, [&](SliceNo s) -> const Slice& {
      return members = all_of(numbers.places, s);
    });
    all.insert(all.end(), taken.places.begin(), taken.places.end());
    from = taken.stop;
  }
  return all;
}

// ---- P17

/// The order in which a blast to a roster of so many is told.
using Blast = std::function<std::vector<Place>(Place places, std::uint64_t blast)>;

std::vector<Place> as_sent(Place places, std::uint64_t blast) {
  return told(HandingOrder::choose(places, false, key_of(blast)));
}

/// How many of the roster an order deals by themselves: its places, its blocks, or its windows.
struct Dealt {
  double alone;     // what says how much two orders of it may resemble each other
  double together;  // what says how much one may resemble the roster
  Position window;  // neighbours may share one
};
Dealt dealt(Place places) {
  if (places <= HandingOrder::kSingly) return {double(places), double(places), 1};
  return {places / 32.0, places / 1024.0, 1024};
}

/// Spearman's correlation of two lists of ranks.
double correlation(const std::vector<double>& a, const std::vector<double>& b) {
  const double n = double(a.size());
  double squares = 0;
  for (std::size_t i = 0; i < a.size(); ++i) squares += (a[i] - b[i]) * (a[i] - b[i]);
  return 1 - 6 * squares / (n * (n * n - 1));
}

constexpr int kBlasts = 100;

/// What a hundred blasts tell of the roster, or of each other; nothing when they tell nothing. A finding by
/// chance has a probability below 10^-7 for a roster: a client's mean by Hoeffding's inequality, the rest six
/// deviations, which a mean of so many crosses once in 10^8.
std::vector<string> findings(const Blast& blast, Place places) {
  std::vector<string> found;
  const auto n = double(places);
  const Dealt deals = dealt(places);
  const auto say = [&](const string& what, double value, double bound) {
    if (std::abs(value) > bound) found.push_back(what + ": " + std::to_string(value));
  };
  std::vector<double> roster(places);
  std::iota(roster.begin(), roster.end(), 0);
  std::vector<double> mean(places);
  std::vector<double> before;
  double with_roster = 0;
  double with_before = 0;
  double apart = 0;
  double pairs = 0;
  const Place step = deals.window > 1 ? HandingOrder::kBlock : 1;  // to the nearest who is dealt apart
  for (int b = 0; b < kBlasts; ++b) {
    const auto order = blast(places, static_cast<std::uint64_t>(b));
    std::vector<double> rank(places);
    for (std::size_t i = 0; i < order.size(); ++i) rank[order[i]] = double(i);
    for (std::size_t i = 0; i < places; ++i) mean[i] += rank[i] / (n - 1) / kBlasts;
    with_roster += correlation(rank, roster) / kBlasts;
    if (!before.empty()) with_before += correlation(rank, before) / (kBlasts - 1);
    before = rank;
    for (std::size_t i = 0; i + step < places; i += step) {
      const double distance = std::abs(rank[i] - rank[i + step]);
      if (deals.window > 1 && distance < double(deals.window)) continue;
      apart += distance / n;
      ++pairs;
    }
  }
  // Whoever is told early, or late, again and again.
  const double most = *std::max_element(mean.begin(), mean.end());
  const double least = *std::min_element(mean.begin(), mean.end());
  const double chance = std::sqrt(std::log(2 * n * 1e8) / 2 / kBlasts);
  say("told late again and again", most - 0.5, chance);
  say("told early again and again", least - 0.5, chance);
  // One blast and the next.
  say("the next blast's order follows from the last", with_before,
      6 / std::sqrt((deals.alone - 1) * (kBlasts - 1)));
  // The roster's order, from one end to the other.
  say("the order follows the roster", with_roster, 6 / std::sqrt((deals.together - 1) * kBlasts));
  // Neighbours: a third of the roster apart on average, and with the variance of 1/15 that overlapping pairs
  // have. Who stands closer than a window is not looked at: the rest is a bit further apart.
  if (places >= 10) {
    const double expected = deals.window > 1 ? (1 + 2 * double(deals.window) / n) / 3 : (1 + 1 / n) / 3;
    say("neighbours are told together, or apart", apart / pairs - expected, 6 * std::sqrt(1.0 / 15 / pairs));
  }
  return found;
}

/// As it was once: ascending, from a keyed start among a slice's places.
std::vector<Place> from_a_start(Place places, std::uint64_t blast) {
  const auto slots = (places + 65535) / 65536 * std::uint64_t{65536};
  const auto start = static_cast<std::uint64_t>(key_of(blast)) % slots;
  std::vector<Place> order(places);
  std::iota(order.begin(), order.end(), Place{0});
  if (start < places) std::rotate(order.begin(), order.begin() + std::ptrdiff_t(start), order.end());
  return order;
}

string said(const std::vector<string>& found) {
  string all;
  for (const auto& one : found) all += one + "; ";
  return all;
}

}  // namespace

TEST_CASE("P17: over a hundred blasts nobody's turn repeats, and neighbours are not told together") {
  for (const Place places : {2u, 3u, 10u, 100u, 1000u, 5000u, 100'000u}) {
    CAPTURE(places);
    CHECK(said(findings(as_sent, places)) == "");
  }
}

TEST_CASE("P17 for a million: by itself, since it takes a minute" * doctest::skip()) {
  CHECK(said(findings(as_sent, 1'000'000)) == "");
}

TEST_CASE("P17 is tested: an order that says something is found, in a roster of any size") {
  const Blast one_order = [](Place places, std::uint64_t) { return as_sent(places, 7); };
  // Who stands in the first tenth of the roster is told in the first half.
  const Blast early_first = [](Place places, std::uint64_t blast) {
    auto order = as_sent(places, blast);
    std::stable_partition(order.begin(), order.end(), [&](Place place) {
      return place < places / 10 || (key_of(place) ^ key_of(blast)) % 2 == 0;
    });
    return order;
  };
  const Blast in_pairs = [](Place places, std::uint64_t blast) {
    std::vector<Place> order;
    for (const auto pair : as_sent(places / 2, blast)) {
      order.push_back(2 * pair);
      order.push_back(2 * pair + 1);
    }
    return order;
  };
  for (const Place places : {2u, 3u, 10u, 100u, 1000u, 5000u}) {
    CAPTURE(places);
    CHECK(said(findings(from_a_start, places)) != "");
    CHECK(said(findings(one_order, places)) != "");
  }
  for (const Place places : {100u, 1000u, 5000u}) {
    CAPTURE(places);
    CHECK(said(findings(early_first, places)) != "");
    CHECK(said(findings(in_pairs, places)) != "");
  }
  CHECK(said(findings(from_a_start, 100'000)) != "");
  CHECK(said(findings(one_order, 100'000)) != "");
}

TEST_CASE("Of two and of three every order comes as often as any other") {
  for (const Place places : {2u, 3u}) {
    std::map<std::vector<Place>, int> orders;
    for (std::uint64_t blast = 0; blast < 6000; ++blast) ++orders[as_sent(places, blast)];
    const double expected = places == 2 ? 3000 : 1000;
    CHECK(orders.size() == (places == 2 ? 2 : 6));
    for (const auto& [order, count] : orders) CHECK(std::abs(count - expected) < 6 * std::sqrt(expected));
  }
}

TEST_CASE("A limited channel makes every place of a large roster stand by itself") {
  const auto one = HandingOrder::choose(100'000, true, key_of(1));
  CHECK(one.kind == OrderKind::singly);
  const HandingOrder order(one);
  double apart = 0;
  for (Place place = 0; place < 99'999; ++place)
    apart += std::abs(double(order.position_of(place) - order.position_of(place + 1))) / 100'000 / 99'999;
  CHECK(std::abs(apart - 1.0 / 3) < 6 * std::sqrt(1.0 / 15 / 99'999));
}

TEST_CASE("Every place has one position, and bitmaps of positions are what single positions say") {
  for (const bool limited : {false, true})
    for (const Place places : {1u, 2u, 31u, 8192u, 8193u, 65'536u, 65'537u, 140'000u}) {
      CAPTURE(places);
      const auto numbers = HandingOrder::choose(places, limited, key_of(places));
      const HandingOrder order(numbers);
      std::vector<Position> positions(places);
      std::vector<bool> taken(static_cast<std::size_t>(order.end()));
      bool right = true;
      for (Place place = 0; place < places; ++place) {
        const Position p = positions[place] = order.position_of(place);
        right = right && p >= 0 && p < order.end() && order.place_of(p) == place;
        if (!right) break;
        right = !taken[static_cast<std::size_t>(p)];
        taken[static_cast<std::size_t>(p)] = true;
      }
      CHECK(right);
      CHECK(std::count(taken.begin(), taken.end(), true) == places);
      for (Position p = 0; p < order.end(); ++p)
        if (!taken[static_cast<std::size_t>(p)]) right = right && !order.place_of(p);
      CHECK(right);
      const Position end = order.end();
      for (const auto& range : std::vector<std::pair<Position, Position>>{
               {0, end}, {0, end / 3}, {end / 3, end / 3 + 700}, {end / 2, end}, {0, 1}, {end, end + 9}}) {
        const Position from = range.first;
        const Position to = range.second;
        CAPTURE(from);
        CAPTURE(to);
        for (SliceNo s = 0; s < bccast::slices_for(places); ++s) {
          Slice expected;
          Slice members;  // two of three
          all_of(places, s).for_each([&](std::uint16_t at) {
            if (at % 3 == 0) return;
            members.add(at);
            const Position p = positions[bccast::place_at(s, at)];
            if (p >= from && p < to) expected.add(at);
          });
          CHECK(order.between(s, members, from, to) == expected);
          if (expected.empty()) continue;
          const auto slices = order.slices_between(from, to);
          CHECK(std::count(slices.begin(), slices.end(), s) == 1);
        }
      }
    }
}

TEST_CASE("Taken in parts of any size, everybody is taken once, in one order") {
  const auto member = [](Place place, Place nth) { return place % nth == 0; };
  for (const bool limited : {false, true})
    for (const Place places : {3u, 5000u, 140'000u})
      for (const Place nth : {1u, 2u, 50u, 3000u}) {
        CAPTURE(places);
        CAPTURE(nth);
        const auto numbers = HandingOrder::choose(places, limited, key_of(nth));
        const HandingOrder order(numbers);
        std::vector<std::pair<Position, Place>> expected;
        for (Place place = 0; place < places; ++place)
          if (member(place, nth)) expected.emplace_back(order.position_of(place), place);
        std::sort(expected.begin(), expected.end());
        std::vector<Slice> members(bccast::slices_for(places));
        for (const auto& [position, place] : expected)
          members[bccast::slice_of(place)].add(bccast::within_slice(place));
        std::vector<Place> all;
        std::size_t parts = 0;
        for (Position from = 0; from < order.end(); ++parts) {
          const std::size_t most = parts % 3 == 0 ? 7 : 1000;
          const auto taken = order.take(from, order.end(), most, std::int64_t(expected.size()),
                                        [&](SliceNo s) -> const Slice& { return members[s]; });
          REQUIRE(taken.stop > from);
          REQUIRE(taken.places.size() <= most);
          all.insert(all.end(), taken.places.begin(), taken.places.end());
          from = taken.stop;
        }
        REQUIRE(all.size() == expected.size());
        bool right = true;
        for (std::size_t i = 0; i < all.size(); ++i) right = right && all[i] == expected[i].second;
        CHECK(right);
      }
}

TEST_CASE("Where everybody is a recipient a batch of a thousand is a window, and reads 31 runs of a slice") {
  const auto numbers = HandingOrder::choose(1'000'000, false, key_of(3));
  const HandingOrder order(numbers);
  Slice members;
  std::size_t batches = 0;
  for (Position from = 0; from < order.end(); ++batches) {
    auto taken = order.take(from, order.end(), 1000, 1'000'000,
                            [&](SliceNo s) -> const Slice& { return members = all_of(1'000'000, s); });
    from = taken.stop;
    CHECK(from % HandingOrder::kWindow == 0);
    std::sort(taken.places.begin(), taken.places.end());
    REQUIRE(!taken.places.empty());
    CHECK(bccast::slice_of(taken.places.front()) == bccast::slice_of(taken.places.back()));
    std::size_t runs = 1;
    for (std::size_t i = 1; i < taken.places.size(); ++i)
      runs += taken.places[i] != taken.places[i - 1] + 1 ? 1 : 0;
    CHECK(runs <= HandingOrder::kWindowBlocks);
  }
  CHECK(batches < 1'030);
}

namespace {

class NoQueue final : public bccast::Queue {
 public:
  void ring() noexcept override {}
};

/// Writes down who is told, in turn.
class InTurn final : public bccast::Notifier {
 public:
  bccast::Handled notify(bccast::NoticeBatch& batch, const std::shared_ptr<bccast::BatchControl>&) override {
    for (std::size_t i = 0; i < batch.size(); ++i)
      told.push_back(static_cast<Place>(std::atoi(string(batch.to().at(i)).c_str())));
    return bccast::Handled::as_set;
  }
  std::vector<Place> told;
};

}  // namespace

TEST_CASE(
    "P17, from sending to the notifier: a practice of three hundred is told in another order each time") {
  constexpr Place kPlaces = 300;
  test::TemporaryFolder folder;
  test::StillClock clock;
  bccast::sqlite::SqliteStore store(folder.file());
  bccast::Context context(store, clock);
  bccast::Directory directory(context);
  bccast::Drafting drafting(context);
  bccast::Sending sending(context);
  bccast::Channels channels(context);
  bccast::Work work(context);
  NoQueue queue;
  channels.put("email", "notify");
  directory.provider_put("lee", "Dr. Lee");
  for (Place i = 0; i < kPlaces; ++i) {
    const auto id = std::to_string(i);
    directory.client_put(id, "Somebody", std::nullopt);
    directory.client_set(id, "address.email", id);
    directory.roster_add("lee", id);
  }
  const auto notifier = std::make_shared<InTurn>();
  bccast::Pump pump(context, work, queue, {{"email", {notifier, nullptr}}});
  const Blast really = [&](Place, std::uint64_t) {
    const auto blast = drafting.create("lee", {}).blast;
    drafting.act_all("lee", blast, bccast::Drafting::Act::select);
    drafting.write("lee", blast, "text");
    sending.send("lee", blast, {});
    notifier->told.clear();
    pump.run(0, 0);
    REQUIRE(notifier->told.size() == kPlaces);
    return notifier->told;
  };
  CHECK(said(findings(really, kPlaces)) == "");
}
