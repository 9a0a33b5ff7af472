import { once } from 'node:events';
import { type DeflateOptions, listen, send, text } from 'genws';
import { describe, expect, it } from 'vitest';
import { Inbox } from '../support/inbox.ts';
import { plainMessage, randomMessages } from '../support/random-messages.ts';
import { createRecording } from '../support/recording.ts';

const policies: readonly DeflateOptions[] = [
  {},
  { threshold: 0, serverNoContextTakeover: true, clientNoContextTakeover: true },
  { threshold: 0, serverMaxWindowBits: 8, clientMaxWindowBits: 8 },
];

describe("Node's built-in WebSocket as client of our server that compresses", () => {
  it.each(policies)(
    'hears and says random messages of all sizes, unchanged and in order, under %o',
    async (compress) => {
      const { handler, frames, requests, sessions } = createRecording({ echoes: true });
      await using server = await listen({ host: '127.0.0.1', handler, compress });
      const socket = new WebSocket(server.url);
      socket.binaryType = 'arraybuffer';
      const heard = new Inbox<string>();
      socket.addEventListener('message', (event) => {
        const data: unknown = event.data;
        if (typeof data === 'string') heard.push(plainMessage(data));
        else if (data instanceof ArrayBuffer) heard.push(plainMessage(new Uint8Array(data)));
      });
      const closed = once(socket, 'close');
      await once(socket, 'open');
      expect(socket.extensions).toMatch(/^permessage-deflate/);
      const { serverNoContextTakeover = false, serverMaxWindowBits = 15 } = compress;
      expect((await requests.next()).compression?.server).toEqual({
        contextTakeover: !serverNoContextTakeover,
        windowBits: serverMaxWindowBits,
      });
      const session = await sessions.next();
      for (const message of randomMessages('built in')) {
        const plain = plainMessage(message);
        socket.send(typeof message === 'string' ? message : Uint8Array.from(message));
        expect((await frames.next()) === plain).toBe(true);
        expect((await heard.next()) === plain).toBe(true);
        send(session, typeof message === 'string' ? text(message) : { type: 'binary', data: message });
        expect((await heard.next()) === plain).toBe(true);
      }
      socket.close(1000);
      await closed;
    },
  );
});
