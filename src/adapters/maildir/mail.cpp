#include "adapters/maildir/mail.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <iterator>

#include "base/error.hpp"

namespace bccast {
namespace {

constexpr std::size_t kMaxAddress = 254;     // RFC 5321 4.5.3.1.3: a path of 256 less its two angle brackets
constexpr std::size_t kMaxLocalPart = 64;    // RFC 5321 4.5.3.1.1
constexpr std::size_t kMaxLabel = 63;        // RFC 1035 2.3.4
constexpr std::size_t kMaxText = 255;        // subject and name; a longer one is a mistake
constexpr std::size_t kMaxLinkPrefix = 900;  // with the id behind it well below the 998 of RFC 5322 2.1.1
constexpr std::size_t kIdDigits = 32;
constexpr std::size_t kLine = 76;            // RFC 2047 2: the most for a line with an encoded word
constexpr std::size_t kMaxEncodedWord = 75;  // RFC 2047 2
constexpr std::int64_t kMaxSeconds =
    253402300799;  // the last second of 9999: RFC 5322's year has four digits here
constexpr char32_t kBadUtf8 = 0xFFFFFFFF;

/// Reads the code point at `at` and steps over it. kBadUtf8 for anything RFC 3629 does not allow.
char32_t next_code_point(std::string_view text, std::size_t& at) noexcept {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(at++);
  if (lead < 0x80) return lead;
  const std::size_t more = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : 1;
  if (lead < 0xC2 || lead > 0xF4 || text.size() - at < more) return kBadUtf8;
  char32_t point = lead & (0x3FU >> more);
  for (std::size_t i = 0; i < more; ++i) {
    const unsigned char next = byte(at++);
    if ((next & 0xC0U) != 0x80) return kBadUtf8;
    point = (point << 6U) | (next & 0x3FU);
  }
  constexpr char32_t kLeast[] = {0, 0x80, 0x800, 0x10000};
  const bool surrogate = point >= 0xD800 && point <= 0xDFFF;
  return point < kLeast[more] || surrogate || point > 0x10FFFF ? kBadUtf8 : point;
}

/// Control characters of ASCII and Latin-1, and the two Unicode characters that end a line.
constexpr bool is_control(char32_t point) noexcept {
  return point < 0x20 || (point >= 0x7F && point <= 0x9F) || point == 0x2028 || point == 0x2029;
}

bool is_clean_text(std::string_view text) noexcept {
  for (std::size_t at = 0; at < text.size();) {
    const char32_t point = next_code_point(text, at);
    if (point == kBadUtf8 || is_control(point)) return false;
  }
  return true;
}

struct Range {
  char32_t first, last;
};

// What an address could hide in, found by going through all of Unicode 14 and widened to whole blocks of
// symbols and compatibility characters where that is simpler: spaces, invisible and direction marks, private
// characters, and all that a normalisation form turns into ASCII that is neither letter nor digit (a space,
// an @, a dot, a comma).
constexpr Range kNotInAddress[] = {
    {0x80, 0xA0},       {0xA8, 0xA8},       {0xAD, 0xAD},       {0xAF, 0xAF},       {0xB4, 0xB4},
    {0xB8, 0xB8},       {0x2D8, 0x2DD},     {0x34F, 0x34F},     {0x37A, 0x37A},     {0x37E, 0x37E},
    {0x384, 0x385},     {0x600, 0x605},     {0x61C, 0x61C},     {0x6DD, 0x6DD},     {0x70F, 0x70F},
    {0x890, 0x891},     {0x8E2, 0x8E2},     {0x115F, 0x1160},   {0x1680, 0x1680},   {0x17B4, 0x17B5},
    {0x180B, 0x180F},   {0x1FBD, 0x1FBD},   {0x1FBF, 0x1FC1},   {0x1FCD, 0x1FCF},   {0x1FDD, 0x1FDF},
    {0x1FED, 0x1FEF},   {0x1FFD, 0x1FFE},   {0x2000, 0x2BFF},   {0x3000, 0x3002},   {0x309B, 0x309C},
    {0x3164, 0x3164},   {0x3200, 0x33FF},   {0xE000, 0xF8FF},   {0xFB00, 0xFFFF},   {0x110BD, 0x110BD},
    {0x110CD, 0x110CD}, {0x13430, 0x1345F}, {0x1BCA0, 0x1BCA3}, {0x1D100, 0x1D1FF}, {0x1F100, 0x1F2FF},
    {0xE0000, 0x10FFFF}};

bool is_address_letter(char32_t point) noexcept {
  return point != kBadUtf8 && point >= 0x80 &&
         std::none_of(std::begin(kNotInAddress), std::end(kNotInAddress),
                      [&](Range range) { return point >= range.first && point <= range.last; });
}

constexpr bool is_digit(char32_t point) noexcept {
  return point >= '0' && point <= '9';
}

constexpr bool is_alphanumeric(char32_t point) noexcept {
  return is_digit(point) || (point >= 'a' && point <= 'z') || (point >= 'A' && point <= 'Z');
}

bool is_atext(char32_t point) noexcept {
  constexpr std::string_view kMarks = "!#$%&'*+-/=?^_`{|}~";
  return is_alphanumeric(point) ||
         (point < 0x80 && kMarks.find(static_cast<char>(point)) != std::string_view::npos) ||
         is_address_letter(point);
}

bool is_local_part(std::string_view local) noexcept {
  if (local.empty() || local.size() > kMaxLocalPart) return false;
  if (local.front() == '.' || local.back() == '.' || local.find("..") != std::string_view::npos) return false;
  if (local.find("=?") != std::string_view::npos) return false;  // some systems decode encoded words here
  for (std::size_t at = 0; at < local.size();) {
    const char32_t point = next_code_point(local, at);
    if (point != '.' && !is_atext(point)) return false;
  }
  return true;
}

bool is_label(std::string_view label) noexcept {
  if (label.empty() || label.size() > kMaxLabel || label.front() == '-' || label.back() == '-') return false;
  for (std::size_t at = 0; at < label.size();) {
    const char32_t point = next_code_point(label, at);
    if (!is_alphanumeric(point) && point != '-' && !is_address_letter(point)) return false;
  }
  return true;
}

/// [192.0.2.1] or [IPv6:2001:db8::1], RFC 5321 4.1.3.
bool is_address_literal(std::string_view domain) noexcept {
  constexpr std::string_view kIpv6 = "IPv6:";
  char text[INET6_ADDRSTRLEN] = {};
  unsigned char binary[16];
  if (domain.size() < 2 || domain.front() != '[' || domain.back() != ']') return false;
  domain = domain.substr(1, domain.size() - 2);
  const bool six = domain.starts_with(kIpv6);
  if (six) domain.remove_prefix(kIpv6.size());
  if (domain.size() >= sizeof text || domain.find('\0') != std::string_view::npos) return false;
  std::copy(domain.begin(), domain.end(), text);
  return inet_pton(six ? AF_INET6 : AF_INET, text, binary) == 1;
}

bool is_domain(std::string_view domain) noexcept {
  if (domain.empty() || domain.size() > kMaxAddress) return false;
  if (domain.front() == '[') return is_address_literal(domain);
  for (;;) {
    const std::size_t dot = domain.find('.');
    const std::string_view label = domain.substr(0, dot);
    if (!is_label(label)) return false;
    // A last label of digits is half of a network address, not a name (RFC 3696 2).
    if (dot == std::string_view::npos) return !std::all_of(label.begin(), label.end(), is_digit);
    domain.remove_prefix(dot + 1);
  }
}

bool is_id(std::string_view id) noexcept {
  return id.size() == kIdDigits && std::all_of(id.begin(), id.end(), [](char c) {
           return is_digit(static_cast<unsigned char>(c)) || (c >= 'a' && c <= 'f');
         });
}

std::string_view domain_of(std::string_view address) noexcept {
  return address.substr(address.find('@') + 1);
}

void check_setting(bool good, const char* what) {
  if (!good) throw Error(Code::argument, std::string("mail setting ") + what);
}

void append_base64(std::string& out, std::string_view bytes) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t have = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      group = group << 8U | (k < have ? static_cast<unsigned char>(bytes[i + k]) : 0U);
    }
    for (std::size_t k = 0; k < 4; ++k) {
      out += k <= have ? kDigits[group >> (18 - 6 * k) & 63U] : '=';
    }
  }
}

