#include "work_meter.hpp"

#include <algorithm>

#include "sync_count.hpp"

namespace bench {

WorkMeter::WorkMeter(const std::string& store_path)
    : size_(store_path), size_before_(size_.now()), size_peak_(size_before_) {}

void WorkMeter::start() {
  blasts_.emplace_back();
  batches_ = 0;
  syncs_before_ = sync_count();
  watch_ = Stopwatch();
}

void WorkMeter::accepted() {
  blasts_.back()["accept_s"] = watch_.seconds();
  blasts_.back()["accept_syncs"] = static_cast<double>(sync_count() - syncs_before_);
  look_at_disk();
}

void WorkMeter::batch() noexcept {
  ++batches_;
  look_at_disk();
}

void WorkMeter::finished() {
  blasts_.back()["work_s"] = watch_.seconds();
  blasts_.back()["work_syncs"] = static_cast<double>(sync_count() - syncs_before_);
  blasts_.back()["batches"] = static_cast<double>(batches_);
  look_at_disk();
}

void WorkMeter::look_at_disk() noexcept {
  size_peak_ = std::max(size_peak_, size_.now());
}

Figures WorkMeter::figures() const {
  Figures figures = medians(blasts_);
  figures["blasts"] = static_cast<double>(blasts_.size());
  figures["peak_bytes"] = static_cast<double>(size_peak_ - size_before_);
  return figures;
}

}  // namespace bench
