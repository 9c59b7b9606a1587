// Who is on the page, and where the broker is, comes from the program that serves it.
import { clientPane } from './client.js';
import { providerPane } from './provider.js';
import { find, safely } from './show.js';

safely(async () => {
  const { port, provider, clients } = await (await fetch('practice.json')).json();
  const url = `ws://${location.hostname}:${port}`;
  providerPane(url, provider);
  find('#panes').append(...clients.map((user) => clientPane(url, user)));
})();
