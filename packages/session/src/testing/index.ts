// Whether a transport of your own keeps what the port promises.

export type { ContractCase, ContractSettings } from './contract-case.ts';
export { streamPeer } from './stream-peer.ts';
export { testTransport, transportContract } from './transport-contract.ts';
export type { MakeTransportPair, TransportFeature, TransportPair } from './transport-pair.ts';
export { type TransportPeer, transportPeer } from './transport-peer.ts';
