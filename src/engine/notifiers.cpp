#include "engine/notifiers.hpp"

#include <string>
#include <utility>

#include "base/error.hpp"
#include "engine/maildir_notifier.hpp"

namespace bccast {
namespace {

constexpr std::string_view kMaildir = "maildir:";

}  // namespace

void check_notifier_name(std::string_view text) {
  if (!text.starts_with(kMaildir) || text.size() == kMaildir.size())
    throw Error(Code::argument, "the notifier is not of the form maildir:PATH");
}

std::shared_ptr<Notifier> make_notifier(std::string_view text,
                                        FunctionRef<std::string(std::string_view key)> option) {
  check_notifier_name(text);
  MailSettings settings;
  settings.from = option("mail.from");
  settings.from_name = option("mail.from_name");
  settings.reply_to = option("mail.reply_to");
  settings.subject = option("mail.subject");
  settings.link_prefix = option("mail.link_prefix");
  settings.message_id_domain = option("mail.message_id_domain");
  return std::make_shared<MaildirNotifier>(std::string(text.substr(kMaildir.size())), std::move(settings));
}

}  // namespace bccast
