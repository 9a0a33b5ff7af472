import {
  type Client,
  type ClientFailure,
  type ClientOptions,
  exit,
  type Frame,
  type Handler,
  type Report,
  startClient,
  type WithOpts,
} from 'genws';
import { onTestFinished } from 'vitest';
import { ManualClock } from './manual-clock.ts';
import { createRecording, type Recording, recordReports } from './recording.ts';

/** A client, and what a test holds of its surroundings. */
export interface TestClient<Info> {
  readonly client: Client<Info>;
  readonly clock: ManualClock;
  readonly reports: Report[];
  /** Resolves when its statechart is in a state: `waiting`, `connecting.dialling`; or has passed through it since. */
  reaches(state: string): Promise<void>;
  /** Resolves with the reason when it waits for its next attempt. */
  fails(): Promise<ClientFailure>;
}

/** Start a client for which time stands still, that has no luck with its jitter, and that ends with the test. */
export function startTestClient<State, Info, Opts>(
  url: string,
  options: ClientOptions<State, Info, Opts> & WithOpts<Opts>,
): TestClient<Info> {
  const clock = new ManualClock();
  const { logger, reports } = recordReports();
  const client = startClient<State, Info, Opts>(url, { clock, logger, random: () => 1, ...options });
  onTestFinished(() => exit(client, { type: 'killed' }));
  const reaches = (state: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const { value, status } = client.getSnapshot();
        const now = typeof value === 'string' ? value : `connecting.${value.connecting}`;
        if (now === state) resolve();
        else if (status !== 'active') reject(new Error(`the client has ended before it was ${state}`));
      };
      client.subscribe({ next: look, complete: look });
      look();
    });
  return {
    client,
    clock,
    reports,
    reaches,
    async fails() {
      await reaches('waiting');
      if (client.lastFailure === undefined) throw new Error('it waits for no reason');
      return client.lastFailure;
    },
  };
}

/** The same, with a handler that notes what happens. */
export function startRecordedClient(
  url: string,
  options: Partial<ClientOptions<undefined, Frame, unknown>> = {},
): TestClient<Frame> & Omit<Recording, 'handler'> {
  const { handler, ...recorded } = createRecording();
  const recording: Handler<undefined, Frame> = handler;
  return { ...startTestClient<undefined, Frame, unknown>(url, { handler: recording, ...options }), ...recorded };
}
