import type { Server as HttpServer, IncomingMessage } from 'node:http';
import type { AnyExitReason } from '@genws/actor';
import type { Opening } from '../opening/opening.ts';
import type { DrainOptions } from './drain.ts';

/** A server of ours on an HTTP server that is somebody else's, or another of ours. */
export interface Attachment {
  /** Whether an upgrade is for it. */
  claims(request: IncomingMessage): boolean;
  /** Whether it serves this path, and not just any. */
  isAt(target: string): boolean;
  /** Answer a request for a WebSocket that came over HTTP/2. */
  answer(opening: Opening): void;
  /** The HTTP server is about to end. */
  end(reason: AnyExitReason, options: DrainOptions): Promise<void>;
}

/** What is attached to an HTTP server. */
const attachments = new WeakMap<HttpServer, Set<Attachment>>();

/** All that is attached to an HTTP server. */
export const attachmentsOf = (http: HttpServer): readonly Attachment[] => [...(attachments.get(http) ?? [])];

/** The attachment that serves a path of an HTTP server, if one does. */
export function attachmentAt(http: HttpServer, target = '/'): Attachment | undefined {
  return attachmentsOf(http).find((attachment) => attachment.isAt(target));
}

/**
 * Claim upgrades of an HTTP server. What nobody claims stays a plain request, which the server's own routes answer:
 * without that, Node.js gives every upgrade away as soon as anybody listens, and nobody answers it. Where others listen
 * for upgrades too, whose are unknown, all are given away. Node.js before 22.21 does not ask.
 *
 * @returns what gives the claim up
 */
export function attach(http: HttpServer, attachment: Attachment): () => void {
  const attached = attachments.get(http) ?? install(http);
  attached.add(attachment);
  return () => void attached.delete(attachment);
}

function install(http: HttpServer): Set<Attachment> {
  const attached = new Set<Attachment>();
  attachments.set(http, attached);
  const before: unknown = Reflect.get(http, 'shouldUpgradeCallback');
  if (typeof before !== 'function') return attached;
  const isUpgrade = (request: IncomingMessage): boolean => {
    if (Reflect.apply(before, http, [request]) !== true) return false;
    return http.listenerCount('upgrade') > attached.size || [...attached].some((one) => one.claims(request));
  };
  Reflect.set(http, 'shouldUpgradeCallback', isUpgrade);
  return attached;
}
