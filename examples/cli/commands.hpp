// The commands. Each function adds one of them, or a family, to the program: its options, its help, and what
// the session then runs.
#pragma once

#include <CLI/CLI.hpp>

#include "session.hpp"

namespace cli {

void add_import(CLI::App& program, Session& session);
void add_send(CLI::App& program, Session& session);
void add_run(CLI::App& program, Session& session);
void add_blast_commands(CLI::App& program, Session& session);   // status, blasts, show, recipients, why
void add_thread_commands(CLI::App& program, Session& session);  // threads, messages, reply, read, direct
void add_roster_commands(CLI::App& program,
                         Session& session);  // provider, providers, roster, archive, restore
void add_store_commands(CLI::App& program, Session& session);  // channels, verify, version

}  // namespace cli
