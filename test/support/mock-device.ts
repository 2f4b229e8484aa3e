import { WebSocket } from 'ws';

import type { Hint } from '../../src/hint.js';
import { systemClock, systemRandom } from '../../src/runtime/index.js';
import { WebSocketDuplex } from '../../src/transports/native/ws-duplex.js';
import { serveTunnel, type Tunnel } from '../../src/tunnel/index.js';

export interface DeviceOptions {
	readonly uuid?: string;
	readonly key?: string;
	readonly ca?: string;
	readonly ports?: readonly number[];
	readonly path?: string;
	readonly protocol?: string;
	readonly authorization?: string;
}

/** What became of a dial. */
export type Dialled =
	| { readonly link: Device }
	| {
			readonly status: number;
			readonly headers: Record<string, string | string[] | undefined>;
	  }
	| { readonly error: string };

/** A device as small as it can be: one dial, one tunnel. */
export class Device {
	readonly hints: Hint[] = [];
	goaways = 0;
	closeCode: number | undefined;
	readonly ended: Promise<void>;

	constructor(
		readonly ws: WebSocket,
		readonly headers: Record<string, string | string[] | undefined>,
		{ uuid = 'a1b2', ports = [] }: DeviceOptions,
	) {
		ws.on('close', (code) => {
			this.closeCode = code;
		});
		this.tunnel = serveTunnel(new WebSocketDuplex(ws), {
			uuid,
			services: ports.map((port) => ({ port })),
			livenessMs: 60_000,
			runtime: { clock: systemClock, random: systemRandom },
			listener: {
				onHint: (hint) => this.hints.push(hint),
				onGoaway: () => this.goaways++,
			},
		});
		this.ended = this.tunnel.ended.then(() => undefined);
	}

	readonly tunnel: Tunnel;

	cut(): void {
		this.ws.terminate();
	}
}

/** Dials once. Never rejects. */
export async function dial(
	address: string,
	options: DeviceOptions = {},
): Promise<Dialled> {
	const { uuid = 'a1b2', key = 'secret', ca } = options;
	const basic = Buffer.from(`${uuid}:${key}`).toString('base64');
	const ws = new WebSocket(
		`${ca ? 'wss' : 'ws'}://${address}${options.path ?? '/cloudlink/v1'}`,
		options.protocol ?? 'cloudlink.h2.v1',
		{
			ca,
			perMessageDeflate: false,
			headers: { Authorization: options.authorization ?? `Basic ${basic}` },
		},
	);
	return await new Promise((resolve) => {
		let headers: Record<string, string | string[] | undefined> = {};
		ws.on('upgrade', (response) => (headers = response.headers));
		ws.on('open', () => {
			const link = new Device(ws, headers, options);
			void link.tunnel.ready.then(() => {
				resolve({ link });
			});
			void link.ended.then(() => {
				resolve({ error: 'ended before it was ready' });
			});
		});
		ws.on('unexpected-response', (_request, response) => {
			response.resume();
			resolve({
				status: response.statusCode ?? 0,
				headers: response.headers,
			});
			ws.terminate();
		});
		ws.on('error', (error) => {
			resolve({
				error: (error as NodeJS.ErrnoException).code ?? error.message,
			});
		});
	});
}

/** Dials, and has to come in. */
export async function connect(
	address: string,
	options: DeviceOptions = {},
): Promise<Device> {
	const dialled = await dial(address, options);
	if (!('link' in dialled)) {
		throw new Error(`No link: ${JSON.stringify(dialled)}`);
	}
	return dialled.link;
}
