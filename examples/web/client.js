// A client's pane: its connection, its threads, its replies.
import { connect } from './link.js';
import { answerForm, bubble, count, safely, show, time } from './show.js';

export function clientPane(url, user) {
  const threads = new Map(); // thread -> { messages: Map of id -> message, element, read }
  const list = show('div');
  const empty = show('p.empty', 'No messages.');
  const toggle = show('button.quiet', { type: 'button', 'aria-label': `Disconnect ${user.name}` }, 'Disconnect');
  const heading = show('h3', { id: `client-${user.id}` }, user.name);
  const pane = show('article.pane', { 'aria-labelledby': heading.id },
    show('header', show('span.dot', { 'aria-hidden': 'true' }), heading, toggle), empty, list);
  let link = null;

  const unread = (thread) => [...thread.messages.values()]
    .filter((m) => m.author !== user.id && Number(m.seq) > thread.read && !m.removed);

  function draw(thread) {
    const messages = [...thread.messages.values()].sort((a, b) => a.seq - b.seq);
    const last = messages.at(-1);
    const waiting = unread(thread).length;
    thread.list.replaceChildren(...messages.map((m) => bubble(m, m.author === user.id)));
    thread.summary.replaceChildren(
      show('span.snippet', last.removed ? 'This message was taken back.' : last.text),
      ...(waiting ? [show('span.badge', count(waiting, 'new', 'new'))] : []), show('span.time', time(last.at_ms)));
  }

  /** Opened is read, and nothing else is. */
  const markRead = safely(async (id, thread) => {
    const newest = Math.max(0, ...unread(thread).map((m) => Number(m.seq)));
    if (!thread.element.open || newest === 0) return;
    thread.read = newest;
    draw(thread);
    await link.read(id, newest);
  });

  function made(id) {
    const thread = { messages: new Map(), read: 0, list: show('ul.messages'), summary: show('summary') };
    thread.element = show('details.thread', thread.summary, thread.list,
      answerForm('Your reply', async (text) => {
        const { seq, at_ms } = await link.reply(id, text);
        take(id, { id: `${id}-${seq}`, seq, at_ms, author: user.id, text });
      }), { ontoggle: () => markRead(id, thread) });
    threads.set(id, thread);
    return thread;
  }

  /** A message; one that came before is known by its id, and changes nothing unless it was taken back. */
  function take(id, message) {
    const thread = threads.get(id) ?? made(id);
    if (thread.messages.has(message.id) && !message.removed) return;
    thread.messages.set(message.id, message);
    empty.remove();
    draw(thread);
    list.prepend(thread.element);
    markRead(id, thread);
  }

  function start() {
    link = connect(url, user, (branch, id, message) => take(id, message),
      (online) => pane.classList.toggle('online', online));
  }
  toggle.onclick = () => {
    if (link) link.close();
    else start();
    if (toggle.textContent === 'Disconnect') link = null;
    toggle.textContent = link ? 'Disconnect' : 'Connect';
    toggle.setAttribute('aria-label', `${toggle.textContent} ${user.name}`);
  };
  start();
  return pane;
}
