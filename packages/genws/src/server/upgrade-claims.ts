import type { Server as HttpServer, IncomingMessage } from 'node:http';

/** Whether an upgrade is for one of those who listen for upgrades. */
type Claim = (request: IncomingMessage) => boolean;

/** Who has claimed upgrades of an HTTP server that is somebody else's. */
const claimsOf = new WeakMap<HttpServer, Set<Claim>>();

/**
 * Claim the upgrades of an HTTP server that are ours. What nobody claims stays a plain request, which the server's own
 * routes answer: without that, Node.js gives every upgrade away as soon as anybody listens, and nobody answers it. Where
 * others listen for upgrades too, whose are unknown, all are given away. Node.js before 22.21 does not ask.
 *
 * @returns what gives the claim up
 */
export function claimUpgrades(http: HttpServer, claim: Claim): () => void {
  const claims = claimsOf.get(http) ?? install(http);
  claims.add(claim);
  return () => void claims.delete(claim);
}

function install(http: HttpServer): Set<Claim> {
  const claims = new Set<Claim>();
  claimsOf.set(http, claims);
  const before: unknown = Reflect.get(http, 'shouldUpgradeCallback');
  if (typeof before !== 'function') return claims;
  const isUpgrade = (request: IncomingMessage): boolean => {
    if (Reflect.apply(before, http, [request]) !== true) return false;
    return http.listenerCount('upgrade') > claims.size || [...claims].some((claim) => claim(request));
  };
  Reflect.set(http, 'shouldUpgradeCallback', isUpgrade);
  return claims;
}
