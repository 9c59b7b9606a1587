#!/usr/bin/env python3
"""No turn of a loop in src/core calls a port, directly or through the functions it calls, but where a list says why.

Each such call is a round trip on a server. A turn may call a port where it is a page, or where what the loop runs over
is few by its nature: channels, the lines of a blast, what is damaged.

Of C++ this reads as much as it needs: functions, lambdas, loops and calls, by their names. What is called on an object
is found where the object is declared with its class in the same file or its header; of functions of one name the
nearest is meant.

Usage: port_loops.py              check the tree
       port_loops.py --all        say what is found, also what is on the list
       port_loops.py --self-test  plant loops of each kind, and fail where one is not found
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CORE = ROOT / "src" / "core"

# What gives the ports, as in `tables.work().line(no)`. Locks go out with whatever is read next, and are calls all the same.
TABLES = {"lock", "directory", "blasts", "threads", "communities", "work", "events", "store", "numbers"}
# Functions that call what they are given for each page of something. All others that have such a name, or are those
# below, do so for each of it.
PAGED = {"for_each_page", "for_each_page_of_client", "for_each_page_of_newer", "for_each_membership_page"}
REPEATED = {"all_of", "any_of", "none_of", "find_if", "count_if", "erase_if", "remove_if", "transform", "take"}

# Why a turn calls a port.
PAGES = "the turn is a page, or what is too large for one call is asked on from where the last answer ended"
LINES = "a blast has a line for each channel and what is taken back there, and they are few"
CHANNELS = "channels are few"
CLAIMS = "what is in flight at one time is no more claims than workers"
TRIES = "it is begun anew where another was faster, and does it once"
ACTS = "an act on all of a channel, a provider or the store, part after part, each as a blast's own verb does it"
DAMAGE = "what is damaged is passed by, and nothing may be read with it"
KNOWN = "it is asked once for all, and known from then on; or of what is erased or damaged alone"
LEFT = "it ought to be a set: rosters, slices, lines or blasts may be many"

# Where a turn calls a port: file, function, what it calls.
ALLOWED = {
    PAGES: {
        ("audience_of.cpp", "for_each_audience"): "tables.blasts().draft_slices tables.directory().roster_slices",
        ("client_export.cpp", "ClientExport::list/show_threads"): "messages_of",
        ("client_export.cpp", "Messages::show"): "show_one",
        ("control.cpp", "Control::purge_before"):
            "purge_text tables.blasts().blasts tables.blasts().recalled_before tables.lock().blasts "
            "tables.store().add_debt",
        ("drafting.cpp", "Drafting::get"): "tables.blasts().draft_slices",
        ("drafting.cpp", "Drafting::preview"): "count_without_address",
        ("events.cpp", "Events::list"): "tables.events().number_events",
        ("in_parts.cpp", "AnyAct::recalls_of"): "add tables.blasts().blast tables.blasts().blast_numbers",
        ("inbox.cpp", "Inbox::of_provider"): "tables.threads().provider_threads",
        ("inbox.cpp", "make_page"): "emplace(tables)",
        ("line_slices.cpp", "LineSlices::LineSlices"): "tables.work().skips",
        ("line_slices.hpp", "for_each_page_of_waiting"): "tables.work().waiting_places",
        ("line_update.cpp", "drop_waiting"):
            "skip_places tables.work().delete_items tables.work().open_items_of_line",
        ("line_update.cpp", "skip_not_handed_out"): "skip_places tables.work().put_waiting_places",
        ("message_list.cpp", "for_each_message"): "show_page tables.threads().messages",
        ("message_list.cpp", "for_each_message/show_page"): "show",
        ("place_states.cpp", "SliceStates::read"): "tables.work().items_of_line",
        ("progress.cpp", "Progress::list"): "tables.blasts().texts",
        ("put_off.cpp", "PutOff::find_waiting"): "tables.work().waiting_places",
        ("retracting.cpp", "Knowing::Knowing"): "items_in_flight tables.threads().touched_places",
        ("retracting.cpp", "items_in_flight"): "tables.work().open_items_of_line",
        ("retracting.cpp", "sweep_threads"): "tables.kept tables.recipients",
        ("roster.cpp", "list_kind"): "read tables.directory().names",
        ("roster_read.hpp", "for_each_entry"): "tables.directory().scan",
        ("roster_update.cpp", "for_each_membership_page"): "tables.directory().memberships",
        ("same_address.cpp", "SameAddress::told_before"):
            "ToldSoFar of tables.directory().entries tables.directory().shared_places",
        ("second_tries.cpp", "SecondTries::retry_failed"):
            "failed_items tables.work().park_items tables.work().update_items tables.work().update_line "
            "tell_after_all",
        ("thread_pages.hpp", "for_each_page_of_client"): "tables.threads().client_threads",
        ("thread_pages.hpp", "for_each_page_of_newer"): "tables.blasts().newer_blasts",
    },
    LINES: {
        ("control.cpp", "Control::recall"): "drop_not_handed_out tables.work().park_items",
        ("control.cpp", "set_paused"): "tables.work().park_items tables.work().update_line",
        ("line_update.cpp", "Delivered::Delivered"): "behind_of",
        ("line_update.cpp", "unlock_followers"): "tables.work().update_line",
        ("loading.cpp", "Filling::deliveries_of"):
            "meet_items meet_places tables.work().channel tables.work().items_at tables.work().skips",
        ("overdue.cpp", "pace_of"): "pace_of",
        ("progress.cpp", "Progress::people"): "claims_of",
        ("progress.cpp", "Progress::status"): "pace_of tables.work().channel",
        ("progress.cpp", "RecipientReader::RecipientReader"): "claims_of tables.work().channel",
        ("progress.cpp", "RecipientReader::read"): "read",
        ("progress.cpp", "count_page"): "LineSlices SliceStates",
        ("provider_end.cpp", "pause_what_is_left"): "tables.work().park_items tables.work().update_line",
        ("retracting.cpp", "Knowing::keep"): "LineSlices",
        ("retracting.cpp", "add_retracting"): "tables.work().channel tables.work().insert_line",
        ("retracting.cpp", "sweep_items"): "drop_waiting",
        ("second_tries.cpp", "SecondTries::report_place"):
            "SliceStates kept read require_may_retry tables.blasts().update_blast tables.work().claims_of "
            "tables.work().delete_items tables.work().insert_items tables.work().park_items "
            "tables.work().update_items tables.work().update_line untell",
        ("second_tries.cpp", "lines_to_go_on"): "tables.work().channel",
        ("sending.cpp", "send_now"): "tables.work().insert_line",
    },
    CHANNELS: {
        ("channels_of.cpp", "check_channels"): "tables.work().channel",
        ("events.cpp", "Objects::Objects"): "tables.work().channel",
        ("in_parts.cpp", "drop_notices_of_provider"): "tables.work().delete_waiting_notices",
        ("loading.cpp", "Filling::delivered_notices"): "tables.work().items_of_notices",
        ("progress.cpp", "Progress::channels"): "channel_work next_due tables.work().pending unknown_zones",
    },
    CLAIMS: {
        ("claiming.cpp", "Claiming::next_expired"): "tables.work().expired_claim tables.work().update_claim",
        ("in_parts.cpp", "drop_notices_of_channel"): "tables.work().delete_claim",
        ("line_update.cpp", "drop_rest"): "skip_between tables.work().delete_claim",
        ("settling.cpp", "Settling::settle_line"): "go_on keep tables.work().delete_claim",
    },
    TRIES: {
        ("channels.cpp", "Channels::put"): "is_there tables.work().insert_channel",
        ("control.cpp", "Control::sweep"): "lock_to_sweep sweep_threads",
        ("conversation.cpp", "Conversation::read"): "try_to_read",
        ("conversation.cpp", "Conversation::write"): "try_to_write",
        ("overdue.cpp", "Overdue::say_next"): "try_to_say_next",
        ("provider_end.cpp", "ProviderEnd::restore"):
            "finish_acts lock_lines pause_what_is_left provider tables.directory().update_provider "
            "tables.store().first_act",
        ("scheduling.cpp", "Scheduling::send_due"): "try_to_send_due",
    },
    ACTS: {
        ("provider_end.cpp", "ProviderEnd::archive"):
            "drop_rest miss tables.blasts().delete_blast tables.work().delete_waiting_notices",
        ("quiet.cpp", "wake_all"): "for_each_page_of_waiting tables.work().put_waiting_places",
        ("channels.cpp", "Channels::remove"): "drop_rest",
        ("in_parts.cpp", "AnyAct::add_all"):
            "add of_provider tables.directory().provider tables.directory().provider_after tables.work().channel",
        ("in_parts.cpp", "AnyAct::of_provider"): "add",
        ("in_parts.cpp", "InParts::finish"): "do_next",
        ("in_parts.cpp", "InParts::finish_some"): "do_next",
        ("in_parts.cpp", "unsent_blasts"): "tables.blasts().unsent_from",
        ("in_parts.hpp", "finish_acts"): "finish_some",
    },
    DAMAGE: {
        ("client_export.cpp", "ClientExport::list"): "show_threads threads_of",
        ("indexing.cpp", "Indexing::go_past_damage"): "leave_out",
        ("past_damage.cpp", "PastDamage::claim"): "try_next",
        ("past_damage.cpp", "PastDamage::put_behind"):
            "tables.work().claim tables.work().line tables.work().update_claim tables.work().update_line",
    },
    KNOWN: {
        ("directory.cpp", "ClientPut::page"): "tables.lock().others_write",
        ("loading.cpp", "Filling::items"): "item",
        ("loading.cpp", "Filling::places"): "add",
        ("loading.cpp", "Filling::who_had_it"): "SliceStates",
        ("roster_update.cpp", "RosterUpdate::change_names"): "has_turn_behind tables.directory().forget_names",
        ("roster_update.cpp", "RosterUpdate::plan_addresses"): "has_turn_behind",
    },
    LEFT: {
        ("address_moves.cpp", "Following::run"): "leave share",
        ("address_moves.cpp", "follow_addresses"): "Following for_each_open_line forget_at_once run",
        ("address_moves.cpp", "for_each_open_line"): "emplace(tables) tables.work().channel",
        ("address_moves.cpp", "forget_at_once"): "tables.work().lines_to_forget",
        ("erasure.cpp", "erase_from"):
            "entry_to_erase tables.threads().delete_host_refs tables.threads().remove_texts "
            "tables.work().forget_details",
        ("overdue.cpp", "Overdue::list"): "is_late row_of tables.blasts().past_deadline",
        ("progress.cpp", "Progress::recipients"): "People marks read turn_to",
        ("progress.cpp", "RecipientReader::turn_to"): "emplace(tables) tables.work().audience",
        ("put_off.cpp", "PutOff::find"): "tables.work().items_at",
        ("settling.cpp", "Settling::kept_of_all"): "may_have_detail",
        ("settling.cpp", "Settling::settle_items"): "keep store store_waiting",
    },
}
# Files of which nothing is said.
WHOLE = {
    "verification.cpp": "it looks at each row by itself, so that no damage hides another's",
}

TOKEN = re.compile(
    r"""//[^\n]*|/\*.*?\*/|^[ \t]*\#(?:\\\n|[^\n])*|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'"""
    r"""|[A-Za-z_]\w*|\d[\w.']*|::|->|&&|\|\||.|\n""",
    re.DOTALL | re.MULTILINE,
)
NO_CALL = {
    "if", "for", "while", "switch", "catch", "return", "sizeof", "decltype", "noexcept", "static_assert", "throw",
    "do", "else", "constexpr",
}  # fmt: skip
OPEN = {"(": ")", "[": "]", "{": "}"}


