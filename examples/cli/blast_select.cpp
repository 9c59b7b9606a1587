// bccast blast select, deselect, all-active, none, selection, preview: who a draft is for.
#include <cstdint>
#include <string>

#include "change.hpp"
#include "command.hpp"
#include "commands.hpp"
#include "filter.hpp"
#include "output.hpp"
#include "pages.hpp"
#include "preview.hpp"

namespace cli {
namespace {

struct SelectOptions {
  Acting acting;
  std::string blast;
  Clients clients;
  std::string from;
  std::string opened;
  std::string replied;
  std::string chosen;
  std::uint64_t limit = kNoLimit;

  const char* provider() const noexcept { return acting.provider.c_str(); }
};

int act(const Session& session, const SelectOptions& options, decltype(&bccast_blast_select) one,
        decltype(&bccast_blast_select_many) many) {
  const auto clients = ids_of(session, options.clients);
  const Engine engine = open_to_write(session, options.acting.actor);
  const char* blast = options.blast.c_str();
  return change_and_print(
      session, clients, Record().add("blast", options.blast),
      {[&](const char* client) { return one(engine.get(), options.provider(), blast, client); },
       [&](std::size_t n, const char* ids, const std::uint64_t* offsets, std::int32_t* results) {
         return many(engine.get(), options.provider(), blast, n, ids, offsets, results);
       }});
}

/// What applies to many at once. Answers with what the draft would do now.
template <typename Act>
int act_and_count(const Session& session, const SelectOptions& options, Act&& act) {
  const Engine engine = open_to_write(session, options.acting.actor);
  check(act(engine.get()));
  const Preview preview(engine.get(), options.acting.provider, options.blast);
  Record().add("blast", options.blast).add("recipients", preview.recipients()).print(session.json);
  return kOk;
}

int select(const Session& session, const SelectOptions& options) {
  if (options.from.empty()) return act(session, options, bccast_blast_select, bccast_blast_select_many);
  const Filter filter = Filter().add("opened", options.opened).add("replied", options.replied);
  return act_and_count(session, options, [&](bccast_engine* engine) {
    return bccast_blast_select_from(engine, options.provider(), options.blast.c_str(), options.from.c_str(),
                                    filter.get());
  });
}

int deselect(const Session& session, const SelectOptions& options) {
  return act(session, options, bccast_blast_deselect, bccast_blast_deselect_many);
}

int act_on_all(const Session& session, const SelectOptions& options,
               decltype(&bccast_blast_select_none) act) {
  return act_and_count(session, options, [&](bccast_engine* engine) {
    return act(engine, options.provider(), options.blast.c_str());
  });
}

int select_all_active(const Session& session, const SelectOptions& options) {
  return act_on_all(session, options, bccast_blast_select_all_active);
}

int select_none(const Session& session, const SelectOptions& options) {
  return act_on_all(session, options, bccast_blast_select_none);
}

int list_selection(const Session& session, const SelectOptions& options) {
  const Engine engine = open_to_read(session);
  const Filter filter = Filter().add("chosen", options.chosen);
  Listing listing(session.json, "selection");
  list_all(listing, options.limit, [&](const char* cursor, std::uint32_t limit, bccast_rows** out) {
    return bccast_blast_selection(engine.get(), options.provider(), options.blast.c_str(), filter.get(),
                                  cursor, limit, out);
  });
  return kOk;
}

int show_preview(const Session& session, const SelectOptions& options) {
  const Engine engine = open_to_read(session);
  const Preview preview(engine.get(), options.acting.provider, options.blast);
  Record().add("blast", options.blast).add_row(preview.rows(), 0).print(session.json);
  return kOk;
}

using Options = std::shared_ptr<SelectOptions>;
using Run = int (*)(const Session&, const SelectOptions&);

Command add_verb(Command blast, Session& session, const char* name, const char* help, const Options& options,
                 Run run) {
  Command command = add_command(blast, session, name, help, options, run);
  command.add_option("BLAST", options->blast, "The draft").required();
  return command;
}

Command add_act(Command blast, Session& session, const char* name, const char* help, const Options& options,
                Run run, const std::string& more_columns = {}) {
  Command command = add_verb(blast, session, name, help, options, run);
  add_clients(command, options->clients);
  add_acting(command, options->acting);
  add_footer(command,
             "The last act on a client decides. Ids that are not on the roster are told, and change nothing "
             "(exit code\n"
             "3; 4 when it was the only one).\n"
             "Columns: blast changed unchanged refused" +
                 more_columns,
             "5f3a... c17 c18 --as-provider dr-lee");
  return command;
}

/// Instead of naming clients: those who have an earlier blast.
void add_from(Command select, const Options& options) {
  Option from = select.add_option("--from", options->from,
                                  "An earlier blast, instead of clients: all of its recipients");
  from.not_empty().excludes("CLIENT").excludes("--file");
  add_yes_no(select, "--opened", options->opened, "Of those only who has read it, or has not");
  add_yes_no(select, "--replied", options->replied, "Of those only who has answered, or has not");
  select.option("--opened").needs(from);
  select.option("--replied").needs(from);
}

void add_act_on_all(Command blast, Session& session, const char* name, const char* help,
                    const Options& options, Run run) {
  Command command = add_verb(blast, session, name, help, options, run);
  add_acting(command, options->acting);
  add_footer(command,
             "Forgets who was chosen or deselected before.\n"
             "Columns: blast recipients (if it were sent now)",
             "5f3a... --as-provider dr-lee");
}

}  // namespace

void add_selection_verbs(Command blast, Session& session) {
  auto options = std::make_shared<SelectOptions>();
  add_from(add_act(blast, session, "select", "Choose clients for a draft", options, select,
                   "; with --from: blast recipients (if it were sent now)"),
           options);
  add_act(blast, session, "deselect", "Take clients out of a draft", options, deselect);
  add_act_on_all(blast, session, "all-active", "Choose whoever is active when it is sent", options,
                 select_all_active);
  add_act_on_all(blast, session, "none", "Choose nobody", options, select_none);

  Command selection = add_verb(blast, session, "selection", "Who would receive a draft, and who would not",
                               options, list_selection);
  add_provider(selection, options->acting);
  add_yes_no(selection, "--chosen", options->chosen, "Only those who would receive it, or would not");
  add_limit(selection, options->limit);
  add_footer(selection,
             "Columns: client client_name chosen reason (of those left out: archived, off, deselected)",
             "5f3a... --as-provider dr-lee --chosen no");

  Command preview =
      add_verb(blast, session, "preview", "What sending a draft now would do", options, show_preview);
  add_provider(preview, options->acting);
  add_footer(preview,
             "The digest, given to `bccast blast send`, sends only what was looked at here.\n"
             "Columns: blast recipients archived off not_on_roster no_address deselected digest",
             "5f3a... --as-provider dr-lee");
}

}  // namespace cli
