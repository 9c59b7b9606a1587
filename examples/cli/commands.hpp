// The commands. Each function adds one of them, or a family, to the program: its options, its help, and what
// the session then runs.
#pragma once

#include "arguments.hpp"
#include "session.hpp"

namespace cli {

// The common job in one command each.
void add_import(Command program, Session& session);
void add_send(Command program, Session& session);
void add_run(Command program, Session& session);
void add_status(Command group, Session& session);  // also a verb of `blast`
void add_why(Command group, Session& session);     // also a verb of `blast`
void add_watch(Command program, Session& session);
void add_overdue(Command program, Session& session);

// Later, or not at all; all of them are also verbs of `blast`.
void add_schedule(Command group, Session& session);
void add_unschedule(Command group, Session& session);
void add_control(Command group, Session& session);  // pause, resume, recall
void add_purge(Command group, Session& session);
void add_retry(Command group, Session& session, const char* name);  // `retry`, or there `retry-failed`

// Conversations.
void add_thread_commands(Command program, Session& session);  // threads, messages, reply, read, direct
void add_members(Command group, Session& session);            // also a verb of `community`
void add_community(Command program, Session& session);

// Who there is.
void add_provider_commands(Command program, Session& session);
void add_client_commands(Command program, Session& session);
void add_roster_commands(Command program, Session& session);
void add_export(Command program, Session& session);
void add_erase(Command program, Session& session);

// A blast step by step.
void add_blast_commands(Command program, Session& session);
void add_draft_verbs(Command blast, Session& session);
void add_selection_verbs(Command blast, Session& session);
void add_send_verb(Command blast, Session& session);
void add_recipient_verbs(Command blast, Session& session);

// The store and what is around it.
void add_thread_names(Command program, Session& session);  // thread bind, thread find
void add_channel_commands(Command program, Session& session);
void add_report(Command program, Session& session);
void add_event_commands(Command program, Session& session);
void add_doctor(Command program, Session& session);
void add_store_commands(Command program, Session& session);  // store verify, backup, ...; version

}  // namespace cli
