#include "arguments.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <utility>

#include "session.hpp"

namespace cli {
namespace {

/// One line. What stood on the command line is not repeated unless it is the name of an option: it may be the
/// text of a message, put there by mistake.
std::string explain(const CLI::App& program, const CLI::ParseError& error) {
  for (const std::string& left : program.remaining(true)) {
    if (left.size() > 1 && left.starts_with('-')) {
      return "there is no option " + left.substr(0, left.find('=')) + " here; see --help";
    }
  }
  const auto commands = program.get_subcommands();
  if (commands.empty()) return "a command is missing, or there is none of that name; see --help";
  if (commands[0]->get_subcommands().empty() && commands[0]->get_require_subcommand_min() != 0) {
    const std::string& group = commands[0]->get_name();
    return group + " needs a verb, or has none of that name; see bccast " + group + " --help";
  }
  if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::ExtrasError)) {
    return "there is an argument too many (texts are given with --file)";
  }
  std::string text = error.what();
  if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::ConversionError)) {
    text = text.substr(0, text.find(" = "));
  }
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

}  // namespace

Option Option::required() {
  option_->required();
  return *this;
}

// What was given is never repeated in the message: see explain().

Option Option::not_empty() {
  option_->check(
      CLI::Validator([](std::string& value) { return value.empty() ? "it must not be empty" : ""; }, ""));
  return *this;
}

Option Option::yes_no() {
  const auto to_digit = [](std::string& text) {
    if (text != "yes" && text != "no") return "it must be yes or no";
    text = text == "yes" ? "1" : "0";
    return "";
  };
  option_->transform(CLI::Validator(to_digit, "yes|no"));
  return *this;
}

Option Option::one_each() {
  option_->allow_extra_args(false);
  return *this;
}

Option Option::environment(const char* variable) {
  option_->envname(variable);
  return *this;
}

Option Option::show_default() {
  option_->capture_default_str();
  return *this;
}

Option Option::excludes(Option other) {
  option_->excludes(other.option_);
  return *this;
}

Option Option::excludes(const char* other) {
  option_->excludes(other);
  return *this;
}

Option Option::needs(Option other) {
  option_->needs(other.option_);
  return *this;
}

Option Option::needs(const char* other) {
  option_->needs(other);
  return *this;
}

Command Command::add_command(const char* name, const char* help) {
  return Command(app_->add_subcommand(name, help));
}

void Command::require_verb(int at_least) {
  app_->require_subcommand(static_cast<std::size_t>(at_least), 1);
}

void Command::on_use(std::function<void()> called) {
  app_->callback(std::move(called));
}

bool Command::has_verb() const {
  return !app_->get_subcommands().empty();
}

Option Command::add_option(const char* name, std::string& value, const char* help) {
  return Option(app_->add_option(name, value, help));
}

Option Command::add_option(const char* name, std::vector<std::string>& values, const char* help) {
  return Option(app_->add_option(name, values, help));
}

Option Command::add_option(const char* name, std::int64_t& value, const char* help) {
  return Option(app_->add_option(name, value, help));
}

Option Command::add_option(const char* name, std::uint64_t& value, const char* help) {
  return Option(app_->add_option(name, value, help));
}

Option Command::add_option(const char* name, std::uint32_t& value, const char* help) {
  return Option(app_->add_option(name, value, help));
}

Option Command::add_option(const char* name, std::optional<std::string>& value, const char* help) {
  return Option(app_->add_option(name, value, help));
}

Option Command::add_option(const char* name, std::optional<std::int64_t>& value, const char* help) {
  return Option(app_->add_option(name, value, help));
}

Option Command::add_flag(const char* name, bool& value, const char* help) {
  return Option(app_->add_flag(name, value, help));
}

Option Command::option(const char* name) const {
  return Option(app_->get_option(name));
}

void Command::footer(const std::string& text) {
  app_->footer(text);
}

std::string Command::path() const {
  std::string path;
  for (const CLI::App* app = app_; app != nullptr; app = app->get_parent())
    path = app->get_name() + " " + path;
  return path;
}

Program::Program(const char* name, const char* about, const std::string& version, const char* footer)
    : app_(std::make_unique<CLI::App>(about, name)) {
  app_->footer(footer);
  app_->fallthrough();
  app_->require_subcommand(1);
  app_->get_formatter()->column_width(34);
  app_->set_help_all_flag("--help-all", "Show the help of all commands");
  app_->set_version_flag("--version", version);
}

Program::~Program() = default;

Command Program::top() {
  return Command(app_.get());
}

void Program::heading(const char* text) {
  const auto all = app_->get_subcommands([](CLI::App*) { return true; });
  for (; headed_ < all.size(); ++headed_) all[headed_]->group(text);
}

std::optional<int> Program::parse(int argc, char** argv) {
  try {
    app_->parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app_->exit(error);  // --help and --version
    throw Stop(kUsage, explain(*app_, error));
  }
  return std::nullopt;
}

}  // namespace cli
