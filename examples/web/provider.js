// The provider's pane: choose, write, send, look, take back.
import { connect } from './link.js';
import { blastList } from './blasts.js';
import { replyList } from './replies.js';
import { count, find, inTurn, quietly, safely, show } from './show.js';

const HOLD_MS = 10000; // to undo
const REASONS = { archived: 'archived', off: 'chat is off', not_on_roster: 'no longer on the roster',
  deselected: 'deselected', same_address: 'another of the same address is told' };

export function providerPane(url, user) {
  let draft = null; // the blast that is being made
  let preview = null;
  let looks = 0; // the latest search wins
  const turn = inTurn(); // for what changes the draft, or shows what can

  const blasts = blastList((command, args) => link.ask(command, args), turn, async (undone) => {
    if (draft) await link.ask('blast-discard', { blast: draft });
    await take(undone);
    find('#text').focus();
  });
  const replies = replyList((command, args) => link.ask(command, args));

  const lookAtBlasts = turn(() => blasts.look(), quietly);
  const link = connect(url, user, () => { replies.look(); lookAtBlasts(); }, turn(async (online) => {
    find('#provider').classList.toggle('online', online);
    if (!online || draft) return;
    const { blasts: [old] } = await link.ask('blast-list', { filter: 'state=draft', limit: 1 });
    await take(old?.blast ?? (await link.ask('blast-create')).blast);
    await blasts.look();
    replies.look();
  }, quietly));
  find('#provider-name').replaceChildren(show('span.dot', { 'aria-hidden': 'true' }), `${user.name}, provider`);

  /** Goes on with a draft, as it was left. */
  async function take(blast) {
    draft = blast;
    find('#text').value = (await link.ask('blast-show', { blast })).text ?? '';
    await Promise.all([lookAtRoster(), lookAtPreview()]);
  }

  // ---- Choosing

  function entry(row) {
    const active = row.state === 'active' && row.contact !== 'off';
    const tick = show('input', { type: 'checkbox', checked: row.chosen === 1 && active, disabled: !active,
      onchange: turn(async () => {
        await link.ask(tick.checked ? 'blast-select' : 'blast-deselect', { blast: draft, clients: [row.client] });
        await lookAtPreview();
      }) });
    const tag = row.state === 'archived' ? 'archived' : active ? '' : 'chat is off';
    return show('li', show('label', tick, show('span', row.client_name ?? '', ' ', show('span.hint', row.client)), ...(tag ? [show('span.tag', tag)] : [])));
  }

  async function lookAtRoster(cursor) {
    const look = ++looks;
    const words = encodeURIComponent(find('#search').value.trim());
    const page = await link.ask('roster-list', { limit: 50, ...(cursor && { cursor }),
      filter: `draft=${draft}${words && `&search=${words}`}` });
    if (look !== looks) return;
    const rows = page.roster.map(entry);
    if (!cursor) find('#roster').replaceChildren(...(rows.length ? rows : [show('li.empty', 'Nobody of that name.')]));
    else find('#roster').append(...rows);
    find('#more').hidden = !page.next;
    find('#more').onclick = safely(() => lookAtRoster(page.next));
  }

  async function lookAtPreview() {
    preview = await link.ask('blast-preview', { blast: draft });
    const out = Object.entries(preview).filter(([reason, n]) => REASONS[reason] && n > 0);
    const n = preview.recipients;
    find('#preview').replaceChildren(
      n < 2 ? show('p.hint', n ? 'One client is chosen. A blast goes to two or more.' : 'Nobody is chosen yet.')
        : show('p', show('strong', count(n, 'client', 'clients')), ' will receive it, each in a new private thread.'),
      ...(out.length ? [show('p.hint', `Left out: ${out.map(([reason, n]) => `${n} ${REASONS[reason]}`).join(', ')}.`)]
        : []));
    find('#left-out').hidden = out.length === 0;
    if (find('#left-out').open) await lookAtLeftOut();
    find('#send').disabled = n < 2;
    find('#send').textContent = n < 2 ? 'Send' : `Send to ${n.toLocaleString('en')}`;
  }

  async function lookAtLeftOut() {
    const { selection } = await link.ask('blast-selection', { blast: draft, filter: 'chosen=0', limit: 200 });
    find('#left-out ul').replaceChildren(
      ...selection.map((row) => show('li', `${row.client_name ?? row.client}: ${REASONS[row.reason] ?? row.reason}`)));
  }

  const choose = (command) => turn(async () => {
    await link.ask(command, { blast: draft });
    await Promise.all([lookAtRoster(), lookAtPreview()]);
  });
  find('#all').onclick = choose('blast-all-active');
  find('#none').onclick = choose('blast-none');
  find('#search').oninput = safely(() => lookAtRoster());
  find('#left-out').ontoggle = safely(() => find('#left-out').open && lookAtLeftOut());

  // ---- Writing and sending: just what the preview showed, or nothing

  const send = turn(async (blast, text, shown) => {
    if (blast !== draft) return;
    await link.ask('blast-write', { blast, text });
    await link.ask('blast-set', { blast, key: 'hold_ms', value: String(HOLD_MS) });
    await lookAtPreview();
    if (preview.recipients !== shown) throw new Error('The recipients have changed meanwhile: look again, and send.');
    await link.ask('blast-send', { blast, digest: preview.digest });
    find('#search').value = '';
    await take((await link.ask('blast-create')).blast);
    await blasts.look();
    find('#blasts button')?.focus(); // undo
  });
  find('#compose').onsubmit = (event) => {
    event.preventDefault();
    send(draft, find('#text').value, preview.recipients);
  };
}
