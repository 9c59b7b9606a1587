// The provider's blasts: held with a button to undo, on their way, done, taken back.
import { count, find, quietly, show } from './show.js';

const SOON_MS = 500; // while something is on its way
const LATER_MS = 5000; // for who reads meanwhile

/** `ask` gives commands; `turn` makes handlers that run in turn; `undone(blast)` is called with what is a draft again.
 * `look` is called by who has the turn. */
export function blastList(ask, turn, undone) {
  const list = find('#blasts');
  const entries = new Map(); // blast -> { element, draw }
  let timer = null;

  function made(blast, text) {
    const line = show('p.hint');
    const bar = show('progress', { max: 1, value: 0, 'aria-label': 'Delivered' });
    const act = show('button.quiet', { type: 'button' });
    const element = show('li.blast', show('p.text.snippet', text ?? ''), bar, show('div.row', line, act));

    const undo = turn(async () => {
      await ask('blast-unschedule', { blast });
      element.remove();
      entries.delete(blast);
      await undone(blast);
      await look();
    });
    const recall = turn(async () => {
      if (act.dataset.sure !== 'yes') {
        act.dataset.sure = 'yes';
        act.textContent = 'Take it back from everybody?';
        return;
      }
      await ask('blast-recall', { blast });
      await look();
    });

    /** `row` of the list, and the counts of its people. */
    function draw(row, people, scheduledAt) {
      const held = row.state === 'scheduled';
      const taken = row.state === 'recalled';
      bar.hidden = held || taken;
      bar.max = Math.max(1, people.recipients);
      bar.value = people.done;
      act.hidden = taken;
      act.onclick = held ? undo : recall;
      if (held) act.textContent = 'Undo';
      else if (act.dataset.sure !== 'yes') act.textContent = 'Recall';
      line.textContent = held ? `Goes out in ${Math.max(0, Math.ceil((scheduledAt - Date.now()) / 1000))} s.`
        : taken ? `Taken back from ${count(people.recipients, 'client', 'clients')}.`
          : `${people.done.toLocaleString('en')} of ${count(people.recipients, 'client has', 'clients have')} it. `
            + `${people.opened} read, ${people.replied} replied.`;
      element.dataset.state = row.state;
    }
    entries.set(blast, { element, draw });
    return entries.get(blast);
  }

  /** Looks at the newest; again soon while there is something to see. */
  async function look() {
    clearTimeout(timer);
    const { blasts } = await ask('blast-list', { limit: 5 });
    let moving = false;
    for (const row of blasts.filter((one) => one.state !== 'draft').reverse()) {
      const { blast, text, state } = row;
      const scheduledAt = state === 'scheduled' ? (await ask('blast-show', { blast })).scheduled_at_ms : null;
      // On several channels only the status counts people.
      const people = row.done === null ? (await ask('blast-status', { blast })).status.at(-1) : row;
      const entry = entries.get(blast) ?? made(blast, text);
      entry.draw(row, people, scheduledAt);
      if (entry.element.parentNode !== list) list.prepend(entry.element);
      moving ||= state === 'scheduled' || state === 'sent';
    }
    list.querySelector('.empty')?.remove();
    if (!list.children.length) list.append(show('li.empty', 'Nothing was sent yet.'));
    clearTimeout(timer);
    timer = setTimeout(turn(look, quietly), moving ? SOON_MS : LATER_MS);
  }
  return { look };
}
