// Backups, what becomes of a store that is opened from one, and its release.
#include <array>
#include <cstdint>
#include <string>
#include <utility>

#include "check.hpp"
#include "world.hpp"

namespace sim {

/// The copy is what the model is at this moment. It is kept as an image: in this world only SQLite's calls
/// reach the disk, and so the copy has the name that it was written under.
void World::back_up() {
  if (!maybe_.empty()) return;  // what is in the store is not known
  const std::string copy = folder_ + "/copy-" + std::to_string(++copies_) + ".db";
  const std::string written = copy + ".bccast-partial";
  const auto struck = Disk::instance().struck();
  const auto code = bccast_operate_backup(engine_, copy.c_str());
  const std::string message = code < 0 ? bccast_error_message() : "";
  trace(std::string("backup: ") + bccast_code_name(code));
  Image image = Disk::instance().crash_image(written);
  for (const char* ending : {"", "-wal", "-journal"}) Disk::instance().remove(written + ending);
  if (crashed_within(nullptr) || excused(code, struck)) return;
  require(code == BCCAST_OK, "code", std::string("backup gave ") + bccast_code_name(code) + ": " + message);
  require(image.size() == 1, "R19", "a backup is more than one file");
  backup_ = Snapshot{model, std::move(image)};
}

/// All that was done since the backup is lost.
void World::restore_backup() {
  if (!backup_) return;
  trace("restore");
  maybe_.clear();
  come_back(*std::exchange(backup_, std::nullopt), {});
  check_held();
  const auto code = bccast_operate_release(engine_);
  require(code == BCCAST_OK, "R19", std::string("release gave ") + bccast_code_name(code));
  require(bccast_operate_release(engine_) == BCCAST_EXISTS, "R19", "it was released twice");
}

/// Nothing leaves a held store, however late it is; and whoever looks sees what was backed up.
void World::check_held() {
  constexpr std::array<std::int64_t, 4> kWaits{0, 1000, 600'000, 7'200'000};
  const CalmDisk calm;
  for (int round = 0; round < 2; ++round) {
    clock.pass_ms(kWaits[prng.below(kWaits.size())]);
    const int batches = batches_;
    std::uint64_t done = 0;
    std::int64_t next = 0;
    const auto code = bccast_pump(engine_, 0, 0, &done, &next);
    require(code == BCCAST_DONE && done == 0 && next == -1, "R19", "pump found something in a held store");
    for (std::size_t i = 0; i < kChannelNames; ++i) {
      if (!model.channel(channel_name(i))) continue;
      bccast_batch* batch = nullptr;
      const auto claimed = bccast_claim(engine_, channel_name(i), 0, &batch);
      bccast_batch_free(batch);
      require(claimed == BCCAST_DONE, "R19", "a batch was claimed in a held store");
    }
    const bool told = batches != batches_ || plant(Plant::held_is_told);
    require(!told, "R19", "a held store handed out a batch");
    check_all(*this, model);
  }
}

}  // namespace sim
