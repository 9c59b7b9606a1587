#include "model/same_address.hpp"

#include <algorithm>
#include <optional>

#include "base/unicode.hpp"

namespace bccast {
namespace {

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

std::string folded(std::string_view text) {
  if (!is_ascii(text)) return fold_case(text);
  std::string lower(text);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return lower;
}

/// RFC 5322, 3.2.3, with RFC 6531, 3.3: what needs no quotes.
bool is_dot_atom(std::string_view text) {
  if (text.empty() || text.front() == '.' || text.back() == '.') return false;
  if (text.find("..") != std::string_view::npos) return false;
  return text.find_first_of(" \"(),:;<>@[\\]") == std::string_view::npos;
}

/// What a quoted string says, in quotes where it needs them; any other text is itself. Nothing: its quotes
/// are not where they belong.
std::optional<std::string> unquoted(std::string_view local) {
  if (!local.starts_with('"')) return std::string(local);
  std::string said;
  std::size_t i = 1;
  for (; i < local.size() && local[i] != '"'; ++i) {
    if (local[i] == '\\' && ++i == local.size()) return std::nullopt;
    said.push_back(local[i]);
  }
  if (i + 1 != local.size()) return std::nullopt;
  if (is_dot_atom(said)) return said;
  std::string quoted = "\"";
  for (const char c : said) {
    if (c == '"' || c == '\\') quoted.push_back('\\');
    quoted.push_back(c);
  }
  return quoted + '"';
}

std::optional<std::string> one_domain(std::string_view domain) {
  std::optional<std::string> form = is_ascii(domain) ? folded(domain) : ascii_domain(domain);
  if (form && form->find("xn--") != std::string::npos)
    form = ascii_domain(*form);  // it may not be what it says
  if (form && form->ends_with('.')) form->pop_back();
  return form && form->empty() ? std::nullopt : form;
}

}  // namespace

std::string folded_address(std::string_view address) {
  const auto at = address.rfind('@');
  if (at == std::string_view::npos) return std::string(address);
  const auto local = unquoted(address.substr(0, at));
  const auto domain = one_domain(address.substr(at + 1));
  if (!local || !domain) return folded(address);
  return folded(*local) + '@' + *domain;
}

}  // namespace bccast
