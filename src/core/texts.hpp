// Texts as the stores keep them: bytes that tell when they were damaged, or are another's.
//
// u8 version (1: the content is plain), u64 LE checksum over the key and the content, the content. The key
// says whose it is: a blast's, or the message with this number of a thread. The stores know bytes only, so
// whatever is to become of texts (another form, sealing) is done here for all of them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ports/store.hpp"

namespace bccast::texts {

std::string seal_of_blast(ProviderNo provider, BlastNo blast, std::string_view text);
std::string seal_of_message(const ThreadKey& thread, std::int64_t seq, std::string_view text);

/// A blast's text; nothing: it has none yet. Throws Error(corrupt) when it is damaged, or another's.
std::optional<std::string> of_blast(const Tables& tables, ProviderNo provider, BlastNo blast);
/// The same of one that was read from the store.
std::string open_of_blast(const BlastKey& blast, std::string_view stored);
/// A message of a thread that was read from the store, with its text as it was written. The same errors.
Message open_message(const ThreadKey& thread, Message stored);

}  // namespace bccast::texts
