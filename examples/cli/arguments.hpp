// The command line as the commands see it: commands, their options, and their help. CLI11, which parses it,
// stands in arguments.cpp alone: a file that includes it takes fifteen seconds to compile.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace cli {

/// An option, or an argument without a name. Lives as long as its program.
class Option {
 public:
  explicit Option(CLI::Option* option) : option_(option) {}
  Option required();
  /// Refuses an empty value: from a script it is a variable that was never set, and would widen what is done.
  Option not_empty();
  /// The values are yes and no; what the library calls 1 and 0 is stored.
  Option yes_no();
  /// Takes one value each time it is given.
  Option one_each();
  Option environment(const char* variable);
  Option show_default();
  Option excludes(Option other);
  Option excludes(const char* other);
  Option needs(Option other);
  Option needs(const char* other);

 private:
  friend class Command;
  CLI::Option* option_;
};

/// A command, a family of commands, or the program itself. Lives as long as its program.
class Command {
 public:
  explicit Command(CLI::App* app) : app_(app) {}

  Command add_command(const char* name, const char* help);
  /// At least so many verbs stand behind it, and one at most.
  void require_verb(int at_least);
  /// Called when the command was named on the command line.
  void on_use(std::function<void()> called);
  /// Whether one of its verbs was named.
  bool has_verb() const;

  /// A name begins with --, or stands for an argument.
  Option add_option(const char* name, std::string& value, const char* help);
  Option add_option(const char* name, std::vector<std::string>& values, const char* help);
  Option add_option(const char* name, std::optional<std::string>& value, const char* help);
  Option add_option(const char* name, std::int64_t& value, const char* help);
  Option add_option(const char* name, std::optional<std::int64_t>& value, const char* help);
  Option add_option(const char* name, std::uint64_t& value, const char* help);
  Option add_option(const char* name, std::uint32_t& value, const char* help);
  Option add_flag(const char* name, bool& value, const char* help);
  Option option(const char* name) const;

  /// What stands below the options in its help.
  void footer(const std::string& text);
  /// As it is called: "bccast blast send ".
  std::string path() const;

 private:
  CLI::App* app_;
};

class Program {
 public:
  Program(const char* name, const char* about, const std::string& version, const char* footer);
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  Command top();
  /// The commands that were added since the last heading stand under this one in the help.
  void heading(const char* text);
  /// The exit code when there is nothing more to do, as after --help. Throws Stop for wrong use.
  std::optional<int> parse(int argc, char** argv);

 private:
  std::unique_ptr<CLI::App> app_;
  std::size_t headed_ = 0;
};

}  // namespace cli
