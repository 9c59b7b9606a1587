// Tokens of claims, as columns.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "adapters/sqlite/columns.hpp"
#include "base/error.hpp"
#include "ports/claim_tables.hpp"

namespace bccast::sqlite {

inline Token token_of(std::string_view bytes) {
  Token token{};
  if (bytes.size() == token.size()) std::copy(bytes.begin(), bytes.end(), token.begin());
  if (!is_sound(token)) throw Error(Code::corrupt, "a claim has a damaged token");
  return token;
}

inline std::string bytes_of(const Token& token) {
  return bytes_as_string(token);
}

}  // namespace bccast::sqlite
