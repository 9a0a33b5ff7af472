import type { Role } from '@genws/protocol';
import { describe, expect, it } from 'vitest';
import { commanded, startMachine, startOpen, timeouts } from './machine-paths.fixture.ts';

const roles: readonly Role[] = ['server', 'client'];

const tuned = commanded({ options: [{ heartbeat: 3000 }] });

describe.each(roles)('the statechart of a %s', (role) => {
  it('stays open when its idle timer fires and the peer has been heard meanwhile', () => {
    const { actor, lane, clock, count } = startOpen(role);
    lane.silence = 500;
    clock.increment(timeouts.idleTimeout);
    expect(actor.getSnapshot().value).toBe('open');
    expect(clock.pending).toBe(2);
    lane.silence = 0;
    lane.answers.push(true);
    clock.increment(499);
    clock.turn();
    expect(actor.getSnapshot().value).toBe('open');
    clock.increment(1);
    expect(actor.getSnapshot().value).toBe('open');
    clock.turn();
    expect(actor.getSnapshot().value).toEqual({ closing: 'handshake' });
    expect(count('sendClose')).toBe(1);
  });

  it('takes a second look, one turn later, before it calls a peer silent', () => {
    const { actor, lane, clock, count } = startOpen(role);
    lane.silences.push(0);
    lane.silence = 300; // what lay unread while the process was stalled
    clock.increment(timeouts.idleTimeout);
    clock.turn();
    expect(actor.getSnapshot().value).toBe('open');
    clock.increment(299);
    expect(count('sendClose')).toBe(0);
    lane.silence = 0;
    clock.increment(1);
    clock.turn();
    expect(actor.getSnapshot().value).toEqual({ closing: 'handshake' });
    expect(actor.getSnapshot().context.exit).toEqual({ type: 'timeout', timeout: 'idle' });
  });

  it('sends a ping each heartbeat, as long as each is answered', () => {
    const { actor, lane, clock, count } = startOpen(role);
    lane.silence = 1000;
    for (let beats = 0; beats < 10; beats++) {
      expect(count('beat')).toBe(beats);
      clock.increment(timeouts.heartbeat);
      clock.turn();
    }
    expect(actor.getSnapshot().value).toBe('open');
    expect(clock.pending).toBe(2);
  });

  it('drops the connection of a peer that has not answered a ping when the next is due, at the second look', () => {
    const { actor, lane, clock, count } = startOpen(role);
    lane.silence = 10_000;
    lane.answers.push(true, false, true, false, false);
    for (const beats of [1, 2]) {
      clock.increment(timeouts.heartbeat);
      clock.turn(); // the second time the answer lay unread
      expect([actor.getSnapshot().value, count('beat')]).toEqual(['open', beats]);
    }
    clock.increment(timeouts.heartbeat);
    expect(actor.getSnapshot().value).toBe('open');
    clock.turn();
    expect(actor.getSnapshot().value).toEqual({ closing: 'terminating' });
    expect(actor.getSnapshot().context.exit).toEqual({ type: 'timeout', timeout: 'heartbeat' });
    expect(lane.done.indexOf('abortTransport')).toBeGreaterThan(lane.done.indexOf('sendClose'));
  });

  it('has no heartbeat where none is asked for, and has one from when it is', () => {
    const { actor, lane, clock, count } = startMachine(role);
    lane.tuning.heartbeat = Number.POSITIVE_INFINITY;
    lane.silence = 1000;
    actor.send({ type: 'handler.settled' });
    actor.send({ type: 'activate' });
    expect(clock.pending).toBe(1);
    clock.increment(2 ** 30);
    expect(count('beat')).toBe(0);
    lane.tuning.heartbeat = 3000;
    actor.send(tuned);
    expect([count('tune'), clock.pending]).toEqual([1, 2]);
    clock.increment(3000);
    expect(count('beat')).toBe(1);
    lane.tuning.heartbeat = Number.POSITIVE_INFINITY;
    actor.send(tuned);
    expect(clock.pending).toBe(1);
  });

  it('has one timer of a kind, whenever its options change', () => {
    for (const silence of [0, 300]) {
      const { actor, lane, clock } = startOpen(role);
      clock.increment(timeouts.heartbeat); // both timers have fired: second looks are due
      actor.send(tuned);
      lane.silence = silence;
      clock.turn();
      expect([actor.getSnapshot().value, clock.pending]).toEqual(['open', 2]);
      clock.turn();
      expect(actor.getSnapshot().value).toEqual(silence > 0 ? 'open' : { closing: 'handshake' });
    }
  });

  it('counts the time that its peer is not read from the last time that it has sent too much', () => {
    const { actor, clock } = startOpen(role);
    const throttled = (): boolean => actor.getSnapshot().context.throttled;
    actor.send({ type: 'peer.throttled', ms: 500 });
    clock.increment(400);
    actor.send({ type: 'peer.throttled', ms: 700 });
    clock.increment(699);
    expect([throttled(), clock.pending]).toEqual([true, 3]);
    clock.increment(1);
    expect([throttled(), clock.pending]).toEqual([false, 2]);
  });

  it('does not mind a deadline that is infinite, or past', () => {
    for (const silenceLeft of [Number.POSITIVE_INFINITY, -5]) {
      const { actor, lane, clock } = startMachine(role);
      lane.silence = silenceLeft;
      lane.tuning.heartbeat = Number.POSITIVE_INFINITY;
      actor.send({ type: 'handler.settled' });
      actor.send({ type: 'activate' });
      clock.increment(2 ** 31 - 2);
      clock.turn();
      clock.turn();
      expect(actor.getSnapshot().value).toEqual(silenceLeft > 0 ? 'open' : { closing: 'handshake' });
    }
  });
});
