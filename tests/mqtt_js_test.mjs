// The Mosquitto plugin with mqtt.js: a thousand clients in one blast, some of them away, some archived.
//
// Usage: mqtt_js_test.mjs NPM PLUGIN PROGRAM
// NPM: the folder with node_modules.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const [npm, plugin, program] = process.argv.slice(2);
const mqtt = createRequire(resolve(npm, 'package.json'))('mqtt');
const COUNT = 1000;
const PATIENCE = 60000;
const PROVIDER = 'dr-lee';
const topic = (user, ...levels) => ['bccast', encodeURIComponent(user), ...levels].join('/');

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((done) => { server.once('listening', done); });
  const { port } = server.address();
  await new Promise((done) => { server.close(done); });
  return port;
}

async function until(condition, what) {
  for (const end = Date.now() + PATIENCE; !condition();) {
    assert.ok(Date.now() < end, `waited in vain for ${what}`);
    await new Promise((done) => { setTimeout(done, 10); });
  }
}

/** Connects, subscribes, and collects what comes in `got`: thread -> messages, each id once. */
async function connect(port, user) {
  const person = { user, threads: new Map(), repeats: 0, answers: [] };
  const ids = new Set();
  const branch = user === PROVIDER ? 'desk' : 'inbox';
  person.link = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`,
    { protocolVersion: 5, username: user, password: user, clean: true, reconnectPeriod: 0, keepalive: 0 });
  person.link.on('message', (name, payload, { properties }) => {
    const [, , where, thread] = name.split('/');
    if (where === 'answers') return person.answers.push(JSON.parse(payload));
    const { id, ...rest } = properties.userProperties;
    if (ids.has(id)) person.repeats += 1;
    else person.threads.set(thread, [...person.threads.get(thread) ?? [], { id, ...rest, text: payload.toString() }]);
    return ids.add(id);
  });
  const granted = await person.link.subscribeAsync([topic(user, branch, '+'), topic(user, 'answers')], { qos: 1 });
  assert.deepEqual(granted.map((one) => one.qos), [1, 1]);
  return person;
}

async function ask(provider, command, args = {}) {
  const before = provider.answers.length;
  await provider.link.publishAsync('$CONTROL/bccast/v1', JSON.stringify({ command, ...args }), { qos: 1 });
  await until(() => provider.answers.length > before, `an answer to ${command}`);
  const answer = provider.answers.at(-1);
  assert.equal(answer.error, undefined, JSON.stringify(answer));
  return answer;
}

async function test(folder, port) {
  const clients = Array.from({ length: COUNT }, (_, i) => `c/${i}`);
  const archived = new Set(clients.filter((_, i) => i % 10 === 0));
  const away = new Set(clients.filter((_, i) => i % 10 === 1));
  const rows = clients.map((id) => `${id},${id},,${archived.has(id) ? 'archived' : 'active'}`);
  writeFileSync(join(folder, 'clients.csv'), ['id,name,email,status', ...rows, ''].join('\n'));
  execFileSync(program, ['--store', join(folder, 'practice.db'), 'import', join(folder, 'clients.csv'),
    '--provider', PROVIDER, '--name', 'Dr. Lee']);

  const provider = await connect(port, PROVIDER);
  const here = [];
  for (const id of clients.filter((one) => !away.has(one))) here.push(await connect(port, id));
  const { blast } = await ask(provider, 'blast-create');
  await ask(provider, 'blast-all-active', { blast });
  await ask(provider, 'blast-write', { blast, text: 'We are closed on Monday.' });
  assert.equal((await ask(provider, 'blast-send', { blast })).recipients, COUNT - archived.size);
  const awaited = here.filter((person) => !archived.has(person.user));
  await until(() => awaited.every((person) => person.threads.size > 0), 'those who are there');

  // Those who were away get it later, in the thread that it has had from the beginning.
  const { recipients } = await ask(provider, 'blast-recipients', { blast, limit: 1000 });
  const threads = new Map(recipients.map((row) => [row.client, row.thread]));
  assert.equal(threads.size, COUNT - archived.size);
  const later = [];
  for (const id of away) later.push(await connect(port, id));
  await until(() => later.every((person) => person.threads.size > 0), 'those who were away');
  for (const person of [...awaited, ...later]) {
    const [[thread, messages], ...others] = person.threads;
    assert.deepEqual([others.length, messages.length, person.repeats], [0, 1, 0], person.user);
    assert.equal(thread, threads.get(person.user));
    assert.equal(messages[0].id, `${thread}-1`);
  }

  // Replies reach the provider, each in its thread, and nobody else.
  const some = awaited.filter((_, i) => i % 10 === 0);
  for (const { link, user } of some) {
    await link.publishAsync(topic(user, 'reply', threads.get(user)), `from ${user}`, { qos: 1 });
  }
  await until(() => provider.threads.size >= some.length, 'the replies');
  const replies = [...provider.threads].map(([thread, [message]]) => [thread, message.author, message.text]);
  assert.deepEqual(replies.sort(), some.map(({ user }) => [threads.get(user), user, `from ${user}`]).sort());
  // What would have come to somebody else has come before the answer to a command that was given after it.
  await ask(provider, 'provider-unread');
  for (const person of [...awaited, ...later]) assert.equal(person.threads.get(threads.get(person.user)).length, 1);
  for (const person of here.filter((one) => archived.has(one.user))) assert.equal(person.threads.size, 0);
  for (const person of [provider, ...here, ...later]) person.link.end(true);
}

const folder = mkdtempSync(join(tmpdir(), 'bccast-mqtt-js.'));
const port = await freePort();
const names = [PROVIDER, ...Array.from({ length: COUNT }, (_, i) => `c/${i}`)];
writeFileSync(join(folder, 'passwords'), names.map((name) => `${name}:${name}\n`).join(''), { mode: 0o600 });
execFileSync('mosquitto_passwd', ['-U', join(folder, 'passwords')]);
writeFileSync(join(folder, 'mosquitto.conf'), `per_listener_settings false
allow_anonymous false
password_file ${folder}/passwords
user root
plugin ${plugin}
plugin_opt_store ${folder}/practice.db
listener ${port} 127.0.0.1
`);
const where = existsSync('/usr/sbin/mosquitto') ? '/usr/sbin/mosquitto' : 'mosquitto';
const broker = spawn(where, ['-c', join(folder, 'mosquitto.conf')], { stdio: 'ignore' });
try {
  await until(() => existsSync(join(folder, 'practice.db')), 'the broker');
  await test(folder, port);
  console.log(`${COUNT} clients: each got what was for it`);
} finally {
  broker.kill('SIGTERM');
  if (broker.exitCode === null) await new Promise((done) => { broker.once('exit', done); });
  rmSync(folder, { recursive: true, force: true });
}
