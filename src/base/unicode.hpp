// What Unicode says of texts: case, marks, forms of letters, names of domains, what can be seen. ICU's
// tables, behind a few functions; independent of any locale, and for any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bccast {

/// Which tables these are, and which rules of ours: what is folded with one number and with another may
/// differ. Later ones have higher numbers. Read in decimal: the rules, then Unicode's version, then ICU's,
/// whose data hold CLDR's: 1'15'00'00'72'01 are rules 1 with Unicode 15.0.0 of ICU 72.1.
std::int64_t folding_version() noexcept;

/// Without case, marks, compatibility forms and invisible characters; Latin letters and punctuation as those
/// of ASCII (CLDR's Latin-ASCII: "Łukasz" is "lukasz", and a curly apostrophe is a straight one), punctuation
/// of other scripts as
/// '-', white space as ' '. Letters of other scripts stay. The first text that needs it has the table made,
/// which takes some milliseconds. Throws Error(utf8).
std::string plain_letters(std::string_view text);

/// Case-folded (full, not Turkic) and composed (NFC); marks stay. Throws Error(utf8).
std::string fold_case(std::string_view text);

/// The one form of a domain (UTS #46, nontransitional): "BÜCHER.example" is "xn--bcher-kva.example". Nothing:
/// it is none.
std::optional<std::string> ascii_domain(std::string_view domain);

/// False when there is nothing to see: white space, invisible and control characters, blanks that fill a
/// cell, or nothing at all. REQUIRES UTF-8 (check_utf8).
bool is_visible(std::string_view text) noexcept;

}  // namespace bccast
