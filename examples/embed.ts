/**
 * The agent in a program of your own. Try it against a cloud on your desk:
 *
 *   npx cloudlink-agent mock
 *   CLOUDLINK_NODE=127.0.0.1:PORT npx tsx examples/embed.ts
 *
 * Ctrl-C ends it.
 */
import { CloudlinkAgent, websocket } from 'cloudlink-agent';

const node = process.env['CLOUDLINK_NODE'];
if (node === undefined) {
	throw new Error('Set CLOUDLINK_NODE to the host:port of a node.');
}

const agent = new CloudlinkAgent({
	device: {
		uuid: process.env['DEVICE_UUID'] ?? 'a1b2c3',
		// A function is asked afresh for each attempt, so a new key needs no restart.
		key: () => process.env['DEVICE_KEY'] ?? 'secret',
	},
	nodes: [node],
	transports: [websocket({ insecure: true })],
	services: [{ port: Number(process.env['APP_PORT'] ?? 8080) }],
});

agent.on('up', (link) => {
	console.log(`Up at ${link.node} over ${link.transport}.`);
});
agent.on('down', ({ outcome }) => {
	console.log(`Down: ${outcome.message}`);
});
agent.on('retry', ({ delayMs, reason }) => {
	console.log(`Next attempt in ${Math.round(delayMs / 1000)} s. ${reason}`);
});

process.once('SIGINT', () => {
	void agent.stop({ graceMs: 2_000 });
});
await agent.start();
