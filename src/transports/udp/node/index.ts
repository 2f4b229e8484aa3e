export type { Admission } from './acceptor-options.js';
export { listenUdp, type ListenOptions, type UdpListener } from './listen.js';
