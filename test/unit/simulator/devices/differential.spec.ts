import { expect } from 'chai';

import { CloudlinkAgent } from '../../../../src/agent/cloudlink-agent.js';
import type { Dial } from '../../../../src/decisions/index.js';
import { parseNodes } from '../../../../src/nodes/index.js';
import { DialError, outcome } from '../../../../src/outcome.js';
import { wait } from '../../../../src/runtime/index.js';
import { ActingFleet } from '../../../../src/simulator/devices/acting-fleet.js';
import type {
	World,
	WorldAnswer,
} from '../../../../src/simulator/devices/world.js';
import { seededRandom } from '../../../../src/testing/seeded-random.js';
import { VirtualClock } from '../../../../src/testing/virtual-clock.js';
import type {
	DialRequest,
	Link,
	Transport,
} from '../../../../src/transport.js';
import {
	drawScript,
	noticeOf,
	type DecisionScript,
} from '../../../support/decision-script.js';
import { FakeLink } from '../../../support/fake-transport.js';

const SEEDS = Number(process.env.SEEDS ?? 1000);
const FROM = Number(process.env.FROM ?? 0);
const UUID = 'device-0001';

/** What was decided, and when: the attempts and probes, and the links that came of them. */
type Log = string[];

/** The links of one life, each ended as the script says. */
class ScriptedLinks {
	#count = 0;

	constructor(
		readonly script: DecisionScript,
		readonly later: (delayMs: number, act: () => void) => void,
	) {}

	follow(link: {
		hint(hint: object): void;
		drain(notice: ReturnType<typeof outcome>): void;
		end(ended: ReturnType<typeof outcome>): void;
	}): void {
		const n = this.#count++;
		const { hint, drainsAfterMs, endsAfterMs, endsWith } = this.script.link(n);
		if (hint) {
			this.later(hint.afterMs, () => {
				link.hint(hint.hint);
			});
		}
		if (drainsAfterMs !== undefined) {
			this.later(drainsAfterMs, () => {
				link.drain(noticeOf(n));
			});
		}
		if (endsAfterMs !== undefined) {
			this.later(endsAfterMs, () => {
				link.end(outcome(endsWith, 'By script.'));
			});
		}
	}
}

function line(atMs: number, ...words: Array<string | undefined>): string {
	return [atMs.toFixed(3), ...words].join(' ');
}

const SILENT = outcome(
	'upgrade-timeout',
	'The connection was taken, and is silent.',
);

/** No attempt goes on for longer than it may. */
function bounded(answer: WorldAnswer, plan: Dial): WorldAnswer {
	const { connectDeadlineMs, aloneMs, keptMs } = plan;
	const deadlineMs = connectDeadlineMs + Math.max(aloneMs, keptMs);
	return answer.afterMs > deadlineMs
		? { ...answer, afterMs: deadlineMs, refusal: SILENT }
		: answer;
}

