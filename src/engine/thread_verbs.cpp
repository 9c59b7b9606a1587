// Threads, as clients and providers have them.
#include "engine/parts.hpp"
#include "model/text_rules.hpp"

namespace bccast {
namespace {

Conversation::Actor client_side(std::string_view id) {
  return {Side::client, id};
}
Conversation::Actor provider_side(std::string_view id) {
  return {Side::provider, id};
}

void check_optional_key(std::string_view key) {
  if (!key.empty()) check_key(key, "key");
}

}  // namespace

Page<ThreadSummary> Engine::client_threads(std::string_view client, std::string_view filter,
                                           std::string_view cursor, std::size_t limit) {
  return nouns_->inbox.of_client(client, filter, cursor, limit);
}
Page<MessageView> Engine::client_messages(std::string_view client, std::string_view thread,
                                          std::int64_t from_seq, int direction, std::size_t limit) {
  return nouns_->conversation.messages(client_side(client), thread, from_seq, direction, limit);
}
Written Engine::client_reply(std::string_view client, std::string_view thread, std::string_view text,
                             std::string_view key) {
  check_optional_key(key);
  return nouns_->conversation.write(client_side(client), thread, key, text);
}
void Engine::client_read(std::string_view client, std::string_view thread, std::int64_t up_to_seq) {
  nouns_->conversation.read(client_side(client), thread, up_to_seq);
}
UnreadCount Engine::client_unread(std::string_view client) {
  return nouns_->inbox.unread_of_client(client);
}
std::vector<FellowRow> Engine::client_members(std::string_view client, std::string_view thread) {
  return nouns_->communities.members_for_client(client, thread);
}
std::string Engine::provider_direct(std::string_view provider, std::string_view client) {
  return nouns_->conversation.direct(provider, client);
}
Page<ThreadSummary> Engine::provider_threads(std::string_view provider, std::string_view filter,
                                             std::string_view cursor, std::size_t limit) {
  return nouns_->inbox.of_provider(provider, filter, cursor, limit);
}
Page<MessageView> Engine::provider_messages(std::string_view provider, std::string_view thread,
                                            std::int64_t from_seq, int direction, std::size_t limit) {
  return nouns_->conversation.messages(provider_side(provider), thread, from_seq, direction, limit);
}
Written Engine::provider_reply(std::string_view provider, std::string_view thread, std::string_view text,
                               std::string_view key) {
  check_optional_key(key);
  return nouns_->conversation.write(provider_side(provider), thread, key, text);
}
void Engine::provider_read(std::string_view provider, std::string_view thread, std::int64_t up_to_seq) {
  nouns_->conversation.read(provider_side(provider), thread, up_to_seq);
}
UnreadCount Engine::provider_unread(std::string_view provider) {
  return nouns_->inbox.unread_of_provider(provider);
}
std::string Engine::provider_community(std::string_view provider, std::string_view title) {
  return nouns_->communities.create(provider, title);
}
void Engine::community_set(std::string_view provider, std::string_view thread, std::string_view key,
                           std::string_view value) {
  nouns_->communities.set(provider, thread, key, value);
}
Code Engine::community_add(std::string_view provider, std::string_view thread, std::string_view client) {
  check_id(client, "client id");
  return nouns_->communities.add_many(provider, thread, std::span(&client, 1))[0];
}
std::vector<Code> Engine::community_add_many(std::string_view provider, std::string_view thread,
                                             std::span<const std::string_view> ids) {
  return nouns_->communities.add_many(provider, thread, ids);
}
void Engine::community_remove(std::string_view provider, std::string_view thread, std::string_view client) {
  nouns_->communities.remove(provider, thread, client);
}
std::vector<MemberRow> Engine::provider_members(std::string_view provider, std::string_view thread) {
  return nouns_->communities.members_for_provider(provider, thread);
}
Code Engine::thread_bind(std::string_view thread, std::string_view host_ref) {
  return nouns_->host_refs.bind(thread, host_ref);
}
std::string Engine::thread_find(std::string_view host_ref) {
  return nouns_->host_refs.find(host_ref);
}

}  // namespace bccast
