// A connection of one user: what it is sent, and what it asks.
/* global mqtt */

export const topic = (user, ...levels) => ['bccast', encodeURIComponent(user), ...levels].join('/');

/** Connects; `on(branch, thread, message)` is called for each message, `changed(online)` when the connection is. */
export function connect(url, user, on, changed) {
  const waiting = new Map(); // correlation data -> what to do with the answer
  let count = 0;
  let online = false; // and subscribed: an answer would arrive
  const client = mqtt.connect(url, { protocolVersion: 5, username: user.id, password: user.password, clean: true,
    reconnectPeriod: 1000 });
  // A new session each time: the plugin sends what is unread whenever somebody subscribes.
  client.on('connect', () => client.subscribe(
    ['answers', 'inbox/+', 'desk/+'].map((branch) => topic(user.id, branch)), { qos: 1 }, () => {
      online = true;
      changed(true);
    }));
  client.on('close', () => {
    online = false;
    for (const answer of waiting.values()) answer(lost('The connection was lost: look whether it was done.'));
    waiting.clear();
    changed(false);
  });
  client.on('message', (name, payload, packet) => {
    const [, , branch, thread] = name.split('/');
    const { userProperties = {}, correlationData } = packet.properties ?? {};
    const text = new TextDecoder().decode(payload);
    if (branch !== 'answers') return on(branch, thread, { ...userProperties, text });
    const tag = correlationData && new TextDecoder().decode(correlationData);
    waiting.get(tag)?.({ ...JSON.parse(text), next: userProperties.next });
    waiting.delete(tag);
  });

  const lost = (message) => ({ error: { message, lost: true } });
  const write = (name, payload, userProperties) => new Promise((resolve, reject) => {
    const tag = `${client.options.clientId}-${++count}`;
    const answered = (answer) => (answer.error
      ? reject(Object.assign(new Error(answer.error.message), { lost: answer.error.lost })) : resolve(answer));
    if (!online) return answered(lost('There is no connection.'));
    waiting.set(tag, answered);
    client.publish(name, payload, { qos: 1, properties: { correlationData: new TextEncoder().encode(tag),
      ...(userProperties && { userProperties }) } });
  });
  return {
    /** A provider's command; resolves to the document it is answered. */
    ask: (command, args = {}) => write('$CONTROL/bccast/v1', JSON.stringify({ command, ...args })),
    /** A client's reply. The key makes it one, however often it has to be sent. */
    reply: (thread, text) => write(topic(user.id, 'reply', thread), text, { key: crypto.randomUUID() }),
    read: (thread, seq) => write(topic(user.id, 'read', thread), String(seq)),
    close: () => client.end(),
  };
}