/** The life of a real agent, on a virtual clock. */
async function liveAsAgent(script: DecisionScript, seed: string): Promise<Log> {
	const log: Log = [];
	const clock = new VirtualClock();
	const links = new ScriptedLinks(script, (delayMs, act) => {
		clock.setTimer(delayMs, act);
	});
	let asked = 0;
	const ask = async (
		{ node, signal, deadlineMs, onConnected }: DialRequest,
		name: string,
	) => {
		log.push(line(clock.monotonicMs(), 'dial', name, node?.name));
		const { afterMs, connectedAfterMs = 0, refusal } = script.answer(asked++);
		await wait(clock, connectedAfterMs, signal);
		if (connectedAfterMs > 0) {
			onConnected?.();
		}
		const late = afterMs > deadlineMs;
		const endsMs = late ? deadlineMs : afterMs;
		await wait(clock, endsMs - connectedAfterMs, signal);
		if (late) {
			throw new DialError(SILENT);
		}
		if (refusal) {
			throw new DialError(refusal);
		}
	};
	const transports = script.transports.map(({ name, handover }): Transport => ({
		name,
		handover,
		needsNode: true,
		async dial(request): Promise<Link> {
			await ask(request, name);
			const link = new FakeLink(name, request.node!.name);
			links.follow({
				hint: (hint) => link.listener?.onHint(hint),
				drain: (notice) => link.listener?.onDrain(notice),
				end: (ended) => {
					link.end(ended);
				},
			});
			return link;
		},
		async probe(request) {
			await ask(request, name);
		},
	}));
	const agent = new CloudlinkAgent({
		device: { uuid: UUID, key: 'key' },
		nodes: script.nodes,
		transports,
		runtime: { clock, random: seededRandom(`${seed}/chance`) },
	});
	agent.on('up', ({ transport, node }) => {
		log.push(line(clock.monotonicMs(), 'up', transport, node));
	});
	for (const intervention of script.interventions) {
		clock.setTimer(intervention.atMs, () => {
			if (intervention.type === 'network') {
				agent.networkChanged(intervention);
			} else {
				agent.update({ nodes: intervention.nodes });
			}
		});
	}
	await agent.start();
	await clock.advanceAsync(script.untilMs);
	const stopped = agent.stop();
	await clock.advanceAsync(0);
	await stopped;
	return log;
}

/** The same life of a simulated device. */
function liveAsSimulated(script: DecisionScript, seed: string): Log {
	const log: Log = [];
	const planned: Array<{ atMs: number; act: () => void }> = [];
	const later = (delayMs: number, act: () => void) => {
		const atMs = fleet.nowMs + delayMs;
		planned.push({ atMs, act });
		fleet.plan(0, atMs);
	};
	const links = new ScriptedLinks(script, later);
	let asked = 0;
	const world: World = {
		dial(_, plan, nowMs) {
			const { target } = plan;
			log.push(line(nowMs, 'dial', target.transport, target.node));
			return bounded(script.answer(asked++), plan);
		},
		onUp(link, nowMs) {
			log.push(line(nowMs, 'up', link.target.transport, link.target.node));
		},
		onMade(link) {
			links.follow({
				hint: (hint) => {
					fleet.hint(link, hint);
				},
				drain: (notice) => {
					fleet.drain(link, notice);
				},
				end: (ended) => {
					fleet.end(link, ended);
				},
			});
		},
		onPlanned(_, nowMs) {
			for (const one of planned.filter(({ atMs }) => atMs === nowMs)) {
				planned.splice(planned.indexOf(one), 1);
				one.act();
			}
		},
	};
	const chance = seededRandom(`${seed}/chance`);
	const fleet: ActingFleet = new ActingFleet(
		{
			devices: 1,
			seed: 0,
			uuidOf: () => UUID,
			randomOf: () => chance,
			nodes: script.nodes,
			transports: script.transports,
		},
		world,
	);
	for (const intervention of script.interventions) {
		later(intervention.atMs, () => {
			if (intervention.type === 'network') {
				fleet.network(0, intervention.up, intervention.id);
			} else {
				fleet.configure(0, { nodes: parseNodes(intervention.nodes) });
			}
		});
	}
	fleet.start(0);
	fleet.advance(script.untilMs);
	return log;
}

describe('the agent and a simulated device', function () {
	this.timeout(600_000);

	it(`decide the same at the same times, in ${SEEDS} lives`, async () => {
		let decisions = 0;
		for (let i = FROM; i < FROM + SEEDS; i++) {
			const seed = `life/${i}`;
			const script = drawScript(seed);
			const ours = await liveAsAgent(script, seed);
			const simulated = liveAsSimulated(script, seed);
			const replay = `FROM=${i} SEEDS=1 npx mocha test/unit/simulator/devices/differential.spec.ts`;
			expect(simulated, replay).to.deep.equal(ours);
			decisions += ours.length;
		}
		expect(decisions, 'much happened').to.be.above(10 * SEEDS);
	});
});
