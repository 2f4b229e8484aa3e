export { udp, type UdpOptions } from './device/transport.js';
