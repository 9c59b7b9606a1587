#include "disk.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace sim {

// ---- A file

void DiskFile::apply(const Change& change, std::size_t size, Bytes& to) {
  if (change.truncates) {
    to.resize(change.at);
    return;
  }
  if (to.size() < change.at + size) to.resize(change.at + size);
  std::copy_n(change.bytes.begin(), size, to.begin() + static_cast<std::ptrdiff_t>(change.at));
}

void DiskFile::write(const void* from, std::size_t size, std::size_t at) {
  const auto* bytes = static_cast<const unsigned char*>(from);
  unsynced_.push_back({at, Bytes(bytes, bytes + size)});
  apply(unsynced_.back(), size, now_);
}

void DiskFile::truncate(std::size_t size) {
  unsynced_.push_back({size, {}, true});
  now_.resize(size);
}

void DiskFile::sync() {
  for (const auto& change : unsynced_) apply(change, change.bytes.size(), synced_);
  unsynced_.clear();
}

Bytes DiskFile::after_power_loss(Prng& prng) const {
  Bytes left = synced_;
  const auto how = prng.below(3);
  std::size_t count = how == 0 ? 0 : prng.below(unsynced_.size() + 1);
  for (const auto& change : unsynced_) {
    if (how == 1 && count-- == 0) {
      // The last one may be torn.
      if (!change.truncates) apply(change, change.bytes.size() / 512 / 2 * 512, left);
      break;
    }
    if (how == 0 || (how == 2 && prng.percent(50))) continue;
    apply(change, change.bytes.size(), left);
  }
  return left;
}

void DiskFile::restore(Bytes bytes) {
  now_ = bytes;
  synced_ = std::move(bytes);
  unsynced_.clear();
}

// ---- The disk

Disk& Disk::instance() {
  static Disk disk;
  return disk;
}

Disk::Disk() = default;

void Disk::clear() {
  files_.clear();
  heal();
  drop_plan();
  struck_ = 0;
}

std::shared_ptr<DiskFile> Disk::open(const std::string& path, bool create) {
  const auto found = files_.find(path);
  if (found != files_.end()) return found->second;
  if (!create) return nullptr;
  return files_[path] = std::make_shared<DiskFile>();
}

bool Disk::remove(const std::string& path) {
  return files_.erase(path) > 0;
}

void Disk::arm(Fault kind, std::uint64_t nth, bool for_ever) {
  kind_ = kind;
  countdown_ = nth;
  for_ever_ = for_ever;
}

bool Disk::strikes(Fault kind) {
  if (kind_ != kind || suspended > 0) return false;
  if (countdown_ > 0 && --countdown_ > 0) return false;
  ++struck_;
  if (!for_ever_) heal();
  return true;
}

void Disk::plan(std::uint64_t nth, std::function<void()> hook) {
  until_hook_ = nth;
  hook_ = std::move(hook);
}

void Disk::before_change() {
  ++changes_;
  if (!hook_ || suspended > 0 || --until_hook_ > 0) return;
  const auto hook = std::exchange(hook_, nullptr);
  hook();
}

Image Disk::crash_image(const std::string& path) const {
  Image image;
  for (const char* suffix : {"", "-wal", "-journal"})
    if (const auto found = files_.find(path + suffix); found != files_.end())
      image[suffix] = found->second->now();
  return image;
}

Image Disk::power_loss_image(const std::string& path, Prng& prng) const {
  Image image;
  for (const char* suffix : {"", "-wal", "-journal"})
    if (const auto found = files_.find(path + suffix); found != files_.end())
      image[suffix] = found->second->after_power_loss(prng);
  return image;
}

void Disk::restore(const std::string& path, const Image& image) {
  for (const auto& [suffix, bytes] : image) open(path + suffix, true)->restore(bytes);
}

}  // namespace sim
