#include "world.hpp"

#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <utility>

#include "check.hpp"
#include "entropy.hpp"

namespace sim {
namespace {

constexpr std::array<const char*, kChannelNames> kChannels{"email", "push", "chat", "letter"};

std::string make_folder() {
  std::string path = (std::filesystem::temp_directory_path() / "bccast-sim-XXXXXX").string();
  if (mkdtemp(path.data()) == nullptr) throw std::runtime_error("no temporary folder can be made");
  return std::filesystem::canonical(path).string();  // as the library will call it
}

}  // namespace

const char* channel_name(std::size_t i) {
  return kChannels[i % kChannels.size()];
}

std::optional<ProviderNo> some_provider(const World& world, std::uint32_t number) {
  if (world.model.providers.empty()) return std::nullopt;
  return static_cast<ProviderNo>(number % world.model.providers.size());
}

std::string client_id(std::uint32_t number) {
  return "c" + std::to_string(number % kClientIds);
}

World::World(std::uint64_t seed, Settings given)
    : settings(given), has_deliverer(seed % 5 < 2), seed_(seed), folder_(make_folder()) {
  register_disk();
  Disk::instance().clear();
  Disk::instance().suspended = 0;
  Disk::instance().on_sleep = [this](std::int64_t us) { clock.pass_us(us); };
  seed_entropy(seed);
  open();
}

World::~World() {
  Disk::instance().heal();
  Disk::instance().drop_plan();
  close();
  Disk::instance().clear();
  Disk::instance().on_sleep = nullptr;
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void World::trace(const std::string& line) {
  trace_.add(line.data(), line.size());
  if (settings.verbose) std::fprintf(stderr, "%s\n", line.c_str());
}

// ---- The engine

std::string World::path() const {
  return folder_ + "/" + std::to_string(incarnation_) + ".db";
}

void World::open() {
  const CalmDisk calm;
  bccast_config* config = nullptr;
  bccast_config_new(&config);
  const auto clock_vtbl = Clock::vtbl();
  bccast_config_clock(config, &clock_vtbl, &clock);
  const auto set = bccast_config_set(config, "events_keep_ms", std::to_string(kEventsKeptMs).c_str());
  require(set == BCCAST_OK, "open", "events_keep_ms");
  ways_.clear();
  const auto way = [&](const char* channel) {
    ways_.push_back(std::make_unique<Way>(Way{this, channel}));
    return ways_.back().get();
  };
  const auto batch_of = [](void* self, bccast_batch* batch) {
    const auto* it = static_cast<Way*>(self);
    try {
      return it->world->on_batch(it->channel, batch);
    } catch (const Failure& failure) {
      if (!it->world->failed_) it->world->failed_ = failure;
      return BCCAST_OK;
    }
  };
  bccast_notifier_vtbl notifier{};
  notifier.struct_size = sizeof notifier;
  notifier.notify = batch_of;
  for (std::size_t i = 0; i < kHandled; ++i) {
    bccast_config_notifier(config, kChannels[i], &notifier, way(kChannels[i]));
    model.put_channel(kChannels[i], false);
  }
  if (has_deliverer) {
    bccast_deliverer_vtbl deliverer{};
    deliverer.struct_size = sizeof deliverer;
    deliverer.deliver = batch_of;
    if (seed_ % 2 == 0) deliverer.retract = batch_of;
    require(bccast_config_deliverer(config, "chat", &deliverer, way("chat")) == BCCAST_OK, "open",
            "deliverer");
    model.put_channel("chat", true);
  }
  const auto code = bccast_open(path().c_str(), config, &engine_);
  const std::string message = bccast_error_message();
  bccast_config_free(config);
  require(code == BCCAST_OK, "open", message);
}

void World::close() {
  const CalmDisk calm;
  for (auto& it : held) bccast_batch_free(it.batch);
  held.clear();
  if (engine_ != nullptr) bccast_close(engine_, 0);
  engine_ = nullptr;
}

// ---- Calls that write

bool World::excused(std::int32_t code, std::uint64_t struck_before) const {
  const bool of_storage = code == BCCAST_E_STORAGE || code == BCCAST_E_BUSY || code == BCCAST_E_FULL;
  return of_storage && (Disk::instance().struck() != struck_before || Disk::instance().failing());
}

std::int32_t World::act(const std::string& what, std::vector<std::int32_t> allowed, const Call& call,
                        Effect effect, bool asked_again) {
  const auto struck = Disk::instance().struck();
  const auto changes = Disk::instance().changes();
  const auto code = call();
  const std::string message = code < 0 ? bccast_error_message() : "";
  trace(what + ": " + bccast_code_name(code));
  if (crashed_within(allowed.front() >= 0 ? effect : nullptr, asked_again)) return BCCAST_E_CLOSED;
  if (excused(code, struck)) {
    if (allowed.front() >= 0)
      maybe_.push_back({std::move(effect), asked_again ? to_ask_again() : std::nullopt});
    return code;
  }
  const bool done_before = asking_again_ && code == BCCAST_EXISTS;
  if (!done_before && std::ranges::find(allowed, code) == allowed.end())
    throw Failure("code", what + " gave " + bccast_code_name(code) + " (" + message + "), not " +
                              bccast_code_name(allowed.front()));
  if (code == BCCAST_OK || code == BCCAST_PARTIAL || done_before) {
    effect(model);
    written_over(changes);
  }
  return code;
}

/// What was stored lies over what a failed call may have left; who stored nothing leaves it where it is.
void World::written_over(std::uint64_t changes_before) {
  if (Disk::instance().changes() != changes_before) maybe_.clear();
}

// ---- Crashes

World::Snapshot World::snapshot(bool power_loss) {
  Prng how(prng.next());
  if (!power_loss) return {model, image()};
  Snapshot taken{model, Disk::instance().power_loss_image(path(), how)};
  taken.model.lose_claims();
  return taken;
}

void World::plan_crash(std::uint64_t nth, bool power_loss) {
  Disk::instance().plan(nth, [this, power_loss] { taken_ = snapshot(power_loss); });
}

std::optional<Step> World::to_ask_again() const {
  if (step_.kind != Kind::blast) return step_;
  // Of all that the step does it is not known how far it came: its draft is thrown away.
  return Step{Kind::discard, static_cast<std::uint32_t>(model.blasts.size() - 1), 0, 1};
}

bool World::crashed_within(const Effect& effect, bool asked_again) {
  if (!taken_) return false;
  auto from = std::move(*taken_);
  taken_.reset();
  auto may_have_happened = std::exchange(maybe_, {});
  if (effect) may_have_happened.push_back({effect, asked_again ? to_ask_again() : std::nullopt});
  come_back(std::move(from), may_have_happened);
  return true;
}

Image World::image() const {
  return Disk::instance().crash_image(path());
}

void World::crash(bool power_loss, const Image* image) {
  auto from = snapshot(power_loss);
  if (image != nullptr) from.image = *image;
  come_back(std::move(from), std::exchange(maybe_, {}));
}

/// Which of the calls that failed have happened after all; and then what is to be asked again is.
void World::find_out(const std::vector<Maybe>& may_have_happened) {
  const auto known = model;
  std::optional<Failure> first;
  for (std::size_t i = 0; i <= may_have_happened.size(); ++i) {
    auto candidate = known;
    if (i > 0) may_have_happened[i - 1].effect(candidate);
    for (const auto& way : ways_) candidate.put_channel(way->channel, way->channel == "chat");
    candidate.note_reasons();
    try {
      find_unknown(*this, candidate);
      check_schedules(*this, candidate, false);
      check_all(*this, candidate);
      model = std::move(candidate);
      first.reset();
      break;
    } catch (const Failure& failure) {
      if (!first) first = failure;
    }
  }
  if (first) throw Failure(*first);
  asking_again_ = true;
  for (const auto& one : may_have_happened) {
    if (!one.again) continue;
    directory_step(*this, *one.again);
    blast_step(*this, *one.again);
    policy_step(*this, *one.again);
    work_step(*this, *one.again);
    channel_step(*this, *one.again);
  }
  asking_again_ = false;
}

/// The old engine is thrown away, and a new one opens what was on the disk at that moment.
void World::come_back(Snapshot from, const std::vector<Maybe>& may_have_happened) {
  ++tally_.crashes;
  trace("crash");
  Disk::instance().heal();
  Disk::instance().drop_plan();
  const auto old = path();
  close();
  for (const char* suffix : {"", "-wal", "-shm", "-journal"}) Disk::instance().remove(old + suffix);
  std::filesystem::remove(old);
  const CalmDisk calm;
  ++incarnation_;
  Disk::instance().restore(path(), from.image);
  said_.clear();
  model = std::move(from.model);
  model.crashed();
  open();
  find_out(may_have_happened);
  check_store(*this);
}

void World::reopen() {
  trace("reopen");
  const CalmDisk calm;
  while (!held.empty()) free_batch(held.size() - 1);
  const auto code = bccast_close(engine_, 0);
  require(code == BCCAST_OK, "code", std::string("close gave ") + bccast_code_name(code));
  engine_ = nullptr;
  settle_said();
  open();
  // What a commit that failed has left in the log counts for whoever opens it.
  if (!maybe_.empty()) find_out(std::exchange(maybe_, {}));
}

// ---- Steps

void World::take(const Step& step) {
  step_ = step;
  prng = Prng((std::uint64_t{step.a} << 40) ^ (std::uint64_t{step.b} << 20) ^ step.c);
  directory_step(*this, step);
  blast_step(*this, step);
  policy_step(*this, step);
  thread_step(*this, step);
  work_step(*this, step);
  channel_step(*this, step);
  trouble_step(*this, step);
  model.note_reasons();
  const CalmDisk calm;
  check_some(*this, prng);
}

}  // namespace sim
