// bccast send: a blast from draft to sent.
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ask.hpp"
#include "change.hpp"
#include "command.hpp"
#include "commands.hpp"
#include "files.hpp"
#include "hold.hpp"
#include "output.hpp"
#include "preview.hpp"
#include "queue.hpp"

namespace cli {
namespace {

struct SendOptions {
  Acting acting;
  bool all_active = false;
  std::vector<std::string> clients;
  std::string clients_from;
  std::vector<std::string> except;
  std::string file;
  std::string key;
  std::string maildir;
  std::uint64_t hold_s = 10;  // as long as one needs to see that it was a mistake
  bool yes = false;
};

/// A draft, thrown away again unless it was sent, or is to be.
class Draft {
 public:
  Draft(bccast_engine* engine, const SendOptions& options)
      : engine_(engine), provider_(options.acting.provider) {
    const char* key = options.key.empty() ? nullptr : options.key.c_str();
    is_new_ = check(bccast_blast_create(engine_, provider_.c_str(), key, id_.data())) == BCCAST_OK;
    // An earlier command with this key may have got no further than the draft.
    sent_ = !is_new_ && state() != "draft";
  }
  ~Draft() {
    if (!sent_) bccast_blast_discard(engine_, provider_.c_str(), id_.data());
  }
  Draft(const Draft&) = delete;
  Draft& operator=(const Draft&) = delete;

  const char* id() const noexcept { return id_.data(); }
  bool is_sent() const noexcept { return sent_; }

  void select(const SendOptions& options) {
    if (!is_new_) check(bccast_blast_select_none(engine_, provider_.c_str(), id()));
    if (options.all_active) {
      check(bccast_blast_select_all_active(engine_, provider_.c_str(), id()));
    } else {
      std::vector<std::string> clients = options.clients;
      if (!options.clients_from.empty()) {
        for (std::string& client : read_ids(options.clients_from)) clients.push_back(std::move(client));
      }
      act_on_many(bccast_blast_select_many, clients);
    }
    act_on_many(bccast_blast_deselect_many, options.except);
  }

  void write(std::string_view text) {
    check(bccast_blast_write(engine_, provider_.c_str(), id(), text.data(), text.size()));
  }

  void send(const std::string& digest, std::uint64_t hold_s) {
    check(bccast_blast_set(engine_, provider_.c_str(), id(), "hold_ms", in_ms(hold_s).c_str()));
    check(bccast_blast_send(engine_, provider_.c_str(), id(), digest.c_str()));
    sent_ = true;
  }
  /// It was taken back.
  void is_draft_again() noexcept { sent_ = false; }

 private:
  std::string state() const {
    Rows rows;
    check(bccast_blast_get(engine_, provider_.c_str(), id(), rows.out()));
    return std::string(rows.text(0, "state"));
  }

  /// What has too many digits is left to the library to refuse.
  static std::string in_ms(std::uint64_t s) { return std::to_string(s) + (s == 0 ? "" : "000"); }

  /// An id that is not on the roster ends it all: a mistyped --except must not reach anybody.
  void act_on_many(decltype(&bccast_blast_select_many) act, const std::vector<std::string>& clients) {
    const Changes changes = change_each(
        clients,
        {nullptr, [&](std::size_t n, const char* ids, const std::uint64_t* offsets, std::int32_t* results) {
           return act(engine_, provider_.c_str(), id(), n, ids, offsets, results);
         }});
    if (changes.refused.empty()) return;
    throw Stop(kNotFound,
               "not on the roster of " + provider_ + ": " + names_of_refused(changes) + "; nothing was sent");
  }

