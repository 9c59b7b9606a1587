// Elements. Texts become text nodes, whatever is in them.

/** An element: show('p.hint', 'text', child, ...). Attributes and properties in an object. */
export function show(what, ...parts) {
  const [name, ...classes] = what.split('.');
  const element = document.createElement(name);
  element.className = classes.join(' ');
  for (const part of parts.flat()) {
    if (part instanceof Node || typeof part === 'string') element.append(part);
    else for (const [key, value] of Object.entries(part ?? {})) {
      if (key in element && typeof value !== 'string') element[key] = value;
      else element.setAttribute(key, value);
    }
  }
  return element;
}

export const find = (selector) => document.querySelector(selector);
export const time = (ms) => new Date(Number(ms)).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
export const count = (n, one, many) => `${Number(n).toLocaleString('en')} ${n === 1 ? one : many}`;

export function tell(error) {
  find('#status').textContent = error ? error.message : '';
}

/** A handler that shows what went wrong. */
export const safely = (act) => async (...args) => {
  try {
    tell();
    return await act(...args);
  } catch (error) {
    return tell(error);
  }
};

/** A handler of what nobody asked for: it clears no message, and a lost connection is seen without it. */
export const quietly = (act) => async (...args) => {
  try {
    return await act(...args);
  } catch (error) {
    return error.lost || tell(error);
  }
};

/** Makes handlers that run one after another: none meets what another has half done. */
export function inTurn() {
  let last = Promise.resolve();
  return (act, handler = safely) => handler((...args) => {
    const mine = last.then(() => act(...args));
    last = mine.catch(() => {});
    return mine;
  });
}

/** A bubble of a thread. */
export function bubble(message, mine) {
  return show(`li${mine ? '.mine' : ''}`,
    show('p.who', `${mine ? 'You' : message.author_name || message.author}, ${time(message.at_ms)}`),
    message.removed ? show('p.removed', 'This message was taken back.') : show('p.text', message.text));
}

/** A form to write into a thread; `write(text)` resolves when it was taken. */
export function answerForm(label, write) {
  const text = show('textarea', { rows: 1, required: true });
  return show('form.answer', show('label', label, text), show('button', 'Reply'), {
    onsubmit: safely(async (event) => {
      event.preventDefault();
      const written = text.value;
      text.value = '';
      try {
        await write(written);
      } catch (error) {
        text.value ||= written;
        throw error;
      }
    }),
  });
}
