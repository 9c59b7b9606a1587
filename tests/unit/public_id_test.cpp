// Ids that leave the library: what they hold, and what is refused.
#include <doctest/doctest.h>

#include <set>
#include <string>

#include "../support/temporary_folder.hpp"
#include "adapters/sqlite/sqlite_store.hpp"
#include "code_of.hpp"
#include "core/channels.hpp"
#include "core/directory.hpp"
#include "core/drafting.hpp"
#include "core/second_tries.hpp"
#include "core/sending.hpp"
#include "core/work.hpp"
#include "model/public_id.hpp"
#include "still_clock.hpp"

using namespace bccast;

namespace {

SecretKey some_key() {
  SecretKey key{};
  for (std::size_t i = 0; i < key.size(); ++i) key.at(i) = static_cast<std::uint8_t>(i);
  return key;
}

std::string text_of(const PublicIds& ids, const IdParts& parts) {
  return std::string(view(ids.encode(parts)));
}

}  // namespace

TEST_CASE("Ids: who is told of a blast a second time gets an item with another id") {
  const PublicIds ids(some_key());
  std::set<std::string> given;
  for (int rung = 0; rung < 256; ++rung) {
    const auto parts = blast_item_id(3, 17, kMaxNumber, kMaxPlaces - 1, static_cast<Rung>(rung));
    const auto id = text_of(ids, parts);
    CHECK(given.insert(id).second);
    CHECK(text_of(ids, parts) == id);  // at every attempt
    const auto decoded = ids.decode(id, IdKind::blast_item);
    REQUIRE(decoded);
    CHECK(decoded->rung == rung);
    CHECK(decoded->channel == 3);
    CHECK(decoded->provider == 17);
    CHECK(decoded->number == kMaxNumber);
    CHECK(decoded->place == kMaxPlaces - 1);
  }
  CHECK(text_of(ids, blast_item_id(3, 17, 5, 9)) == text_of(ids, blast_item_id(3, 17, 5, 9, kFirstRung)));
}

TEST_CASE("Ids: of what is no item of a blast a rung is refused like a wrong check") {
  const PublicIds ids(some_key());
  for (const auto kind :
       {IdKind::blast, IdKind::thread, IdKind::notice_item, IdKind::member, IdKind::event}) {
    CAPTURE(static_cast<int>(kind));
    CHECK(ids.decode(text_of(ids, {kind, 0, 1, 2, 3, kFirstRung}), kind));
    for (const int rung : {1, 128, 255})
      CHECK_FALSE(ids.decode(text_of(ids, {kind, 0, 1, 2, 3, static_cast<Rung>(rung)}), kind));
  }
}

TEST_CASE("Ids: a report on an item of a rung that no line has is NOT_FOUND") {
  test::TemporaryFolder folder;
  sqlite::SqliteStore store(folder.file());
  test::StillClock clock;
  Context context(store, clock);
  Channels(context).put("email", "notify");
  Directory directory(context);
  directory.provider_put("lee", "Dr. Lee");
  for (const char* id : {"ann", "bob"}) {
    directory.client_put(id, id, std::string(id) + "@example.org");
    directory.roster_add("lee", id);
  }
  Drafting drafting(context);
  const auto blast = drafting.create("lee", {}).blast;
  drafting.act_all("lee", blast, Drafting::Act::select);
  drafting.write("lee", blast, "Closed on Friday");
  Sending(context).send("lee", blast, {});
  Work work(context);
  const auto batch = work.advance(bccast::verb::pump, 1, nullptr, 10).next;
  REQUIRE(batch);
  work.load(*batch);
  const std::string told(view(batch->batch.id(0)));
  Report report;
  report.assignment = &*batch;
  work.advance(bccast::verb::pump, 1, &report, 0);

  auto parts = context.ids.decode(told, IdKind::blast_item).value();
  CHECK(parts.rung == kFirstRung);
  SecondTries later(context);
  CHECK(later.report(told, {ItemStatus::done, "", -1}) == Code::exists);
  parts.rung = 1;
  const auto another = text_of(context.ids, parts);
  CHECK(another != told);
  CHECK(test::code_of([&] {
          later.report(another, {ItemStatus::failed, "bounced", -1});
        }) == Code::not_found);
  CHECK(later.report(told, {ItemStatus::failed, "bounced", -1}) == Code::ok);
}
