#!/usr/bin/env bash
# From a fresh clone to a blast in one go: installs what is missing (Debian 12, as root), builds the command-line
# program in build/quickstart and uses it. May be run again at once.
set -euo pipefail
cd "$(dirname "$0")/.."
. tests/setup.sh

echo "== set up"
install_needs "${build_needs[@]}"

echo "== build in build/quickstart"
cmake -S . -B build/quickstart --log-level=NOTICE -G Ninja -DBCCAST_BUILD_TESTS=OFF -DBCCAST_BUILD_BENCH=OFF
cmake --build build/quickstart --target bccast_cli -- --quiet

bccast=$PWD/build/quickstart/examples/cli/bccast
data=examples/data
work=$(mktemp -d "${TMPDIR:-/tmp}/bccast-quickstart.XXXXXX") # kept, to look around in
export BCCAST_STORE=$work/practice.db BCCAST_MAILDIR=$work/maildir

# From here on: a practice with a thousand clients. Each claim is checked; one that does not hold ends it all.

tell() { printf '\n== %s\n' "$*"; }
# The command as one would type it, and what it answers.
show() {
  printf '$ bccast'
  printf ' %q' "$@"
  printf '\n'
  "$bccast" "$@"
}
# holds CLAIM COMMAND...: the command succeeds.
holds() {
  local claim=$1
  shift
  if ! "$@"; then
    printf '\nTHIS DOES NOT HOLD: %s\n' "$claim" >&2
    exit 1
  fi
  printf '   checked: %s\n' "$claim"
}
none() { ! "$@"; }
thread_of() { "$bccast" threads --as-client "$1" | awk 'NR == 2 { print $1 }'; }
count_of() { "$bccast" "$@" | tail -n +2 | wc -l; }
mails_to() { { grep -rlixF "To: $1"$'\r' "$BCCAST_MAILDIR/new" || true; } | wc -l; }
count_mails() { find "$BCCAST_MAILDIR/new" -type f | wc -l; }
# Who is in the file, and where: id, address, status. A name may hold commas, what follows it does not.
sed -E '1d; s/^([^,]*),.*,([^,]*),([^,]*)$/\1 \2 \3/' "$data/clients.csv" >"$work/people"

tell "1,000 clients, a tenth of them archived"
show import "$data/clients.csv" --provider dr-lee --name "Dr. Lee"
"$bccast" provider set dr-lee address.email lee@example.org >/dev/null
active=$(grep -vc ' archived$' "$work/people")

tell "One message to all active clients but c17 and c23"
show send --as-provider dr-lee --all-active --except c17 --except c23 --file "$data/message.txt" --yes \
  --hold 0
blast=$("$bccast" blast list --as-provider dr-lee --limit 1 | awk 'NR == 2 { print $1 }')
recipients=$(count_of blast recipients "$blast" --as-provider dr-lee)
holds "all $active active clients but two have it" [ "$recipients" = $((active - 2)) ]

tell "The queue: each of them is told that there is a message, by a mail in $BCCAST_MAILDIR"
show run
show status --as-provider dr-lee
grep -rhi '^To: ' "$BCCAST_MAILDIR/new" | tr -d '\r' | cut -c5- | sort >"$work/told"
grep -vE '^(c17|c23) | archived$' "$work/people" | grep -oE '[^ ]+@[^ ]+' | sort -u >"$work/to_be_told"
holds "there is one mail to each of their $(wc -l <"$work/to_be_told") addresses (families share one), and no other" \
  cmp -s "$work/told" "$work/to_be_told"

tell "One such mail in full. What was written is not in it, nor who wrote it, nor that others have it too"
tr -d '\r' <"$(grep -rlF 'To: ana.ionescu7@example.org' "$BCCAST_MAILDIR/new")"
holds "no mail holds a word of the text" none grep -rqiE 'closed|Monday|prescription|Lee' "$BCCAST_MAILDIR/new"

tell "Ana (c7) finds it in a private thread of her own"
show threads --as-client c7
ana=$(thread_of c7)
show messages "$ana" --as-client c7

tell "She has read it, and replies"
show read "$ana" --as-client c7
printf 'Thank you! May I come on 11 January?\n' >"$work/reply.txt"
show reply "$ana" --as-client c7 --file "$work/reply.txt"

tell "Dr. Lee sees that, and is told of it. Nobody else is"
show threads --as-provider dr-lee --unread
before=$(count_mails)
"$bccast" run >/dev/null
holds "one more mail, to Dr. Lee" [ "$(count_mails) $(mails_to lee@example.org)" = "$((before + 1)) 1" ]
bjorn=$(thread_of c8)
own_and_alone() { [ "$bjorn" != "$ana" ] && [ "$("$bccast" messages "$bjorn" --as-client c8 | grep -c '^#')" = 1 ]; }
holds "Björn (c8) has a thread of his own, with one message" own_and_alone
as_bjorn() { "$bccast" messages "$ana" --as-client c8 2>"$work/refusal"; }
holds "he cannot open hers: to him it does not exist" none as_bjorn
printf '   %s\n' "$(cat "$work/refusal")"

tell "Archived (c20) and de-selected (c17, c23) clients have nothing"
for client in c20 c17 c23; do
  address=$(grep "^$client " "$work/people" | cut -d ' ' -f 2)
  holds "$client: no thread, no mail to $address" \
    [ "$(count_of threads --as-client "$client") $(mails_to "$address")" = "0 0" ]
done

tell "Sent by mistake: for a while it is held, and can be taken back"
mails=$(count_mails)
show send --as-provider dr-lee --all-active --file "$data/message.txt" --yes --hold 60 2>&1 | cat # no terminal
mistake=$("$bccast" blast list --as-provider dr-lee --state scheduled | awk 'NR == 2 { print $1 }')
show unschedule "$mistake" --as-provider dr-lee
show run
holds "nobody has it, and nobody is told" \
  [ "$(count_of threads --as-client c7) $(count_of threads --as-client c8) $(count_mails)" = "1 1 $mails" ]
show store verify

tell "All of it is in $work. Look for yourself:"
cat <<END
grep -r -e closed -e 'Dr. Lee' '$BCCAST_MAILDIR' || echo 'no mail says anything'
'$bccast' --store '$BCCAST_STORE' blast recipients $blast --as-provider dr-lee --opened yes
END