def is_name(token):
    return token[0].isalpha() or token[0] == "_"


def tokens_of(text):
    """(token, line), without comments and the preprocessor's lines."""
    found, line = [], 1
    for match in TOKEN.finditer(text):
        token = match.group()
        if not (token.isspace() or token.startswith(("//", "/*")) or token.lstrip().startswith("#")):
            found.append(('""' if token[0] in "\"'" else token, line))
        line += token.count("\n")
    return found


class Function:
    """What a function, or a lambda that has a name, calls."""

    def __init__(self, file, of_class, name, outer=None):
        self.file, self.of_class, self.name, self.outer = file, of_class, name, outer
        self.calls = []  # (name, receiver or None, in a loop, line)
        self.reaches_ports = False

    def outermost(self):
        return self.outer.outermost() if self.outer else self

    def label(self):
        own = (self.of_class + "::" if self.of_class else "") + self.name
        return self.outer.label() + "/" + own if self.outer else own


class Source:
    """One file, read."""

    def __init__(self, path, text):
        self.file = path
        pairs = tokens_of(text)
        self.tokens = [token for token, _ in pairs]
        self.lines = [line for _, line in pairs]
        self.match = self._matches()
        self.functions = []
        self.aliases = {
            self.tokens[i + 1]
            for i in range(len(self.tokens) - 2)
            if self.tokens[i] == "&" and self.tokens[i + 2] == "=" and self._gives_ports(i + 3)
        }
        self._declarations(0, len(self.tokens), "")

    def _gives_ports(self, i):
        end = self.tokens.index(";", i) if ";" in self.tokens[i:] else i
        return self.tokens[end - 2 : end] == ["(", ")"] and self.tokens[end - 3] in TABLES

    def _matches(self):
        match, stack = {}, []
        for i, token in enumerate(self.tokens):
            if token in OPEN:
                stack.append(i)
            elif token in OPEN.values():
                match[stack[-1]] = i
                match[i] = stack.pop()
        return match

    # ---- Declarations

    def _declarations(self, i, end, of_class):
        start = i
        while i < end:
            token = self.tokens[i]
            if token == ";" or (token == ":" and self.tokens[i - 1] in ("public", "private", "protected")):
                start = i + 1
            elif token == "}":
                start = i + 1
            elif token == "{":
                i = self._braces(start, i, of_class)
                start = i + 1
            elif token in "([":
                i = self.match[i]
            i += 1

    def _braces(self, start, i, of_class):
        """What the brace at `i` begins; gives where it ends."""
        head = self.tokens[start:i]
        close = self.match[i]
        if "namespace" in head or head == ["extern", '""']:
            self._declarations(i + 1, close, of_class)
        elif "enum" in head:
            pass
        elif "(" in head and "=" not in head[: head.index("(")]:
            return self._function(start, start + head.index("("), of_class)
        elif "class" in head or "struct" in head:
            kind = "class" if "class" in head else "struct"
            names = head[len(head) - head[::-1].index(kind) :]
            self._declarations(i + 1, close, next((name for name in names if is_name(name)), ""))
        return close

    def _function(self, start, paren, of_class):
        name = self.tokens[paren - 1]
        if self.tokens[paren - 2] == "::" and is_name(self.tokens[paren - 3]):
            of_class = self.tokens[paren - 3]
        function = Function(self.file, of_class, name)
        self.functions.append(function)
        i = self.match[paren] + 1
        while self.tokens[i] not in ("{", ":"):
            i = self.match[i] + 1 if self.tokens[i] == "(" else i + 1
        if self.tokens[i] == ":":  # what members are made of
            begin = i + 1
            i += 1
            while not (self.tokens[i] == "{" and not is_name(self.tokens[i - 1]) and self.tokens[i - 1] != ">"):
                i = self.match[i] + 1 if self.tokens[i] in "({" else i + 1
            self._walk(begin, i, function, False, None)
        self._walk(i + 1, self.match[i], function, False, None)
        return self.match[i]

    # ---- What functions do

    def _walk(self, i, end, function, loop, callee):
        """`callee`: whose arguments these are."""
        while i < end:
            i = self._step(i, end, function, loop, callee)

    def _step(self, i, end, function, loop, callee):
        token = self.tokens[i]
        if token == "for":
            return self._for(i, function, loop)
        if token == "while":
            self._walk(i + 2, self.match[i + 1], function, True, None)
            return self._statement(self.match[i + 1] + 1, function, True)
        if token == "do":
            i = self._statement(i + 1, function, True)  # then comes while
            self._walk(i + 2, self.match[i + 1], function, True, None)
            return self.match[i + 1] + 1
        before = self.tokens[i - 1]
        if token == "[" and not (before in ")]" or (is_name(before) and before not in NO_CALL)):
            return self._lambda(i, function, loop, callee)
        if token == "(":
            called = before if is_name(before) and before not in NO_CALL else None
            if called:
                self._call(i, called, function, loop)
            self._walk(i + 1, self.match[i], function, loop, called)
            return self.match[i] + 1
        if callee and is_name(token) and self.tokens[i - 1] in "(," and self.tokens[i + 1] in ",)":
            if callee not in PAGED and (callee.startswith("for_each") or callee in REPEATED):
                function.calls.append((token, "lambda", True, self.lines[i]))
        return i + 1

    def _call(self, i, called, function, loop):
        line = self.lines[i]
        if called in TABLES and self.tokens[i + 1] == ")" and self.tokens[i + 2] == ".":
            return  # the call of the port comes behind it
        at = i - 1
        before = self.tokens[at - 1]
        if before in (".", "->"):
            if self.tokens[at - 3 : at - 1] == ["(", ")"] and self.tokens[at - 4] in TABLES:
                function.calls.append(("tables." + self.tokens[at - 4] + "()." + called, "()", loop, line))
            elif self.tokens[at - 2] in self.aliases:
                function.calls.append(("tables." + called, "()", loop, line))
            else:
                receiver = self.tokens[at - 2]
                if receiver == ")":  # Class(...).called()
                    receiver = self.tokens[self.match[at - 2] - 1]
                if is_name(receiver):
                    function.calls.append((called, receiver, loop, line))
            if "emplace" in called and self._has_tables(i):
                function.calls.append((called + "(tables)", "()", loop, line))
            return
        made = is_name(before) and before not in NO_CALL  # Class object(...)
        function.calls.append((before if made else called, None, loop, line))

    def _has_tables(self, paren):
        return any(token in ("tables", "tables_") for token in self.tokens[paren : self.match[paren]])

    def _for(self, i, function, loop):
        open_, close = i + 1, self.match[i + 1]
        parts, begin, j = [], open_ + 1, open_ + 1
        ranged = False
        while j < close:
            if self.tokens[j] in OPEN:
                j = self.match[j]
            elif self.tokens[j] in (";", ":"):
                ranged = ranged or self.tokens[j] == ":"
                parts.append((begin, j))
                begin = j + 1
            j += 1
        parts.append((begin, close))
        for number, (first, last) in enumerate(parts):
            self._walk(first, last, function, loop or (not ranged and number > 0), None)
        return self._statement(close + 1, function, True)

    def _statement(self, i, function, loop):
        """Walks one statement; gives where the next one begins."""
        token = self.tokens[i]
        if token == "{":
            self._walk(i + 1, self.match[i], function, loop, None)
            return self.match[i] + 1
        if token in ("for", "while", "do"):
            return self._step(i, len(self.tokens), function, loop, None)
        if token in ("if", "switch"):
            i += 2 if self.tokens[i + 1] == "constexpr" else 1
            self._walk(i, self.match[i] + 1, function, loop, None)
            i = self._statement(self.match[i] + 1, function, loop)
            return self._statement(i + 1, function, loop) if self.tokens[i] == "else" else i
        if token == "try":
            i = self._statement(i + 1, function, loop)
            while self.tokens[i] == "catch":
                i = self._statement(self.match[i + 1] + 1, function, loop)
            return i
        while self.tokens[i] != ";":
            i = self._step(i, len(self.tokens), function, loop, None)
        return i + 1

    def _lambda(self, i, function, loop, callee):
        self._walk(i + 1, self.match[i], function, loop, None)  # what it captures
        j = self.match[i] + 1
        while self.tokens[j] != "{":
            if self.tokens[j] in (";", ")", "}"):
                return j  # an array's element, after all
            j = self.match[j] + 1 if self.tokens[j] == "(" else j + 1
        if self.tokens[i - 1] == "=":
            inner = Function(self.file, "", self.tokens[i - 2], function)
            self.functions.append(inner)
            self._walk(j + 1, self.match[j], inner, False, None)
        else:
            again = callee is not None and callee not in PAGED
            again = again and (callee.startswith("for_each") or callee in REPEATED)
            self._walk(j + 1, self.match[j], function, loop or again, None)
        return self.match[j] + 1


