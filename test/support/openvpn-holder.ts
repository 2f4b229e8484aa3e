/** A process that holds an openvpn link until it is killed: HOLDER_PORT, HOLDER_CA, and maybe HOLDER_UP, its up script. */
import { openvpn } from '../../src/transports/openvpn/index.js';
import { NO_TUN, dialOf } from './openvpn-server.js';

const up = process.env.HOLDER_UP;
const directives = up ? [...NO_TUN, 'script-security 2', `up ${up}`] : NO_TUN;
await openvpn({ ca: process.env.HOLDER_CA, directives }).dial(
	dialOf(Number(process.env.HOLDER_PORT)),
);
console.log('up');
