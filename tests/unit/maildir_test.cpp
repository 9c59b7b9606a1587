// The mail builder and the maildir: P3, P6, P8, P10, P13 and P14 for mails, and at-least-once without
// doubling.
#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "adapters/maildir/mail.hpp"
#include "adapters/maildir/maildir.hpp"
#include "base/error.hpp"

namespace {

using bccast::Code;
using bccast::Maildir;
using bccast::MaildirItem;
using bccast::MailSettings;
namespace fs = std::filesystem;

const std::string kItem = "0123456789abcdef0123456789abcdef";
const std::string kThread = "fedcba9876543210fedcba9876543210";
const std::string kAddress = "ann@example.org";
constexpr std::int64_t kAt = 1700000000123;

template <typename Call>
Code code_of(Call call) {
  try {
    call();
  } catch (const bccast::Error& error) {
    return error.code();
  }
  return Code::ok;
}

std::string render(const MailSettings& settings = {}, std::int64_t at_ms = kAt) {
  return bccast::render_mail(settings, kAddress, kItem, kThread, at_ms);
}

struct Mail {
  std::vector<std::pair<std::string, std::string>> headers;  // folded lines still hold their CRLF
  std::string body;

  std::string header(std::string_view name) const {
    for (const auto& [key, value] : headers) {
      if (key == name) return value;
    }
    return "(no such header)";
  }
};

/// Takes a message apart and checks its lines on the way.
Mail parse(const std::string& text) {
  Mail mail;
  std::size_t at = 0;
  bool in_body = false;
  while (at < text.size()) {
    const std::size_t end = text.find("\r\n", at);
    REQUIRE(end != std::string::npos);
    const std::string line = text.substr(at, end - at);
    at = end + 2;
    CHECK(line.size() <= 998);
    CHECK(line.find_first_of(std::string("\r\n\0", 3)) == std::string::npos);
    if (in_body) {
      mail.body += line + "\r\n";
    } else if (line.empty()) {
      in_body = true;
    } else if (line.front() == ' ') {
      REQUIRE(!mail.headers.empty());
      mail.headers.back().second += "\r\n" + line;
    } else {
      const std::size_t colon = line.find(": ");
      REQUIRE(colon != std::string::npos);
      mail.headers.emplace_back(line.substr(0, colon), line.substr(colon + 2));
    }
  }
  CHECK(in_body);
  return mail;
}

/// Undoes RFC 2047 words with folds between them, each of which must be whole UTF-8 and at most 75 long.
std::string decode_words(std::string_view value) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  while (!value.empty()) {
    REQUIRE(value.starts_with("=?UTF-8?B?"));
    const std::size_t end = value.find("?=", 10);
    REQUIRE(end != std::string_view::npos);
    CHECK(end + 2 <= 75);
    std::uint32_t bits = 0;
    unsigned have = 0;
    std::string word;
    for (const char c : value.substr(10, end - 10)) {
      if (c == '=') break;
      bits = (bits << 6U) | static_cast<std::uint32_t>(kDigits.find(c));
      have += 6;
      if (have >= 8) word += static_cast<char>(bits >> (have -= 8) & 0xFFU);
    }
    CHECK(!word.empty());
    CHECK((static_cast<unsigned char>(word.front()) & 0xC0U) != 0x80);
    out += word;
    value.remove_prefix(end + 2);
    if (value.starts_with("\r\n ")) value.remove_prefix(3);
  }
  return out;
}

std::string repeat(std::string_view text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += text;
  return out;
}

/// A folder of its own, removed at the end.
class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "bccast-maildir-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  std::string mail() const { return (path_ / "mail").string(); }
  fs::path in(const std::string& name) const { return path_ / "mail" / name; }
  std::size_t count(const std::string& name) const {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(in(name)), fs::directory_iterator()));
  }

 private:
  fs::path path_;
};

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

mode_t mode_of(const fs::path& path) {
  struct stat status = {};
  REQUIRE(lstat(path.c_str(), &status) == 0);
  return status.st_mode & 07777U;
}

std::string make_id(std::size_t number) {
  std::string digits = std::to_string(number);
  return std::string(32 - digits.size(), '0') + digits;
}

