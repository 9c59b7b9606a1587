-- The provider's commands (XEP-0050): send, status, take back. To everybody else they do not exist, so they are not given
-- to mod_adhoc, which would show them to all accounts.

local adhoc = module:depends "adhoc" and module:require "adhoc";
local dataforms = require "util.dataforms";
local datetime = require "util.datetime";
local jid = require "util.jid";
local st = require "util.stanza";

local xmlns_commands = "http://jabber.org/protocol/commands";
local HOLD = 10; -- s between sending and going out, in which it can be taken back without a trace
local LIST = 20; -- blasts or people shown at once

return function (providers, get_engine, is_bare)

local function failed(code, message)
	return { status = "completed", error = { message = message ~= "" and message or code } };
end

local function ask(form, values, state, actions, complaint)
	return { status = "executing", form = { layout = form, values = values }, actions = actions,
		error = complaint and { message = complaint } }, state;
end

-- The values of a field. dataforms would drop empty lines, and addresses that are none.
local function values_of(form, name)
	local values = {};
	for field in form and form:childtags("field") or function () end do
		if field.attr.var == name then
			for value in field:childtags("value") do values[#values + 1] = value:get_text() or ""; end
		end
	end
	return values;
end

-- The beginning of a text that is to stand on one line.
local function short(text)
	return (text:sub(1, 100):gsub("[\192-\255][\128-\191]*$", ""):gsub("[\r\n\t]+", " "):gsub("\239\191[\190\191]", "?"));
end

-- ---- Send: choose, write, confirm ----------------------------------------------------------------------------

local choose = dataforms.new {
	title = "Who gets it";
	instructions = "Each gets a message of their own, in a new thread. Who is archived is left out.";
	{ name = "all", type = "boolean", label = "All my active clients", value = false };
	{ name = "to", type = "jid-multi", label = "These clients" };
	{ name = "except", type = "jid-multi", label = "But not these" };
};
local write = dataforms.new {
	title = "What to write";
	{ name = "recipients", type = "fixed" };
	{ name = "text", type = "text-multi", label = "Message", required = true };
};
local confirm = dataforms.new {
	title = "Send it?";
	{ name = "recipients", type = "fixed" };
	{ name = "left_out", type = "text-multi", label = "Left out, and why" };
	{ name = "text", type = "text-multi", label = "Message" };
	{ name = "hold", type = "text-single", label = "Seconds in which it can be taken back without a trace", value = HOLD,
		datatype = "xs:integer", range_min = 0, range_max = 3600 };
};

local reasons = { archived = "archived", off = "does not want messages", deselected = "deselected by you" };

local function preview(engine, state)
	local rows, code, message = engine:preview(state.provider, state.blast);
	if not rows then return nil, code, message; end
	local left_out = {};
	local names = engine:selection(state.provider, state.blast, "chosen=0", nil, LIST) or {};
	for _, row in ipairs(names) do
		left_out[#left_out + 1] = row.client .. ": " .. (reasons[row.reason] or row.reason);
	end
	if names.next then left_out[#left_out + 1] = "and more"; end
	local p = rows[1];
	return {
		recipients = ("%d will receive it; left out: %d archived, %d do not want messages, %d deselected"):format(
			p.recipients, p.archived, p.off, p.deselected + p.not_on_roster);
		left_out = table.concat(left_out, "\n");
		digest = p.digest;
	};
end

-- Those of a list of addresses that the draft does not take.
local function not_taken(engine, state, verb, addresses)
	local ids, refused = {}, {};
	for _, address in ipairs(addresses) do
		local id = jid.prep(address);
		if id and is_bare(id) then ids[#ids + 1] = id; else refused[#refused + 1] = address; end
	end
	if not ids[1] then return refused; end
	local results, code, message = engine[verb](engine, state.provider, state.blast, ids);
	if not results then return nil, code, message; end
	for i, result in ipairs(results) do
		if result:find("BCCAST_E_", 1, true) then refused[#refused + 1] = ids[i]; end
	end
	return refused;
end

local function on_choose(engine, state, data)
	local fields = { all = choose:data(data.form or st.stanza("x")).all, to = values_of(data.form, "to"),
		except = values_of(data.form, "except") };
	local blast, code, message = engine:create(state.provider);
	if not blast then return failed(code, message); end
	state.blast = blast;
	if fields.all then engine:select_all_active(state.provider, blast); end
	for _, step in ipairs { { "select", fields.to }, { "deselect", fields.except } } do
		local refused;
		refused, code, message = not_taken(engine, state, step[1], step[2]);
		if not refused or refused[1] then
			engine:discard(state.provider, blast);
			state.blast = nil;
			if not refused then return failed(code, message); end
			return ask(choose, fields, state, { "next" }, "Not on your roster: " .. table.concat(refused, ", "));
		end
	end
	local seen;
	seen, code, message = preview(engine, state);
	if not seen then return failed(code, message); end
	state.stage = "write";
	return ask(write, seen, state, { "next" });
end

local function on_write(engine, state, data)
	local text = table.concat(values_of(data.form, "text"), "\n");
	local ok, complaint, details = engine:write(state.provider, state.blast, text);
	local seen, code, message = preview(engine, state);
	if not seen then return failed(code, message); end
	if not ok then return ask(write, seen, state, { "next" }, details ~= "" and details or complaint); end
	state.stage, state.text, state.digest, seen.text = "confirm", text, seen.digest, text;
	return ask(confirm, seen, state, { "complete" });
end

-- What is sent is what was shown: else it is shown again.
local function on_confirm(engine, state, data)
	local fields, errors = confirm:data(data.form or st.stanza("x"));
	if errors then return failed("", errors.hold or "the form is not complete"); end
	local hold, ok, code, message = fields.hold or HOLD, true;
	if hold > 0 then ok, code, message = engine:set(state.provider, state.blast, "hold_ms", tostring(hold * 1000)); end
	if ok then ok, code, message = engine:send(state.provider, state.blast, state.digest); end
	if code == "BCCAST_E_CONFLICT" then
		local seen = preview(engine, state);
		state.digest, seen.text = seen.digest, state.text;
		return ask(confirm, seen, state, { "complete" }, "It is not what it was: look again");
	end
	if not ok then return failed(code, message); end
	return { status = "completed", info = "Sent" };
end

local stages = { choose = on_choose, write = on_write, confirm = on_confirm };

local function send(engine, provider, data, state)
	if not state then return ask(choose, {}, { provider = provider, stage = "choose" }, { "next" }); end
	if data.action == "cancel" then
		if state.blast then engine:discard(provider, state.blast); end
		return { status = "canceled" };
	end
	return stages[state.stage](engine, state, data);
end

-- ---- Status, and taking back -----------------------------------------------------------------------------------

local which = dataforms.new {
	title = "Which message";
	{ name = "blast", type = "list-single", label = "Message", required = true };
};
local status = dataforms.new {
	title = "How far it is";
	{ name = "state", type = "text-single", label = "State" };
	{ name = "recipients", type = "text-single", label = "Recipients" };
	{ name = "done", type = "text-single", label = "Delivered" };
	{ name = "pending", type = "text-single", label = "To do" };
	{ name = "failed", type = "text-single", label = "Failed" };
	{ name = "skipped", type = "text-single", label = "Left out" };
	{ name = "opened", type = "text-single", label = "Opened" };
	{ name = "replied", type = "text-single", label = "Replied" };
	{ name = "unread", type = "jid-multi", label = "Replies not answered yet, from" };
};

-- A command that asks which blast, and then does `f` with it.
local function about_a_blast(f)
	return function (engine, provider, data, state)
		if not state then
			local options, blasts = {}, engine:blasts(provider, nil, nil, LIST) or {};
			for _, row in ipairs(blasts) do
				options[#options + 1] = { value = row.blast, label = ("%s, %s: %s"):format(
					datetime.datetime((row.sent_at_ms or row.created_at_ms) // 1000), row.state, short(row.text or "")) };
			end
			return ask(which, { blast = options }, { provider = provider }, { "complete" });
		end
		if data.action == "cancel" then return { status = "canceled" }; end
		local fields, errors = which:data(data.form or st.stanza("x"));
		if errors then return failed("", "no message was chosen"); end
		return f(engine, provider, fields.blast);
	end;
end

local function show(engine, provider, blast)
	local rows, code, message = engine:status(provider, blast);
	if not rows then return failed(code, message); end
	local values = rows[#rows];
	values.unread = {};
	for _, row in ipairs(engine:threads(provider, "unread=1&blast=" .. blast, nil, LIST) or {}) do
		values.unread[#values.unread + 1] = row.client;
	end
	return { status = "completed", result = { layout = status, values = values } };
end

local function take_back(engine, provider, blast)
	local row, code, message = engine:get(provider, blast);
	if not row then return failed(code, message); end
	local ok;
	if row[1].state == "scheduled" then
		ok, code, message = engine:unschedule(provider, blast);
	else
		ok, code, message = engine:recall(provider, blast);
	end
	if not ok then return failed(code, message); end
	return { status = "completed", info = "Taken back" };
end

-- ---- Who may ----------------------------------------------------------------------------------------------------

local commands = {
	{ node = "bccast#send", name = "Write to many clients", run = send };
	{ node = "bccast#status", name = "How far a message is", run = about_a_blast(show) };
	{ node = "bccast#recall", name = "Take a message back", run = about_a_blast(take_back) };
};
for _, command in ipairs(commands) do
	commands[command.node] = adhoc.new(command.name, command.node, function (_, data, state)
		local provider, engine = jid.bare(data.from), get_engine();
		if not engine or state and state.provider ~= provider then return failed("", "not now"); end
		return command.run(engine, provider, data, state);
	end, "none");
end

module:hook("iq-set/host/" .. xmlns_commands .. ":command", function (event)
	local command = commands[event.stanza.tags[1].attr.node];
	if command and providers[jid.bare(event.stanza.attr.from)] then
		return adhoc.handle_cmd(command, event.origin, event.stanza);
	end
end, 501); -- before mod_adhoc

module:hook("host-disco-items-node", function (event)
	if event.node ~= xmlns_commands or not providers[jid.bare(event.stanza.attr.from)] then return; end
	for _, command in ipairs(commands) do
		event.reply:tag("item", { jid = module.host, node = command.node, name = command.name }):up();
	end
	event.exists = true;
end);

module:hook("host-disco-info-node", function (event)
	local command = commands[event.node];
	if not command or not providers[jid.bare(event.stanza.attr.from)] then return; end
	event.reply:tag("identity", { category = "automation", type = "command-node", name = command.name }):up()
		:tag("feature", { var = xmlns_commands }):up():tag("feature", { var = "jabber:x:data" }):up();
	event.exists = true;
end);

end;
