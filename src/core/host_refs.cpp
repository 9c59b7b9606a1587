#include "core/host_refs.hpp"

#include "core/access.hpp"
#include "model/text_rules.hpp"

namespace bccast {
namespace {

/// What keeps a thread from being nobody's any more: its client, and the blast or the community that it is
/// of.
void lock_for(Tables& tables, const ThreadKey& key) {
  if (key.of_community()) {
    tables.lock().community(key.provider_no, key.community(), Hold::shared);
    return;
  }
  if (tables.lock().others_write()) {
    const auto entry = tables.peek().directory().entry(key.provider_no, key.place);
    const std::string_view client = entry ? std::string_view(entry->client.id) : std::string_view();
    if (!client.empty()) tables.lock().clients({&client, 1}, Hold::shared);
  }
  const BlastKey blast{key.provider_no, key.origin};
  if (key.of_blast()) tables.lock().blasts({&blast, 1}, Hold::shared);
}

}  // namespace

Code HostRefs::bind(std::string_view thread_id, std::string_view host_ref) {
  if (!host_ref.empty()) check_id(host_ref, "host's reference");
  return context_.write(verb::thread_bind, thread_id, [&](Tables& tables) {
    const auto key = context_.thread_key(thread_id);
    if (key) lock_for(tables, *key);
    if (!key || !access::exists(tables, *key)) throw Error(Code::not_found, "there is no such thread");
    auto& threads = tables.threads();
    if (host_ref.empty()) return threads.delete_host_ref(*key) ? Code::ok : Code::exists;
    switch (threads.put_host_ref(*key, host_ref)) {
      case ThreadTables::Bound::put:
        return Code::ok;
      case ThreadTables::Bound::same:
        return Code::exists;
      case ThreadTables::Bound::taken:
        break;
    }
    throw Error(Code::conflict, "the host's reference is bound to another thread");
  });
}

std::string HostRefs::find(std::string_view host_ref) {
  check_id(host_ref, "host's reference");
  return context_.store.read([&](const Tables& tables) {
    const auto key = tables.threads().thread_bound_to(host_ref);
    if (!key) throw Error(Code::not_found, "no thread is bound to this reference");
    return std::string(view(context_.thread_id(*key)));
  });
}

}  // namespace bccast
