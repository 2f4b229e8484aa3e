/** Runs in a process of its own: many clients of one kind, each with its defaults. */
export const CLIENTS = [
	'mqttjs',
	'socket.io',
	'partysocket',
	'grpc-js',
] as const;

export type ClientName = (typeof CLIENTS)[number];

const ignore = () => undefined;

async function startMqtt(port: number, count: number): Promise<void> {
	const { connect } = await import('mqtt');
	for (let i = 0; i < count; i++) {
		connect({ host: '127.0.0.1', port }).on('error', ignore);
	}
}

async function startSocketIo(port: number, count: number): Promise<void> {
	const { io } = await import('socket.io-client');
	for (let i = 0; i < count; i++) {
		io(`http://127.0.0.1:${port}`, {
			transports: ['websocket'],
			forceNew: true,
		}).on('connect_error', ignore);
	}
}

async function startPartySockets(port: number, count: number): Promise<void> {
	const { WebSocket: PartySocket } = await import('partysocket');
	const { WebSocket } = await import('ws');
	for (let i = 0; i < count; i++) {
		new PartySocket(`ws://127.0.0.1:${port}`, [], {
			WebSocket,
		}).addEventListener('error', ignore);
	}
}

async function startGrpc(port: number, count: number): Promise<void> {
	const { Client, credentials, Metadata } = await import('@grpc/grpc-js');
	const { holdMethod } = await import('./grpc-hold.js');
	const { path, requestSerialize, responseDeserialize } = holdMethod;
	for (let i = 0; i < count; i++) {
		const client = new Client(
			`127.0.0.1:${port}`,
			credentials.createInsecure(),
			// Each client is a device: it must not share its connection, or its back-off, with the others.
			{ 'grpc.use_local_subchannel_pool': 1 },
		);
		const hold = () => {
			const waiting = new Metadata({ waitForReady: true });
			const call = client.makeBidiStreamRequest(
				path,
				requestSerialize,
				responseDeserialize,
				waiting,
			);
			call.on('data', ignore);
			call.on('error', () => {
				setImmediate(hold);
			});
		};
		hold();
	}
}

const starters: Record<
	ClientName,
	(port: number, count: number) => Promise<void>
> = {
	mqttjs: startMqtt,
	'socket.io': startSocketIo,
	partysocket: startPartySockets,
	'grpc-js': startGrpc,
};

if (process.send) {
	const [name, port, count] = process.argv.slice(2);
	process.on('disconnect', () => process.exit());
	await starters[name as ClientName](Number(port), Number(count));
}
