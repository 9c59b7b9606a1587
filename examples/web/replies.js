// The threads in which clients have written; nobody but the provider sees them together.
import { answerForm, bubble, count, find, quietly, safely, show } from './show.js';

export function replyList(ask) {
  const list = find('#replies');
  const entries = new Map(); // thread -> { element, draw }

  function made(row) {
    const messages = show('ul.messages');
    const summary = show('summary');
    const element = show('details', summary, messages, answerForm(`Reply to ${row.client_name ?? row.client}`,
      async (text) => {
        await ask('reply', { thread: row.thread, text });
        await look();
      }), { ontoggle: safely(open) });

    async function open() {
      if (!element.open) return;
      const { messages: rows } = await ask('messages', { thread: row.thread });
      messages.replaceChildren(...rows.map((m) => bubble({ ...m, removed: m.removed === 1 }, m.author !== row.client)));
      await ask('read', { thread: row.thread, up_to_seq: rows.at(-1).seq });
    }
    function draw({ client_name, client, last_text, unread }) {
      summary.replaceChildren(`${client_name ?? client} `, ...(unread ? [show('span.badge', count(unread, 'new', 'new'))] : []),
        show('span.hint.snippet', last_text ?? ''));
    }
    entries.set(row.thread, { item: show('li', element), draw, open });
    return entries.get(row.thread);
  }

  async function look() {
    const { threads } = await ask('threads', { filter: 'replied=1', limit: 20 });
    for (const row of threads.reverse()) {
      const entry = entries.get(row.thread) ?? made(row);
      entry.draw(row);
      if (entry.item.parentNode !== list || row.unread) list.prepend(entry.item);
      await entry.open();
    }
    list.querySelector('.empty')?.remove();
    if (!list.children.length) list.append(show('li.empty', 'Nobody has replied yet.'));
  }
  return { look: quietly(look) };
}
