// bccast blast: a blast step by step.
#include "command.hpp"
#include "commands.hpp"

namespace cli {

void add_blast_commands(Command program, Session& session) {
  Command blast = add_group(program, "blast", "A blast step by step: draft, choose, write, send, follow");
  add_draft_verbs(blast, session);
  add_selection_verbs(blast, session);
  add_send_verb(blast, session);
  add_schedule(blast, session);
  add_unschedule(blast, session);
  add_status(blast, session);
  add_recipient_verbs(blast, session);
  add_why(blast, session);
  add_retry(blast, session, "retry-failed");
  add_control(blast, session);
  add_purge(blast, session);
}

}  // namespace cli
