import { defineHandler, type Handler } from '@genws/session';
import { text } from 'genws';
import type { Observatory } from '../observatory.ts';
import type { ProcessMessage } from '../protocol.ts';
import { parsePageMessage } from './page-message.ts';
import { Viewer } from './viewer.ts';

/** The handler of the sessions between pages and this process. */
export const feedOf = (all: Observatory): Handler<Viewer> =>
  defineHandler({
    name: 'inspector',
    init(_request, _opts, self) {
      const { title, chart, sources } = all;
      const hello: ProcessMessage = { type: 'hello', title, chart, servers: [...sources.servers.keys()] };
      return ['reply', text(JSON.stringify(hello)), new Viewer(self, all)];
    },
    handleIn(frame, viewer) {
      if (frame.type !== 'text') return ['ok', viewer];
      const message = parsePageMessage(frame.data);
      if (message === undefined)
        return ['reply', { type: 'close', code: 1008, reason: 'no message of the page' }, viewer];
      viewer.take(message);
      return ['ok', viewer];
    },
    terminate: (_reason, viewer) => viewer.stop(),
  });
