// In the place of src/engine/stores.cpp: every store that is opened is in memory, by its URL.
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "base/crypto.hpp"
#include "base/error.hpp"
#include "base/unicode.hpp"
#include "engine/stores.hpp"
#include "memory_store.hpp"

namespace test::memory {
namespace {

std::mutex mutex;
std::map<std::string, std::shared_ptr<Shared>, std::less<>>& stores() {
  static std::map<std::string, std::shared_ptr<Shared>, std::less<>> all;
  return all;
}

}  // namespace

bool MemoryStore::backup(std::string_view path) {
  Data data = shared_->snapshot();
  data.drawn = std::make_shared<Drawn>(*data.drawn);
  AllTables(data).store().set_held(true);
  auto copy = std::make_shared<Shared>(shared_->key());
  copy->commit(std::move(data));
  const std::lock_guard lock(mutex);
  if (!stores().emplace(path, std::move(copy)).second)
    throw Error(Code::conflict, "there is such a store already");
  return true;
}

}  // namespace test::memory

namespace bccast {

std::unique_ptr<Store> open_store(std::string_view url) {
  namespace memory = test::memory;
  if (url.empty()) throw Error(Code::argument, "a store needs a name");
  const std::lock_guard lock(memory::mutex);
  auto& shared = memory::stores()[std::string(url)];
  if (!shared) {
    shared = std::make_shared<memory::Shared>(random_key());
    memory::Data data;
    memory::AllTables(data).store().set_folding({folding_version(), 0, 0});
    shared->commit(std::move(data));
  }
  return std::make_unique<memory::MemoryStore>(shared);
}

}  // namespace bccast
