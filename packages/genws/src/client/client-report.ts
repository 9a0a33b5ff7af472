import { deliver, type Report } from '@genws/actor';
import type { ClientContext } from './client-context.ts';
import { type ClientFailure, describeFailure, isOurs } from './retry-policy.ts';

/** What an action of a client's is given. */
export interface Scope {
  readonly context: ClientContext;
  readonly self: { readonly id: string };
}

type ClientReport = (context: ClientContext, failure: ClientFailure) => Omit<Report, 'fields'> | undefined;

/** Report what has happened to a client. Which server it is about is not said: URLs hold tokens. */
export function report({ context, self }: Scope, about: ClientReport): void {
  const { failure, attempt, failures } = context;
  const made = failure && about(context, failure);
  if (failure === undefined || made === undefined) return;
  const fields = { client: self.id, attempt, failures, reason: failure.type, ...particulars(failure) };
  deliver(context.input.logger, { ...made, fields });
}

function particulars(failure: ClientFailure): NonNullable<Report['fields']> {
  if (failure.type === 'remote') return { code: failure.code };
  if (failure.type !== 'connectFailed') return {};
  return { code: failure.error.code, status: failure.error.response?.status };
}

/** It is not connected, and did not want that. A crash of the handler has been reported by its session. */
export const down: ClientReport = (_context, failure) => {
  if (isOurs(failure)) return undefined;
  const text = describeFailure(failure);
  if (failure.type !== 'prepareFailed') return { level: 'info', event: 'client.down', text };
  return { level: 'error', event: 'client.down', text, error: failure.error };
};

/** It will try again. */
export const reconnecting: ClientReport = ({ delay = 0, attempt }) => ({
  level: 'info',
  event: 'client.reconnecting',
  text: `attempt ${attempt + 1} in ${Math.round(delay)} ms`,
});

/** It will not. */
export const gaveUp: ClientReport = ({ attempt }, failure) => {
  if (isOurs(failure)) return undefined;
  const text = `no attempt after the one with number ${attempt}: ${describeFailure(failure)}`;
  return { level: 'warn', event: 'client.gaveUp', text };
};
