-- Message blasts for Prosody 0.12: a provider writes one message, and each client gets it as a chat message from the
-- provider, in a thread of its own. README.md says how to set it up.

local bccast = require "bccast";
local hashes = require "util.hashes";
local jid = require "util.jid";
local server = require "net.server";
local st = require "util.stanza";

local CHANNEL = "xmpp"; -- of the store: it delivers
local BATCH = 50; -- messages a turn of the loop
local LEASE = "10000"; -- ms: a batch takes a few; after a crash what was in flight comes again so much later
local AGAIN = 1; -- s, after an error of the store

local store = module:get_option_path("bccast_store", "bccast-" .. module.host .. ".db", "data");
local offline = module:open_store("offline", "archive"); -- mod_offline's
local engine, watch;

-- Who may send: { ["dr-lee@example.org"] = "Dr. Lee" }. Accounts of this host.
local providers = {};
for address, name in pairs(module:get_option("bccast_providers", {})) do
	local node, host, resource = jid.prepped_split(address);
	if not node or host ~= module.host or resource or jid.join(node, host) ~= address then
		error("bccast_providers: " .. tostring(address) .. " is no account of " .. module.host);
	end
	providers[address] = name;
end

-- A client's id in the store is its bare JID, written as Prosody writes it.
local function is_bare(address)
	local node, _, resource = jid.prepped_split(address);
	return node and not resource and jid.prep(address) == address;
end

-- ---- From the store to clients -----------------------------------------------------------------------------

local bounced = {}; -- by message id, while a batch is being sent

local function message_of(item, text)
	local from = item.to_kind == "client" and item.provider or item.client;
	local message = st.message({ type = "chat", from = from, to = item.to, id = item.id });
	if text then
		return message:body(text)
			:text_tag("thread", item.thread)
			:tag("markable", { xmlns = "urn:xmpp:chat-markers:0" }):up()
			:tag("origin-id", { xmlns = "urn:xmpp:sid:0", id = item.id }):up();
	end
	-- XEP-0424, and the way of its versions before 0.4. No body: nobody is to be told of it.
	message.attr.id = "retract-" .. item.id;
	return message:tag("retract", { xmlns = "urn:xmpp:message-retract:1", id = item.id }):up()
		:tag("apply-to", { xmlns = "urn:xmpp:fasten:0", id = item.id })
			:tag("retract", { xmlns = "urn:xmpp:message-retract:0" }):up():up()
		:text_tag("thread", item.thread)
		:tag("store", { xmlns = "urn:xmpp:hints" }):up();
end

