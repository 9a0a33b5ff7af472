import { close, defineHandler, type Handler, type Session, send, stop } from '@genws/session';
import { binary, text } from 'genws';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { LogEntry } from '../protocol.ts';
import { hideAll, quiet, showAll, startPair, startQuiet } from '../session.fixture.ts';
import { SessionWatch } from './session-watch.ts';

/** Counts what it is told, answers texts, and fails when it is asked to; a message of bytes keeps it busy. */
function createCounter() {
  let release = (): void => {};
  const handler = defineHandler<number, string>({
    init: () => ['ok', 0],
    handleIn(frame, count) {
      if (frame.type === 'binary') {
        return new Promise((resolve) => {
          release = () => resolve(['ok', count + 1]);
        });
      }
      return frame.type === 'text' ? ['reply', text(`${count}`), count + 1] : ['ok', count];
    },
    handleInfo(message, count) {
      if (message === 'fail') throw new Error('as I was told');
      return ['ok', count + 10];
    },
  });
  return { handler, release: () => release() };
}

/** What entries say in short. */
const brief = (entries: readonly LogEntry[]): string[] =>
  entries.map(({ kind, name, size, failed }) =>
    [kind, name, size, failed ? 'failed' : undefined].filter(Boolean).join(' '),
  );

/** Whether anybody still hears of what a session does. */
const inspected = ({ system }: Session<never>): unknown => Reflect.get(system, 'inspected');

const watch = (session: Session<never>, redact = showAll): SessionWatch => new SessionWatch(session, redact);

/** A session whose handler is busy until `release`, watched meanwhile; time passes when the test says so. */
async function watchBusy() {
  vi.useFakeTimers({ toFake: ['setTimeout'] });
  const { handler, release } = createCounter();
  const { session, client } = startPair(handler);
  send(client, binary(Buffer.alloc(1)));
  await quiet();
  return { session, watched: watch(session), release };
}

/** The detail of a session, once its state has been asked for. */
async function detailOf(watched: SessionWatch): Promise<SessionWatch['detail']> {
  void watched.detail;
  await quiet();
  return watched.detail;
}

afterEach(() => {
  vi.useRealTimers();
});

describe('a session that is watched', () => {
  it('is seen to be given frames, to be called and to reply, in this order, with sizes', async () => {
    const { session, client } = startPair(createCounter().handler);
    const watched = watch(session);
    await quiet();
    send(client, text('hello'));
    await quiet();
    const { entries, lost } = watched.take();
    expect(brief(entries)).toEqual(['in text 5', 'call handleIn', 'out text 1']);
    expect(entries.map(({ value }) => value)).toEqual([
      { type: 'text', value: 'hello' },
      undefined,
      { type: 'text', value: '0' },
    ]);
    expect([entries[1]?.duration, lost]).toEqual([expect.any(Number), 0]);
    expect(watched.take()).toEqual({ entries: [], lost: 0 });
    watched.stop();
  });

  it('is seen to get messages, and to send what others make it send', async () => {
    const { session } = startPair(createCounter().handler);
    const watched = watch(session);
    await quiet();
    session.send({ type: 'info', message: 'news' });
    send(session, [text('one'), binary(Buffer.alloc(300))]);
    await quiet();
    expect(brief(watched.take().entries)).toEqual(['event info', 'call handleInfo', 'out text 3', 'out binary 300']);
    watched.stop();
  });

  it('is seen to fail, and in which states it is on its way to its end', async () => {
    const { session } = startPair(createCounter().handler);
    const watched = watch(session);
    await quiet();
    session.send({ type: 'info', message: 'fail' });
    await session.exited();
    const { entries } = watched.take();
    expect(brief(entries)).toEqual([
      'event info',
      'call handleInfo failed',
      'state closing.disconnect',
      'event transport.closed',
      'event handler.terminated',
      'state closing.terminating',
      'state closed',
    ]);
    expect(entries[1]?.value).toMatchObject({ value: expect.stringContaining('Error: as I was told\n') });
    expect(watched.detail).toMatchObject({ id: session.id, active: ['closed'], exit: { type: 'object' } });
    watched.stop();
  });

  it('is seen in the state it is in, at first and after each transition', async () => {
    const session = startQuiet();
    const watched = watch(session);
    expect(watched.detail.active).toEqual(['open']);
    close(session);
    expect(watched.detail.active).toEqual(['closing', 'closing.handshake']);
    await session.exited();
    expect(brief(watched.take().entries)).toContain('state closing.handshake');
    expect(watched.detail).toMatchObject({ active: ['closed'], exit: { entries: [['type', { value: 'normal' }]] } });
    watched.stop();
  });

  it('tells the state of its handler, asked anew after each call', async () => {
    const { session, client } = startPair(createCounter().handler);
    const watched = watch(session);
    await quiet();
    expect((await detailOf(watched)).state).toEqual({ type: 'number', value: '0' });
    send(client, text('one more'));
    await quiet();
    expect((await detailOf(watched)).state).toEqual({ type: 'number', value: '1' });
    expect(brief(watched.take().entries)).toEqual(['in text 8', 'call handleIn', 'out text 1']);
    watched.stop();
  });

  it('is not asked for its state as long as nothing has happened', async () => {
    const session = startQuiet();
    const asked: string[] = [];
    session.system.inspect(({ type, ...event }) => {
      if (type === '@xstate.event' && 'event' in event) asked.push(event.event.type);
    });
    const watched = watch(session);
    await quiet();
    for (let times = 0; times < 5; times++) await detailOf(watched);
    expect(asked).toEqual(['system', 'system']); // to be traced, and for its state
    watched.stop();
  });

  it('J14: shows no payload, message, state, error or reason of its end by default', async () => {
    const secret = 'hunter2';
    const handler: Handler<{ secret: string }, string> = {
      init: () => ['ok', { secret }],
      handleIn: (frame, state) => ['reply', frame, state],
      handleInfo: () => {
        throw new Error(secret);
      },
    };
    const { session, client } = startPair(handler);
    const watched = watch(session, hideAll);
    await quiet();
    send(client, text(secret));
    send(session, text(secret));
    await quiet();
    const details = [await detailOf(watched)];
    session.send({ type: 'info', message: secret });
    await session.exited();
    details.push(watched.detail);
    expect(details.map(({ state, exit }) => [state, exit])).toEqual([
      [{ type: 'hidden', value: 'Object' }, undefined],
      [
        { type: 'hidden', value: 'Object' },
        { type: 'hidden', value: 'crash' },
      ],
    ]);
    const { entries } = watched.take();
    expect(entries.length).toBeGreaterThan(8);
    expect(JSON.stringify([entries, details])).not.toContain(secret);
    watched.stop();
  });
});

