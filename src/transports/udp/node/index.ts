export type { Address } from '../wire/address.js';
export type { AcceptorStats } from './acceptor.js';
export type { AcceptorLimits } from './acceptor-options.js';
export type { Admission } from './acceptor-options.js';
export { listenUdp, type ListenOptions, type UdpListener } from './listen.js';
