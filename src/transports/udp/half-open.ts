import type { Connection } from './connection.js';

/** Handshakes that are not done yet, in all and by IP address: what a node has spent on nobody so far. */
export class HalfOpen {
	private readonly charged = new Map<Connection, string>();
	private readonly perAddress = new Map<string, number>();

	get size(): number {
		return this.charged.size;
	}

	of(address: string): number {
		return this.perAddress.get(address) ?? 0;
	}

	begin(connection: Connection, address: string): void {
		this.charged.set(connection, address);
		this.perAddress.set(address, this.of(address) + 1);
	}

	/** It is confirmed, or has ended. Calling it again does nothing. */
	end(connection: Connection): void {
		const address = this.charged.get(connection);
		if (address === undefined) {
			return;
		}
		this.charged.delete(connection);
		const left = this.of(address) - 1;
		if (left === 0) {
			this.perAddress.delete(address);
		} else {
			this.perAddress.set(address, left);
		}
	}
}
