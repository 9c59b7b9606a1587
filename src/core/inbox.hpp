// Lists of threads, as a client and as a provider sees them.
//
// A client's inbox is a function of a snapshot: for each of its rosters the blasts that went to its place and
// are newer than what has been stored there, merged with the threads that are rows. Storing what was found is
// a memo that costs nobody anything: it is done only when the store is writable and idle, and without it the
// answer is the same.
#pragma once

#include <string_view>

#include <bccast/types.hpp>

#include "core/context.hpp"
#include "model/filter.hpp"

namespace bccast {

class Inbox {
 public:
  explicit Inbox(Context& context) : context_(context) {}

  Page<ThreadSummary> of_client(std::string_view client, std::string_view filter, std::string_view cursor,
                                std::size_t limit);
  Page<ThreadSummary> of_provider(std::string_view provider, std::string_view filter, std::string_view cursor,
                                  std::size_t limit);

  /// Over all of the client's threads, or all of the provider's.
  UnreadCount unread_of_client(std::string_view client);
  UnreadCount unread_of_provider(std::string_view provider);

 private:
  Context& context_;
};

}  // namespace bccast
