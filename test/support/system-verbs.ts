import {
  codeChange,
  defineHandler,
  getState,
  replaceState,
  resume,
  type SessionRef,
  suspend,
  trace,
} from '@genws/session';

/** All that can be asked of a session, as questions of one kind: each changes as little as it can. */
export const systemVerbs: Readonly<Record<string, (session: SessionRef<string>) => Promise<unknown>>> = {
  getState: (session) => getState(session),
  replaceState: (session) => replaceState(session, (state) => state),
  suspend: (session) => suspend(session),
  resume: (session) => resume(session),
  trace: (session) => trace(session, undefined),
  codeChange: (session) => codeChange(session, successor),
};

/** A handler of strings that does nothing. */
export const successor = defineHandler<unknown, string>({
  init: () => ['ok', undefined],
  handleIn: (_, state) => ['ok', state],
  handleInfo: (_, state) => ['ok', state],
});

/** What has become of questions by now: `waits`, `done`, or the code of a `CallError`. */
export function watchAll(questions: Readonly<Record<string, Promise<unknown>>>): Readonly<Record<string, string>> {
  const outcomes: Record<string, string> = {};
  for (const [name, question] of Object.entries(questions)) {
    outcomes[name] = 'waits';
    question.then(
      () => {
        outcomes[name] = 'done';
      },
      (error: unknown) => {
        outcomes[name] = codeOf(error);
      },
    );
  }
  return outcomes;
}

const codeOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : String(error);

/** Ask everything at once. */
export const askAll = (session: SessionRef<string>): Readonly<Record<string, string>> =>
  watchAll(Object.fromEntries(Object.entries(systemVerbs).map(([name, ask]) => [name, ask(session)])));

/** That all questions have come to the same. */
export const all = (outcome: string): Record<string, string> =>
  Object.fromEntries(Object.keys(systemVerbs).map((name) => [name, outcome]));
