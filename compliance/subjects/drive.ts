/** What a client under test can do. */
export interface EchoClient {
  /** Connect, and send every message back until the connection ends. */
  readonly echo: (url: URL) => Promise<void>;
  /** Connect, wait for the end, and tell the last text that came. */
  readonly listen: (url: URL) => Promise<string>;
}

/**
 * Take a client through all cases of a fuzzing server, so many at once, and have the reports written.
 *
 * @returns how many cases there were
 */
export async function drive(
  { echo, listen }: EchoClient,
  server: string,
  agent: string,
  atOnce: number,
): Promise<number> {
  const count = Number(await listen(new URL('/getCaseCount', server)));
  const numbers = Array.from({ length: count }, (_, at) => at + 1).values();
  const work = async (): Promise<void> => {
    for (const number of numbers) {
      const query = new URLSearchParams({ case: String(number), agent });
      await echo(new URL(`/runCase?${query}`, server));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  await listen(new URL(`/updateReports?${new URLSearchParams({ agent })}`, server));
  return count;
}