/// Appends `text` as RFC 2047 words to a line that is `column` long, folding before each further word.
/// Returns the length of the last line.
std::size_t append_encoded_words(std::string& out, std::string_view text, std::size_t column) {
  constexpr std::string_view kOpen = "=?UTF-8?B?";
  constexpr std::string_view kClose = "?=";
  for (;;) {
    const std::size_t room = std::min(kMaxEncodedWord, kLine - column) - kOpen.size() - kClose.size();
    std::size_t bytes = std::min(text.size(), room / 4 * 3);
    while (bytes < text.size() && (static_cast<unsigned char>(text[bytes]) & 0xC0U) == 0x80) --bytes;
    const std::size_t start = out.size();
    out += kOpen;
    append_base64(out, text.substr(0, bytes));
    out += kClose;
    column += out.size() - start;
    text.remove_prefix(bytes);
    if (text.empty()) return column;
    out += "\r\n ";
    column = 1;
  }
}

/// True when every reader takes the text as it stands: ASCII, nothing like an encoded word, no space at the
/// ends.
bool is_plain(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; }) &&
         text.find("=?") == std::string_view::npos && text.front() != ' ' && text.back() != ' ';
}

void append_subject(std::string& out, std::string_view subject) {
  constexpr std::string_view kName = "Subject: ";
  out += kName;
  if (is_plain(subject) && kName.size() + subject.size() <= kLine) {
    out += subject;
  } else {
    append_encoded_words(out, subject, kName.size());
  }
  out += "\r\n";
}

std::string quoted(std::string_view name) {
  std::string out = "\"";
  for (const char c : name) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out += '"';
}

