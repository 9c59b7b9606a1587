// The library, the model beside it, and the host between them.
#pragma once

#include <bccast/bccast.h>
#include <bccast/bccast_ext.h>

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "clock.hpp"
#include "disk.hpp"
#include "failure.hpp"
#include "model.hpp"
#include "plant.hpp"
#include "prng.hpp"
#include "script.hpp"

namespace sim {

/// A batch that the host has: claimed, or kept by a handler.
struct Held {
  bccast_batch* batch = nullptr;
  int number = 0;
  ChannelNo channel = 0;
  bool by_handler = false;
  std::vector<std::size_t> items;  // of the model
  std::vector<int> rounds;
  std::map<std::size_t, Item::Answer> set;  // by the host, or by a report that failed
  std::size_t reported = 0;
  bool ended = false;     // all of it was reported
  bool retracts = false;  // no items: what was delivered is to be taken back
};

/// What each BCCAST_ITEM_* says.
inline constexpr std::array kAnswerOf{Item::Answer::done, Item::Answer::retry, Item::Answer::failed,
                                      Item::Answer::skipped, Item::Answer::not_tried};

/// What a run has come across.
struct Tally {
  int crashes = 0;
  int sent = 0;       // blasts
  int given = 0;      // items
  int repeated = 0;   // of them, given before
  int conflicts = 0;  // reports that came too late
};

/// The longest there is: a year.
inline constexpr std::int64_t kEventsKeptMs = 31'536'000'000;

/// How a handler behaves during a step.
enum class Mood { any, good };

struct Settings {
  Plant plant = Plant::none;
  bool verbose = false;
};

class World {
 public:
  World(std::uint64_t seed, Settings settings);
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  /// Throws Failure when a check does not hold.
  void take(const Step& step);
  /// Heals everything, lets time pass, and looks whether all of it came to its end.
  void finish();

  std::uint64_t trace_hash() const { return trace_.value(); }
  const Tally& tally() const { return tally_; }
  bool planted() const { return planted_; }

  // ---- For the files that hold the steps and the checks

  using Call = std::function<std::int32_t()>;
  using Effect = std::function<void(Model&)>;
  /// A call that writes. `allowed`: the answers that the model allows, the first one if nothing is unusual.
  /// When it is OK `effect` becomes true in the model; when the disk failed nothing does, unless a crash
  /// shows that it did. What cannot be seen then is `asked_again` (the whole step), as a host does that had
  /// no answer.
  std::int32_t act(const std::string& what, std::vector<std::int32_t> allowed, const Call& call,
                   Effect effect, bool asked_again = false);
  void trace(const std::string& line);

  bccast_engine* engine() const { return engine_; }
  /// Whether an error may be the disk's fault.
  bool excused(std::int32_t code, std::uint64_t struck_before) const;
  /// At once; or back to an image that was taken before.
  void crash(bool power_loss, const Image* image = nullptr);
  Image image() const;
  void reopen();
  /// To be called when a planned crash may have happened within the call before. True when it did, and all is
  /// anew.
  bool crashed_within(const Effect& effect, bool asked_again = false);
  void plan_crash(std::uint64_t nth, bool power_loss);
  void back_up();
  /// Opens the last backup in the place of the store, looks that it is held, and releases it.
  void restore_backup();

  // Work.
  void pump(std::uint32_t max_items, std::uint32_t budget_us);
  /// The rows of a batch, as items of the model; R2 is looked at here.
  Held take_batch(ChannelNo channel, bccast_batch* batch, bool by_handler);
  /// False when there was nothing, or it failed.
  bool claim(const std::string& channel, std::uint32_t most);
  void complete(std::size_t held, std::size_t n, const std::vector<std::int32_t>* statuses);
  void free_batch(std::size_t held);
  std::int32_t on_batch(const std::string& channel, bccast_batch* batch);

  Clock clock;
  Model model;
  Prng prng{0};  // of the step
  std::vector<Held> held;
  Mood mood = Mood::good;
  Settings settings;
  bool has_deliverer = false;
  /// After a crash, what may have been done before it.
  bool asking_again() const { return asking_again_; }
  /// The channel's handler keeps as many batches as it may, and is given no more until it frees one.
  bool has_its_fill(ChannelNo channel) const;
  void note_sent() { ++tally_.sent; }
  /// Something planted in the harness has taken effect.
  bool plant(Plant what) {
    if (settings.plant != what) return false;
    planted_ = true;
    return true;
  }

 private:
  struct Said {
    std::size_t item = 0;
    Item::Answer answer = Item::Answer::none;
    std::int64_t not_before = 0;
    int round = 0;
  };
  struct Snapshot {
    Model model;
    Image image;
  };
  /// A call that failed: a crash may show it done.
  struct Maybe {
    Effect effect;
    std::optional<Step> again;
  };
  struct Way {
    World* world = nullptr;
    std::string channel;
  };

  std::optional<Step> to_ask_again() const;
  void open();
  void close();
  std::string path() const;
  void say(std::size_t item, Item::Answer answer, std::int64_t not_before = 0);
  void settle_said();
  void may_have_put_off();
  void check_held();
  Snapshot snapshot(bool power_loss);
  void written_over(std::uint64_t changes_before);
  void find_out(const std::vector<Maybe>& may_have_happened);
  void come_back(Snapshot snapshot, const std::vector<Maybe>& may_have_happened);
  /// A batch that takes back.
  Held take_back(bccast_batch* batch);
  std::int32_t answer(Held& batch);
  std::int32_t answer_each(Held& batch);
  void give_back_token(std::size_t item);
  bool is_a_whole(const Held& batch) const;
  void misbehave(bccast_batch* batch);

  std::uint64_t seed_;
  Step step_{};
  std::string folder_;
  int incarnation_ = 0;
  bccast_engine* engine_ = nullptr;
  std::vector<std::unique_ptr<Way>> ways_;
  Hash trace_;
  Tally tally_;
  bool planted_ = false;
  bool asking_again_ = false;
  int batches_ = 0;
  std::vector<Said> said_;  // by handlers, not yet known to be stored
  std::vector<Maybe> maybe_;
  std::optional<Snapshot> taken_;
  std::optional<Snapshot> backup_;
  int copies_ = 0;
  std::optional<Failure> failed_;  // within a handler
};

// The steps, each kind in a file of its own.
void directory_step(World& world, const Step& step);
void blast_step(World& world, const Step& step);
void thread_step(World& world, const Step& step);
void work_step(World& world, const Step& step);
void channel_step(World& world, const Step& step);
/// No channel is paused, slowed or quiet any more.
void free_channels(World& world);
void policy_step(World& world, const Step& step);
/// Near schedules stay, far ones are taken back, what is paused goes on.
void let_all_go(World& world);
void trouble_step(World& world, const Step& step);

/// A digest for sending or scheduling.
struct Digest {
  std::string text;                // "": none
  std::optional<Blast::Shown> of;  // whom and what it showed
  bool fits = true;
};
/// None, today's, one of an earlier look, or one that never was.
Digest some_digest(World& world, BlastNo blast, std::uint32_t how);
/// Where the planted fault comes in that takes a digest which does not fit.
void check_refused(World& world, std::int32_t code);

/// What a step has to do with, chosen by its numbers.
const char* channel_name(std::size_t i);
inline constexpr std::size_t kChannelNames = 4;
inline constexpr std::size_t kHandled = 2;  // of these the first; and "chat" with a deliverer
std::optional<ProviderNo> some_provider(const World& world, std::uint32_t number);
inline constexpr std::uint32_t kClientIds = 14;
std::string client_id(std::uint32_t number);

}  // namespace sim
