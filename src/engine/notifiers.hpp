// Which notifier a text names.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/function_ref.hpp"
#include "ports/notice_batch.hpp"

namespace bccast {

/// Throws Error(argument) for a text that names none.
void check_notifier_name(std::string_view text);

/// "maildir:PATH": a mail for each notification into that maildir, as the options mail.* say.
std::shared_ptr<Notifier> make_notifier(std::string_view text,
                                        FunctionRef<std::string(std::string_view key)> option);

}  // namespace bccast