/// The texts that may stand nowhere: each ASCII control, DEL, the Latin-1 controls, Unicode's line ends,
/// broken UTF-8.
std::vector<std::string> forbidden_texts() {
  std::vector<std::string> out;
  for (char c = 0; c < 0x20; ++c) out.emplace_back(1, c);
  out.emplace_back("\x7F");
  for (int c = 0x80; c < 0xA0; ++c) out.push_back(std::string("\xC2") + static_cast<char>(c));
  for (const char* text :
       {"\r\n", "\r\nBcc: eve@example.org", "\xE2\x80\xA8", "\xE2\x80\xA9", "\x80", "\xFF", "\xC3",
        "\xC0\x8D", "\xC0\x8A", "\xE0\x80\x8A", "\xE0\x81\xA1", "\xF0\x80\x81\xA1", "\xF0\x80\x80\x8A",
        "\xED\xA0\x80", "\xE2\x82", "\xF4\x90\x80\x80", "\xF8\x88\x80\x80\x80"}) {
    out.emplace_back(text);
  }
  return out;
}

}  // namespace

TEST_CASE("a mail is byte for byte what it always was") {
  CHECK(render() ==
        "From: no-reply@localhost.invalid\r\n"
        "To: ann@example.org\r\n"
        "Subject: You have a new message\r\n"
        "Reply-To: no-reply@localhost.invalid\r\n"
        "Date: Tue, 14 Nov 2023 22:13:20 +0000\r\n"
        "Message-ID: <0123456789abcdef0123456789abcdef@localhost.invalid>\r\n"
        "MIME-Version: 1.0\r\n"
        "Content-Type: text/plain; charset=utf-8\r\n"
        "Content-Transfer-Encoding: 7bit\r\n"
        "Auto-Submitted: auto-generated\r\n"
        "\r\n"
        "You have a new message. Please sign in to read it.\r\n");

  MailSettings all;
  all.from = "chat@mail.example.org";
  all.from_name = "The \"Green\" Practice";
  all.reply_to = "desk@example.org";
  all.subject = "Neue Nachricht für Sie";
  all.link_prefix = "https://chat.example.org/t/";
  all.message_id_domain = "chat.example.org";
  CHECK(render(all, 0) ==
        "From: \"The \\\"Green\\\" Practice\" <chat@mail.example.org>\r\n"
        "To: ann@example.org\r\n"
        "Subject: =?UTF-8?B?TmV1ZSBOYWNocmljaHQgZsO8ciBTaWU=?=\r\n"
        "Reply-To: desk@example.org\r\n"
        "Date: Thu, 01 Jan 1970 00:00:00 +0000\r\n"
        "Message-ID: <0123456789abcdef0123456789abcdef@chat.example.org>\r\n"
        "MIME-Version: 1.0\r\n"
        "Content-Type: text/plain; charset=utf-8\r\n"
        "Content-Transfer-Encoding: 7bit\r\n"
        "Auto-Submitted: auto-generated\r\n"
        "\r\n"
        "You have a new message. Please sign in to read it:\r\n"
        "\r\n"
        "https://chat.example.org/t/fedcba9876543210fedcba9876543210\r\n");
}

TEST_CASE("P6: a mail has exactly the allowed headers and one recipient, whatever the settings are") {
  const std::vector<std::string> allowed = {"From",          "To",           "Subject",
                                            "Reply-To",      "Date",         "Message-ID",
                                            "MIME-Version",  "Content-Type", "Content-Transfer-Encoding",
                                            "Auto-Submitted"};
  for (const char* name : {"", "A", "Zoë, Müller; <x@y>", "a@b, c@d", "=?UTF-8?B?QQ==?=", " "}) {
    for (const int length : {1, 8, 50}) {
      MailSettings settings;
      settings.from_name = name;
      settings.subject = repeat("né, ", length);
      const std::string text = render(settings);
      const Mail mail = parse(text);
      std::vector<std::string> names;
      for (const auto& header : mail.headers) names.push_back(header.first);
      CHECK(names == allowed);
      CHECK(mail.header("To") == kAddress);
      CHECK(text.find(kAddress) == text.rfind(kAddress));
      CHECK(text.find(kThread) == std::string::npos);
      CHECK(mail.header("Auto-Submitted") == "auto-generated");
      CHECK(mail.header("Reply-To") == "no-reply@localhost.invalid");
    }
  }
}

