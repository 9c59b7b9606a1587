// bccast blast status, recipients, why, find: what became of a blast. The first and the third are commands
// too.
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "command.hpp"
#include "commands.hpp"
#include "filter.hpp"
#include "output.hpp"
#include "pages.hpp"

namespace cli {
namespace {

struct ProgressOptions {
  Acting acting;
  std::string blast;
  std::string client;
  Clients clients;
  std::string state;
  std::string channel;
  std::string opened;
  std::string replied;
  std::uint64_t limit = kNoLimit;

  const char* provider() const noexcept { return acting.provider.c_str(); }
};

/// The blast sent or scheduled last; without any, the newest draft.
std::string newest_blast(bccast_engine* engine, const std::string& provider) {
  std::string newest;
  std::string cursor;
  for (bool more = true; more;) {
    Rows rows;
    check(bccast_blast_list(engine, provider.c_str(), nullptr, cursor.empty() ? nullptr : cursor.c_str(), 0,
                            rows.out()));
    for (std::size_t i = 0; i < rows.count(); ++i) {
      if (rows.text(i, "state") != "draft") return std::string(rows.text(i, "blast"));
      if (newest.empty()) newest = rows.text(i, "blast");
    }
    more = rows.next() != nullptr;
    if (more) cursor = rows.next();
  }
  if (newest.empty()) throw Stop(kNotFound, "provider " + provider + " has no blasts");
  return newest;
}

int show_status(const Session& session, const ProgressOptions& options) {
  const Engine engine = open_to_read(session);
  const std::string blast =
      options.blast.empty() ? newest_blast(engine.get(), options.acting.provider) : options.blast;
  Rows rows;
  check(bccast_blast_status(engine.get(), options.provider(), blast.c_str(), rows.out()));
  const std::size_t last = rows.count() - 1;
  std::vector<std::string> shown = {"channel", "state",    "recipients", "done",   "failed",
                                    "skipped", "deferred", "pending",    "opened", "replied"};
  if (rows.text(last, "state") == "recalled") {
    shown.insert(shown.end(), {"removed", "on_device"});
  } else {
    shown.emplace_back("left_ms");
  }
  Listing listing(session.json, "status", std::move(shown));
  listing.add_property("blast", blast);
  for (const char* column : {"sent_at_ms", "deadline_ms"}) {
    listing.add_property(column, cell(rows, last, rows.find(column)));
  }
  listing.add_property("overdue", rows.number(last, "overdue") != 0);
  for (std::size_t i = 0; i < rows.count(); ++i) {
    if (!rows.text(i, "why").empty()) remark("overdue: " + std::string(rows.text(i, "why")));
  }
  listing.add_page(rows);
  listing.end();
  return kOk;
}

int list_recipients(const Session& session, const ProgressOptions& options) {
  const Engine engine = open_to_read(session);
  const Filter filter = Filter()
                            .add("state", options.state)
                            .add("channel", options.channel)
                            .add("opened", options.opened)
                            .add("replied", options.replied);
  Listing listing(session.json, "recipients");
  list_all(listing, options.limit, [&](const char* cursor, std::uint32_t limit, bccast_rows** out) {
    return bccast_blast_recipients(engine.get(), options.provider(), options.blast.c_str(), filter.get(),
                                   cursor, limit, out);
  });
  return kOk;
}

int list_why(const Session& session, const ProgressOptions& options) {
  const Engine engine = open_to_read(session);
  Rows rows;
  check(bccast_blast_why(engine.get(), options.provider(), options.blast.c_str(), options.client.c_str(),
                         rows.out()));
  Listing listing(session.json, "why");
  listing.add_page(rows);
  listing.end();
  return kOk;
}

int find(const Session& session, const ProgressOptions& options) {
  const auto clients = ids_of(session, options.clients);
  const Engine engine = open_to_read(session);
  Column ids;
  for (const std::string& client : clients) ids.add(client);
  Rows rows;
  check(bccast_blast_find(engine.get(), options.provider(), options.blast.c_str(), ids.size(), ids.bytes(),
                          ids.offsets(), rows.out()));
  Listing listing(session.json, "found");
  listing.add_page(rows);
  listing.end();
  return kOk;
}

}  // namespace

void add_status(Command group, Session& session) {
  auto options = std::make_shared<ProgressOptions>();
  Command command =
      add_command(group, session, "status", "How far a blast is, by channel", options, show_status);
  command.add_option("BLAST", options->blast, "The blast; the one sent or scheduled last unless given")
      .not_empty();
  add_provider(command, options->acting);
  add_footer(
      command,
      "One line for each channel; the last one, which names none, counts people. Always done + failed +\n"
      "skipped + pending = recipients.\n"
      "Columns: channel state recipients done failed skipped deferred pending opened replied, left_ms (how\n"
      "long the rest takes) or, of what was recalled, removed on_device; in JSON also sent_at_ms "
      "deadline_ms\n"
      "overdue why",
      "--as-provider dr-lee");
}

void add_why(Command group, Session& session) {
  auto options = std::make_shared<ProgressOptions>();
  Command command = add_command(group, session, "why", "What became of one client of the roster, and why",
                                options, list_why);
  command.add_option("BLAST", options->blast, "The blast").required();
  command.add_option("CLIENT", options->client, "The client").required();
  add_provider(command, options->acting);
  add_footer(
      command,
      "Who has the blast: as in `blast recipients`. Who has it not: the state is left_out, and the reason\n"
      "archived, off, deselected, not_chosen or added_later. Of a draft, what would become of the client.\n"
      "Columns: client client_name thread channel state reason attempts next_at opened_at replied",
      "5f3a... c17 --as-provider dr-lee");
}

void add_recipient_verbs(Command blast, Session& session) {
  auto options = std::make_shared<ProgressOptions>();
  Command recipients = add_command(blast, session, "recipients",
                                   "Who a blast went to, and what became of each", options, list_recipients);
  recipients.add_option("BLAST", options->blast, "The blast").required();
  add_provider(recipients, options->acting);
  recipients
      .add_option("--state", options->state,
                  "Only those that are: pending, in_flight, retry, done, failed, skipped")
      .not_empty();
  recipients.add_option("--channel", options->channel, "Only on this channel").not_empty();
  add_yes_no(recipients, "--opened", options->opened, "Only those who have read it, or have not");
  add_yes_no(recipients, "--replied", options->replied, "Only those who have answered, or have not");
  add_limit(recipients, options->limit);
  add_footer(recipients,
             "Columns: client client_name thread channel state reason attempts next_at opened_at replied",
             "5f3a... --as-provider dr-lee --state failed");

  Command found =
      add_command(blast, session, "find", "Which clients have a blast, and in which thread", options, find);
  found.add_option("BLAST", options->blast, "The blast").required();
  add_clients(found, options->clients);
  add_provider(found, options->acting);
  add_footer(found, "Columns: client thread", "5f3a... c17 c18 --as-provider dr-lee");
}

}  // namespace cli
