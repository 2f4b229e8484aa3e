import { udp } from '../../transports/udp/index.js';
import { websocket } from '../../transports/websocket/index.js';
import {
	pause,
	setStage,
	untilReachable,
	type Stage,
	type Tell,
} from './stage.js';

const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;

/** Asks for the page without a break; how often that was answered, and how often it failed. */
function askOnAndOn(stage: Stage) {
	const count = { answered: 0, failed: 0 };
	let going = true;
	const asking = (async () => {
		while (going) {
			await stage.fetch().then(
				() => count.answered++,
				() => count.failed++,
			);
			await pause(20);
		}
	})();
	return {
		stop: async () => {
			going = false;
			await asking;
			return count;
		},
	};
}

/** TCP is swallowed in the middle of a link; the agent goes over UDP, and returns once TCP works again. */
export async function demoBlockTcp(tell: Tell): Promise<void> {
	const stage = await setStage(tell, { nodes: 1, tls: true }, ({ ca }) => ({
		transports: [websocket({ ca }), udp({ ca })],
		// Short, so that the story is: by default a device is patient for a minute and for five.
		livenessMs: 3_000,
		dialDeadlineMs: 4_000,
		transportSelection: { returnAfterMs: 6_000, standbyMs: 2_000 },
	}));
	try {
		const { cloud, agent } = stage;
		await agent.start();
		await agent.waitUntilUp();
		tell(`cloud: asks the device for its page: "${await stage.fetch()}"`);

		tell('network: from now on every TCP packet to the node is swallowed.');
		await cloud.setFault(0, { tcp: 'blackhole' });
		const { page, afterMs } = await untilReachable(stage, 60_000);
		tell(`cloud: asks again: "${page}"`);
		tell(`The device was out of reach for ${seconds(afterMs)}.`);

		tell(
			'network: TCP works again. The cloud asks for the page without a break.',
		);
		await cloud.setFault(0, { tcp: null });
		const freeMs = performance.now();
		const asking = askOnAndOn(stage);
		while (agent.link?.transport !== 'websocket') {
			await new Promise<void>((resolve) => {
				agent.once('up', () => {
					resolve();
				});
			});
		}
		tell(
			`The agent returned to TCP ${seconds(performance.now() - freeMs)} after it was free.`,
		);
		await pause(1_000);
		const { answered, failed } = await asking.stop();
		tell(`${answered} requests were answered meanwhile, ${failed} failed.`);
		if (failed > 0) {
			throw new Error(`${failed} requests failed on the way back to TCP.`);
		}
	} finally {
		await stage.strike();
	}
}
