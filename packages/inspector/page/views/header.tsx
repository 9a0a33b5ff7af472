import type { TargetedKeyboardEvent } from 'preact';
import { type Tab, tabs } from '../navigation.ts';
import { formatExact, formatMilliseconds, formatRate } from '../text/format.ts';
import { visibleText } from '../text/visible-text.ts';
import { usePage } from './page-context.ts';

/** The name of what is looked at, the way to the views, and how it is doing. */
export function Header() {
  const { inspection } = usePage();
  return (
    <header class="masthead">
      <h1 class="brand">
        <Emblem />
        <span>{visibleText(inspection.hello.value?.title ?? 'genws inspector')}</span>
      </h1>
      <TabList />
      <Pulse />
    </header>
  );
}

function Emblem() {
  return (
    <svg class="emblem" viewBox="0 0 32 32" width="22" height="22" aria-hidden="true">
      <path d="M9.5 11V8a3 3 0 0 1 3-3h7a3 3 0 0 1 3 3v2" />
      <path class="tip" d="M19.4 9l3.1 4 3.1-4z" />
      <circle class="lit" cx="9.5" cy="19" r="6.5" />
      <circle cx="22.5" cy="19" r="5" />
    </svg>
  );
}

function TabList() {
  const { navigation, inspection } = usePage();
  const { tab: current, session } = navigation.place.value;
  const labels: Readonly<Record<Tab, string>> = {
    sessions: 'Sessions',
    session: session === undefined ? 'Session' : `Session ${visibleText(session)}`,
    tree: 'Tree',
    runtime: 'Runtime',
  };
  const turn = (event: TargetedKeyboardEvent<HTMLElement>) => {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    const next = tabs.at((tabs.indexOf(current) + step) % tabs.length);
    if (step === 0 || next === undefined) return;
    event.preventDefault();
    navigation.go(next);
    document.getElementById(`tab-${next}`)?.focus();
  };
  const crashes = inspection.crashes.value.length;
  return (
    <div class="tabs" role="tablist" aria-label="Views" onKeyDown={turn}>
      {tabs.map((tab, index) => (
        <button
          key={tab}
          type="button"
          role="tab"
          id={`tab-${tab}`}
          data-testid={`tab-${tab}`}
          aria-selected={tab === current}
          aria-controls="view"
          tabIndex={tab === current ? 0 : -1}
          onClick={() => navigation.go(tab)}
        >
          <span class="tab-label">{labels[tab]}</span>
          {tab === 'tree' && crashes > 0 && <span class="badge alarm">{crashes}</span>}
          <span class="key" aria-hidden="true">
            {index + 1}
          </span>
        </button>
      ))}
    </div>
  );
}

/** How the process is doing, in three figures. */
function Pulse() {
  const { inspection } = usePage();
  const sample = inspection.sample.value;
  if (sample === undefined) return <p class="pulse" />;
  const { sessions, messagesIn, messagesOut, delayP99 } = sample;
  return (
    <p class="pulse" data-testid="pulse">
      <span>
        <b>{formatExact(sessions)}</b> {sessions === 1 ? 'session' : 'sessions'}
      </span>
      <span>
        <b>{formatRate(messagesIn + messagesOut)}</b> msg/s
      </span>
      <span title="Event-loop delay, 99th percentile">
        <b>{formatMilliseconds(delayP99)}</b> loop
      </span>
    </p>
  );
}