-- Whether it still waited for a client who is offline; then it is gone.
local function was_waiting(item)
	local node, host = jid.split(item.to);
	if host ~= module.host then return false; end
	local keys = {};
	for key, stanza in offline:find(node) or function () end do
		if stanza.attr.id == item.id then keys[#keys + 1] = key; end
	end
	for _, key in ipairs(keys) do offline:delete(node, { key = key }); end
	return keys[1] ~= nil;
end

-- What became of an item: its state and a reason.
local function deliver(item, text)
	if item.kind ~= "private" then return "skipped", "community"; end -- that is a room's business
	if not is_bare(item.to) then return "failed", "not_a_jid"; end
	if not text and was_waiting(item) then return "done"; end
	local ok, message = pcall(message_of, item, text);
	if not ok or text and text:find("\239\191[\190\191]") then return "failed", "not_xml"; end
	-- As from the server, not from a session of the provider's: mod_carbons and mod_mam make no copy for the provider.
	module:send(message);
	if bounced[message.attr.id] then return "failed", "undeliverable:" .. bounced[message.attr.id]; end
	return "done";
end

local look;

-- After an error of the store: nothing more is taken on until `f` is called again and succeeds.
local function later(f, code, message)
	module:log("warn", "bccast: %s: %s", code, message);
	watch:close();
	module:add_timer(AGAIN, function ()
		if not engine then return; end
		watch = server.watchfd(engine:fd(), look);
		f();
	end);
end

local function complete(batch)
	local ok, code, message = batch:complete();
	if not ok and code ~= "BCCAST_E_CONFLICT" then
		return later(function () complete(batch); end, code, message);
	end
	batch:free();
end

-- The descriptor is readable: something is due. It is quiet from the claim until there is more.
function look()
	if not engine then return; end
	local batch, code, message = engine:claim(CHANNEL, BATCH);
	if batch == nil then return later(look, code, message); end
	if not batch then return; end
	for i, item in ipairs(batch:items()) do
		batch:set(i, deliver(item, item.text));
	end
	bounced = {};
	-- When the timer runs the loop has written to the sockets what it could: a crash before that repeats, and loses nothing.
	module:add_timer(0, function () if engine then complete(batch); end end);
end

-- An error for a message of ours: it belongs to the item, and is no news for the provider's devices.
local function take_error(event)
	local stanza = event.stanza;
	if not engine then return; end
	local item = (stanza.attr.id or ""):match("^%x+$") or (stanza.attr.id or ""):match("^retract%-(%x+)$");
	if stanza.attr.type ~= "error" or not item or #item ~= 32 or not providers[jid.bare(stanza.attr.to)] then return; end
	local _, condition = stanza:get_error();
	if event.origin.type == "local" then bounced[stanza.attr.id] = condition or "error"; return true; end
	if engine:report(item, "failed", "undeliverable:" .. (condition or "error")) then return true; end
end
module:hook("message/bare", take_error, 1000);

-- ---- Between clients and providers: recorded as it goes by ---------------------------------------------------

local function is_thread(client, thread, provider)
	local found = engine:client_threads(client, "thread=" .. thread);
	return found and found[1] and found[1].provider == provider;
end

-- Whatever becomes of it here, Prosody delivers it as it does any message. The key lets a stanza that a device sends
-- again be recorded once.
local function record(event, client, provider, by_client)
	local stanza = event.stanza;
	local thread = stanza:get_child_text("thread");
	if not thread or not thread:find("^%x+$") or stanza.attr.type == "error" or not is_thread(client, thread, provider) then return; end
	local text = stanza:get_child_text("body");
	if by_client and stanza:get_child("displayed", "urn:xmpp:chat-markers:0") then
		engine:client_read(client, thread, 1);
	end
	if not text or text == "" then return; end
	local key = hashes.sha256(table.concat({ stanza.attr.from, stanza.attr.id or "", text }, "\0"), true);
	local seq, code, message;
	if by_client then
		seq, code, message = engine:client_reply(client, thread, key, text);
	else
		seq, code, message = engine:provider_reply(provider, thread, key, text);
		engine:provider_read(provider, thread, seq or 0); -- who answers has read
	end
	if not seq then module:log("warn", "bccast: a reply was not recorded: %s: %s", code, message); end
end

local function to_provider(event)
	local provider = jid.bare(event.stanza.attr.to);
	if not engine or event.origin.type == "local" or not providers[provider] then return; end
	record(event, jid.bare(event.stanza.attr.from), provider, true);
end

local function from_provider(event)
	local provider = jid.bare(event.stanza.attr.from);
	if not engine or not event.stanza.attr.to or not providers[provider] then return; end
	record(event, jid.bare(event.stanza.attr.to), provider, false);
end

for _, kind in ipairs { "bare", "full" } do
	module:hook("message/" .. kind, to_provider, 900);
	module:hook("pre-message/" .. kind, from_provider, 900);
end

-- ---- Opening and closing ------------------------------------------------------------------------------------

local function open()
	-- What clients and providers write comes by this channel: it is not delivered a second time.
	engine = assert(bccast.open(store, { own_channel = CHANNEL, lease_ms = LEASE }));
	assert(engine:channel_put(CHANNEL, "deliver"));
	for address, name in pairs(providers) do
		assert(engine:provider_put(address, name));
	end
	watch = server.watchfd(assert(engine:fd()), look);
	module:log("info", "bccast %s on %s", bccast.version, store);
end

local function close()
	if not engine then return; end
	watch:close();
	engine:close();
	engine = nil;
end

-- A store may not be opened before a fork, and mod_posix forks at server-started.
if prosody.start_time then
	open();
else
	module:hook_global("server-started", open, -1000);
end
module:hook_global("server-stopped", close);
module.unload = close;

for _, option in ipairs { "push_notification_with_body", "push_notification_with_sender" } do
	if module:get_option_boolean(option, false) then
		module:log_status("warn", "%s is set: what providers write leaves this server in push notifications", option);
	end
end

module:require "commands" (providers, function () return engine; end, is_bare);
