// One change made to many clients, and how it went.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "handles.hpp"
#include "output.hpp"

namespace cli {

struct Changes {
  std::int64_t changed = 0;
  std::int64_t unchanged = 0;  ///< it was so before, or the id was given twice
  std::vector<std::pair<std::string, std::int32_t>> refused;
};

/// What a change is made with: one of them, or both. They leave out the first arguments of the library's
/// function.
struct Change {
  std::function<std::int32_t(const char* client)> one;
  std::function<std::int32_t(std::size_t n, const char* ids, const std::uint64_t* offsets,
                             std::int32_t* results)>
      many;
};

/// Changes them; an error of one client only is in the result.
Changes change_each(const std::vector<std::string>& clients, const Change& change);

/// The ids that were refused, the first few by name: "c17, c18 and 4 more".
std::string names_of_refused(const Changes& changes);

/// The same for a command: a single client that is refused is its error; of several, each is told on stderr.
/// `about`: what they were changed in.
int change_and_print(const Session& session, const std::vector<std::string>& clients, const Record& about,
                     const Change& change);

}  // namespace cli
