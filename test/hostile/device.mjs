// An agent in a process of its own, so that its memory and CPU are nobody else's: the module that has it and its options as JSON
// come as arguments, and what happens goes to the parent. Plain JavaScript, since older versions of Node run it as it is.
const [module, options] = process.argv.slice(2);
const { CloudlinkAgent, websocket, udp } = await import(module);
const { node, carrier, ca, ports, uuid } = JSON.parse(options);

const agent = new CloudlinkAgent({
	device: { uuid, key: 'key' },
	nodes: [node],
	transports: [
		carrier === 'udp' ? udp({ ca }) : websocket({ insecure: true }),
	],
	services: ports.map((port) => ({ port })),
});
agent.on('up', () => process.send({ event: 'up' }));
agent.on('down', ({ outcome }) =>
	process.send({ event: 'down', code: outcome.code, message: outcome.message }),
);
agent.on('attempt', (attempt) =>
	process.send({ event: 'attempt', code: attempt.outcome?.code }),
);
agent.on('retry', ({ outcome }) =>
	process.send({ event: 'retry', code: outcome.code, message: outcome.message }),
);
process.on('disconnect', () => process.exit());
await agent.start();
