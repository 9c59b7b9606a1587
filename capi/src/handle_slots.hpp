// Handles of what is many and short-lived, and is looked up for every cell of a table: rows and batches.
//
// What the host holds is no address but the number of a slot with a generation: a freed handle is told for
// ever, also when its slot, or its memory, is used again, and no address is taken for one (handles are odd).
// A look takes two loads, no lock, and reads nothing but slots, which are never given back.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace bccast::capi {

/// Safe from any thread. Of two removals of one handle one succeeds.
class HandleSlots {
 public:
  /// `kind`: 1 to 3; handles of one kind are none of another.
  explicit constexpr HandleSlots(std::uintptr_t kind) noexcept : kind_(kind) {}

  /// Throws Error(limit) when there are too many, std::bad_alloc.
  std::uintptr_t add(void* object);
  /// The object, or null.
  void* find(std::uintptr_t handle) const noexcept {
    const Slot* slot = slot_of(handle);
    if (slot == nullptr || slot->handle.load(std::memory_order_acquire) != handle) return nullptr;
    return shown(slot->hidden.load(std::memory_order_relaxed));
  }
  /// The object, which is not found from now on, or null.
  void* remove(std::uintptr_t handle) noexcept;

 private:
  // From the lowest bit: 1; the kind; the slot; the generation.
  static constexpr unsigned kKindBits = 2;
  static constexpr unsigned kSlotBits = sizeof(void*) == 8 ? 24 : 14;
  static constexpr unsigned kSlotShift = 1 + kKindBits;
  static constexpr unsigned kGenerationShift = kSlotShift + kSlotBits;
  static constexpr unsigned kChunkBits = kSlotBits / 2;
  static constexpr std::size_t kChunkSlots = std::size_t{1} << kChunkBits;
  static constexpr std::size_t kChunks = std::size_t{1} << (kSlotBits - kChunkBits);

  struct Slot {
    std::atomic<std::uintptr_t> handle{0};  // of what is in it; 0: nothing
    std::atomic<std::uintptr_t> hidden{0};
    std::uintptr_t generation = 0;
    std::size_t next_free = 0;
  };

  Slot* slot_of(std::uintptr_t handle) const noexcept {
    if ((handle & 1) == 0) return nullptr;  // what stands in an empty slot, or an address
    const auto number = handle >> kSlotShift & ((std::uintptr_t{1} << kSlotBits) - 1);
    Slot* chunk = chunks_[number >> kChunkBits].load(std::memory_order_acquire);
    return chunk != nullptr ? chunk + (number & (kChunkSlots - 1)) : nullptr;
  }
  Slot& take_free(std::size_t& number);

  // So that a leak checker does not take what a host forgot to free for something in use.
  static std::uintptr_t hidden(void* object) noexcept { return ~reinterpret_cast<std::uintptr_t>(object); }
  static void* shown(std::uintptr_t hidden) noexcept { return reinterpret_cast<void*>(~hidden); }

  const std::uintptr_t kind_;
  std::array<std::atomic<Slot*>, kChunks> chunks_{};  // a chunk is never given back
  // Under the registry's lock (handles.cpp), with what a slot has besides its atomics.
  std::size_t used_ = 0;
  std::size_t first_free_ = kNone;
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);
};

/// An object's handle as long as it lives.
class HandleOf {
 public:
  HandleOf(HandleSlots& slots, void* object) : slots_(slots), handle_(slots.add(object)) {}
  ~HandleOf() { slots_.remove(handle_); }
  HandleOf(const HandleOf&) = delete;
  HandleOf& operator=(const HandleOf&) = delete;
  std::uintptr_t value() const noexcept { return handle_; }
  /// From now on it is a freed one. False: it was before.
  bool retire() noexcept { return slots_.remove(handle_) != nullptr; }

 private:
  HandleSlots& slots_;
  const std::uintptr_t handle_;
};

}  // namespace bccast::capi