TEST_CASE("P8, P11: two mails differ in address, time, item and thread only") {
  MailSettings settings;
  settings.link_prefix = "https://x.example/";
  std::string other = bccast::render_mail(settings, "bob@example.net", kThread, kItem, kAt + 1000);
  const auto replace = [&](std::string_view what, std::string_view by) {
    const std::size_t at = other.find(what);
    REQUIRE(at != std::string::npos);
    other.replace(at, what.size(), by);
  };
  replace("bob@example.net", kAddress);
  replace(":21 +0000", ":20 +0000");
  replace("<" + kThread, "<" + kItem);
  replace("/" + kItem, "/" + kThread);
  CHECK(other == render(settings));
  CHECK(render(settings, kAt) == render(settings, kAt + 876));  // whole seconds
}

TEST_CASE("the date is right from 1970 to 9999 and nothing else is taken") {
  const std::pair<std::int64_t, const char*> dates[] = {{0, "Thu, 01 Jan 1970 00:00:00 +0000"},
                                                        {999, "Thu, 01 Jan 1970 00:00:00 +0000"},
                                                        {86399999, "Thu, 01 Jan 1970 23:59:59 +0000"},
                                                        {68169600000, "Tue, 29 Feb 1972 00:00:00 +0000"},
                                                        {951782400000, "Tue, 29 Feb 2000 00:00:00 +0000"},
                                                        {951868800000, "Wed, 01 Mar 2000 00:00:00 +0000"},
                                                        {1709164800000, "Thu, 29 Feb 2024 00:00:00 +0000"},
                                                        {1735689599999, "Tue, 31 Dec 2024 23:59:59 +0000"},
                                                        {2147483647000, "Tue, 19 Jan 2038 03:14:07 +0000"},
                                                        {2147483648000, "Tue, 19 Jan 2038 03:14:08 +0000"},
                                                        {4294967296000, "Sun, 07 Feb 2106 06:28:16 +0000"},
                                                        {4107542400000, "Mon, 01 Mar 2100 00:00:00 +0000"},
                                                        {4107542399000, "Sun, 28 Feb 2100 23:59:59 +0000"},
                                                        {253402300799999, "Fri, 31 Dec 9999 23:59:59 +0000"}};
  for (const auto& [at_ms, text] : dates) CHECK(parse(render({}, at_ms)).header("Date") == text);
  for (const std::int64_t at_ms :
       {std::int64_t{-1}, std::int64_t{-1000}, INT64_MIN, INT64_MAX, std::int64_t{253402300800000}}) {
    CHECK(code_of([&] { render({}, at_ms); }) == Code::argument);
  }
}

TEST_CASE("subject and name beyond ASCII are encoded words that give back the very text") {
  for (const std::string_view letter : {"é", "€", "😀", "aé€😀", "x ", "\xCC\x81"}) {
    for (int length = 1; length * static_cast<int>(letter.size()) <= 253; ++length) {
      const std::string text = repeat(letter, length) + "é";
      MailSettings settings;
      settings.subject = settings.from_name = text;
      const std::string mail = render(settings);
      CHECK(decode_words(parse(mail).header("Subject")) == text);
      const std::string from = parse(mail).header("From");
      const std::size_t angle = from.find('<');
      REQUIRE(angle != std::string::npos);
      CHECK(from.substr(angle) == "<no-reply@localhost.invalid>");
      const std::size_t end = from.rfind("?=", angle);
      CHECK(decode_words(from.substr(0, end + 2)) == text);
      for (std::size_t at = 0; at < mail.size();) {
        const std::size_t line_end = mail.find("\r\n", at);
        CHECK(line_end - at <= 76);
        at = line_end + 2;
      }
    }
  }
  for (const char* odd :
       {"=?UTF-8?Q?=0D=0A?=", " a", "a ", " "}) {  // ASCII that a reader would not give back
    MailSettings settings;
    settings.subject = odd;
    CHECK(decode_words(parse(render(settings)).header("Subject")) == odd);
  }
}

