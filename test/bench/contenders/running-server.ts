import type { TlsFiles } from '../../../compliance/subjects/tls-files.ts';
import { Child } from '../child.ts';
import type { Target } from '../generator/load.ts';
import type { Contender } from './contender.ts';
import { forgetNames, namesFunctions } from './perf.ts';
import type { Question, SelfReport } from './self-report.ts';

const preload = new URL('./self-report.ts', import.meta.url).href;

/** What a workload needs of its servers. */
export interface ServerNeeds {
  readonly tls?: TlsFiles | undefined;
  readonly compress?: boolean;
  readonly http2?: boolean;
  /** The server must be able to tell what it holds, or how often it has written. */
  readonly asks?: Question;
  /** It is to be profiled. */
  readonly profile?: boolean | undefined;
}

/** A contender's server that runs, in a process of its own. */
export class RunningServer implements AsyncDisposable {
  readonly target: Target;
  readonly #child: Child | undefined;
  readonly #asks: Question | undefined;

  private constructor(target: Target, child?: Child, asks?: Question) {
    this.target = target;
    this.#child = child;
    this.#asks = asks;
  }

  /** Start it on a free port, unless it runs already. */
  static async start({ server, bare = false, env = {} }: Contender, needs: ServerNeeds = {}): Promise<RunningServer> {
    if (typeof server !== 'string') {
      const { url, pid } = server;
      const secure = url.protocol === 'wss:';
      return new RunningServer({
        host: url.hostname,
        port: Number(url.port || (secure ? 443 : 80)),
        secure,
        bare,
        pid,
      });
    }
    const { tls, compress = false, http2 = false, asks, profile = false } = needs;
    const child = new Child(server, {
      env: {
        PORT: '0',
        ...env,
        ...(compress && { COMPRESS: '1' }),
        ...(http2 && { HTTP2: '1' }),
        ...(tls && { TLS_KEY: tls.keyFile, TLS_CERT: tls.certFile }),
        ...(asks === 'writes' && { COUNT_WRITES: '1' }),
      },
      flags: [...(asks === 'memory' ? ['--expose-gc'] : []), ...(profile ? [namesFunctions] : []), '--import', preload],
    });
    const url = new URL(await child.printed(/\b(?:wss?|tcp|tls):\/\/\S+(?=\n)/));
    const target = { host: '127.0.0.1', port: Number(url.port), secure: tls !== undefined, bare, pid: child.pid };
    return new RunningServer(target, child, asks);
  }

  /** What it says of itself; nothing if others have started it. */
  async report(): Promise<SelfReport | undefined> {
    return this.#asks === undefined ? undefined : this.#child?.ask(this.#asks);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child === undefined) return;
    await this.#child[Symbol.asyncDispose]();
    await forgetNames(this.#child.pid);
  }
}
