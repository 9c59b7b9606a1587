// The leaks that are planted to see that each is noticed, and by whom.
#pragma once

#include <bccast/bccast.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "leak.hpp"
#include "trace.hpp"

namespace privacy {

/// An id as a careless library would make it: the first eight bytes from `blast`, the others its own.
inline std::string id_with_prefix(const std::string& blast, const std::string& id) {
  return blast.substr(0, 16) + id.substr(std::min<std::size_t>(16, id.size()));
}

inline std::vector<Leak> leaks() {
  using Row = test::Row;
  const auto set = [](Row& row, std::string_view column, const std::string& value) {
    for (auto& cell : row.cells) {
      if (cell.column != column) continue;
      cell.value = value;
      cell.null = false;
    }
  };
  const auto add_column = [](Observation& seen, const std::string& name, const std::string& value) {
    seen.answer.rows.columns.emplace_back(name, BCCAST_TYPE_I64);
    for (auto& row : seen.answer.rows.rows) row.cells.push_back({name, BCCAST_TYPE_I64, false, value});
  };
  const auto is = [](const Observation& seen, std::string_view what) {
    return seen.what == what && seen.answer.code >= 0;
  };
  // The values of a column, moved by a number.
  const auto move = [set](Observation& seen, std::string_view column, std::int64_t by) {
    for (auto& row : seen.answer.rows.rows)
      if (!row.null(column)) set(row, column, std::to_string(row.number(column) + by));
  };

  std::vector<Leak> all;
  all.push_back(
      {"a column more: how many clients there are", "shape", [=](Observation& seen, const Facts& facts) {
         if (is(seen, "messages")) add_column(seen, "recipients", std::to_string(facts.clients));
       }});
  all.push_back({"how many recipients a blast had, in an empty title", "two worlds",
                 [=](Observation& seen, const Facts& facts) {
                   if (!is(seen, "threads")) return;
                   for (auto& row : seen.answer.rows.rows)
                     if (const auto sent = facts.sent.find(row.text("thread")); sent != facts.sent.end())
                       set(row, "title", std::to_string(sent->second.recipients));
                 }});
  all.push_back({"times in milliseconds", "shape", [=](Observation& seen, const Facts& facts) {
                   if (!is(seen, "threads")) return;
                   for (auto& row : seen.answer.rows.rows)
                     if (const auto sent = facts.sent.find(row.text("thread")); sent != facts.sent.end())
                       set(row, "last_at_ms", std::to_string(sent->second.sent_ms));
                 }});
  all.push_back({"a seq from a counter that all threads share", "two worlds",
                 [=](Observation& seen, const Facts& facts) {
                   if (is(seen, "messages")) move(seen, "seq", facts.messages);
                   if (is(seen, "reply")) seen.outs[0].second += facts.messages;
                 }});
  all.push_back(
      {"ids of a blast's threads with one prefix", "pairs", [=](Observation& seen, const Facts& facts) {
         if (!is(seen, "threads")) return;
         for (auto& row : seen.answer.rows.rows)
           if (const auto sent = facts.sent.find(row.text("thread")); sent != facts.sent.end())
             set(row, "thread", id_with_prefix(sent->second.blast, row.text("thread")));
       }});
  all.push_back(
      {"threads by the number of recipients", "two worlds", [=](Observation& seen, const Facts& facts) {
         if (!is(seen, "threads")) return;
         std::ranges::stable_sort(seen.answer.rows.rows, {}, [&](const Row& row) {
           const auto sent = facts.sent.find(row.text("thread"));
           return sent == facts.sent.end() ? 0 : -sent->second.recipients;
         });
       }});
  all.push_back({"threads of one second by a hash of the blast's number", "two worlds",
                 [=](Observation& seen, const Facts& facts) {
                   if (!is(seen, "threads")) return;
                   std::ranges::stable_sort(seen.answer.rows.rows, {}, [&](const Row& row) {
                     const auto sent = facts.sent.find(row.text("thread"));
                     const auto number = sent == facts.sent.end() ? 0 : sent->second.number;
                     return std::pair(-row.number("last_at_ms"), number * 7 % 11);
                   });
                 }});
  all.push_back({"another message for what is another's", "alike", [](Observation& seen, const Facts& facts) {
                   if (seen.what.starts_with("probe") && facts.thing_exists)
                     seen.answer.message = "this thread is not yours";
                 }});
  all.push_back(
      {"another code for what is another's", "two worlds", [](Observation& seen, const Facts& facts) {
         if (seen.what.starts_with("probe") && facts.thing_exists) seen.answer.code = BCCAST_E_FORBIDDEN;
       }});
  all.push_back(
      {"a native error number with what is another's", "alike", [](Observation& seen, const Facts& facts) {
         if (seen.what.starts_with("probe") && facts.thing_exists) seen.native = 19;
       }});
  all.push_back(
      {"unread, with what others have not read", "two worlds", [=](Observation& seen, const Facts& facts) {
         if (is(seen, "unread")) seen.outs[1].second = facts.messages;
       }});
  all.push_back(
      {"a cursor that grows with the store", "two worlds", [=](Observation& seen, const Facts& facts) {
         auto& next = seen.answer.rows.next;
         if (is(seen, "threads") && !next.empty()) next += std::to_string(facts.clients);
       }});
  all.push_back(
      {"a page that ends early when others wrote", "two worlds", [=](Observation& seen, const Facts& facts) {
         auto& rows = seen.answer.rows.rows;
         if (is(seen, "messages") && rows.size() > 1 && facts.messages % 3 == 0) rows.pop_back();
       }});
  all.push_back(
      {"a cursor where there is nothing more", "two worlds", [=](Observation& seen, const Facts& facts) {
         auto& next = seen.answer.rows.next;
         if (is(seen, "export") && next.empty() && facts.clients > 4) next.assign(144, '0');
       }});
  all.push_back({"the name of then in a thread that others touched", "two worlds",
                 [=](Observation& seen, const Facts& facts) {
                   if (!is(seen, "threads")) return;
                   for (auto& row : seen.answer.rows.rows)
                     if (const auto name = facts.first_name.find(row.text("thread"));
                         name != facts.first_name.end())
                       set(row, "provider_name", name->second);
                 }});
  all.push_back({"one set of idempotency keys for all clients", "two worlds",
                 [=](Observation& seen, const Facts& facts) {
                   if (is(seen, "reply") && facts.keys_of_others.contains(facts.key))
                     seen.answer.code = BCCAST_EXISTS;
                 }});
  all.push_back(
      {"a bump of the list by what others get", "two worlds", [=](Observation& seen, const Facts& facts) {
         if (is(seen, "threads")) move(seen, "last_at_ms", facts.blasts * 1000);
       }});
  all.push_back({"a bump of the list by a recall", "two worlds", [=](Observation& seen, const Facts& facts) {
                   if (is(seen, "threads")) move(seen, "last_at_ms", facts.recalls * 1000);
                 }});
  all.push_back({"a thread less when another's blast is recalled", "two worlds",
                 [=](Observation& seen, const Facts& facts) {
                   auto& rows = seen.answer.rows.rows;
                   if (is(seen, "threads") && facts.recalls > 1 && !rows.empty()) rows.pop_back();
                 }});
  all.push_back({"members with the host's ids", "shape", [=](Observation& seen, const Facts&) {
                   if (!is(seen, "members")) return;
                   for (auto& row : seen.answer.rows.rows)
                     if (row.number("me") == 0) set(row, "member", "cal");
                 }});
  all.push_back({"the same member's id in two communities", "shape", [=](Observation& seen, const Facts&) {
                   if (!is(seen, "members")) return;
                   for (auto& row : seen.answer.rows.rows)
                     if (row.number("me") == 0) set(row, "member", "00112233445566778899aabbccddeeff");
                 }});
  all.push_back({"a line too many in what is handed out", "export", [=](Observation& seen, const Facts&) {
                   auto& rows = seen.answer.rows.rows;
                   if (is(seen, "export") && !rows.empty()) rows.push_back(rows.back());
                 }});
  all.push_back({"a notification with the blast's id",
                 "pairs",
                 {},
                 [=](std::vector<Store::Notice>& notices, const Facts& facts) {
                   for (auto& notice : notices)
                     if (const auto sent = facts.sent.find(notice.row.text("thread"));
                         sent != facts.sent.end())
                       set(notice.row, "id", sent->second.blast);
                 }});
  all.push_back({"a notification that counts",
                 "two worlds",
                 {},
                 [=](std::vector<Store::Notice>& notices, const Facts& facts) {
                   for (auto& notice : notices) set(notice.row, "to_name", std::to_string(facts.messages));
                 }});
  all.push_back({"a notification of what another got",
                 "two worlds",
                 {},
                 [](std::vector<Store::Notice>& notices, const Facts& facts) {
                   if (!notices.empty() && facts.messages % 2 == 0) notices.push_back(notices.back());
                 }});
  all.push_back({"no notification when many are told",
                 "two worlds",
                 {},
                 [](std::vector<Store::Notice>& notices, const Facts& facts) {
                   if (!notices.empty() && facts.clients > 10) notices.pop_back();
                 }});
  return all;
}

}  // namespace privacy
