export type { Admission, AcceptorLimits, AcceptorStats } from './acceptor.js';
export { listenUdp, type ListenOptions, type UdpListener } from './listen.js';
export type { Address } from './path.js';
export { udp, type UdpOptions } from './transport.js';
