// bccast status, blasts, show, recipients, why: how blasts are doing.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iostream>
#include <limits>
#include <string>

#include "commands.hpp"
#include "output.hpp"
#include "pages.hpp"
#include "text.hpp"

namespace cli {
namespace {

struct BlastOptions {
  std::string provider;
  std::string blast;
  std::string client;
  std::string filter;
  std::uint64_t limit = kNoLimit;
  bool all = false;
};

const char* filter_of(const BlastOptions& options) {
  return options.filter.empty() ? nullptr : options.filter.c_str();
}

/// The blast sent last; without any, the newest draft.
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

int show_status(const Session& session, const BlastOptions& options) {
  const Engine engine = open_to_read(session);
  const std::string blast =
      options.blast.empty() ? newest_blast(engine.get(), options.provider) : options.blast;
  Rows rows;
  check(bccast_blast_status(engine.get(), options.provider.c_str(), blast.c_str(), rows.out()));
  const std::size_t last = rows.count() - 1;
  Listing listing(session.json, "status",
                  {"channel", "state", "recipients", "done", "failed", "skipped", "deferred", "pending",
                   "opened", "replied"});
  listing.add_property("blast", blast);
  for (const char* column : {"sent_at_ms", "deadline_ms"}) {
    const auto time = rows.number(last, rows.find(column));
    listing.add_property(column, time ? Value(*time) : Value());
  }
  listing.add_property("overdue", rows.number(last, "overdue") != 0);
  for (std::size_t i = 0; i < rows.count(); ++i) {
    if (!rows.text(i, "why").empty()) remark("overdue: " + std::string(rows.text(i, "why")));
  }
  listing.add_page(rows);
  listing.end();
  return kOk;
}

int list_blasts(const Session& session, const BlastOptions& options) {
  const Engine engine = open_to_read(session);
  Listing listing(session.json, "blasts");
  list_all(listing, options.limit, [&](const char* cursor, std::uint32_t limit, bccast_rows** out) {
    return bccast_blast_list(engine.get(), options.provider.c_str(), filter_of(options), cursor, limit, out);
  });
  return kOk;
}

int list_recipients(const Session& session, const BlastOptions& options) {
  const Engine engine = open_to_read(session);
  Listing listing(session.json, "recipients");
  list_all(listing, options.limit, [&](const char* cursor, std::uint32_t limit, bccast_rows** out) {
    return bccast_blast_recipients(engine.get(), options.provider.c_str(), options.blast.c_str(),
                                   filter_of(options), cursor, limit, out);
  });
  return kOk;
}

int show_blast(const Session& session, const BlastOptions& options) {
  const Engine engine = open_to_read(session);
  Rows rows;
  check(bccast_blast_get(engine.get(), options.provider.c_str(), options.blast.c_str(), rows.out()));
  Record record;
  for (std::size_t c = 0; c < rows.columns(); ++c) {
    if (!session.json && rows.name(c) == "text") continue;
    Value value;
    if (rows.is_number(c)) {
      if (const auto number = rows.number(0, c)) value = *number;
    } else if (const auto text = rows.text(0, c)) {
      value = std::string(*text);
    }
    record.add(rows.name(c), value);
  }
  record.print(session.json);
  if (!session.json) std::cout << printable_lines(rows.text(0, "text"), "    ");
  return kOk;
}

int list_why(const Session& session, const BlastOptions& options) {
  const Engine engine = open_to_read(session);
  Rows rows;
  check(bccast_blast_why(engine.get(), options.provider.c_str(), options.blast.c_str(),
                         options.client.c_str(), rows.out()));
  Listing listing(session.json, "why");
  listing.add_page(rows);
  listing.end();
  return kOk;
}

void add_paging(CLI::App* command, BlastOptions& options) {
  CLI::Option* limit = command->add_option("--limit", options.limit, "At most that many");
  command->add_flag("--all", options.all, "All of them, as without --limit")->excludes(limit);
}

void add_status(CLI::App& program, Session& session) {
  auto options = std::make_shared<BlastOptions>();
  CLI::App* command = program.add_subcommand("status", "How far a blast is, by channel");
  command->add_option("BLAST", options->blast, "The blast; the one sent last unless given");
  command->add_option("--as-provider", options->provider, "Whose blast")->required();
  command->footer(
      "One line for each channel; the last one, which names none, counts people. Always done + failed + "
      "skipped +\n"
      "pending = recipients.\n"
      "Columns: channel state recipients done failed skipped deferred pending opened replied; in JSON also\n"
      "sent_at_ms deadline_ms overdue why left_ms\n"
      "Example: bccast status --as-provider dr-lee");
  command->callback([&session, options] {
    session.command = [&session, options] { return show_status(session, *options); };
  });
}

void add_blasts(CLI::App& program, Session& session) {
  auto options = std::make_shared<BlastOptions>();
  CLI::App* command = program.add_subcommand("blasts", "A provider's blasts, newest first");
  command->add_option("--as-provider", options->provider, "Whose blasts")->required();
  command->add_option("--filter", options->filter, "state=draft, state=sent or state=finished");
  add_paging(command, *options);
  command->footer(
      "Columns: blast state created_at sent_at recipients key_given\n"
      "Example: bccast blasts --as-provider dr-lee --limit 10");
  command->callback([&session, options] {
    session.command = [&session, options] { return list_blasts(session, *options); };
  });
}

void add_recipients(CLI::App& program, Session& session) {
  auto options = std::make_shared<BlastOptions>();
  CLI::App* command = program.add_subcommand("recipients", "Who a blast went to, and what became of each");
  command->add_option("BLAST", options->blast, "The blast")->required();
  command->add_option("--as-provider", options->provider, "Whose blast")->required();
  command->add_option("--filter", options->filter,
                      "state=failed, channel=email, opened=1, replied=0; several joined by &");
  add_paging(command, *options);
  command->footer(
      "Columns: client client_name thread channel state reason attempts next_at opened_at replied\n"
      "Example: bccast recipients 5f3a... --as-provider dr-lee --filter 'state=failed'");
  command->callback([&session, options] {
    session.command = [&session, options] { return list_recipients(session, *options); };
  });
}

void add_show(CLI::App& program, Session& session) {
  auto options = std::make_shared<BlastOptions>();
  CLI::App* command = program.add_subcommand("show", "A blast as it is, with its text");
  command->add_option("BLAST", options->blast, "The blast")->required();
  command->add_option("--as-provider", options->provider, "Whose blast")->required();
  command->footer(
      "One line, and then the text.\n"
      "Columns: blast state all_active picked deselected recipients created_at sent_at deadline_at "
      "finished_at\n"
      "deadline_ms revision actor; in JSON also text\n"
      "Example: bccast show 5f3a... --as-provider dr-lee");
  command->callback([&session, options] {
    session.command = [&session, options] { return show_blast(session, *options); };
  });
}

void add_why(CLI::App& program, Session& session) {
  auto options = std::make_shared<BlastOptions>();
  CLI::App* command = program.add_subcommand("why", "What became of one client of the roster, and why");
  command->add_option("BLAST", options->blast, "The blast")->required();
  command->add_option("CLIENT", options->client, "The client")->required();
  command->add_option("--as-provider", options->provider, "Whose blast")->required();
  command->footer(
      "Who has the blast: as in recipients. Who has it not: the state is left_out, and the reason archived, "
      "off,\n"
      "deselected, not_chosen or added_later.\n"
      "Columns: client client_name thread channel state reason attempts next_at opened_at replied\n"
      "Example: bccast why 5f3a... c17 --as-provider dr-lee");
  command->callback(
      [&session, options] { session.command = [&session, options] { return list_why(session, *options); }; });
}

}  // namespace

void add_blast_commands(CLI::App& program, Session& session) {
  add_status(program, session);
  add_blasts(program, session);
  add_show(program, session);
  add_recipients(program, session);
  add_why(program, session);
}

}  // namespace cli
