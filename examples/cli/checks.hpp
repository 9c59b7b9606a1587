// What `bccast doctor` looks at.
#pragma once

#include <string>
#include <vector>

#include "session.hpp"

namespace cli {

enum class Health { ok, warn, bad };

struct Finding {
  std::string check;
  Health health = Health::ok;
  std::string detail;
};
using Findings = std::vector<Finding>;

/// The library, and what this program was built with.
void check_versions(Findings& findings);
/// That nobody else can read the store and its companions.
void check_log(const Session& session, Findings& findings);
void check_files(const Session& session, Findings& findings);
/// That the store's disk has room.
void check_disk(const Session& session, Findings& findings);
/// All that is wrong with the store's content. `deep`: the whole of it is looked through; else only that it
/// opens.
void check_content(bccast_engine* engine, bool deep, Findings& findings);
/// Whether it is held, or owes anything.
void check_held(bccast_engine* engine, Findings& findings);
/// One finding for each channel.
void check_channels(bccast_engine* engine, Findings& findings);
/// One finding for each blast that is late, the first few.
void check_overdue(bccast_engine* engine, Findings& findings);

}  // namespace cli
