// The built-in notifier: a mail for each notification, into a maildir.
#pragma once

#include "adapters/maildir/maildir.hpp"
#include "ports/notice_batch.hpp"

namespace bccast {

class MaildirNotifier final : public Notifier {
 public:
  MaildirNotifier(const std::string& path, MailSettings settings) : maildir_(path, std::move(settings)) {}
  Handled notify(NoticeBatch& batch, const std::shared_ptr<BatchControl>& control) override;

 private:
  Maildir maildir_;
};

}  // namespace bccast
