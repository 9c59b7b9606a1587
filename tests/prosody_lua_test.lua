-- The module for Lua: what it gives and refuses, and that no order of closing and collecting harms it.
-- Usage: lua5.4 prosody_lua_test.lua FOLDER_OF_THE_MODULE
package.cpath = arg[1] .. "/?.so";
local bccast = require "bccast";

local function must(value, code, message)
	if value == nil then error(("%s: %s"):format(code, message), 2); end
	return value;
end

local function refused(expected, f, ...)
	local ok, message = pcall(f, ...);
	assert(not ok and message:find(expected, 1, true), message);
end

local function filled()
	local engine = must(bccast.open(":memory:", { own_channel = "chat", lease_ms = "1000" }));
	must(engine:channel_put("chat", "deliver"));
	must(engine:provider_put("lee", "Dr. Lee"));
	return engine;
end

-- Errors are nil, a code and a message; arguments that cannot be are errors of Lua.
local engine = filled();
local value, code, message = engine:preview("lee", ("0"):rep(32));
assert(value == nil and code == "BCCAST_E_NOT_FOUND" and #message > 0);
value, code = bccast.open(":memory:", { no_such_key = "1" });
assert(value == nil and code == "BCCAST_E_NOT_FOUND");
refused("a NUL in it", engine.provider_put, engine, "a\0b", "Name");
refused("a NUL in it", engine.create, engine, "lee", "a\0b");
refused("table expected", engine.select, engine, "lee", ("0"):rep(32), "c1");
refused("no text", engine.select, engine, "lee", ("0"):rep(32), { "c1", {} });
refused("bccast engine expected", engine.fd, io.stdout);
refused("invalid option", engine.report, engine, ("0"):rep(32), "no such state");

-- A list's results are in its order; rows have what their columns are called.
local blast = must(engine:create("lee"));
local results = must(engine:select("lee", blast, { "c1", "c2" }));
assert(#results == 2 and results[1] == "BCCAST_E_NOT_FOUND");
assert(#must(engine:select("lee", blast, {})) == 0);
assert(must(engine:write("lee", blast, "Hello")) == "BCCAST_OK");
local row = must(engine:get("lee", blast))[1];
assert(row.blast == blast and row.text == "Hello" and row.picked == 0 and row.sent_at_ms == nil);
value, code = engine:send("lee", blast);
assert(value == nil and code == "BCCAST_E_TOO_FEW");
assert(engine:claim("chat", 10) == false);
assert(select(2, engine:claim("no such channel", 10)) == "BCCAST_E_NOT_FOUND");
for n = 1, 120 do must(engine:create("lee", "key " .. n)); end
local page = must(engine:blasts("lee", nil, nil, 100));
assert(#page == 100 and #must(engine:blasts("lee", nil, page.next, 100)) == 21);

assert(select(2, engine:client_threads("c1", "thread=" .. blast)) == "BCCAST_E_NOT_FOUND");

-- Closed is closed, once and for all; what is not closed is collected, also in the middle of an error.
engine:close();
engine:close();
refused("was closed", engine.fd, engine);
for _ = 1, 50 do
	local left = filled();
	pcall(function () local same <close> = left; error("in the middle"); end);
	refused("was closed", left.fd, left);
	filled();
	collectgarbage();
end
print("ok");