TEST_CASE("an address is one addr-spec or nothing") {
  const std::string label(63, 'a');
  const std::string longest = std::string(62, 'x') + "@" + label + "." + label + "." + std::string(63, 'b');
  REQUIRE(longest.size() == 254);
  for (const std::string& good :
       {std::string("a@b"), std::string("ann.lee+chat@example.org"),
        std::string("o'neil!#$%&*-/?=^_`{|}~@x-y.example"), std::string("root@localhost"),
        std::string("a@1.example"), std::string("a@1b"), std::string("a@[192.0.2.1]"),
        std::string("a@[IPv6:2001:db8::1]"), std::string("zoë@exämple.org"), std::string("用户@例子.中国"),
        std::string("a@xn--exmple-cua.org"), std::string(64, 'x') + "@y", longest}) {
    CAPTURE(good);
    CHECK(bccast::is_mail_address(good));
  }
  for (const std::string& bad : {std::string(""),
                                 std::string("@"),
                                 std::string("a"),
                                 std::string("a@"),
                                 std::string("@b"),
                                 std::string("a@b, c@d"),
                                 std::string("a@b,c@d"),
                                 std::string("a@b;c@d"),
                                 std::string("a@b@c"),
                                 std::string("a b@c"),
                                 std::string(" a@b"),
                                 std::string("a@b "),
                                 std::string("a@b c"),
                                 std::string("<a@b>"),
                                 std::string("Ann <a@b>"),
                                 std::string("a(b)@c"),
                                 std::string("a:b@c"),
                                 std::string("g:a@b;"),
                                 std::string("a\\b@c"),
                                 std::string("\"a b\"@c"),
                                 std::string("\"a@b\"@c"),
                                 std::string("\"a\"@c"),
                                 std::string(".a@b"),
                                 std::string("a.@b"),
                                 std::string("a..b@c"),
                                 std::string("a@.b"),
                                 std::string("a@b."),
                                 std::string("a@b..c"),
                                 std::string("a@-b"),
                                 std::string("a@b-"),
                                 std::string("a@b_c"),
                                 std::string("a@192.0.2.1"),
                                 std::string("a@7"),
                                 std::string("a@[192.0.2.1"),
                                 std::string("a@[192.0.2.256]"),
                                 std::string("a@[]"),
                                 std::string("a@["),
                                 std::string("a@[IPv6:192.0.2.1]"),
                                 std::string("a@[IPv6:::1]\n"),
                                 std::string("a@[tag:x]"),
                                 std::string("a@[192.0.2.1\0]", 15),
                                 std::string("=?utf-8?q?=61?=@b"),
                                 std::string("a\u00A0b@c"),
                                 std::string("a\u200Bb@c"),
                                 std::string("a\u202Eb@c"),
                                 std::string("a\uFF20b@c"),
                                 std::string("a@b\u3002c"),
                                 std::string("a@b\uFF0Ec"),
                                 std::string("a@b\uFE52c"),
                                 std::string("a@b\u2024c"),
                                 std::string("\uFEFFa@b"),
                                 std::string("a\u00B4@b"),
                                 std::string("a@\u2100b"),
                                 std::string("a@b\u2025"),
                                 std::string(65, 'x') + "@y",
                                 std::string("a@") + std::string(64, 'b'),
                                 "x" + longest}) {
    CAPTURE(bad);
    CHECK_FALSE(bccast::is_mail_address(bad));
    CHECK(code_of([&] { bccast::render_mail({}, bad, kItem, kThread, kAt); }) == Code::argument);
  }
}

