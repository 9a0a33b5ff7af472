import type { Chart, ChartState } from '../../src/protocol.ts';

const state = (id: string, parts: Partial<ChartState> = {}): ChartState => ({
  id,
  name: id.split('.').at(-1) ?? id,
  parent: id.includes('.') ? id.slice(0, id.lastIndexOf('.')) : undefined,
  initial: false,
  final: false,
  ...parts,
});

/** A session's life, with transitions of every kind: between leaves, out of, into and inside of a compound state. */
export const sessionChart: Chart = {
  states: [
    state('ready_wait', { initial: true }),
    state('ready_wait.passive', { initial: true }),
    state('ready_wait.active'),
    state('open'),
    state('closing'),
    state('closing.handshake', { initial: true }),
    state('closing.lingering'),
    state('closing.disconnect'),
    state('closing.settling'),
    state('closing.terminating'),
    state('closed', { final: true }),
  ],
  transitions: [
    { from: 'ready_wait', to: 'closing.handshake', labels: ['close', 'handler.stopped'] },
    { from: 'ready_wait', to: 'closing.disconnect', labels: ['stop', 'timeout.init'] },
    { from: 'ready_wait.passive', to: 'ready_wait.active', labels: ['activate'] },
    { from: 'ready_wait.active', to: 'open', labels: ['[handlerIdle]'] },
    { from: 'open', to: 'open', labels: ['timeout.idle'] },
    { from: 'open', to: 'closing', labels: ['close', 'handler.stopped', 'handler.closed'] },
    { from: 'open', to: 'closing.disconnect', labels: ['stop', 'peer.closed', 'peer.violated', 'peer.stalled'] },
    { from: 'open', to: 'closing.lingering', labels: ['peer.closed [isClient]'] },
    { from: 'closing.handshake', to: 'closing.disconnect', labels: ['peer.closed'] },
    { from: 'closing.handshake', to: 'closing.lingering', labels: ['peer.closed [isClient]'] },
    { from: 'closing.lingering', to: 'closing.disconnect', labels: ['transport.ended'] },
    { from: 'closing.disconnect', to: 'closing.settling', labels: ['transport.closed', 'transport.error'] },
    { from: 'closing', to: 'closing.terminating', labels: ['stop', 'timeout.close'] },
    { from: 'closing.settling', to: 'closing.terminating', labels: ['[handlerIdle]'] },
    { from: 'closing.terminating', to: 'closed', labels: ['handler.terminated'] },
  ],
};
