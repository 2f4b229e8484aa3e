/**
 * An agent in a process of its own, whose node refuses each attempt with a Retry-After: `PATH RETRY_AFTER_MS`. Says on
 * stdout, one JSON a line, what it waits for, when it dials, and of what it warns.
 */
import { CloudlinkAgent } from '../../src/agent/cloudlink-agent.js';
import { DialError, outcome } from '../../src/outcome.js';

const [path, retryAfterMs] = process.argv.slice(2);
const say = (said: object) => process.stdout.write(`${JSON.stringify(said)}\n`);
const agent = new CloudlinkAgent({
	device: { uuid: 'a1b2c3', key: 'secret' },
	nodes: ['127.0.0.1:443'],
	transports: [
		{
			name: 'websocket',
			needsNode: true,
			dial: async () => {
				say({ dialledAtMs: Date.now() });
				const hint = { retryAfterMs: Number(retryAfterMs) };
				return await Promise.reject(
					new DialError(outcome('http-429', 'Later.', { hint })),
				);
			},
		},
	],
	pacing: { startSpreadMs: 1 },
	state: { path: path! },
});
agent.on('retry', ({ at }) => say({ retryAtMs: at }));
agent.on('warning', ({ message }) => say({ warning: message }));
await agent.start();
say({ waits: agent.status().waiting });
