// bccast send: a blast from draft to sent.
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include "commands.hpp"
#include "files.hpp"
#include "interrupt.hpp"
#include "output.hpp"
#include "queue.hpp"

namespace cli {
namespace {

constexpr std::size_t kChunk = 100'000;  // ids of one call
constexpr std::size_t kMostNamed = 5;    // unknown ids named in a message

struct SendOptions {
  std::string provider;
  bool all_active = false;
  std::vector<std::string> clients;
  std::string clients_from;
  std::vector<std::string> except;
  std::string file;
  std::string key;
  std::string maildir;
  bool yes = false;
};

/// A draft, thrown away again unless it was sent.
class Draft {
 public:
  Draft(bccast_engine* engine, const SendOptions& options) : engine_(engine), provider_(options.provider) {
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

  Rows preview() const {
    Rows rows;
    check(bccast_blast_preview(engine_, provider_.c_str(), id(), rows.out()));
    return rows;
  }

  void send(const std::string& digest) {
    check(bccast_blast_send(engine_, provider_.c_str(), id(), digest.c_str()));
    sent_ = true;
  }

  std::int64_t recipients() const {
    const Rows rows = status();
    return rows.number(rows.count() - 1, "recipients");
  }

 private:
  Rows status() const {
    Rows rows;
    check(bccast_blast_status(engine_, provider_.c_str(), id(), rows.out()));
    return rows;
  }

  std::string state() const {
    const Rows rows = status();
    return std::string(rows.text(rows.count() - 1, "state"));
  }

  /// An id that is not on the roster ends it all: a mistyped --except must not reach anybody.
  template <typename Act>
  void act_on_many(Act act, const std::vector<std::string>& clients) {
    std::string unknown;
    std::size_t unknown_count = 0;
    for (std::size_t first = 0; first < clients.size(); first += kChunk) {
      Column ids;
      for (std::size_t i = first; i < std::min(clients.size(), first + kChunk); ++i) ids.add(clients[i]);
      std::vector<std::int32_t> results(ids.size());
      check(act(engine_, provider_.c_str(), id(), ids.size(), ids.bytes(), ids.offsets(), results.data()));
      for (std::size_t i = 0; i < ids.size(); ++i) {
        if (results[i] >= 0 || ++unknown_count > kMostNamed) continue;
        unknown.append(unknown.empty() ? "" : ", ").append(ids[i]);
      }
    }
    if (unknown_count == 0) return;
    if (unknown_count > kMostNamed) unknown += " and " + std::to_string(unknown_count - kMostNamed) + " more";
    throw Stop(kNotFound, "not on the roster of " + provider_ + ": " + unknown + "; nothing was sent");
  }

  bccast_engine* engine_;
  const std::string provider_;
  std::array<char, BCCAST_ID_SIZE> id_{};
  bool is_new_ = true;
  bool sent_ = false;
};

struct Reason {
  const char* column;
  const char* meaning;
};
/// Columns of the preview; the first one is always shown.
constexpr std::array<Reason, 6> kPreview = {{{"recipients", "will receive it, each in a new private thread"},
                                             {"no_address", "of them have no address to be told at"},
                                             {"archived", "left out: archived"},
                                             {"off", "left out: chat is off"},
                                             {"not_on_roster", "left out: no longer on the roster"},
                                             {"deselected", "left out: taken out with --except"}}};

/// The recipients, and each reason that there is for leaving somebody out.
void show(const Rows& preview) {
  constexpr std::size_t kDigits = 9;
  for (const Reason& reason : kPreview) {
    const std::int64_t number = preview.number(0, reason.column);
    if (number == 0 && &reason != kPreview.data()) continue;
    const std::string count = std::to_string(number);
    const std::string padding(count.size() < kDigits ? kDigits - count.size() : 0, ' ');
    std::cerr << padding << count << "  " << reason.meaning << '\n';
  }
  std::cerr.flush();
}

bool is_terminal() {
  return isatty(STDIN_FILENO) != 0 && isatty(STDERR_FILENO) != 0;
}

/// Ctrl-C is a no.
bool ask(const std::string& question) {
  const Interrupt interrupt;
  std::cerr << question << " [y/N] " << std::flush;
  std::array<char, 256> line{};  // a terminal gives whole lines
  ssize_t length = 0;
  if (interrupt.wait_for_input(STDIN_FILENO)) length = read(STDIN_FILENO, line.data(), line.size());
  if (length <= 0) std::cerr << std::endl;
  std::string_view answer(line.data(), length > 0 ? static_cast<std::size_t>(length) : 0);
  if (answer.ends_with('\n')) answer.remove_suffix(1);
  return answer == "y" || answer == "Y" || answer == "yes";
}

int send(const Session& session, const SendOptions& options) {
  if (!options.yes && !is_terminal()) {
    throw Stop(kUsage, "there is no terminal to ask on; add --yes to send without asking");
  }
  if (!options.all_active && options.clients.empty() && options.clients_from.empty()) {
    throw Stop(kUsage, "it is to go to nobody: one of --all-active, --client and --clients-from is required");
  }
  if (options.file == "-" && options.clients_from == "-") {
    throw Stop(kUsage, "--file and --clients-from can not both be stdin");
  }
  const std::string text = read_message(options.file);

  Config config;
  if (!options.maildir.empty()) config = maildir_config(session, options.maildir);
  const Engine engine = open_to_write(session, &config);
  // Before the blast, so that its recipients are queued there.
  check(bccast_channel_put(engine.get(), "email", "notify"));

  Draft draft(engine.get(), options);
  const bool before = draft.is_sent();
  Rows preview;  // empty when it was sent before
  if (before) {
    remark("the blast with this key was sent before; nothing was sent again");
  } else {
    draft.select(options);
    draft.write(text);
    preview = draft.preview();
    if (!options.yes || !session.json) show(preview);
    const std::string recipients = std::to_string(preview.number(0, "recipients"));
    if (!options.yes && !ask("Send it to " + recipients + " clients now?")) {
      throw Stop(kError, "nothing was sent");
    }
    draft.send(std::string(preview.text(0, "digest")));
  }
  Record record;
  record.add("blast", std::string(draft.id()));
  record.add("recipients", draft.recipients()).add("sent_before", before);
  // In a table they would only repeat what was just shown.
  for (std::size_t i = 1; session.json && i < kPreview.size(); ++i) {
    record.add(kPreview[i].column, before ? Value() : Value(preview.number(0, kPreview[i].column)));
  }
  record.print(session.json);
  flush_output();
  if (!options.maildir.empty()) work_queue(engine.get(), session.json);
  return kOk;
}

}  // namespace

void add_send(CLI::App& program, Session& session) {
  auto options = std::make_shared<SendOptions>();
  CLI::App* command = program.add_subcommand("send", "Send one message to many clients");
  command->add_option("--as-provider", options->provider, "Who sends")->required();
  CLI::Option* all =
      command->add_flag("--all-active", options->all_active, "To all active clients of the roster");
  command->add_option("--client", options->clients, "To this client; may be repeated")->excludes(all);
  command->add_option("--clients-from", options->clients_from, "To the clients in a file, one id a line")
      ->excludes(all);
  command->add_option("--except", options->except, "But not to this client; may be repeated");
  command->add_option("--file", options->file, "The file with the text; - is stdin")->required();
  command->add_option("--key", options->key,
                      "Sends at most once with the same key, however often it is repeated");
  command->add_option("--maildir", options->maildir,
                      "Also work the queue at once, as `run` with this folder");
  command->add_flag("--yes", options->yes, "Do not ask");
  command->footer(
      "Shows who will receive it, and who is left out and why, and asks. If the audience changes before you "
      "have\n"
      "answered, nothing is sent. Clients are told by the next `bccast run`, on the channel \"email\". An id "
      "that is\n"
      "not on the roster stops it: nothing is sent. Line ends at the end of the file are not part of the "
      "text.\n"
      "Columns: blast recipients sent_before; in JSON also what was shown: no_address archived off "
      "not_on_roster\n"
      "deselected\n"
      "Example: bccast send --as-provider dr-lee --all-active --except c17 --file message.txt");
  command->callback(
      [&session, options] { session.command = [&session, options] { return send(session, *options); }; });
}

}  // namespace cli
