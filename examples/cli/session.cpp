#include "session.hpp"

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <string_view>
#include <utility>

#include "text.hpp"

namespace cli {
namespace {

constexpr std::string_view kScheme = "sqlite:";
constexpr std::string_view kMemory = ":memory:";

void check_exists(const Session& session) {
  const std::string path = store_path(session);
  std::error_code ignored;
  if (path != kMemory && !std::filesystem::exists(path, ignored)) {
    throw Stop(kNotFound,
               "there is no store at " + path + "; `bccast import` and `bccast provider put` make one");
  }
}

}  // namespace

std::string store_path(const Session& session) {
  std::string_view path = session.store;
  if (!path.starts_with(kScheme)) return std::string(path);
  path.remove_prefix(kScheme.size());
  return std::string(path.substr(0, path.find('?')));
}

ExitCode exit_code_of(std::int32_t code) {
  switch (code) {
    case BCCAST_E_ARGUMENT:
      return kUsage;
    case BCCAST_E_NOT_FOUND:
      return kNotFound;
    case BCCAST_E_BUSY:
      return kBusy;
    default:
      return kError;
  }
}

Engine open_to_read(const Session& session) {
  check_exists(session);
  // A path with a question mark in it cannot be told from its options.
  const bool plain = !session.store.starts_with(kScheme) && session.store != kMemory &&
                     session.store.find('?') == std::string::npos;
  return Engine(plain ? std::string(kScheme) + session.store + "?mode=ro" : session.store);
}

Engine open_to_write(const Session& session, const std::string& actor, const Config* config) {
  check_exists(session);
  Engine engine(session.store, config);
  return actor.empty() ? std::move(engine) : engine.as(actor);
}

Engine open_or_make(const Session& session) {
  return Engine(session.store);
}

Config maildir_config(const Session& session, std::string maildir) {
  if (maildir.empty()) {
    const char* named = std::getenv("BCCAST_MAILDIR");
    maildir = named != nullptr && *named != '\0' ? named : store_path(session) + ".maildir";
  }
  Config config;
  config.set("notifier.email", "maildir:" + maildir);
  return config;
}

void remark(const std::string& text) {
  std::cerr << "bccast: " << printable(text) << std::endl;
}

int exit_for_damage(std::int32_t result) {
  if (result != BCCAST_PARTIAL) return kOk;
  remark(
      "PARTIAL: it is done, but something of it is damaged and stays as it is; see `bccast doctor --deep`");
  return kPartly;
}

}  // namespace cli
