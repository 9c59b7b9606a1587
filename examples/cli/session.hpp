// What all commands share: the options that go with every command, how a store is opened, how a command ends.
#pragma once

#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "handles.hpp"

namespace cli {

enum ExitCode : int {
  kOk = 0,
  kError = 1,
  kUsage = 2,
  kPartly = 3,    ///< done in part: lines skipped, ids refused, or ended before it was finished
  kNotFound = 4,  ///< no such store, provider, client, blast or thread
  kBusy = 75,     ///< another process holds the store: try again (EX_TEMPFAIL of sysexits.h)
};

/// The exit code for an error of the library.
ExitCode exit_code_of(std::int32_t code);

/// Ends the command with a message on stderr.
class Stop : public std::runtime_error {
 public:
  Stop(ExitCode exit_code, const std::string& message) : std::runtime_error(message), exit_code_(exit_code) {}
  ExitCode exit_code() const noexcept { return exit_code_; }

 private:
  ExitCode exit_code_;
};

/// Why a command ended.
struct Error {
  int exit_code = kError;
  std::string message;
  std::string code;  ///< the library's ("BCCAST_E_NOT_FOUND"); empty when it is the program's own error
  bool retriable = false;
  std::int32_t native = 0;
};

struct Session {
  std::string store = "./bccast.db";
  bool json = false;
  std::vector<std::string> arguments;  ///< the command line as it was
  std::function<int()> command;        ///< the one that was named on the command line
};

/// The file of a store, without what a URL puts around it.
std::string store_path(const Session& session);
/// Opens a store that is there, without ever writing to it.
Engine open_to_read(const Session& session);
/// Opens a store that is there. `actor`, unless empty, is the person behind the provider.
Engine open_to_write(const Session& session, const std::string& actor = "", const Config* config = nullptr);
/// Opens a store, and makes it when there is none.
Engine open_or_make(const Session& session);

/// A configuration with the channel "email" going to a maildir. `maildir` empty: BCCAST_MAILDIR, or else the
/// folder beside the store that has its name and ".maildir".
Config maildir_config(const Session& session, std::string maildir);

/// A remark for the person at the terminal: a line on stderr that begins with "bccast: ".
void remark(const std::string& text);

/// The exit status of an act that is BCCAST_PARTIAL where something is damaged, which is said.
int exit_for_damage(std::int32_t result);

}  // namespace cli
