// The page of examples/web in headless Chromium: the whole story by keyboard alone, and what axe-core says of it.
//
// Usage: web_test.mjs NPM PYTHON PLUGIN PROGRAM [SCREENSHOTS]
// NPM: the folder with node_modules. SCREENSHOTS: a folder for pictures of what was seen.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const [npm, python, plugin, program, screenshots] = process.argv.slice(2);
const require = createRequire(resolve(npm, 'package.json'));
const { chromium } = require('playwright-core');
const AXE = require.resolve('axe-core/axe.min.js');
const PATIENCE = 30000;
const MARKUP = `<img src=x onerror="document.title='owned'">`;
const FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync'];

/** Starts the demo, and gives its address. */
async function startDemo() {
  const demo = spawn(python, ['-B', join(import.meta.dirname, '../examples/web/demo.py'), plugin, program,
    resolve(npm, 'node_modules/mqtt/dist/mqtt.min.js')], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  for await (const part of demo.stdout) {
    said += part;
    if (said.includes('\n')) return { demo, url: said.split(' ')[0] };
  }
  throw new Error('the demo did not start');
}

const ended = (child) => new Promise((done) => { child.once('exit', done); });

/** What a person does who has no mouse. */
function keyboard(page) {
  const focused = (target) => target.evaluate((element) => element === document.activeElement);
  return {
    async reach(target) {
      await target.waitFor({ timeout: PATIENCE });
      for (let i = 0; i < 300; ++i) {
        if (await focused(target)) return target;
        await page.keyboard.press('Tab');
      }
      throw new Error(`no way to ${target} by keyboard`);
    },
    async press(target, key = 'Enter') {
      await this.reach(target);
      await page.keyboard.press(key);
    },
    async type(target, text) {
      await this.reach(target);
      await page.keyboard.press('Control+A');
      await page.keyboard.insertText(text);
    },
  };
}

/** No fault that axe-core knows, in light and dark, on a screen and on a phone; and nothing sticks out. */
async function looksRight(page, name) {
  for (const [width, height, size] of [[1280, 900, 'screen'], [375, 740, 'phone']]) {
    await page.setViewportSize({ width, height });
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme });
      if (!await page.evaluate(() => 'axe' in window)) await page.addScriptTag({ path: AXE });
      const { violations } = await page.evaluate(() => window.axe.run());
      assert.deepEqual(violations.map((v) => [v.id, v.nodes[0].html]), [], `${name}, ${size}, ${colorScheme}`);
      if (screenshots) {
        await page.screenshot({ path: join(screenshots, `${name}-${size}-${colorScheme}.png`), fullPage: true });
      }
    }
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${name}, ${size}`);
  }
}

const see = (where, text) => where.filter({ hasText: text }).first().waitFor({ timeout: PATIENCE });

/** Chooses, writes, sends and takes back: the draft is as it was. `cut` cuts the line once meanwhile. */
async function sendAndUndo(page, by, cut) {
  const button = (name) => page.getByRole('button', { name, exact: true });
  const preview = page.locator('#preview');

  // Choose: all active, but Björn.
  await by.press(button('All active'));
  await see(preview, '900 clients will receive it');
  await see(preview, 'Left out: 100 archived.');
  await by.type(page.getByLabel('Find a client'), 'björn kowal');
  const tick = page.getByLabel('Björn Kowalczuk c8', { exact: true });
  await by.press(tick, 'Space');
  await see(preview, '899 clients will receive it');
  await see(preview, '1 deselected');
  await by.press(page.getByText('Who is left out, and why'));
  await see(page.locator('#left-out li'), 'Björn Kowalczuk: deselected');
  await see(page.locator('#left-out li'), ': archived');
  await by.press(button('Disconnect Noémie Ozoliņš'));
  if (cut) {
    // A line that breaks while something is asked: said, and all goes on when it is back.
    await by.reach(tick);
    await page.keyboard.press('Space');
    cut();
    await see(page.locator('#status'), 'connection');
    await page.locator('#provider.online').waitFor({ timeout: PATIENCE });
    await by.press(button('All active'));
    await see(preview, '900 clients will receive it');
    await by.press(tick, 'Space');
    await see(preview, '899 clients will receive it');
  }

  // Send, and undo: nobody has it, and it is a draft as it was.
  const message = page.getByLabel('Message', { exact: true });
  await by.type(message, `Oh no ${MARKUP}`);
  await by.press(button('Send to 899'));
  await see(page.locator('.blast'), 'Goes out in');
  await by.press(button('Undo'));
  await see(preview, '899 clients will receive it');
  assert.equal(await message.inputValue(), `Oh no ${MARKUP}`);
  assert.equal(await page.locator('.thread').count(), 0);
}

async function wholeStory(page, by) {
  const button = (name) => page.getByRole('button', { name, exact: true });
  const pane = (name) => page.locator('.pane').filter({ has: page.getByRole('heading', { name }) });
  const message = page.getByLabel('Message', { exact: true });
  await looksRight(page, 'empty');
  await sendAndUndo(page, by);

  // Send, and let it go.
  await by.type(message, `Closed on Monday ${MARKUP}`);
  await by.press(button('Send to 899'));
  await see(page.locator('.blast'), '899 of 899 clients have it. 0 read, 0 replied.');
  const ana = pane('Ana Ionescu');
  await see(ana.locator('summary'), 'Closed on Monday');
  await see(ana.locator('.badge'), '1 new');
  assert.equal(await page.locator('.thread').count(), 1);
  for (const name of ['Björn Kowalczuk', 'Tomás Lefèvre-Blanc', 'Noémie Ozoliņš']) await see(pane(name), 'No messages.');
  await by.press(button('Connect Noémie Ozoliņš'));
  await see(pane('Noémie Ozoliņš').locator('summary'), 'Closed on Monday');

  // Open, reply, be answered; nobody else sees it.
  await by.press(ana.locator('summary'));
  await see(ana.locator('.messages .text'), MARKUP);
  await by.type(ana.getByLabel('Your reply'), `Thank you ${MARKUP}`);
  await by.press(ana.getByRole('button', { name: 'Reply' }));
  const replies = page.locator('#replies');
  await see(replies, 'Ana Ionescu');
  await see(page.locator('.blast'), '1 read, 1 replied.');
  await by.press(replies.locator('summary'));
  await see(replies.locator('.messages .text'), `Thank you ${MARKUP}`);
  await by.type(replies.getByLabel('Reply to Ana Ionescu'), 'You are welcome.');
  await by.press(replies.getByRole('button', { name: 'Reply' }));
  await see(ana.locator('.messages .text'), 'You are welcome.');
  assert.equal(await ana.locator('.messages li').count(), 3);
  assert.equal(await pane('Noémie Ozoliņš').locator('.thread').count(), 1);
  assert.doesNotMatch(await pane('Noémie Ozoliņš').innerText(), /Thank you|You are welcome/);
  await looksRight(page, 'answered');

  // Take it back.
  await by.press(button('Recall'));
  await by.press(button('Take it back from everybody?'));
  await see(page.locator('.blast'), 'Taken back from 899 clients.');
  await see(ana.locator('.messages .removed'), 'This message was taken back.');
  await see(pane('Noémie Ozoliņš').locator('summary'), 'This message was taken back.');
  assert.doesNotMatch(await page.locator('#clients').innerText(), /Closed on Monday/);
  await looksRight(page, 'recalled');

  // Texts stayed texts.
  assert.equal(await page.title(), 'bccast over Mosquitto');
  assert.equal(await page.locator('img').count(), 0);
  assert.equal(await page.locator('#status').innerText(), '');
}

/** Every message between page and broker takes so long, as it does over a telephone. The function that it resolves to
 * cuts the page's newest line, with what is under way on it. */
async function slowLine(page, delayMs) {
  const lines = [];
  await page.routeWebSocket(/./, (near) => {
    const far = near.connectToServer();
    near.onMessage((message) => setTimeout(() => far.send(message), delayMs));
    far.onMessage((message) => setTimeout(() => near.send(message), delayMs));
    lines.push(near);
  });
  return () => lines.forEach((near) => near.close());
}

/** The page looks at its list of blasts again at once, not after five seconds: so it does come between all else. */
async function lookAllTheTime(page) {
  await page.addInitScript(() => {
    const real = window.setTimeout;
    window.setTimeout = (act, ms, ...rest) => real(act, ms === 5000 ? 20 : ms, ...rest);
  });
}

/** Shows the page to a story; over a slow line that breaks once when there is a delay. */
async function seeStory(story, delayMs = 0) {
  const profile = mkdtempSync(join(tmpdir(), 'bccast-web.'));
  const { demo, url } = await startDemo();
  let browser;
  try {
    browser = await chromium.launchPersistentContext(profile, {
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: FLAGS, timeout: PATIENCE });
    const page = await browser.newPage();
    const faults = [];
    page.on('pageerror', (error) => faults.push(error.message));
    page.on('console', (line) => line.type() === 'error' && faults.push(line.text()));
    let cut;
    if (delayMs) {
      cut = await slowLine(page, delayMs);
      await lookAllTheTime(page);
    }
    await page.goto(url);
    await see(page.locator('#roster li label'), '');
    await story(page, keyboard(page), cut);
    assert.deepEqual(faults, []);
  } finally {
    await browser?.close();
    demo.kill('SIGTERM');
    await ended(demo);
    rmSync(profile, { recursive: true, force: true });
  }
  console.log(`${story.name} was seen, with ${2 * delayMs} ms between a question and its answer`);
}

await seeStory(wholeStory);
await seeStory(sendAndUndo, 100);
