// What the page and the process say to each other: one JSON object a message. The page is built from this file, too, so
// nothing of Node.js may be imported here.

/** A session in the table. What it has sent and received counts from its beginning. */
export interface SessionRow {
  readonly id: string;
  /** The server it belongs to, by the name it was given. */
  readonly server: string;
  readonly peer: string | undefined;
  readonly path: string | undefined;
  readonly state: 'ready_wait' | 'open' | 'closing' | 'closed';
  readonly suspended: boolean;
  /** `tcp`, `tls`, `h2`. */
  readonly transport: string | undefined;
  readonly subprotocol: string | undefined;
  readonly compressed: boolean;
  readonly messagesIn: number;
  readonly messagesOut: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Messages waiting for the handler. */
  readonly mailbox: number;
  /** Bytes waiting to be sent. */
  readonly buffered: number;
  /** Bytes held. */
  readonly memory: number;
  /** When it began, ms since 1970. */
  readonly since: number;
  readonly groups: readonly string[];
  readonly handler: string | undefined;
}

/** A process in the supervision tree. */
export interface TreeNode {
  /** Unique in the tree; that of a session is its own. */
  readonly id: string;
  readonly name: string;
  readonly kind: 'supervisor' | 'dynamic' | 'server' | 'session' | 'worker';
  readonly state: 'running' | 'restarting' | 'stopped';
  /** How often it has been started again since somebody watches. */
  readonly restarts: number;
  /** How many children it has; more than are listed, if there are many. */
  readonly count: number;
  readonly children: readonly TreeNode[];
}

/** A process that has ended as it should not have, the latest last. */
export interface Crash {
  /** Ms since 1970. */
  readonly at: number;
  readonly event: string;
  readonly text: string;
  readonly stack: string | undefined;
}

export interface GroupRow {
  readonly name: string;
  readonly size: number;
  /** Ids of sessions; at most 200. */
  readonly members: readonly string[];
}

/** How the process is, over the time since the last sample. */
export interface RuntimeSample {
  /** Ms since 1970. */
  readonly at: number;
  /** How late the event loop was, ms. */
  readonly delayP50: number;
  readonly delayP99: number;
  /** Cores busy, as 0.25. */
  readonly cpu: number;
  /** Bytes. */
  readonly heap: number;
  readonly rss: number;
  readonly sessions: number;
  /** A second. */
  readonly connections: number;
  readonly messagesIn: number;
  readonly messagesOut: number;
}

/** A value as the page shows it: cut to a size, and stripped of what is not to be seen. */
export type Plain =
  | { readonly type: 'text' | 'number' | 'word'; readonly value: string }
  /** Something of which only this is said. */
  | { readonly type: 'hidden'; readonly value: string }
  | {
      readonly type: 'object';
      /** `Map`, `Array`, a class. */
      readonly name: string;
      readonly entries: readonly (readonly [key: string, value: Plain])[];
      /** Entries left out. */
      readonly more: number;
    };

/** Something that has happened to the session that is watched. */
export interface LogEntry {
  /** Ms since 1970. */
  readonly at: number;
  /**
   * `event`: into the mailbox; `state`: a transition; `in`, `out`: a frame; `call`: a callback has returned or thrown;
   * `timer`: a timeout was due.
   */
  readonly kind: 'event' | 'state' | 'in' | 'out' | 'call' | 'timer';
  /** The event's type, the state, the frame's opcode (`text`, `binary`, `ping`, `pong`, `close`), the callback. */
  readonly name: string;
  /** Bytes of a frame. */
  readonly size?: number;
  /** How long a callback took, ms. */
  readonly duration?: number;
  /** What a callback threw. */
  readonly failed?: boolean;
  /** A preview of the payload or the message, where that may be seen. */
  readonly value?: Plain;
}

/** A statechart, drawn by the page. */
export interface Chart {
  readonly states: readonly ChartState[];
  readonly transitions: readonly ChartTransition[];
}

export interface ChartState {
  /** `closing.handshake`. */
  readonly id: string;
  readonly name: string;
  readonly parent: string | undefined;
  readonly initial: boolean;
  readonly final: boolean;
}

export interface ChartTransition {
  readonly from: string;
  readonly to: string;
  /** Events, with guards in brackets. */
  readonly labels: readonly string[];
}

/** The session that is watched, beyond its row. */
export interface SessionDetail {
  readonly id: string;
  /** Ids of the states it is in, the outermost first: `closing`, `closing.handshake`. */
  readonly active: readonly string[];
  /** The handler's state, where it could be asked. */
  readonly state: Plain | undefined;
  /** Why it has ended, if it has. */
  readonly exit: Plain | undefined;
}

/** What the page asks for. Views are watched while they are to be seen. */
export type PageMessage =
  | { readonly type: 'watch'; readonly view: View; readonly on: boolean }
  /** The last `update` has been dealt with: the next may come. Nothing comes before. */
  | { readonly type: 'ready' }
  /** Watch this session, and no other. `undefined`: none. */
  | { readonly type: 'attach'; readonly session: string | undefined }
  | { readonly type: 'act'; readonly number: number; readonly session: string; readonly action: Action };

export const views = ['sessions', 'tree', 'groups', 'runtime'] as const;
export type View = (typeof views)[number];

/** What can be done to a session. */
export type Action =
  | { readonly type: 'text'; readonly data: string }
  | { readonly type: 'ping' }
  | { readonly type: 'close'; readonly code: number; readonly reason: string }
  | { readonly type: 'suspend' }
  | { readonly type: 'resume' }
  | { readonly type: 'kill' };

/** What the process tells. */
export type ProcessMessage =
  /** First of all. */
  | { readonly type: 'hello'; readonly title: string; readonly servers: readonly string[]; readonly chart: Chart }
  /** What is new in the views that are watched, and about the session that is. */
  | Update
  | { readonly type: 'acted'; readonly number: number; readonly error: string | undefined };

export interface Update {
  readonly type: 'update';
  /** Ms since 1970. */
  readonly at: number;
  /** Rows that are new or have changed, those that have gone, and how many there are now. */
  readonly sessions?: {
    readonly rows: readonly SessionRow[];
    readonly gone: readonly string[];
    readonly total: number;
  };
  /** The whole tree, whenever it has changed, and crashes that are new. */
  readonly tree?: { readonly roots: readonly TreeNode[]; readonly crashes: readonly Crash[] };
  readonly groups?: readonly GroupRow[];
  readonly runtime?: RuntimeSample;
  readonly detail?: SessionDetail;
  readonly log?: {
    readonly entries: readonly LogEntry[];
    /** Entries that were too many, since the last update. */
    readonly lost: number;
  };
}