describe('a session that is watched and busy', () => {
  it('J13: tells 200 entries at a time, and how many more there were, which nobody looks at', async () => {
    const { session } = startPair(createCounter().handler);
    let looks = 0;
    const watched = new SessionWatch(session, (value) => {
      looks++;
      return value;
    });
    await quiet();
    for (let count = 0; count < 1000; count++) session.send({ type: 'info', message: 'news' });
    await quiet();
    const { entries, lost } = watched.take();
    expect([entries.length, lost, looks]).toEqual([200, 1800, 100]);
    session.send({ type: 'info', message: 'news' });
    expect(watched.take()).toMatchObject({ entries: [{ name: 'info' }, { name: 'handleInfo' }], lost: 0 });
    watched.stop();
  });

  it('is not waited for: its transitions are seen at once, its calls and its state when it is free again', async () => {
    const { session, watched, release } = await watchBusy();
    for (let second = 0; second < 10; second++) {
      expect(await detailOf(watched)).toMatchObject({ active: ['open'], state: undefined });
      vi.advanceTimersByTime(1000);
    }
    session.send({ type: 'info', message: 'news' });
    expect(brief(watched.take().entries)).toEqual(['event info']);
    release();
    await quiet();
    expect(brief(watched.take().entries)).toEqual(['event handler.resolved', 'call handleInfo']);
    expect((await detailOf(watched)).state).toEqual({ type: 'number', value: '11' });
    watched.stop();
  });

  it('is not traced when nobody watches any more by the time it is free again', async () => {
    const { session, watched, release } = await watchBusy();
    vi.advanceTimersByTime(10_000);
    await quiet();
    watched.stop();
    release();
    await quiet();
    session.send({ type: 'info', message: 'news' });
    await quiet();
    expect(watched.take().entries).toEqual([]);
  });
});

describe('the end of a watch', () => {
  it('leaves no inspector and no trace behind', async () => {
    const { session, client } = startPair(createCounter().handler);
    expect(inspected(session)).toBe(false);
    const watched = watch(session);
    const other = watch(session);
    await quiet();
    expect(inspected(session)).toBe(true);
    watched.stop();
    await quiet();
    send(client, text('hello'));
    await quiet();
    expect(watched.take()).toEqual({ entries: [], lost: 0 });
    expect(brief(other.take().entries)).toContain('in text 5');
    other.stop();
    await quiet();
    expect(inspected(session)).toBe(false);
    send(client, text('hello'));
    await quiet();
    expect(other.take()).toEqual({ entries: [], lost: 0 });
  });

  it('may come after that of the session', async () => {
    const session = startQuiet();
    const watched = watch(session);
    stop(session);
    await session.exited();
    watched.stop();
    expect(inspected(session)).toBe(false);
  });

  it('of a session that was over before it began shows how that ended', async () => {
    const session = startQuiet();
    session.stop();
    const watched = watch(session);
    await quiet();
    expect(watched.detail).toMatchObject({ exit: { entries: [['type', { value: 'killed' }]] }, state: undefined });
    watched.stop();
  });
});
