#include "core/host_refs.hpp"

#include "core/access.hpp"
#include "model/text_rules.hpp"

namespace bccast {

Code HostRefs::bind(std::string_view thread_id, std::string_view host_ref) {
  if (!host_ref.empty()) check_id(host_ref, "host's reference");
  return context_.write(verb::thread_bind, thread_id, [&](Tables& tables) {
    const auto key = context_.thread_key(thread_id);
    if (!key || !access::exists(tables, *key)) throw Error(Code::not_found, "there is no such thread");
    auto& threads = tables.threads();
    if (threads.host_ref(*key).value_or("") == host_ref) return Code::exists;
    if (host_ref.empty()) {
      threads.delete_host_ref(*key);
      return Code::ok;
    }
    if (!threads.put_host_ref(*key, host_ref))
      throw Error(Code::conflict, "the host's reference is bound to another thread");
    return Code::ok;
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
