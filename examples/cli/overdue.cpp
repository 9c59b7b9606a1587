// bccast overdue: blasts that are late, and why.
#include <cstdint>
#include <string>

#include "command.hpp"
#include "commands.hpp"
#include "output.hpp"
#include "pages.hpp"

namespace cli {
namespace {

struct OverdueOptions {
  std::string provider;
  std::uint64_t limit = kNoLimit;
};

int list(const Session& session, const OverdueOptions& options) {
  const Engine engine = open_to_read(session);
  const char* provider = options.provider.empty() ? nullptr : options.provider.c_str();
  std::size_t late = 0;
  Listing listing(session.json, "overdue");
  list_all(listing, options.limit, [&](const char* cursor, std::uint32_t limit, bccast_rows** out) {
    const std::int32_t result = bccast_operate_overdue(engine.get(), provider, cursor, limit, out);
    late += bccast_rows_count(*out);
    return result;
  });
  return late == 0 ? kOk : kPartly;
}

}  // namespace

void add_overdue(Command program, Session& session) {
  auto options = std::make_shared<OverdueOptions>();
  Command command = add_command(program, session, "overdue", "Blasts that are late, and why", options, list);
  command.add_option("--as-provider", options->provider, "Only this provider's").not_empty();
  add_limit(command, options->limit);
  add_footer(command,
             "The oldest deadline first. Exit code 3 when there is one, 0 when there is none.\n"
             "Columns: provider blast state recipients pending deferred deadline why left_ms",
             "--as-provider dr-lee");
}

}  // namespace cli