TEST_CASE("P10: control characters are refused in the address and in every setting, wherever they stand") {
  const std::string address = "ann.lee@[192.0.2.1]";
  std::string MailSettings::*const fields[] = {&MailSettings::from,        &MailSettings::from_name,
                                               &MailSettings::reply_to,    &MailSettings::subject,
                                               &MailSettings::link_prefix, &MailSettings::message_id_domain};
  MailSettings good;
  good.from_name = "Name";
  good.reply_to = "b@example.org";
  good.link_prefix = "https://x/";
  good.message_id_domain = "x.example";
  bccast::check_mail_settings(good);
  const Folder folder;
  for (const std::string& text : forbidden_texts()) {
    CAPTURE(text);
    for (std::size_t at = 0; at <= address.size(); ++at) {
      std::string bad = address;
      CHECK_FALSE(bccast::is_mail_address(bad.insert(at, text)));
    }
    for (const auto field : fields) {
      for (std::size_t at = 0; at <= (good.*field).size(); ++at) {
        MailSettings bad = good;
        (bad.*field).insert(at, text);
        CHECK(code_of([&] { bccast::check_mail_settings(bad); }) == Code::argument);
        CHECK(code_of([&] { render(bad); }) == Code::argument);
        CHECK(code_of([&] { Maildir maildir(folder.mail(), bad); }) == Code::argument);
      }
    }
  }
  CHECK_FALSE(fs::exists(folder.mail()));
}

TEST_CASE("P10: no random bytes in an address make a second header line or a second recipient") {
  std::mt19937 random(20240229);
  const std::string alphabet =
      std::string(1, '\0') + "abcdefgh0123@@@..,;:<>()[]\"\\ \t\r\n=?-_\x80\xC3\xA9\xE2\x80\xA8";
  int accepted = 0;
  for (int round = 0; round < 200000; ++round) {
    std::string address;
    for (auto left = random() % 9 + 3; left > 0; --left) address += alphabet[random() % alphabet.size()];
    if (!bccast::is_mail_address(address)) continue;
    ++accepted;
    CHECK(std::count(address.begin(), address.end(), '@') == 1);
    CHECK(address.find_first_of(std::string_view(",;:<>()\"\\ \t\r\n\0", 14)) == std::string::npos);
    CHECK(parse(bccast::render_mail({}, address, kItem, kThread, kAt)).header("To") == address);
  }
  CHECK(accepted > 100);
}

TEST_CASE("settings that make no sensible mail are refused by name") {
  const auto refused = [](std::string MailSettings::*field, std::string value) {
    MailSettings settings;
    settings.*field = std::move(value);
    return code_of([&] { bccast::check_mail_settings(settings); }) == Code::argument;
  };
  CHECK(refused(&MailSettings::from, ""));
  CHECK(refused(&MailSettings::from, "a@b, c@d"));
  CHECK(refused(&MailSettings::reply_to, "a@b, c@d"));
  CHECK(refused(&MailSettings::subject, ""));
  CHECK(refused(&MailSettings::subject, std::string(256, 'x')));
  CHECK(refused(&MailSettings::from_name, std::string(256, 'x')));
  CHECK(refused(&MailSettings::link_prefix, "https://a b/"));
  CHECK(refused(&MailSettings::link_prefix, "https://ä/"));
  CHECK(refused(&MailSettings::link_prefix, std::string(901, 'x')));
  CHECK(refused(&MailSettings::message_id_domain, "a>b"));
  CHECK(refused(&MailSettings::message_id_domain, "a b"));
  MailSettings longest;
  longest.subject = longest.from_name = std::string(255, 'x');
  longest.link_prefix = std::string(900, 'x');
  parse(render(longest));
}

TEST_CASE("P14: ids are 32 lowercase hex digits, so that none can leave its folder or header") {
  const Folder folder;
  Maildir maildir(folder.mail());
  std::vector<std::string> bad = {"",
                                  "..",
                                  "/",
                                  kItem + "0",
                                  kItem.substr(1),
                                  "../../../../../../../../../../etc/x",
                                  std::string(32, 'A'),
                                  std::string(32, 'g')};
  for (int c = 0; c < 256; ++c) {
    if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')) continue;
    for (const std::size_t at : {0U, 15U, 31U}) {
      bad.push_back(kItem);
      bad.back()[at] = static_cast<char>(c);
    }
  }
  for (const std::string& id : bad) {
    CHECK(code_of([&] { bccast::render_mail({}, kAddress, id, kThread, kAt); }) == Code::argument);
    CHECK(code_of([&] { bccast::render_mail({}, kAddress, kItem, id, kAt); }) == Code::argument);
    CHECK(code_of([&] { maildir.deliver(kAddress, id, kThread, kAt); }) == Code::argument);
    CHECK(code_of([&] { maildir.deliver(kAddress, kItem, id, kAt); }) == Code::argument);
  }
  CHECK(folder.count("new") + folder.count("tmp") == 0);
}

