// bccast blast create, write, set, discard, show, list: a blast as it is.
#include <array>
#include <cstdint>
#include <iostream>
#include <string>

#include "command.hpp"
#include "commands.hpp"
#include "files.hpp"
#include "filter.hpp"
#include "output.hpp"
#include "pages.hpp"
#include "text.hpp"

namespace cli {
namespace {

struct DraftOptions {
  Acting acting;
  std::string blast;
  std::string key;
  std::string value;
  std::string file;
  std::string state;
  std::uint64_t limit = kNoLimit;

  const char* provider() const noexcept { return acting.provider.c_str(); }
};

int create(const Session& session, const DraftOptions& options) {
  const Engine engine = open_to_write(session, options.acting.actor);
  std::array<char, BCCAST_ID_SIZE> blast{};
  const char* key = options.key.empty() ? nullptr : options.key.c_str();
  if (check(bccast_blast_create(engine.get(), options.provider(), key, blast.data())) == BCCAST_EXISTS) {
    remark("the blast with this key was made before");
  }
  print_id(session.json, "blast", blast.data());
  return kOk;
}

int write(const Session& session, const DraftOptions& options) {
  const std::string text = read_message(options.file);
  const Engine engine = open_to_write(session, options.acting.actor);
  check(
      bccast_blast_write(engine.get(), options.provider(), options.blast.c_str(), text.data(), text.size()));
  Record()
      .add("blast", options.blast)
      .add("bytes", static_cast<std::int64_t>(text.size()))
      .print(session.json);
  return kOk;
}

int set(const Session& session, const DraftOptions& options) {
  const Engine engine = open_to_write(session, options.acting.actor);
  check(bccast_blast_set(engine.get(), options.provider(), options.blast.c_str(), options.key.c_str(),
                         options.value.c_str()));
  Record()
      .add("blast", options.blast)
      .add("key", options.key)
      .add("value", options.value.empty() ? Value() : Value(options.value))
      .print(session.json);
  return kOk;
}

int discard(const Session& session, const DraftOptions& options) {
  const Engine engine = open_to_write(session, options.acting.actor);
  check(bccast_blast_discard(engine.get(), options.provider(), options.blast.c_str()));
  Record().add("blast", options.blast).add("discarded", true).print(session.json);
  return kOk;
}

int show(const Session& session, const DraftOptions& options) {
  const Engine engine = open_to_read(session);
  Rows rows;
  check(bccast_blast_get(engine.get(), options.provider(), options.blast.c_str(), rows.out()));
  if (session.json) {
    Record().add_row(rows, 0).print(true);
    return kOk;
  }
  // The deadline here is how long after sending, unlike in the status of a blast.
  Record record;
  record.add_row(rows, 0, {"text", "deadline_ms", "hold_ms"});
  record.add("deadline_after_s", rows.number(0, "deadline_ms") / 1000);
  record.add("hold_s", rows.number(0, "hold_ms") / 1000).print(false);
  std::cout << printable_lines(rows.text(0, "text"), "    ");
  return kOk;
}

int list(const Session& session, const DraftOptions& options) {
  const Engine engine = open_to_read(session);
  const Filter filter = Filter().add("state", options.state);
  Listing listing(session.json, "blasts",
                  {"blast", "state", "created_at_ms", "sent_at_ms", "recipients", "done", "opened", "replied",
                   "actor", "sent_by", "text"});
  list_all(listing, options.limit, [&](const char* cursor, std::uint32_t limit, bccast_rows** out) {
    return bccast_blast_list(engine.get(), options.provider(), filter.get(), cursor, limit, out);
  });
  return kOk;
}

void add_blast(Command command, DraftOptions& options) {
  command.add_option("BLAST", options.blast, "The blast").required();
}

}  // namespace

void add_draft_verbs(Command blast, Session& session) {
  auto options = std::make_shared<DraftOptions>();
  Command made =
      add_command(blast, session, "create", "Make a draft without recipients and text", options, create);
  add_acting(made, options->acting);
  made.add_option("--key", options->key, "Makes at most one blast with the same key").not_empty();
  add_footer(made, "Prints the blast's id alone; in JSON: blast", "--as-provider dr-lee");

  Command written =
      add_command(blast, session, "write", "Write the text of a draft, or replace it", options, write);
  add_blast(written, *options);
  add_acting(written, options->acting);
  written.add_option("--file", options->file, "The file with the text; - is stdin").required();
  add_footer(written,
             "Line ends at the end of the file are not part of the text.\n"
             "Columns: blast bytes",
             "5f3a... --as-provider dr-lee --file message.txt");

  Command changed = add_command(blast, session, "set", "Set one thing of a draft", options, set);
  add_blast(changed, *options);
  changed
      .add_option("KEY", options->key,
                  "deadline_ms (after sending), hold_ms (before sending), or channels (joined by commas)")
      .required();
  changed.add_option("VALUE", options->value, "The value; takes it back unless given");
  add_acting(changed, options->acting);
  add_footer(changed, "Columns: blast key value", "5f3a... deadline_ms 1800000 --as-provider dr-lee");

  Command gone = add_command(blast, session, "discard", "Throw a draft away", options, discard);
  add_blast(gone, *options);
  add_acting(gone, options->acting);
  add_footer(gone, "Columns: blast discarded", "5f3a... --as-provider dr-lee");

  Command shown = add_command(blast, session, "show", "A blast as it is, with its text", options, show);
  add_blast(shown, *options);
  add_provider(shown, options->acting);
  add_footer(
      shown,
      "One line, and then the text.\n"
      "Columns: blast state all_active picked deselected recipients created_at sent_at deadline_at\n"
      "finished_at revision actor sent_by channels scheduled_at missed_at missed_reason recalled_at purged\n"
      "deadline_after_s hold_s; in JSON text, and deadline_ms (after sending) and hold_ms\n"
      "missed_reason: why what was scheduled could not go: too_few, changed, late, provider_archived, "
      "damaged",
      "5f3a... --as-provider dr-lee");

  Command listed = add_command(blast, session, "list", "A provider's blasts, newest first", options, list);
  add_provider(listed, options->acting);
  listed
      .add_option("--state", options->state,
                  "Only those that are: draft, scheduled, sent, paused, finished, recalled")
      .not_empty();
  add_limit(listed, options->limit);
  add_footer(listed,
             "done failed skipped pending count people, and are empty for what is on several channels:\n"
             "see `blast status`.\n"
             "Columns: blast state created_at sent_at recipients done opened replied actor sent_by text;\n"
             "in JSON also key_given failed skipped pending",
             "--as-provider dr-lee --limit 10");
}

}  // namespace cli
