import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { CloudlinkAgent } from '../../agent/cloudlink-agent.js';
import type { AgentOptions } from '../../agent/options.js';
import {
	MockCloudlink,
	type MockCloudlinkOptions,
} from '../../testing/index.js';

const DEVICE = { uuid: 'a1b2c3d4e5f60718293a4b5c6d7e8f90', key: 'demo-key' };

/** One line of the story, with the time since it began. */
export type Tell = (line: string) => void;

/** The three who play in a demonstration: a cloud, a device's app, and the agent between them. */
export interface Stage {
	readonly cloud: MockCloudlink;
	readonly agent: CloudlinkAgent;
	/** Asks the device's app for its page, from the cloud's side, through the tunnel. */
	fetch(): Promise<string>;
	/** Takes all of it down. */
	strike(): Promise<void>;
}

export function story(write: (text: string) => void): Tell {
	const startedMs = performance.now();
	return (line) => {
		const at = ((performance.now() - startedMs) / 1000).toFixed(1);
		write(`${at.padStart(5)} s  ${line}\n`);
	};
}

const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;

/** Tells what the agent does, as it does it, and in which state it is. */
function narrate(agent: CloudlinkAgent, tell: Tell): void {
	const says = (line: string) => {
		tell(`agent [${agent.state}]: ${line}`);
	};
	agent.once('state', () => {
		const { waiting } = agent.status();
		says(`waits ${seconds(waiting?.delayMs ?? 0)}. ${waiting?.reason ?? ''}`);
	});
	agent.on('state', (state) => {
		if (state === 'draining') {
			says('its node asked it to go; it serves on until its successor is up.');
		}
	});
	agent.on('retry', ({ delayMs, reason }) => {
		says(`waits ${seconds(delayMs)}. ${reason}`);
	});
	agent.on('attempt', ({ node, transport }) => {
		says(`dials ${node ?? 'its node'} over ${transport}.`);
	});
	agent.on('up', ({ node, transport }) => {
		says(`has a link to ${node} over ${transport}.`);
	});
	agent.on('down', ({ outcome }) => {
		if (outcome.kind !== 'stopped') {
			const verb = outcome.code === 'superseded' ? 'leaves' : 'lost';
			says(
				`${verb} its link. ${outcome.message} That counts as "${outcome.kind}".`,
			);
		}
	});
	agent.on('warning', ({ message }) => {
		says(`warns: ${message}`);
	});
}

async function deviceApp(): Promise<{ app: Server; port: number }> {
	let visits = 0;
	const app = createServer((_, response) => {
		response.end(`Hello from the device, visit ${++visits}.`);
	});
	await new Promise<void>((resolve) => {
		app.listen(0, '127.0.0.1', resolve);
	});
	return { app, port: (app.address() as AddressInfo).port };
}

/** As `curl -x http://127.0.0.1:PROXY http://UUID.balena:PORT/` does. */
function fetchThrough(proxyPort: number, port: number): Promise<string> {
	return new Promise((resolve, reject) => {
		const asking = request(
			{
				host: '127.0.0.1',
				port: proxyPort,
				path: `http://${DEVICE.uuid}.balena:${port}/`,
				headers: { host: `${DEVICE.uuid}.balena:${port}` },
				timeout: 5_000,
				agent: false,
			},
			(response) => {
				let body = '';
				response.setEncoding('utf8');
				response.on('data', (chunk: string) => {
					body += chunk;
				});
				response.on('error', reject);
				response.on('end', () => {
					if (response.statusCode === 200) {
						resolve(body);
					} else {
						reject(new Error(`The proxy answered ${response.statusCode}.`));
					}
				});
			},
		);
		asking.on('timeout', () => {
			asking.destroy(new Error('No answer within 5 s.'));
		});
		asking.on('error', reject);
		asking.end();
	});
}

/** Sets the stage: the cloud and the app are up, the agent is made and not yet started. */
export async function setStage(
	tell: Tell,
	cloudOptions: MockCloudlinkOptions,
	agentOptions: (
		cloud: MockCloudlink,
	) => Partial<AgentOptions> & Pick<AgentOptions, 'transports'>,
): Promise<Stage> {
	const { app, port } = await deviceApp();
	const cloud = await MockCloudlink.start(cloudOptions);
	const nodes = cloud.nodes.map(({ address }) => address);
	const agent = new CloudlinkAgent({
		device: DEVICE,
		nodes,
		services: [{ port }],
		...agentOptions(cloud),
	});
	tell(`cloud: ${nodes.length} nodes listen, ${nodes.join(' and ')}.`);
	tell(`device: its app serves a page on its own port ${port}.`);
	narrate(agent, tell);
	return {
		cloud,
		agent,
		fetch: async () => await fetchThrough(cloud.proxyPort, port),
		strike: async () => {
			tell('The curtain falls: the agent is stopped, and the cloud with it.');
			await agent.stop();
			await cloud.stop();
			app.closeAllConnections();
			await new Promise((resolve) => app.close(resolve));
		},
	};
}

/** Asks again and again until the page comes; how long that took. */
export async function untilReachable(
	stage: Stage,
	patienceMs: number,
): Promise<{ page: string; afterMs: number }> {
	const startedMs = performance.now();
	for (;;) {
		try {
			const page = await stage.fetch();
			return { page, afterMs: performance.now() - startedMs };
		} catch (error) {
			if (performance.now() - startedMs > patienceMs) {
				throw error;
			}
			await pause(50);
		}
	}
}

export function pause(delayMs: number): Promise<void> {
	return new Promise((resolve) => setTimeout(resolve, delayMs));
}