TEST_CASE(
    "P13: a delivered file holds the mail, is 0600 in folders of 0700, and its name holds the item's id "
    "alone") {
  for (const mode_t mask : {0U, 0022U, 0277U}) {
    for (const bool sync_each : {false, true}) {
      const Folder folder;
      const mode_t before = umask(mask);
      {
        Maildir maildir(folder.mail(), {}, sync_each);
        umask(mask & 0077U);
        maildir.deliver(kAddress, kItem, kThread, kAt);
        maildir.flush();
      }
      umask(before);
      CHECK(read_file(folder.in("new/" + kItem + ".bccast")) == render());
      CHECK(mode_of(folder.in("new/" + kItem + ".bccast")) == 0600);
      for (const char* name : {"", "tmp", "new", "cur"}) CHECK(mode_of(folder.in(name)) == 0700);
      CHECK(folder.count("tmp") == 0);
      CHECK(folder.count("new") == 1);
      CHECK(folder.count("cur") == 0);
    }
  }
}

TEST_CASE("a repeat replaces what no reader has moved") {
  const Folder folder;
  for (int round = 0; round < 3; ++round) {
    Maildir maildir(folder.mail());
    maildir.deliver(kAddress, kItem, kThread, kAt + 1000 * round);
    maildir.flush();
    CHECK(folder.count("new") == 1);
    CHECK(read_file(folder.in("new/" + kItem + ".bccast")) == render({}, kAt + 1000 * round));
  }
  CHECK(folder.count("tmp") == 0);
}

TEST_CASE("a folder that others may look into is refused, not used and not changed") {
  const Folder folder;
  { Maildir maildir(folder.mail()); }
  for (const char* name : {"tmp", "new", "cur"}) {
    REQUIRE(chmod(folder.in(name).c_str(), 0750) == 0);
    CHECK(code_of([&] { Maildir maildir(folder.mail()); }) == Code::argument);
    CHECK(mode_of(folder.in(name)) == 0750);
    REQUIRE(chmod(folder.in(name).c_str(), 0700) == 0);
  }
  REQUIRE(chmod(folder.mail().c_str(), 0755) == 0);
  CHECK(code_of([&] { Maildir maildir(folder.mail()); }) == Code::ok);
  REQUIRE(chmod(folder.mail().c_str(), 0777) == 0);
  CHECK(code_of([&] { Maildir maildir(folder.mail()); }) == Code::argument);
  CHECK(code_of([&] { Maildir maildir(""); }) == Code::argument);
  CHECK(code_of([&] { Maildir maildir(folder.mail() + std::string("\0x", 2)); }) == Code::argument);
  CHECK(code_of([&] { Maildir maildir(folder.mail() + "/no/such"); }) == Code::notifier);
  REQUIRE(chmod(folder.mail().c_str(), 0700) == 0);
  fs::remove(folder.in("new"));
  fs::create_directory_symlink("/tmp", folder.in("new"));
  CHECK(code_of([&] { Maildir maildir(folder.mail()); }) == Code::notifier);
}

TEST_CASE("a batch tells of each item by itself") {
  const Folder folder;
  Maildir maildir(folder.mail());
  for (const std::size_t size : {std::size_t{5}, std::size_t{100}}) {  // synced one by one, and all at once
    std::vector<std::string> ids;
    for (std::size_t i = 0; i < size; ++i) ids.push_back(make_id(1000 * size + i));
    std::vector<MaildirItem> items;
    for (const std::string& id : ids) items.push_back({id, kAddress, kThread, kAt});
    items[1].address = "a@b, c@d";
    items[2].id = "..";
    items[3].at_ms = -1;
    std::vector<Maildir::Outcome> out(size);
    const std::size_t before = folder.count("new");
    maildir.deliver_batch(items, out);
    for (std::size_t i = 0; i < size; ++i) {
      const bool bad = i >= 1 && i <= 3;
      CHECK(out[i].verdict == (bad ? Maildir::Verdict::failed : Maildir::Verdict::done));
      CHECK(fs::exists(folder.in("new/" + ids[i] + ".bccast")) == !bad);
    }
    CHECK(std::string_view(out[0].reason).empty());
    CHECK(std::string_view(out[1].reason) == "bad_address");
    CHECK(std::string_view(out[2].reason) == "bad_id");
    CHECK(std::string_view(out[3].reason) == "bad_time");
    CHECK(folder.count("new") == before + size - 3);
    CHECK(folder.count("tmp") == 0);
    CHECK(code_of([&] { maildir.deliver_batch(items, std::span(out).first(size - 1)); }) == Code::argument);
  }
  maildir.deliver_batch({}, {});
}

