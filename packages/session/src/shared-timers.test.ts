import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Deadline } from './deadline.ts';
import { SharedTimers } from './shared-timers.ts';

const told: [name: number, at: number][] = [];

class Bell extends Deadline {
  readonly name: number;
  readonly rings: () => void;

  constructor(name: number, rings = () => {}) {
    super();
    this.name = name;
    this.rings = rings;
  }

  override fire(): void {
    told.push([this.name, performance.now()]);
    this.rings();
  }
}

beforeEach(() => {
  told.length = 0;
  vi.useFakeTimers({ now: 0 });
});
afterEach(() => vi.useRealTimers());

describe('timers that sessions share', () => {
  it('are one of Node’s for all that wait for as long, and fire in turn, none early', () => {
    const timers = new SharedTimers();
    for (let i = 0; i < 1000; i++) {
      timers.set(new Bell(i), 50);
      if (i % 100 === 99) vi.advanceTimersByTime(1);
    }
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(100);
    expect(told.map(([name]) => name)).toEqual([...Array(1000).keys()]);
    for (const [name, at] of told) expect(at).toBeGreaterThanOrEqual(Math.floor(name / 100) + 50);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('share a queue, coarsely, from four seconds on', () => {
    const timers = new SharedTimers();
    for (let ms = 60_000; ms > 50_000; ms -= 7.3) timers.set(new Bell(ms), ms);
    expect(timers.size).toBeLessThan(160);
    vi.advanceTimersByTime(60_064);
    for (const [name, at] of told) expect(at - name).toBeLessThan(65);
    expect(told.length).toBe(1370);
  });

  it('do not fire once they are called off, and leave nothing behind when their time is over', () => {
    const timers = new SharedTimers();
    const bells = [1, 2, 3].map((name) => new Bell(name));
    for (const bell of bells) timers.set(bell, 10);
    for (const bell of bells) bell.callOff();
    for (const bell of bells) bell.callOff();
    expect([timers.size, vi.getTimerCount()]).toEqual([1, 1]);
    vi.advanceTimersByTime(100);
    expect([timers.size, vi.getTimerCount()]).toEqual([0, 0]);
    expect(told).toEqual([]);
  });

  it('take a timer that is left over, and are not due before their own time', () => {
    const timers = new SharedTimers();
    const calledOff = new Bell(1);
    timers.set(calledOff, 10);
    calledOff.callOff();
    vi.advanceTimersByTime(6);
    timers.set(new Bell(2), 10);
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(100);
    expect(told).toEqual([[2, 16]]);
  });

  it('keep the process alive as long as something is to come, and no longer', () => {
    vi.useRealTimers();
    const awake = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
    const timers = new SharedTimers();
    const before = awake();
    const bells = [1, 2].map((name) => new Bell(name));
    for (const bell of bells) timers.set(bell, 5000);
    expect(awake()).toBe(before + 1);
    for (const bell of bells) bell.callOff();
    expect(awake()).toBe(before);
    const last = new Bell(3);
    timers.set(last, 5000);
    expect(awake()).toBe(before + 1);
    last.callOff();
  });

  it('go on when one of them throws', () => {
    const timers = new SharedTimers();
    timers.set(
      new Bell(1, () => {
        throw new Error('broken');
      }),
      10,
    );
    timers.set(new Bell(2), 10);
    expect(() => vi.advanceTimersByTime(10)).toThrow('broken');
    vi.advanceTimersByTime(2);
    expect(told.map(([name]) => name)).toEqual([1, 2]);
  });

  it('fire each once, at its time, whatever is set and called off meanwhile', () => {
    const step = fc.record({
      ms: fc.integer({ min: 1, max: 30 }),
      off: fc.nat(40),
      pass: fc.nat(10),
      again: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        told.length = 0;
        const timers = new SharedTimers();
        const due = new Map<number, number>();
        const bells: Bell[] = [];
        for (const { ms, off, pass, again } of steps) {
          const bell: Bell = new Bell(bells.length, () => due.delete(bell.name));
          bells.push(bell);
          timers.set(bell, ms);
          due.set(bell.name, performance.now() + ms);
          const other = bells[off];
          if (other !== undefined && due.delete(other.name)) {
            other.callOff();
            if (again) {
              timers.set(other, ms);
              due.set(other.name, performance.now() + ms);
            }
          }
          vi.advanceTimersByTime(pass);
          for (const [, at] of due) expect(at).toBeGreaterThan(performance.now());
        }
        vi.advanceTimersByTime(100);
        expect([due.size, timers.size, vi.getTimerCount()]).toEqual([0, 0, 0]);
      }),
    );
  });
});
