import { expect } from 'chai';

import { CloudlinkAgent } from '../../../src/agent/cloudlink-agent.js';
import { outcome } from '../../../src/outcome.js';
import { seededRandom, VirtualClock } from '../../../src/testing/index.js';
import type { DialRequest, Link } from '../../../src/transport.js';
import {
	FakeTransport,
	type FakeAnswer,
} from '../../support/fake-transport.js';

const NODES = Array.from({ length: 10 }, (_, i) => `192.0.2.${i + 1}:443`);
const DEAD = 7;

const throttled = (retryAfterMs: number) =>
	outcome('http-429', 'Later.', { hint: { retryAfterMs } });

/** What the dead nodes do, and by when a device has a link all the same. */
const MANNERS: ReadonlyArray<[string, FakeAnswer, number]> = [
	['refuse', outcome('connect-refused', 'Nothing listens.'), 60],
	['reset', outcome('early-reset', 'Reset.'), 900],
	['say 503', outcome('http-503', 'Down.'), 900],
	['are a black hole', 'time-out', 180],
	['take the connection and stay mute', 'mute', 180],
	['show a wrong certificate', outcome('tls-wrong-host', 'Other name.'), 900],
	['say 429 and 30 s', throttled(30_000), 900],
	['say 429 and 300 s', throttled(300_000), 900],
];

class Cluster extends FakeTransport {
	dead: readonly string[] = [];
	readonly #dying: FakeAnswer;

	constructor(dying: FakeAnswer) {
		super();
		this.#dying = dying;
	}

	override async dial(request: DialRequest): Promise<Link> {
		const isDead = this.dead.includes(request.node!.name);
		this.answers = [isDead ? this.#dying : 'up'];
		return await super.dial(request);
	}
}

describe('an agent seven of whose ten nodes are dead', () => {
	for (const [what, answer, withinSeconds] of MANNERS) {
		it(`has a link within ${withinSeconds} s where they ${what}, from the start and after a stable link`, async () => {
			for (let device = 0; device < 10; device++) {
				const clock = new VirtualClock();
				const transport = new Cluster(answer);
				transport.dead = NODES.slice(0, DEAD);
				const agent = new CloudlinkAgent({
					device: { uuid: `device-${device}`, key: 'secret' },
					nodes: NODES,
					transports: [transport],
					runtime: { clock, random: seededRandom(device) },
				});
				await agent.start();
				await clock.advanceAsync(withinSeconds * 1000);
				expect(agent.link, `device ${device}, cold`).not.to.equal(undefined);
				await clock.advanceAsync(60_000);

				// The node of the link dies with six others, and the three that live are others than before.
				const at = NODES.indexOf(agent.link!.node);
				transport.dead = NODES.map((_, i) => NODES[(at + i) % 10]!).slice(
					0,
					DEAD,
				);
				transport.link.end(outcome('link-reset', 'Reset.'));
				await clock.advanceAsync(withinSeconds * 1000);
				expect(agent.link, `device ${device}, stable`).not.to.equal(undefined);
				await agent.stop();
				expect(clock.pending).to.equal(0);
			}
		});
	}
});
