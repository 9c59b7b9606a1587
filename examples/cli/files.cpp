#include "files.hpp"

#include <bccast/bccast.h>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <string_view>

#include "session.hpp"

namespace cli {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
/// More than a message may have, so that the library is the one to say that it is too long.
constexpr std::size_t kMost = BCCAST_MAX_TEXT + kByteOrderMark.size() + 1;

}  // namespace

std::shared_ptr<std::istream> open_input(const std::string& path) {
  if (path == "-") return {std::shared_ptr<void>(), &std::cin};
  auto file = std::make_shared<std::ifstream>(path, std::ios::binary);
  if (!*file || std::filesystem::is_directory(path)) throw Stop(kError, "cannot read " + path);
  return file;
}

std::string read_message(const std::string& path) {
  const auto in = open_input(path);
  std::string text(kMost, '\0');
  in->read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in->gcount()));
  if (in->bad()) throw Stop(kError, "cannot read " + path);
  if (text.starts_with(kByteOrderMark)) text.erase(0, kByteOrderMark.size());
  while (text.ends_with('\n')) {
    text.pop_back();
    if (text.ends_with('\r')) text.pop_back();
  }
  return text;
}

std::vector<std::string> read_ids(const std::string& path) {
  const auto in = open_input(path);
  std::vector<std::string> ids;
  for (std::string line; std::getline(*in, line);) {
    if (ids.empty() && line.starts_with(kByteOrderMark)) line.erase(0, kByteOrderMark.size());
    if (line.ends_with('\r')) line.pop_back();
    if (!line.empty()) ids.push_back(std::move(line));
  }
  if (in->bad()) throw Stop(kError, "cannot read " + path);
  return ids;
}

}  // namespace cli
