import { effect, signal } from '@preact/signals';
import { render } from 'preact';
import { Inspection } from './inspection.ts';
import { Connection, liveUrl } from './live/connection.ts';
import { Navigation, viewsOf } from './navigation.ts';
import { App } from './views/app.tsx';
import { PageContext } from './views/page-context.ts';

/** The longest that a page which is not painted keeps the process waiting, ms. */
const patience = 1000;

/** When the browser paints what has changed; it does not while nobody looks. */
function whenShown(done: () => void): void {
  let called = false;
  const once = () => {
    if (!called) done();
    called = true;
  };
  requestAnimationFrame(once);
  setTimeout(once, patience);
}

const wide = matchMedia('(min-width: 70rem)');
const hidden = signal(document.hidden);
const navigation = new Navigation(history, () => wide.matches);
const inspection = new Inspection((message) => connection.send(message), whenShown);
const connection = new Connection(liveUrl(location.href), (message) => inspection.feed.take(message));

effect(() => {
  if (connection.state.value.type === 'lost') inspection.lose();
});
effect(() => inspection.attach(navigation.place.value.session));
effect(() => inspection.feed.watch(viewsOf(navigation.place.value, hidden.value)));
effect(() => {
  document.title = inspection.hello.value?.title ?? 'genws inspector';
});

addEventListener('popstate', () => navigation.restore());
addEventListener('online', () => connection.dial());
document.addEventListener('visibilitychange', () => {
  hidden.value = document.hidden;
  if (!document.hidden) connection.dial();
});
setInterval(() => {
  connection.check();
  inspection.tick();
}, 1000);
connection.dial();

const root = document.getElementById('page');
if (root !== null) {
  render(
    <PageContext.Provider value={{ inspection, navigation, connection }}>
      <App />
    </PageContext.Provider>,
    root,
  );
}
