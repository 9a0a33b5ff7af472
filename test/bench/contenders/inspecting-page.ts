/** Plays the inspector's page for the server at the URL given: watches all its views, and a session of its own. */
const url = process.argv[2] ?? '';

const other = new WebSocket(url);
await new Promise((resolve) => other.addEventListener('open', resolve));
setInterval(() => other.send('still here'), 1000);

const page = new WebSocket(`${url}/inspector/live`, 'genws.inspector');
const say = (message: object): void => page.send(JSON.stringify(message));
let attached = false;
page.addEventListener('message', ({ data }) => {
  const { type, sessions } = JSON.parse(data);
  if (type === 'hello')
    for (const view of ['sessions', 'tree', 'groups', 'runtime']) say({ type: 'watch', view, on: true });
  const [first] = sessions?.rows ?? [];
  if (!attached && first !== undefined) {
    attached = true;
    say({ type: 'attach', session: first.id });
    console.log('watching');
  }
  say({ type: 'ready' });
});
page.addEventListener('close', () => process.exit());
