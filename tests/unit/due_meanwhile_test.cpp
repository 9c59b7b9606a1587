// What falls due while pump is at work.
#include <doctest/doctest.h>

#include <bccast/engine.hpp>
#include <memory>
#include <string>

#include "../support/temporary_folder.hpp"
#include "still_clock.hpp"

TEST_CASE("A blast whose time comes while the only batch is given back goes out in the same pump") {
  for (const bool other_channel : {false, true}) {
    CAPTURE(other_channel);
    const test::TemporaryFolder folder;
    const auto clock = std::make_shared<test::StillClock>();
    bool slow = true;
    int told = 0;
    bccast::Options options;
    options.clock(clock);
    options.notifier("email", [&](bccast::Notices& notices) {
      for (std::size_t i = 0; i < notices.size(); ++i) {
        if (slow) {
          notices.set(i, bccast::NoticeStatus::not_tried, "");
        } else {
          ++told;
        }
      }
      if (slow) clock->now += 60'000;
      slow = false;
      return true;
    });
    if (other_channel) options.notifier("sms", [](bccast::Notices&) { return true; });
    bccast::Engine host(folder.file(), std::move(options));
    host.provider_put("lee", "Lee");
    for (const std::string client : {"ann", "bob"}) {
      host.client_put(client, client, client + "@example.org");
      host.roster_add("lee", client);
    }
    const auto held = host.blast_create("lee").blast;
    host.blast_select_all_active("lee", held);
    host.blast_write("lee", held, "Closed on Friday");
    host.blast_set("lee", held, "hold_ms", "30000");
    host.blast_send("lee", held);
    host.provider_reply("lee", host.provider_direct("lee", "ann"), "Only for you");
    const auto pumped = host.pump();
    CHECK_FALSE(pumped.more);
    CHECK(host.blast_get("lee", held).state == "finished");
    CHECK(told >= 2);
  }
}
