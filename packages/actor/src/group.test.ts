import { describe, expect, it } from 'vitest';
import { createGroup } from './group.ts';
import { startListener } from './listener.fixture.ts';
import { broadcast, join, leave, members } from './membership.ts';
import { type InfoEvent, tell } from './message.ts';

describe('tell', () => {
  it('puts a message into the mailbox as an info event', () => {
    const events: unknown[] = [];
    tell({ send: (event: InfoEvent<string>) => events.push(event) }, 'hello');
    expect(events).toEqual([{ type: 'info', message: 'hello' }]);
  });

  it('drops what is told to the dead', () => {
    const heard: string[] = [];
    const listener = startListener((message) => heard.push(message));
    listener.stop();
    tell(listener, 'too late');
    expect(heard).toEqual([]);
  });
});

describe('a group', () => {
  it('is empty to begin with, and a broadcast in it reaches nobody', () => {
    const group = createGroup<string>();
    expect(group.size).toBe(0);
    expect(broadcast(group, 'anybody?')).toBe(0);
  });

  it('tells its members in the order in which they joined, each once', () => {
    const group = createGroup<string>();
    const heard: string[] = [];
    const names = ['c', 'a', 'b'];
    const listeners = names.map((name) => startListener((message) => heard.push(`${name} ${message}`)));
    for (const listener of listeners) join(group, listener);
    expect(broadcast(group, 'hello')).toBe(3);
    expect(heard).toEqual(['c hello', 'a hello', 'b hello']);
    expect(members(group)).toEqual(listeners);
  });

  it('leaves out the member that it is told to', () => {
    const group = createGroup<string>();
    const heard: string[] = [];
    const [sender, other] = ['sender', 'other'].map((name) => startListener(() => heard.push(name)));
    for (const listener of [sender, other]) if (listener !== undefined) join(group, listener);
    expect(broadcast(group, 'hello', sender === undefined ? {} : { except: sender })).toBe(1);
    expect(heard).toEqual(['other']);
  });

  it('tells a member that has joined twice once, and lets it go when it has left twice', () => {
    const group = createGroup<string>();
    const heard: string[] = [];
    const listener = startListener((message) => heard.push(message));
    join(group, listener);
    join(group, listener);
    expect(broadcast(group, 'one')).toBe(1);
    leave(group, listener);
    expect(broadcast(group, 'two')).toBe(1);
    leave(group, listener);
    expect(broadcast(group, 'three')).toBe(0);
    expect(heard).toEqual(['one', 'two']);
    expect(members(group)).toEqual([]);
  });

  it('does not mind who leaves without having joined, or leaves once more', () => {
    const group = createGroup<string>();
    const [member, stranger] = [startListener(), startListener()];
    join(group, member);
    leave(group, stranger);
    expect(group.size).toBe(1);
    leave(group, member);
    leave(group, member);
    join(group, member);
    expect(group.size).toBe(1);
  });

  it('loses a member that ends, however often it had joined', () => {
    const group = createGroup<string>();
    const listener = startListener();
    join(group, listener);
    join(group, listener);
    listener.stop();
    expect(group.size).toBe(0);
    leave(group, listener);
    expect(group.size).toBe(0);
  });

  it('loses a member that crashes', () => {
    const group = createGroup<string>();
    const listener = startListener(() => {
      throw new Error('boom');
    });
    const other = startListener();
    join(group, listener);
    join(group, other);
    broadcast(group, 'hello');
    expect(members(group)).toEqual([other]);
  });

  it('does not take the dead', () => {
    const group = createGroup<string>();
    const listener = startListener();
    listener.stop();
    join(group, listener);
    expect(group.size).toBe(0);
  });

  it('is not the only one: an actor can be in many, and leaves them one by one', () => {
    const groups = Array.from({ length: 3 }, () => createGroup<string>());
    const listener = startListener();
    for (const group of groups) join(group, listener);
    const [first] = groups;
    if (first !== undefined) leave(first, listener);
    expect(groups.map(({ size }) => size)).toEqual([0, 1, 1]);
    listener.stop();
    expect(groups.map(({ size }) => size)).toEqual([0, 0, 0]);
  });

  it('tells a message to who was in it when it was said: who joins on hearing it hears the next one', () => {
    const group = createGroup<string>();
    const heard: string[] = [];
    const late = startListener((message) => heard.push(`late ${message}`));
    const first = startListener((message) => {
      heard.push(`first ${message}`);
      join(group, late);
    });
    join(group, first);
    expect(broadcast(group, 'one')).toBe(1);
    expect(broadcast(group, 'two')).toBe(2);
    expect(heard).toEqual(['first one', 'first two', 'late two']);
  });

  it('tells a member once that leaves and joins again on hearing it', () => {
    const group = createGroup<string>();
    const heard: string[] = [];
    const fickle = startListener((message) => {
      heard.push(message);
      if (heard.length > 3) return;
      leave(group, fickle);
      join(group, fickle);
    });
    join(group, fickle);
    broadcast(group, 'hello');
    expect(heard).toEqual(['hello']);
  });
});
