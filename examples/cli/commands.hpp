// The commands. Each function adds one of them, or a family, to the program: its options, its help, and what
// the session then runs.
#pragma once

#include <CLI/CLI.hpp>

#include "session.hpp"

namespace cli {

// The common job in one command each.
void add_import(CLI::App& program, Session& session);
void add_send(CLI::App& program, Session& session);
void add_run(CLI::App& program, Session& session);
void add_status(CLI::App& group, Session& session);  // also a verb of `blast`
void add_why(CLI::App& group, Session& session);     // also a verb of `blast`
void add_watch(CLI::App& program, Session& session);
void add_overdue(CLI::App& program, Session& session);

// Later, or not at all; all of them are also verbs of `blast`.
void add_schedule(CLI::App& group, Session& session);
void add_unschedule(CLI::App& group, Session& session);
void add_control(CLI::App& group, Session& session);  // pause, resume, recall
void add_purge(CLI::App& group, Session& session);
void add_retry(CLI::App& group, Session& session, const char* name);  // `retry`, or there `retry-failed`

// Conversations.
void add_thread_commands(CLI::App& program, Session& session);  // threads, messages, reply, read, direct
void add_members(CLI::App& group, Session& session);            // also a verb of `community`
void add_community(CLI::App& program, Session& session);

// Who there is.
void add_provider_commands(CLI::App& program, Session& session);
void add_client_commands(CLI::App& program, Session& session);
void add_roster_commands(CLI::App& program, Session& session);
void add_export(CLI::App& program, Session& session);
void add_erase(CLI::App& program, Session& session);

// A blast step by step.
void add_blast_commands(CLI::App& program, Session& session);
void add_draft_verbs(CLI::App& blast, Session& session);
void add_selection_verbs(CLI::App& blast, Session& session);
void add_send_verb(CLI::App& blast, Session& session);
void add_recipient_verbs(CLI::App& blast, Session& session);

// The store and what is around it.
void add_thread_names(CLI::App& program, Session& session);  // thread bind, thread find
void add_channel_commands(CLI::App& program, Session& session);
void add_report(CLI::App& program, Session& session);
void add_event_commands(CLI::App& program, Session& session);
void add_doctor(CLI::App& program, Session& session);
void add_store_commands(CLI::App& program, Session& session);  // store verify, checkpoint, settings; version

}  // namespace cli
