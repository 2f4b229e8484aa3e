import { websocket } from '../../transports/websocket/index.js';
import { setStage, untilReachable, type Tell } from './stage.js';

/** A node crashes; the agent comes back by itself. */
export async function demoCrash(tell: Tell): Promise<void> {
	const stage = await setStage(tell, { nodes: 2, tls: true }, ({ ca }) => ({
		transports: [websocket({ ca })],
	}));
	try {
		const { cloud, agent } = stage;
		await agent.start();
		const { node } = await agent.waitUntilUp();
		tell(`cloud: asks the device for its page: "${await stage.fetch()}"`);

		const index = cloud.nodes.findIndex(({ address }) => address === node);
		tell(`cloud: node ${node} crashes now.`);
		await cloud.crash(index);
		const { page, afterMs } = await untilReachable(stage, 15_000);
		tell(`cloud: asks again: "${page}"`);
		tell(
			`The device was out of reach for ${(afterMs / 1000).toFixed(1)} s, and nobody had to touch it.`,
		);
	} finally {
		await stage.strike();
	}
}
