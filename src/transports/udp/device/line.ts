import type { Address } from '../wire/address.js';
import { DeviceSocket } from './device-socket.js';

/** A socket whose datagrams go to whoever has it now: a HELLO first, the connection after it. */
export class Line {
	onDatagram: (datagram: Buffer) => void = () => undefined;
	onError: (error: NodeJS.ErrnoException) => void = () => undefined;
	readonly socket: DeviceSocket;

	constructor(readonly peer: Address) {
		this.socket = new DeviceSocket(peer, {
			onDatagram: (datagram) => {
				this.onDatagram(datagram);
			},
			onError: (error) => {
				this.onError(error);
			},
		});
	}
}