TEST_CASE(
    "trouble with the disk is a retry, costs nobody else, leaves nothing behind and never names the "
    "address") {
  const Folder folder;
  Maildir maildir(folder.mail());
  const std::string other = make_id(7);
  const MaildirItem items[] = {
      {kItem, kAddress, kThread, kAt}, {other, kAddress, kThread, kAt}, {other, "bad", kThread, kAt}};
  Maildir::Outcome out[3];

  fs::create_directory(folder.in("new/" + kItem + ".bccast"));  // one name cannot be written
  maildir.deliver_batch(items, out);
  CHECK(out[0].verdict == Maildir::Verdict::retry);
  CHECK(std::string_view(out[0].reason) == "write_failed");
  CHECK(out[1].verdict == Maildir::Verdict::done);
  CHECK(out[2].verdict == Maildir::Verdict::failed);
  CHECK(folder.count("tmp") == 0);
  try {
    maildir.deliver(kAddress, kItem, kThread, kAt);
    FAIL("it should have thrown");
  } catch (const bccast::Error& error) {
    CHECK(error.code() == Code::notifier);
    CHECK(error.native() == EISDIR);
    CHECK(std::string_view(error.what()).find("ann@") == std::string_view::npos);
  }
  fs::remove(folder.in("new/" + kItem + ".bccast"));

  fs::remove(folder.in("tmp"));  // nothing can be written
  maildir.deliver_batch(items, out);
  CHECK(out[0].verdict == Maildir::Verdict::retry);
  CHECK(out[1].verdict == Maildir::Verdict::retry);
  CHECK(out[2].verdict == Maildir::Verdict::failed);
  CHECK(std::string_view(out[2].reason) == "bad_address");
  CHECK(folder.count("new") == 1);

  try {
    bccast::render_mail({}, "secret name@x", kItem, kThread, kAt);
    FAIL("it should have thrown");
  } catch (const bccast::Error& error) {
    CHECK(std::string_view(error.what()).find("secret") == std::string_view::npos);
  }
}

TEST_CASE("threads and objects share a folder, also for the same items") {
  const Folder folder;
  Maildir one(folder.mail());
  Maildir two(folder.mail());
  std::vector<std::string> ids;
  for (std::size_t i = 0; i < 150; ++i) ids.push_back(make_id(i));
  const auto work = [&](Maildir& maildir, std::size_t first, std::vector<Maildir::Outcome>& out) {
    std::vector<MaildirItem> items;
    for (std::size_t i = first; i < first + 100; ++i) items.push_back({ids[i], kAddress, kThread, kAt});
    out.resize(items.size());
    for (int round = 0; round < 3; ++round) maildir.deliver_batch(items, out);
  };
  std::vector<Maildir::Outcome> outs[3];
  {
    std::jthread a(work, std::ref(one), 0, std::ref(outs[0]));
    std::jthread b(work, std::ref(one), 50, std::ref(outs[1]));
    std::jthread c(work, std::ref(two), 25, std::ref(outs[2]));
  }
  for (const auto& out : outs) {
    CHECK(std::all_of(out.begin(), out.end(),
                      [](const auto& o) { return o.verdict == Maildir::Verdict::done; }));
  }
  CHECK(folder.count("new") == 150);
  CHECK(folder.count("tmp") == 0);
  for (const std::string& id : ids) {
    CHECK(read_file(folder.in("new/" + id + ".bccast")) ==
          bccast::render_mail({}, kAddress, id, kThread, kAt));
  }
}
