/**
 * A device of its own, so that its memory is not mixed with the node's: `{ node, ports }` as JSON in the first
 * argument. Each message is answered with the bytes of its resident set.
 */
import { websocket } from '../../src/transports/websocket/index.js';
import { dialRequest } from './dial.js';

const { node, ports } = JSON.parse(process.argv[2]!) as {
	node: string;
	ports: number[];
};
await websocket({ insecure: true }).dial(
	dialRequest(node, { services: ports.map((port) => ({ port })) }),
);
process.on('message', () => {
	global.gc?.();
	process.send!(process.memoryUsage.rss());
});
process.once('disconnect', () => process.exit());