  bccast_engine* engine_;
  const std::string provider_;
  std::array<char, BCCAST_ID_SIZE> id_{};
  bool is_new_ = true;
  bool sent_ = false;
};

void check_options(const SendOptions& options) {
  if (!options.yes) require_terminal("add --yes to send without asking");
  if (!options.all_active && options.clients.empty() && options.clients_from.empty()) {
    throw Stop(kUsage, "it has no recipients: one of --all-active, --client and --clients-from is required");
  }
  if (options.file == "-" && options.clients_from == "-") {
    throw Stop(kUsage, "--file and --clients-from cannot both be stdin");
  }
}

/// Shows who will receive it, and sends it if that is wanted; says who is left out.
Record look_and_send(const Engine& engine, const SendOptions& options, bool silent, Draft& draft) {
  const Preview preview(engine.get(), options.acting.provider, draft.id());
  if (!options.yes || !silent) preview.show();
  if (!options.yes && !ask("Send it to " + std::to_string(preview.recipients()) + " clients now?")) {
    throw Stop(kError, "nothing was sent");
  }
  draft.send(preview.digest(), options.hold_s);
  Record left_out;
  preview.add_to(left_out);
  return left_out;
}

/// Where somebody looks, the hold is waited for; else it is told.
void wait_or_tell(Held& held, Draft& draft) {
  if (!held.is_held()) return;
  held.remark_how_to_take_back();
  if (!can_count_down()) return;
  draft.is_draft_again();
  if (!held.count_down()) throw Stop(kError, "taken back; nothing was sent");
}

int send(const Session& session, const SendOptions& options) {
  check_options(options);
  const std::string text = read_message(options.file);

  Config config;
  if (!options.maildir.empty()) config = maildir_config(session, options.maildir);
  const Engine engine = open_to_write(session, options.acting.actor, &config);
  // Before the blast, so that its recipients are queued there.
  check(bccast_channel_put(engine.get(), "email", "notify"));

  Draft draft(engine.get(), options);
  const bool before = draft.is_sent();
  Record left_out;  // nothing when it was sent before
  if (before) {
    remark("the blast with this key was sent before; nothing was sent again");
  } else {
    draft.select(options);
    draft.write(text);
    left_out = look_and_send(engine, options, session.json, draft);
  }
  Held held(engine.get(), options.acting.provider, draft.id());
  wait_or_tell(held, draft);
  Record record;
  record.add("blast", std::string(draft.id())).add("recipients", held.recipients());
  record.add("sent_before", before).add("scheduled_at_ms", held.goes_at());
  // In a table it would only repeat what was just shown.
  if (session.json) {
    for (const auto& [name, value] : left_out.properties()) record.add(name, value);
  }
  record.print(session.json);
  flush_output();
  if (!options.maildir.empty()) work_queue(engine.get(), session.json);
  return kOk;
}

/// Each --client takes one id; CLI11 takes the "[a,b]" of an option that takes several for a list.
Option add_ids(Command command, const char* name, std::vector<std::string>& ids, const char* help) {
  return command.add_option(name, ids, help).one_each();
}

}  // namespace

void add_send(Command program, Session& session) {
  auto options = std::make_shared<SendOptions>();
  Command command = add_command(program, session, "send", "Send one message to many clients", options, send);
  add_acting(command, options->acting);
  Option all = command.add_flag("--all-active", options->all_active, "To all active clients of the roster");
  add_ids(command, "--client", options->clients, "To this client; may be repeated").excludes(all);
  command.add_option("--clients-from", options->clients_from, "To the clients in a file, one id a line")
      .not_empty()
      .excludes(all);
  add_ids(command, "--except", options->except, "But not to this client; may be repeated");
  command.add_option("--file", options->file, "The file with the text; - is stdin").required();
  command
      .add_option("--key", options->key, "Sends at most once with the same key, however often it is repeated")
      .not_empty();
  command.add_option("--maildir", options->maildir, "Also work the queue at once, as `run` with this folder")
      .not_empty();
  command.add_option("--hold", options->hold_s,
                     "So many seconds it can be taken back; 10 unless given, 0: none");
  command.add_flag("--yes", options->yes, "Do not ask");
  add_footer(
      command,
      "Shows who will receive it, and who is left out and why, and asks. If the audience changes before\n"
      "it goes, nothing is sent. For 10 seconds it is held: on a terminal they are counted down, and Ctrl-C\n"
      "takes it back; else the command ends at once, and `bccast unschedule` takes it back. Then it goes,\n"
      "where nobody counts down by the next `bccast run`. Clients are told by `bccast run`, on the channel\n"
      "\"email\". An id that is not on the roster stops it: nothing is sent. Line ends at the end of the\n"
      "file are not part of the text.\n"
      "Columns: blast recipients sent_before scheduled_at (empty: it has gone); in JSON also what was shown: "
      "no_address archived off\n"
      "not_on_roster deselected",
      "--as-provider dr-lee --all-active --except c17 --file message.txt");
}

}  // namespace cli
