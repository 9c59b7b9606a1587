// The SQL statements in a C++ source, as the compiler would see them: neighbouring string literals joined,
// macros of literals expanded. Enough of a preprocessor for the files in src/adapters/sqlite/, and no more.
#pragma once

#include <cctype>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace test {

class SqlLiterals {
 public:
  /// All that begin as a statement that reads or writes rows, in the order of the source.
  static std::vector<std::string> of(std::string_view source) {
    SqlLiterals reader;
    const auto tokens = reader.tokens_of(source);
    std::vector<std::string> found;
    for (std::size_t i = 0; i < tokens.size();) {
      auto text = reader.text_at(tokens, i, {});
      if (!text) {
        ++i;
      } else if (is_statement(*text)) {
        found.push_back(std::move(*text));
      }
    }
    return found;
  }

  static bool is_statement(std::string_view text) {
    for (const std::string_view word : {"SELECT ", "INSERT ", "UPDATE ", "DELETE ", "REPLACE ", "WITH "})
      if (text.starts_with(word)) return true;
    return false;
  }

 private:
  struct Token {
    enum class Kind { text, name, other } kind;
    std::string value;
  };
  using Tokens = std::vector<Token>;
  using Arguments = std::map<std::string, std::string>;
  struct Macro {
    std::vector<std::string> parameters;
    Tokens body;
  };

  static bool is_name(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

  /// Collects the macros on its way.
  Tokens tokens_of(std::string_view source) {
    Tokens tokens;
    for (std::size_t at = 0; at < source.size();) {
      const auto rest = source.substr(at);
      if (rest.starts_with("//") || rest.starts_with("#undef ")) {
        at = source.find('\n', at);
      } else if (rest.starts_with("R\"sql(")) {  // the schema: not one statement
        at = source.find(")sql\"", at) + 5;
        tokens.push_back({Token::Kind::other, "schema"});
      } else if (rest.starts_with("#define ")) {
        at = define(source, at + 8);
      } else if (source[at] == '"') {
        tokens.push_back({Token::Kind::text, literal(source, at)});
      } else if (is_name(source[at])) {
        const auto begin = at;
        while (at < source.size() && is_name(source[at])) ++at;
        tokens.push_back({Token::Kind::name, std::string(source.substr(begin, at - begin))});
      } else if (source[at] == '\'') {
        at += source[at + 1] == '\\' ? 4 : 3;
        tokens.push_back({Token::Kind::other, "'"});
      } else {
        if (std::isspace(static_cast<unsigned char>(source[at])) == 0)
          tokens.push_back({Token::Kind::other, std::string(1, source[at])});
        ++at;
      }
      if (at == std::string_view::npos) break;
    }
    return tokens;
  }

  static std::string literal(std::string_view source, std::size_t& at) {
    std::string value;
    for (++at; source[at] != '"'; ++at) {
      if (source[at] == '\\') ++at;
      value += source[at];
    }
    ++at;
    return value;
  }

  /// `at`: behind the directive's name. Gives where the macro ends.
  std::size_t define(std::string_view source, std::size_t at) {
    auto begin = at;
    while (is_name(source[at])) ++at;
    const std::string name(source.substr(begin, at - begin));
    Macro macro;
    if (source[at] == '(')
      for (const auto& token : tokens_of(source.substr(at + 1, source.find(')', at) - at - 1)))
        if (token.kind == Token::Kind::name) macro.parameters.push_back(token.value);
    if (source[at] == '(') at = source.find(')', at) + 1;
    std::string body;
    for (; source[at] != '\n' || source[at - 1] == '\\'; ++at)
      if (source[at] != '\n' && !(source[at] == '\\' && source[at + 1] == '\n')) body += source[at];
    macro.body = tokens_of(body);
    macros_[name] = std::move(macro);
    return at;
  }

  /// The text that begins at token i, which goes behind it; nothing: there is none.
  std::optional<std::string> text_at(const Tokens& tokens, std::size_t& i, const Arguments& arguments) const {
    std::optional<std::string> text;
    while (i < tokens.size()) {
      const auto piece = piece_at(tokens, i, arguments);
      if (!piece) break;
      text = text.value_or("") + *piece;
    }
    return text;
  }

  std::optional<std::string> piece_at(const Tokens& tokens, std::size_t& i,
                                      const Arguments& arguments) const {
    const Token& token = tokens[i];
    if (token.kind == Token::Kind::text) {
      ++i;
      return token.value;
    }
    if (const auto argument = arguments.find(token.value); argument != arguments.end()) {
      ++i;
      return argument->second;
    }
    const auto macro = macros_.find(token.value);
    if (token.kind != Token::Kind::name || macro == macros_.end()) return std::nullopt;
    std::size_t next = i + 1;
    Arguments given;
    for (const auto& parameter : macro->second.parameters) {
      ++next;  // the parenthesis, or the comma
      const auto argument = text_at(tokens, next, arguments);
      if (!argument) return std::nullopt;
      given[parameter] = *argument;
    }
    if (!given.empty()) ++next;
    std::size_t in_body = 0;
    auto text = text_at(macro->second.body, in_body, given);
    if (!text || in_body != macro->second.body.size()) return std::nullopt;
    i = next;
    return text;
  }

  std::map<std::string, Macro> macros_;
};

}  // namespace test
