import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { RuntimeSample } from '../protocol.ts';
import type { Census } from '../sessions/census.ts';
import { countOf, type Sources } from '../sources.ts';

/** How often the event loop's delay is taken, ms. */
const resolution = 10;

/** Takes samples of how the process is, each over the time since the one before. */
export class RuntimeProbe {
  readonly #sources: Sources;
  readonly #census: Census;
  readonly #delay = monitorEventLoopDelay({ resolution });
  #cpu = process.cpuUsage();
  #at = performance.now();
  #traffic;
  #started: number;

  constructor(sources: Sources, census: Census) {
    this.#sources = sources;
    this.#census = census;
    this.#traffic = census.traffic;
    this.#started = this.#startedSoFar();
    this.#delay.enable();
  }

  sample(): RuntimeSample {
    const seconds = Math.max((performance.now() - this.#at) / 1000, 0.001);
    const { user, system } = process.cpuUsage(this.#cpu);
    const { heapUsed: heap, rss } = process.memoryUsage();
    const { traffic } = this.#census;
    const started = this.#startedSoFar();
    const rate = (now: number, before: number): number => Math.max(0, (now - before) / seconds);
    const sample: RuntimeSample = {
      at: Date.now(),
      delayP50: late(this.#delay.percentile(50)),
      delayP99: late(this.#delay.percentile(99)),
      cpu: (user + system) / 1e6 / seconds,
      heap,
      rss,
      sessions: countOf(this.#sources),
      connections: rate(started, this.#started),
      messagesIn: rate(traffic.messagesIn, this.#traffic.messagesIn),
      messagesOut: rate(traffic.messagesOut, this.#traffic.messagesOut),
    };
    this.#delay.reset();
    this.#cpu = process.cpuUsage();
    this.#at = performance.now();
    this.#traffic = traffic;
    this.#started = started;
    return sample;
  }

  stop(): void {
    this.#delay.disable();
  }

  #startedSoFar(): number {
    let started = 0;
    for (const { sessions } of this.#sources.servers.values()) started += sessions.getSnapshot().context.started;
    return started;
  }
}

/** What is measured in ns includes the time between two looks. */
const late = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - resolution);
