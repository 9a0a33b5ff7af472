// WebSockets over streams of HTTP/2 (RFC 8441), on servers and connections of your own.

export { connectOver } from '../connecting/connect-over.ts';
export type { ClientSessionOptions } from '../connecting/open-client.ts';
export { acceptHttp2 } from '../server/accept-http2.ts';
export { Http2Transport } from './http2-stream.ts';
