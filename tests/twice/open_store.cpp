// In the place of src/engine/stores.cpp: every store that is opened runs all work twice.
#include "adapters/sqlite/sqlite_store.hpp"
#include "engine/stores.hpp"
#include "twice_store.hpp"

namespace bccast {

std::unique_ptr<Store> open_store(std::string_view url) {
  return std::make_unique<test::TwiceStore>(std::make_unique<sqlite::SqliteStore>(url));
}

}  // namespace bccast
