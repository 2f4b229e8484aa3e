export type { Address } from '../wire/address.js';
export type { Admission, AcceptorLimits, AcceptorStats } from './acceptor.js';
export { listenUdp, type ListenOptions, type UdpListener } from './listen.js';