class Core:
    """All files together."""

    def __init__(self, sources):
        self.sources = sources
        self.functions = [function for source in sources.values() for function in source.functions]
        self.by_name = {}
        for function in self.functions:
            self.by_name.setdefault(function.name, []).append(function)
        self.classes = {function.of_class for function in self.functions if function.of_class}
        self.declared = {file: self._declared(source) for file, source in sources.items()}
        self._reach()

    def _declared(self, source):
        """The classes of names in a file: `Class name`, `Class& name`, `std::map<Key, Class> name`."""
        found = {}
        for i, token in enumerate(source.tokens[:-2]):
            if token not in self.classes:
                continue
            j = i + 1
            while source.tokens[j] in ("&", "*", ">", "const"):
                j += 1
            if is_name(source.tokens[j]):
                found.setdefault(source.tokens[j], set()).add(token)
        return found

    def classes_of(self, file, receiver):
        if receiver in self.classes:
            return {receiver}  # it is made and used at once
        found = set(self.declared[file].get(receiver, ()))
        other = file[: file.rindex(".")] + (".hpp" if file.endswith(".cpp") else ".cpp")
        if other in self.declared:
            found |= self.declared[other].get(receiver, set())
        return found

    def callees(self, caller, name, receiver):
        """Which functions may be meant: the nearest of that name."""
        named = self.by_name.get(name, ())
        if receiver == "lambda":
            return [function for function in named if function.outer and function.outermost() is caller.outermost()]
        if receiver is not None:
            classes = self.classes_of(caller.file, receiver)
            return [function for function in named if function.of_class and function.of_class in classes]
        outermost = caller.outermost()
        rounds = (
            lambda function: function.outer and function.outermost() is outermost,
            lambda function: not function.outer and function.of_class and function.of_class == outermost.of_class,
            lambda function: not function.outer and function.of_class == name,  # it is made
            lambda function: not function.outer and not function.of_class and function.file == caller.file,
            lambda function: not function.outer and not function.of_class,
        )
        for fits in rounds:
            found = [function for function in named if fits(function)]
            if found:
                return found
        return []

    def calls_port(self, caller, name, receiver):
        if receiver == "()":
            return True
        return any(function.reaches_ports for function in self.callees(caller, name, receiver))

    def _reach(self):
        changed = True
        while changed:
            changed = False
            for function in self.functions:
                if function.reaches_ports:
                    continue
                if any(self.calls_port(function, name, receiver) for name, receiver, _, _ in function.calls):
                    function.reaches_ports = changed = True

    def found(self):
        """{(file, function, what it calls): line}"""
        found = {}
        for function in self.functions:
            for name, receiver, loop, line in function.calls:
                if loop and self.calls_port(function, name, receiver):
                    found.setdefault((function.file, function.label(), name), line)
        return found