void append_from(std::string& out, std::string_view name, std::string_view address) {
  constexpr std::string_view kName = "From: ";
  out += kName;
  if (name.empty()) {
    out.append(address).append("\r\n");
    return;
  }
  std::size_t column = kName.size();
  const std::string phrase = quoted(name);
  if (is_plain(name) && column + phrase.size() <= kLine) {
    out += phrase;
    column += phrase.size();
  } else {
    column = append_encoded_words(out, name, column);
  }
  const std::size_t with_address = column + address.size() + std::string_view(" <>").size();
  out += with_address <= kLine ? " <" : "\r\n <";
  out.append(address).append(">\r\n");
}

void append_number(std::string& out, unsigned value, std::size_t digits) {
  const std::string text = std::to_string(value);
  out.append(digits - text.size(), '0').append(text);
}

/// RFC 5322 3.3, written by hand: strftime would speak the host's language.
void append_date(std::string& out, std::int64_t at_ms) {
  constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::chrono::sys_seconds at{std::chrono::seconds{at_ms / 1000}};
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date{day};
  const auto second = static_cast<unsigned>((at - day).count());
  out.append("Date: ").append(kDays[std::chrono::weekday{day}.c_encoding()]).append(", ");
  append_number(out, static_cast<unsigned>(date.day()), 2);
  out.append(" ").append(kMonths[static_cast<unsigned>(date.month()) - 1]).append(" ");
  append_number(out, static_cast<unsigned>(static_cast<int>(date.year())), 4);
  out += ' ';
  append_number(out, second / 3600, 2);
  out += ':';
  append_number(out, second / 60 % 60, 2);
  out += ':';
  append_number(out, second % 60, 2);
  out += " +0000\r\n";
}

}  // namespace

bool is_mail_address(std::string_view address) noexcept {
  const std::size_t at = address.find('@');
  return address.size() <= kMaxAddress && at != std::string_view::npos &&
         is_local_part(address.substr(0, at)) && is_domain(address.substr(at + 1));
}

void check_mail_settings(const MailSettings& settings) {
  check_setting(is_mail_address(settings.from), "from is not one mail address");
  check_setting(settings.from_name.size() <= kMaxText, "from_name is longer than 255 bytes");
  check_setting(is_clean_text(settings.from_name), "from_name is not UTF-8 without control characters");
  check_setting(settings.reply_to.empty() || is_mail_address(settings.reply_to),
                "reply_to is not one mail address");
  check_setting(!settings.subject.empty(), "subject is empty");
  check_setting(settings.subject.size() <= kMaxText, "subject is longer than 255 bytes");
  check_setting(is_clean_text(settings.subject), "subject is not UTF-8 without control characters");
  check_setting(settings.link_prefix.size() <= kMaxLinkPrefix, "link_prefix is longer than 900 bytes");
  check_setting(std::all_of(settings.link_prefix.begin(), settings.link_prefix.end(),
                            [](char c) { return c > ' ' && c <= '~'; }),
                "link_prefix holds something else than visible ASCII characters");
  check_setting(settings.message_id_domain.empty() || is_domain(settings.message_id_domain),
                "message_id_domain is not a domain");
}

const char* find_mail_fault(std::string_view address, std::string_view item_id, std::string_view thread_id,
                            std::int64_t at_ms) noexcept {
  if (!is_mail_address(address)) return "bad_address";
  if (!is_id(item_id) || !is_id(thread_id)) return "bad_id";
  if (at_ms < 0 || at_ms / 1000 > kMaxSeconds) return "bad_time";
  return nullptr;
}

std::string render_mail(const MailSettings& settings, std::string_view address, std::string_view item_id,
                        std::string_view thread_id, std::int64_t at_ms) {
  check_mail_settings(settings);
  if (const char* fault = find_mail_fault(address, item_id, thread_id, at_ms)) {
    throw Error(Code::argument, std::string("no mail can be made: ") + fault);
  }
  const std::string_view from = settings.from;
  const std::string_view reply_to = settings.reply_to.empty() ? from : settings.reply_to;
  const std::string_view domain =
      settings.message_id_domain.empty() ? domain_of(from) : settings.message_id_domain;

  std::string out;
  out.reserve(1024);
  append_from(out, settings.from_name, from);
  out.append("To: ").append(address).append("\r\n");
  append_subject(out, settings.subject);
  out.append("Reply-To: ").append(reply_to).append("\r\n");
  append_date(out, at_ms);
  out.append("Message-ID: <").append(item_id).append("@").append(domain).append(">\r\n");
  out +=
      "MIME-Version: 1.0\r\n"
      "Content-Type: text/plain; charset=utf-8\r\n"
      "Content-Transfer-Encoding: 7bit\r\n"
      "Auto-Submitted: auto-generated\r\n"  // RFC 3834: no out-of-office reply, please
      "\r\n";
  if (settings.link_prefix.empty()) {
    out += kMailBody;
  } else {
    out.append(kMailBodyWithLink).append(settings.link_prefix).append(thread_id).append("\r\n");
  }
  return out;
}

}  // namespace bccast
