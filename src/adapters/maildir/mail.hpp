// The one builder of notification mails, shared by every notifier that sends mail. Pure: no I/O, no locale,
// no clock. A mail says that there is a message and nothing else: it has no parameter a text could come in
// by.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace bccast {

/// What is the same in every mail of an installation. All texts are UTF-8 without control characters.
struct MailSettings {
  std::string from = "no-reply@localhost.invalid";  ///< addr-spec
  std::string from_name;                            ///< shown beside `from`; may be empty
  std::string reply_to;                             ///< addr-spec; empty: the same as `from`
  std::string subject = "You have a new message";
  std::string link_prefix;        ///< visible ASCII; the thread's id is put behind it; empty: no link
  std::string message_id_domain;  ///< right side of Message-ID; empty: the domain of `from`
};

/// The body without and with a link; the link (prefix and thread id) is a line of its own behind the latter.
/// ASCII, so that Content-Transfer-Encoding is always 7bit.
inline constexpr std::string_view kMailBody = "You have a new message. Please sign in to read it.\r\n";
inline constexpr std::string_view kMailBodyWithLink =
    "You have a new message. Please sign in to read it:\r\n\r\n";

/// True for an addr-spec (RFC 5322, RFC 6532) that no mail system can read as anything but one address: a
/// dot-atom of at most 64 bytes, one @, and a domain or an address literal, 254 bytes in all. Stricter than
/// the RFCs where parsers are known to disagree: no quoted local part, no comment, nothing that looks like an
/// encoded word, nothing that Unicode normalisation turns into a space, an @ or a dot.
bool is_mail_address(std::string_view address) noexcept;

/// Throws Error(argument) naming the first setting that cannot stand in a mail. Nothing is ever stripped.
void check_mail_settings(const MailSettings& settings);

/// Why there can be no mail for these values: "bad_address", "bad_id" (an id is not 32 lowercase hex digits)
/// or "bad_time" (before 1970 or after 9999). nullptr when there is nothing wrong. The string is static.
const char* find_mail_fault(std::string_view address, std::string_view item_id, std::string_view thread_id,
                            std::int64_t at_ms) noexcept;

/// One RFC 5322 message to one recipient, with CRLF line ends. `at_ms` (milliseconds since 1970, UTC) is the
/// Date, in whole seconds; `item_id` becomes the Message-ID; `thread_id` shows in the link only. Settings,
/// address, ids and time are all checked first: Error(argument), which never repeats the address. An address
/// with non-ASCII characters stands in the header as it is, so that its transport needs SMTPUTF8.
std::string render_mail(const MailSettings& settings, std::string_view address, std::string_view item_id,
                        std::string_view thread_id, std::int64_t at_ms);

}  // namespace bccast
