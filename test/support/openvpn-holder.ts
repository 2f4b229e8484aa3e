/** A process that holds an openvpn link until it is killed: HOLDER_PORT, HOLDER_CA. */
import { openvpn } from '../../src/transports/openvpn/index.js';
import { NO_TUN, dialOf } from './openvpn-server.js';

await openvpn({ ca: process.env.HOLDER_CA, directives: NO_TUN }).dial(
	dialOf(Number(process.env.HOLDER_PORT)),
);
console.log('up');
