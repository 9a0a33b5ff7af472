/** The actor whose code is running. */
let running: object | undefined;

/**
 * Run code as an actor's: as long as it runs, a `call` to that actor is refused, which could not be answered before the
 * code that waits for the answer is over. What the code does after an `await` is not covered. May be nested, as when the
 * code makes another actor run; throws what `code` throws.
 */
export function runAs<Result>(actor: object, code: () => Result): Result {
  const outer = enterActor(actor);
  try {
    return code();
  } finally {
    leaveActor(outer);
  }
}

/** {@link runAs} for who calls code so often that a closure for it counts. Returns what {@link leaveActor} is to get. */
export function enterActor(actor: object): object | undefined {
  const outer = running;
  running = actor;
  return outer;
}

/** The code is over. */
export function leaveActor(outer: object | undefined): void {
  running = outer;
}

/** The actor whose code is running right now, as far as {@link runAs} was told. */
export const runningActor = (): object | undefined => running;
