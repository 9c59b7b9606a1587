// bccast blast send: a draft becomes a blast.
#include <cstdint>
#include <string>

#include "ask.hpp"
#include "command.hpp"
#include "commands.hpp"
#include "hold.hpp"
#include "output.hpp"
#include "preview.hpp"

namespace cli {
namespace {

struct SendVerbOptions {
  Acting acting;
  std::string blast;
  std::string digest;
  bool yes = false;
};

void remark_without_channel(bccast_engine* engine) {
  Rows channels;
  check(bccast_channel_list(engine, channels.out()));
  if (channels.count() == 0) {
    remark("there is no channel: nobody will be told of it; before sending, see `bccast channel put`");
  }
}

/// Whether it would be sent now; what is held already would not.
bool can_be_sent(bccast_engine* engine, const SendVerbOptions& options) {
  Rows rows;
  check(bccast_blast_get(engine, options.acting.provider.c_str(), options.blast.c_str(), rows.out()));
  const auto state = rows.text(0, "state");
  return state == "draft" || (state == "scheduled" && rows.number(0, "hold_ms") == 0);
}

int send(const Session& session, const SendVerbOptions& options) {
  const bool asks = !options.yes && options.digest.empty();
  if (asks) require_terminal("add --yes to send without asking, or --digest to send what was looked at");
  const Engine engine = open_to_write(session, options.acting.actor);
  const char* provider = options.acting.provider.c_str();
  std::string digest = options.digest;
  if (can_be_sent(engine.get(), options)) {
    remark_without_channel(engine.get());
    if (asks) {
      const Preview preview(engine.get(), options.acting.provider, options.blast);
      preview.show();
      if (!ask("Send it to " + std::to_string(preview.recipients()) + " clients now?")) {
        throw Stop(kError, "nothing was sent");
      }
      digest = preview.digest();
    }
  }
  const bool before = check(bccast_blast_send(engine.get(), provider, options.blast.c_str(),
                                              digest.empty() ? nullptr : digest.c_str())) == BCCAST_EXISTS;
  if (before) remark("it was sent before; nothing was sent again");
  const Held held(engine.get(), options.acting.provider, options.blast);
  if (held.is_held()) held.remark_how_to_take_back();
  Record()
      .add("blast", options.blast)
      .add("recipients", held.recipients())
      .add("sent_before", before)
      .add("scheduled_at_ms", held.goes_at())
      .print(session.json);
  return kOk;
}

}  // namespace

void add_send_verb(Command blast, Session& session) {
  auto options = std::make_shared<SendVerbOptions>();
  Command command = add_command(blast, session, "send", "Send a draft", options, send);
  command.add_option("BLAST", options->blast, "The draft").required();
  add_acting(command, options->acting);
  command.add_option("--digest", options->digest, "Only what `blast preview` showed with this digest")
      .not_empty();
  command.add_flag("--yes", options->yes, "Do not ask");
  add_footer(
      command,
      "Shows who will receive it, and asks, unless there is --yes or --digest. Sending again sends "
      "nothing.\n"
      "What is scheduled goes now. What has hold_ms (`blast set`) is held so long: `bccast unschedule`\n"
      "takes it back until scheduled_at.\n"
      "Columns: blast recipients sent_before scheduled_at",
      "5f3a... --as-provider dr-lee --yes");
}

}  // namespace cli
