#include "base/unicode.hpp"

#define U_SHOW_CPLUSPLUS_API 0
#include <unicode/uchar.h>
#include <unicode/uidna.h>
#include <unicode/unorm2.h>
#include <unicode/uscript.h>
#include <unicode/ustring.h>
#include <unicode/utf16.h>
#include <unicode/utf8.h>
#include <unicode/utrans.h>
#include <unicode/uversion.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <new>
#include <vector>

#include "base/error.hpp"

namespace bccast {
namespace {

void check(UErrorCode code) {
  if (code == U_MEMORY_ALLOCATION_ERROR) throw std::bad_alloc();
  if (code == U_INVALID_CHAR_FOUND) throw Error(Code::utf8, "a name or address is not UTF-8");
  if (U_FAILURE(code)) throw Error(Code::internal, std::string("ICU: ") + u_errorName(code));
}

std::int32_t size_of(std::u16string_view text) {
  return static_cast<std::int32_t>(text.size());
}

/// What `call(buffer, capacity, &code)` writes: a second time when the buffer was too small for it.
template <typename String, typename Call>
String written_by(std::size_t guess, Call&& call) {
  String out(guess, 0);
  UErrorCode code = U_ZERO_ERROR;
  std::int32_t size = call(out.data(), static_cast<std::int32_t>(out.size()), &code);
  if (code == U_BUFFER_OVERFLOW_ERROR) {
    out.resize(static_cast<std::size_t>(size));
    code = U_ZERO_ERROR;
    size = call(out.data(), static_cast<std::int32_t>(out.size()), &code);
  }
  check(code);
  out.resize(static_cast<std::size_t>(size));
  return out;
}

std::u16string to_utf16(std::string_view text) {
  return written_by<std::u16string>(text.size(), [&](char16_t* out, std::int32_t most, UErrorCode* code) {
    std::int32_t size = 0;
    u_strFromUTF8(out, most, &size, text.data(), static_cast<std::int32_t>(text.size()), code);
    return size;
  });
}

std::string to_utf8(std::u16string_view text) {
  return written_by<std::string>(3 * text.size(), [&](char* out, std::int32_t most, UErrorCode* code) {
    std::int32_t size = 0;
    u_strToUTF8(out, most, &size, text.data(), size_of(text), code);
    return size;
  });
}

std::u16string normalized(const UNormalizer2* form, std::u16string_view text) {
  return written_by<std::u16string>(
      text.size() + 16, [&](char16_t* out, std::int32_t most, UErrorCode* code) {
        return unorm2_normalize(form, text.data(), size_of(text), out, most, code);
      });
}

/// ICU's own, never closed: at the end of the process nothing of ours runs.
struct Forms {
  const UNormalizer2* nfc;
  const UNormalizer2* nfd;
  const UNormalizer2* nfkd;
  const UNormalizer2* nfkc_casefold;
  const UIDNA* idna;
};

const Forms& forms() {
  static const Forms all = [] {
    UErrorCode code = U_ZERO_ERROR;
    Forms made{};
    made.nfc = unorm2_getNFCInstance(&code);
    made.nfd = unorm2_getNFDInstance(&code);
    made.nfkd = unorm2_getNFKDInstance(&code);
    made.nfkc_casefold = unorm2_getNFKCCasefoldInstance(&code);
    made.idna =
        uidna_openUTS46(UIDNA_NONTRANSITIONAL_TO_ASCII | UIDNA_CHECK_BIDI | UIDNA_CHECK_CONTEXTJ, &code);
    check(code);
    return made;
  }();
  return all;
}

/// A letter or sign that ASCII writes otherwise.
struct Plain {
  UChar32 point = 0;
  std::array<char, 8> ascii{};  // NUL-ended
};

/// What the transliteration says of each letter and sign by itself, by their code points. Transliterators are
/// not for several threads; this is.
std::vector<Plain> make_latin_ascii() {
  UErrorCode code = U_ZERO_ERROR;
  const std::unique_ptr<UTransliterator, void (*)(UTransliterator*)> latin_ascii(
      utrans_openU(u"Latin-ASCII", -1, UTRANS_FORWARD, nullptr, 0, nullptr, &code),
      [](UTransliterator* open) { utrans_close(open); });
  check(code);
  std::vector<Plain> table;
  constexpr UChar32 kEnd = 0x20000;  // behind it are ideographs
  for (UChar32 point = 0x80; point < kEnd; ++point) {
    const auto script = uscript_getScript(point, &code);
    if (script != USCRIPT_LATIN && script != USCRIPT_COMMON && script != USCRIPT_INHERITED) continue;
    std::array<char16_t, 16> text{};
    std::int32_t size = 0;
    U16_APPEND_UNSAFE(text.data(), size, point);
    std::int32_t limit = size;
    utrans_transUChars(latin_ascii.get(), text.data(), &size, text.size(), 0, &limit, &code);
    check(code);
    Plain plain{point, {}};
    const bool fits = size < static_cast<std::int32_t>(plain.ascii.size());
    if (!fits || std::any_of(text.begin(), text.begin() + size, [](char16_t c) { return c >= 0x80; }))
      continue;
    for (std::int32_t i = 0; i < size; ++i) {
      const char c = static_cast<char>(text[static_cast<std::size_t>(i)]);
      plain.ascii[static_cast<std::size_t>(i)] = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    table.push_back(plain);
  }
  return table;
}

const char* latin_ascii(UChar32 point) {
  static const auto* const table =
      new const std::vector<Plain>(make_latin_ascii());  // never deleted, as above
  const auto found = std::lower_bound(table->begin(), table->end(), point,
                                      [](const Plain& plain, UChar32 p) { return plain.point < p; });
  return found == table->end() || found->point != point ? nullptr : found->ascii.data();
}

/// Signs that are blank by their names alone: no property says so.
bool is_blank_sign(UChar32 point) {
  constexpr UChar32 kBrailleWithoutDots = 0x2800;
  constexpr UChar32 kMusicalNullNotehead = 0x1d159;
  constexpr UChar32 kKhitanFiller = 0x16fe4;
  return point == kBrailleWithoutDots || point == kMusicalNullNotehead || point == kKhitanFiller;
}

bool is_mark(UChar32 point) {
  return (U_GET_GC_MASK(point) & U_GC_M_MASK) != 0;
}

}  // namespace

std::int64_t folding_version() noexcept {
  // One more whenever plain_letters(), fold_case(), ascii_domain(), fold() or folded_address() change.
  constexpr std::int64_t kRules = 1;
  UVersionInfo unicode{};
  UVersionInfo icu{};
  u_getUnicodeVersion(unicode);
  u_getVersion(icu);
  std::int64_t version = kRules;
  for (const auto part : {unicode[0], unicode[1], unicode[2], icu[0], icu[1]}) version = version * 100 + part;
  return version;
}

std::string plain_letters(std::string_view text) {
  const auto folded = normalized(forms().nfkc_casefold, to_utf16(text));
  const auto letters = normalized(forms().nfkd, folded);
  std::u16string plain;
  plain.reserve(letters.size());
  for (std::int32_t i = 0; i < size_of(letters);) {
    UChar32 point = 0;
    U16_NEXT(letters.data(), i, size_of(letters), point);
    if (point < 0x80) {
      plain.push_back(static_cast<char16_t>(point));
    } else if (is_mark(point)) {
      continue;
    } else if (const char* ascii = latin_ascii(point)) {
      while (*ascii != '\0') plain.push_back(static_cast<char16_t>(*ascii++));
    } else if (u_isUWhiteSpace(point)) {
      plain.push_back(u' ');
    } else if (u_ispunct(point)) {
      plain.push_back(u'-');
    } else {
      std::array<char16_t, 2> units{};
      std::int32_t size = 0;
      U16_APPEND_UNSAFE(units.data(), size, point);
      plain.append(units.data(), static_cast<std::size_t>(size));
    }
  }
  return to_utf8(plain);
}

std::string fold_case(std::string_view text) {
  // Decomposed first, so that how marks were typed makes no difference (Unicode, D145).
  const auto letters = normalized(forms().nfd, to_utf16(text));
  // Letter by letter: where the whole text is folded ß is ss, and a ligature its letters, which are others.
  std::u16string folded;
  folded.reserve(letters.size());
  for (std::int32_t i = 0; i < size_of(letters);) {
    UChar32 point = 0;
    U16_NEXT(letters.data(), i, size_of(letters), point);
    const UChar32 small = u_foldCase(point, U_FOLD_CASE_DEFAULT);
    if (U_IS_BMP(small)) {
      folded.push_back(static_cast<char16_t>(small));
    } else {
      folded.push_back(U16_LEAD(small));
      folded.push_back(U16_TRAIL(small));
    }
  }
  return to_utf8(normalized(forms().nfc, folded));
}

std::optional<std::string> ascii_domain(std::string_view domain) {
  // Registries allow none, and domains have them: hyphens at the ends of a label, or third and fourth.
  constexpr std::uint32_t kHyphens =
      UIDNA_ERROR_LEADING_HYPHEN | UIDNA_ERROR_TRAILING_HYPHEN | UIDNA_ERROR_HYPHEN_3_4;
  UIDNAInfo info = UIDNA_INFO_INITIALIZER;
  auto ascii =
      written_by<std::string>(domain.size() + 64, [&](char* out, std::int32_t most, UErrorCode* code) {
        info = UIDNA_INFO_INITIALIZER;
        return uidna_nameToASCII_UTF8(forms().idna, domain.data(), static_cast<std::int32_t>(domain.size()),
                                      out, most, &info, code);
      });
  if ((info.errors & ~kHyphens) != 0) return std::nullopt;
  return ascii;
}

bool is_visible(std::string_view text) noexcept {
  const auto size = static_cast<std::int32_t>(text.size());
  for (std::int32_t i = 0; i < size;) {
    UChar32 point = 0;
    U8_NEXT_UNSAFE(text.data(), i, point);
    const auto type = u_charType(point);
    if (u_isUWhiteSpace(point) || type == U_CONTROL_CHAR || is_blank_sign(point)) continue;
    if (u_hasBinaryProperty(point, UCHAR_DEFAULT_IGNORABLE_CODE_POINT)) continue;
    if (U_IS_UNICODE_NONCHAR(point)) continue;
    // Signs that go before a number are shown; all other format characters only do something to what is.
    if (type == U_FORMAT_CHAR && !u_hasBinaryProperty(point, UCHAR_PREPENDED_CONCATENATION_MARK)) continue;
    return true;
  }
  return false;
}

}  // namespace bccast
