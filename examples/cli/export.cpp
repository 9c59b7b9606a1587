// bccast export: all that the store shows to one client.
#include <algorithm>
#include <cstddef>
#include <iostream>
#include <string>

#include "command.hpp"
#include "commands.hpp"
#include "messages.hpp"
#include "output.hpp"
#include "pages.hpp"
#include "text.hpp"

namespace cli {
namespace {

struct ExportOptions {
  std::string client;
};

/// For people: the settings, then thread by thread the messages.
class Printer {
 public:
  void print(const Rows& rows) {
    for (std::size_t i = 0; i < rows.count(); ++i) {
      if (rows.text(i, "record") == "message") {
        print_heading(rows, i);
        print_message(rows, i);
      } else {
        std::cout << printable(rows.text(i, "name")) << ": " << printable(rows.text(i, "text")) << '\n';
      }
    }
  }

 private:
  void print_heading(const Rows& rows, std::size_t row) {
    if (rows.text(row, "thread") == thread_) return;
    thread_ = rows.text(row, "thread");
    const std::string_view name = rows.text(row, "provider_name");
    std::cout << "\nThread " << thread_ << " with "
              << printable(name.empty() ? rows.text(row, "provider") : name);
    if (!rows.text(row, "title").empty()) std::cout << ": " << printable(rows.text(row, "title"));
    std::cout << '\n';
  }

  std::string thread_;
};

int export_client(const Session& session, const ExportOptions& options) {
  const Engine engine = open_to_read(session);
  Listing listing(session.json, "export");
  Printer printer;
  std::string cursor;
  for (bool more = true; more;) {
    Rows rows;
    check(bccast_directory_client_export(engine.get(), options.client.c_str(),
                                         cursor.empty() ? nullptr : cursor.c_str(), BCCAST_MAX_LIST,
                                         rows.out()));
    if (session.json) {
      listing.add_page(rows);
    } else {
      printer.print(rows);
    }
    more = rows.next() != nullptr;
    if (more) cursor = rows.next();
  }
  if (session.json) listing.end();
  return kOk;
}

}  // namespace

void add_export(Command program, Session& session) {
  auto options = std::make_shared<ExportOptions>();
  Command command = add_command(program, session, "export", "All that the store shows to one client", options,
                                export_client);
  command.add_option("CLIENT", options->client, "The client").required();
  add_footer(command,
             "For handing out: its settings, and its threads with their messages; nothing else.\n"
             "In JSON: record (profile, message) name thread provider provider_name kind title seq author\n"
             "author_name text at_ms removed",
             "c1 --json");
}

}  // namespace cli
