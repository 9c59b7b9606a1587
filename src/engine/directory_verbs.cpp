// Providers, clients and rosters.
#include "engine/parts.hpp"

namespace bccast {

void Engine::provider_put(std::string_view provider, std::string_view display_name) {
  nouns_->directory.provider_put(provider, display_name);
}
void Engine::provider_set(std::string_view provider, std::string_view key, std::string_view value) {
  nouns_->directory.provider_set(provider, key, value);
}
Code Engine::provider_archive(std::string_view provider) {
  return whole_or_in_parts(
      nouns_->context, [&] { return nouns_->provider_end.archive(provider); },
      [&] { return nouns_->in_parts.archive_provider(provider); });
}
Code Engine::provider_restore(std::string_view provider) {
  return nouns_->provider_end.restore(provider);
}
void Engine::client_put(std::string_view client, std::optional<std::string_view> display_name,
                        std::optional<std::string_view> address) {
  nouns_->directory.client_put(client, display_name, address);
}
std::vector<Code> Engine::client_put_many(std::span<const std::string_view> ids,
                                          std::span<const std::string_view> names,
                                          std::span<const std::string_view> addresses) {
  return nouns_->directory.client_put_many(ids, names, addresses);
}
void Engine::client_set(std::string_view client, std::string_view key, std::string_view value) {
  nouns_->directory.client_set(client, key, value);
}
Code Engine::client_archive(std::string_view client) {
  return nouns_->directory.client_archive(client, true);
}
Code Engine::client_restore(std::string_view client) {
  return nouns_->directory.client_archive(client, false);
}
Code Engine::roster_add(std::string_view provider, std::string_view client) {
  return nouns_->directory.roster_add(provider, client);
}
std::vector<Code> Engine::roster_add_many(std::string_view provider, std::span<const std::string_view> ids) {
  return nouns_->directory.roster_add_many(provider, ids);
}
std::vector<Code> Engine::roster_add_archived_many(std::string_view provider,
                                                   std::span<const std::string_view> ids) {
  return nouns_->directory.roster_add_many(provider, ids, true);
}
void Engine::roster_set(std::string_view provider, std::string_view client, std::string_view key,
                        std::string_view value) {
  nouns_->directory.roster_set(provider, client, key, value);
}
Code Engine::roster_archive(std::string_view provider, std::string_view client) {
  return nouns_->directory.roster_archive(provider, client, true);
}
std::vector<Code> Engine::roster_archive_many(std::string_view provider,
                                              std::span<const std::string_view> ids) {
  return nouns_->directory.roster_archive_many(provider, ids);
}
Code Engine::roster_restore(std::string_view provider, std::string_view client) {
  return nouns_->directory.roster_archive(provider, client, false);
}
Page<ProviderRow> Engine::provider_list(std::string_view cursor, std::size_t limit) {
  return nouns_->directory.provider_list(cursor, limit);
}
ProviderRow Engine::provider_get(std::string_view provider) {
  return nouns_->directory.provider_get(provider);
}
ClientRow Engine::client_get(std::string_view client) {
  return nouns_->directory.client_get(client);
}
Page<ExportRow> Engine::client_export(std::string_view client, std::string_view cursor, std::size_t limit) {
  return nouns_->client_export.list(client, cursor, limit);
}
bool Engine::client_erase(std::string_view client) {
  const bool emptied = nouns_->erasure.erase(client);
  return emptied;
}
Page<RosterRow> Engine::provider_roster(std::string_view provider, std::string_view filter,
                                        std::string_view cursor, std::size_t limit) {
  return nouns_->roster.list(provider, filter, cursor, limit);
}
RosterCount Engine::roster_count(std::string_view provider) {
  return nouns_->directory.roster_count(provider);
}

}  // namespace bccast