def sources_of_core():
    return {path.name: path.read_text() for path in sorted(CORE.iterdir())}


def findings(texts, with_allowed=False):
    """What is wrong, a line each: loops that are not on the list, and what is on it and is none."""
    found = Core({file: Source(file, text) for file, text in texts.items()}).found()
    allowed = {
        (file, function, call)
        for functions in ALLOWED.values()
        for (file, function), calls in functions.items()
        for call in calls.split()
    }
    for (file, function, call), line in sorted(found.items()):
        if file not in WHOLE and (with_allowed or (file, function, call) not in allowed):
            yield f"src/core/{file}:{line}: {function} calls {call} in a loop"
    for file, function, call in sorted(allowed - found.keys()):
        yield f"tests/port_loops.py: {function} of src/core/{file} does not call {call} in a loop"


PLANTED = {
    "a loop": "for (const auto& one : all) tables.work().update_line(one);",
    "a condition": "while (tables.work().next_line(1)) {}",
    "a turn's end": "for (auto next = first(); next; next = tables.work().next_line(1)) {}",
    "do": "do { tables.work().update_line(line); } while (any);",
    "a branch in it": "for (const auto& one : all) if (one.open) { attempt([&] { tables.work().update_line(one); }); }",
    "two loops": "for (const auto& one : all) for (const auto s : one) tables.blasts().kept(1, s, 2);",
    "a bitmap": "slice.for_each([&](std::uint16_t at) { tables.threads().thread({1, at, 2}); });",
    "an algorithm": "std::any_of(a, b, [&](const auto& one) { return tables.work().line(one).has_value(); });",
    "a function": "for (const auto& one : all) planted_one(tables, one);",
    "a lambda": "const auto each = [&](int i) { return tables.work().line(i); }; for (int i = 0; i < 9; ++i) each(i);",
    "a lambda that is passed on": "const auto f = [&](int i) { tables.work().line(i); }; std::all_of(a, b, f);",
    "an object": "for (const auto& one : all) { const Planted planted(tables); }",
    "an object's function": "Planted planted; for (const auto& one : all) planted.look(one);",
    "a member": "for (auto& one : all) { rows.emplace(one, tables, one); }",
    "a name for the ports": "auto& work = tables.work(); for (const auto& one : all) work.update_line(one);",
}
RIGHT = {
    "a set": "tables.work().lines(all); for (const auto& one : all) use(one);",
    "what is gone through": "for (const auto& one : tables.work().lines(1, 2)) use(one);",
    "where it begins": "for (auto next = tables.work().next_line(1); next;) next.reset();",
    "a page": "for_each_page(all, [&](auto page, std::size_t) { tables.work().lines(page); });",
    "behind a loop": "for (const auto& one : all) use(one);\n tables.work().update_line(line);",
    "a comment and a text": 'for (const auto& one : all) use("tables.work().line(1)");  // tables.work().line(1)',
}
AROUND = """#include "core/planted.hpp"

namespace bccast {
namespace {

class Planted {
 public:
  explicit Planted(const Tables& tables) : line_(tables.work().line(1)) {}
  void look(int one) const { tables_.work().line(one); }
};

void planted_one(Tables& tables, const Line& one) {
  if (one.open) tables.work().update_line(one);
}

void planted(Tables& tables, const std::vector<Line>& all) {
  %s
}

}  // namespace
}  // namespace bccast
"""


def self_test():
    texts = sources_of_core()
    wrong = []
    for what, code in PLANTED.items():
        if not any("planted.cpp" in line for line in findings({**texts, "planted.cpp": AROUND % code})):
            wrong.append(f"not found: {what}")
    for what, code in RIGHT.items():
        wrong += [f"found: {what}: {line}" for line in findings({**texts, "planted.cpp": AROUND % code}) if "planted" in line]
    return wrong


def main():
    if "--self-test" in sys.argv:
        wrong = self_test()
    else:
        wrong = list(findings(sources_of_core(), "--all" in sys.argv))
    print("\n".join(wrong), end="\n" if wrong else "")
    return 1 if wrong and "--all" not in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main())
