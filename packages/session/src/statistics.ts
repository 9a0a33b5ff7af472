/** What has passed through a session. */
export interface SessionStatistics {
  /** Ms since it began. */
  readonly uptime: number;
  /** Messages of the peer, and frames sent to it: pings, pongs and the close frame included. */
  readonly messagesIn: number;
  readonly messagesOut: number;
  /** Bytes on the connection, without the handshake and without TLS. */
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/** What a session keeps waiting. */
export interface SessionLoad {
  /** Messages waiting for the handler. */
  readonly mailbox: number;
  /** Bytes held: what has been received and not been dealt with, what waits to be sent, contexts of compression. */
  readonly memory: number;
}
