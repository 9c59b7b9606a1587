#include "engine/stores.hpp"

#include "adapters/sqlite/sqlite_store.hpp"

namespace bccast {

std::unique_ptr<Store> open_store(std::string_view url) {
  return std::make_unique<sqlite::SqliteStore>(url);
}

}  // namespace bccast
