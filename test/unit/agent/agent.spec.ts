import { expect } from 'chai';

import { CloudlinkAgent } from '../../../src/agent/cloudlink-agent.js';
import type { RetryEvent } from '../../../src/agent/events.js';
import type { AgentOptions } from '../../../src/agent/options.js';
import { CloudlinkError } from '../../../src/errors.js';
import { outcome } from '../../../src/outcome.js';
import {
	seededRandom,
	settle,
	VirtualClock,
} from '../../../src/testing/index.js';
import { AgentMetrics } from '../../../src/telemetry/metrics/agent-metrics.js';
import {
	FakeTransport,
	type FakeAnswer,
} from '../../support/fake-transport.js';

const refused = outcome('connect-refused', 'Nobody listens there.');
const reset = outcome('link-reset', 'The link was reset.');
const goaway = (drainDeadlineMs: number) =>
	outcome('goaway', 'The node drains.', { hint: { drainDeadlineMs } });

function setUp(
	transports: FakeTransport[],
	options: Partial<AgentOptions> = {},
	seed = 7,
) {
	const clock = new VirtualClock();
	const agent = new CloudlinkAgent({
		device: { uuid: 'a1b2c3', key: 'secret' },
		nodes: ['127.0.0.1:443'],
		transports,
		runtime: { clock, random: seededRandom(seed) },
		...options,
	});
	const log: string[] = [];
	const retries: RetryEvent[] = [];
	agent.on('state', (state) => log.push(state));
	agent.on('attempt', ({ transport }) => log.push(`attempt ${transport}`));
	agent.on('up', ({ node, transport }) => log.push(`up ${transport} ${node}`));
	agent.on('down', ({ outcome: how }) => log.push(`down ${how.kind}`));
	agent.on('retry', (retry) => retries.push(retry));
	return { agent, clock, log, retries };
}

const neverAnswers = async () => await new Promise<string>(() => undefined);

async function rejection(promise: Promise<unknown>): Promise<Error> {
	try {
		await promise;
	} catch (error) {
		return error as Error;
	}
	throw new Error('It did not reject.');
}

describe('CloudlinkAgent', () => {
	it('waits, dials, and is up', async () => {
		const transport = new FakeTransport();
		const { agent, clock, log } = setUp([transport]);
		await agent.start();
		expect(agent.state).to.equal('waiting');
		expect(agent.status().waiting).to.include({ law: 'spread' });
		await clock.advanceAsync(5_000);
		expect(log).to.deep.equal([
			'waiting',
			'connecting',
			'attempt websocket',
			'up',
			'up websocket 127.0.0.1:443',
		]);
		expect(agent.state).to.equal('up');
		expect(agent.link?.node).to.equal('127.0.0.1:443');
		await agent.stop();
		expect(log.slice(-2)).to.deep.equal(['down stopped', 'stopped']);
		expect(clock.pending).to.equal(0);
	});

	it('takes a transport of a third party, falls back from it, and goes back to it', async () => {
		const own = new FakeTransport(
			[...Array<FakeAnswer>(3).fill('time-out'), 'up'],
			'satellite',
		);
		const fallback = new FakeTransport(['up'], 'websocket');
		const { agent, clock, log } = setUp([own, fallback]);
		const metrics = new AgentMetrics(agent, { version: '1.0.0' });
		await agent.start();
		await clock.advanceAsync(3 * 3600_000);
		const ups = log.filter((line) => line.startsWith('up '));
		expect(ups).to.deep.equal([
			'up websocket 127.0.0.1:443',
			'up satellite 127.0.0.1:443',
		]);
		expect(agent.link?.transport).to.equal('satellite');
		expect(metrics.render()).to.match(/transport="satellite"/);
		await agent.stop();
	});

	it('hands the transport all that an attempt needs', async () => {
		const transport = new FakeTransport();
		const { agent, clock } = setUp([transport], {
			services: [{ port: 8080 }],
			dialDeadlineMs: 7_000,
		});
		await agent.start();
		await clock.advanceAsync(5_000);
		const [request] = transport.requests;
		expect(request?.device).to.deep.equal({ uuid: 'a1b2c3', key: 'secret' });
		expect(request?.node).to.deep.include({ host: '127.0.0.1', port: 443 });
		expect(request?.services).to.deep.equal([{ port: 8080 }]);
		expect(request?.connectDeadlineMs).to.equal(7_000);
		expect(request?.deadlineMs, 'patience comes on top').to.be.above(7_000);
		await agent.stop();
	});

	it('comes back after a loss, and says why it waits and until when', async () => {
		const transport = new FakeTransport(['up', refused, 'up']);
		const { agent, clock, log, retries } = setUp([transport]);
		await agent.start();
		await clock.advanceAsync(5_000);
		transport.link.end(reset);
		await settle();
		expect(agent.state).to.equal('waiting');
		expect(log.at(-1)).to.equal('down lost');
		expect(retries).to.have.length(1);
		const [retry] = retries;
		expect(retry?.outcome).to.equal(reset);
		expect(retry?.at).to.equal(Math.round(clock.wallMs() + retry!.delayMs));
		expect(agent.status().waiting?.reason).to.equal(retry?.reason);
		await clock.advanceAsync(retry!.delayMs);
		expect(retries.at(-1)?.outcome.kind).to.equal('unreachable');
		await clock.advanceAsync(retries.at(-1)!.delayMs);
		expect(agent.state).to.equal('up');
		expect(transport.requests).to.have.length(3);
		await agent.stop();
	});

	it('starts once and stops once, however often it is told, and can start again', async () => {
		const transport = new FakeTransport();
		const { agent, clock, log } = setUp([transport]);
		await Promise.all([agent.start(), agent.start()]);
		await clock.advanceAsync(5_000);
		await Promise.all([agent.stop(), agent.stop(), agent.stop()]);
		expect(log.filter((entry) => entry === 'stopped')).to.have.length(1);
		await agent.start();
		await clock.advanceAsync(5_000);
		expect(agent.state).to.equal('up');
		await agent[Symbol.asyncDispose]();
		expect(agent.state).to.equal('stopped');
		expect(clock.pending).to.equal(0);
	});

	it('can be stopped while it waits, dials, asks for the key, or starts', async () => {
		for (const where of ['start', 'wait', 'key', 'dial'] as const) {
			const transport = new FakeTransport(['hang']);
			const { agent, clock } = setUp([transport], {
				device: {
					uuid: 'a1b2c3',
					key: where === 'key' ? neverAnswers : 'secret',
				},
			});
			const starting = agent.start();
			if (where !== 'start') {
				await starting;
			}
			if (where === 'key' || where === 'dial') {
				await clock.advanceAsync(5_000);
				expect(agent.state).to.equal('connecting');
			}
			await agent.stop();
			await starting;
			expect(agent.state, where).to.equal('stopped');
			expect(clock.pending, where).to.equal(0);
		}
	});

	it('gives up a transport that ignores its deadline', async () => {
		const transport = new FakeTransport(['hang', 'up']);
		const { agent, clock, retries } = setUp([transport]);
		await agent.start();
		await clock.advanceAsync(5_000);
		await clock.advanceAsync(18_000);
		expect(retries[0]?.outcome.code).to.equal('transport-failed');
		await agent.stop();
	});

	it('gives a transport its whole deadline, however slow the key is', async () => {
		const transport = new FakeTransport(['time-out', 'up']);
		const { agent, clock, retries } = setUp([transport], {
			device: {
				uuid: 'a1b2c3',
				key: async () => {
					await new Promise<void>((resolve) => {
						clock.setTimer(9_000, resolve);
					});
					return 'secret';
				},
			},
		});
		await agent.start();
		await clock.advanceAsync(25_000);
		expect(retries[0]?.outcome.code).to.equal('connect-timeout');
		await agent.stop();
	});

	it('never gives away a link that is over, nor forgets who waits, while it stops', async () => {
		const { agent, clock } = setUp([new FakeTransport()]);
		await agent.start();
		await clock.advanceAsync(5_000);
		const asked: Array<Promise<Error>> = [];
		agent.on('down', () => asked.push(rejection(agent.waitUntilUp())));
		const stopping = agent.stop();
		asked.push(rejection(agent.waitUntilUp()));
		await stopping;
		expect(asked).to.have.length(2);
		for (const error of await Promise.all(asked)) {
			expect(error).to.have.property('code', 'ERR_CLOUDLINK_STOPPED');
		}
	});

	it('does not reject who waits for the start after a stop', async () => {
		const { agent, clock } = setUp([new FakeTransport()]);
		await agent.start();
		const stopping = agent.stop();
		const starting = agent.start();
		const up = agent.waitUntilUp();
		await stopping;
		await starting;
		await clock.advanceAsync(5_000);
		expect((await up).node).to.equal('127.0.0.1:443');
		await agent.stop();
	});

	describe('the device key', () => {
		it('is read afresh for each attempt', async () => {
			let asked = 0;
			const transport = new FakeTransport([
				outcome('http-401', 'Not accepted.'),
				'up',
			]);
			const { agent, clock, retries } = setUp([transport], {
				device: { uuid: 'a1b2c3', key: () => `key-${++asked}` },
			});
			await agent.start();
			await clock.advanceAsync(5_000);
			expect(retries[0]?.outcome.kind).to.equal('rejected');
			await clock.advanceAsync(retries[0]!.delayMs);
			expect(agent.state).to.equal('up');
			expect(transport.requests.map(({ device }) => device.key)).to.deep.equal([
				'key-1',
				'key-2',
			]);
			await agent.stop();
		});

		it('may fail with anything, a TypeError too: the loop goes on', async () => {
			const failures: Array<() => string | Promise<string>> = [
				() => {
					throw new TypeError('cannot read properties of undefined');
				},
				async () => await Promise.reject(new TypeError('fetch failed')),
				// eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
				async () => await Promise.reject('a string'),
				() => undefined as unknown as string,
				() => 'line\nbreak',
			];
			let turn = 0;
			const transport = new FakeTransport(['up']);
			const { agent, clock, retries } = setUp([transport], {
				device: {
					uuid: 'a1b2c3',
					key: () => failures[turn++]?.() ?? 'secret',
				},
			});
			await agent.start();
			await clock.advanceAsync(5_000);
			while (turn < failures.length + 1 && agent.state !== 'up') {
				expect(retries.at(-1)?.outcome.code).to.equal('key-unavailable');
				await clock.advanceAsync(retries.at(-1)!.delayMs);
			}
			expect(agent.state).to.equal('up');
			expect(transport.requests).to.have.length(1);
			await agent.stop();
		});

		it('is given up when its function never answers', async () => {
			const { agent, clock, retries } = setUp([new FakeTransport()], {
				device: {
					uuid: 'a1b2c3',
					key: neverAnswers,
				},
			});
			await agent.start();
			await clock.advanceAsync(5_000);
			await clock.advanceAsync(10_000);
			expect(retries[0]?.outcome.code).to.equal('key-unavailable');
			await agent.stop();
			expect(clock.pending).to.equal(0);
		});
	});

	it('survives a transport that throws a TypeError', async () => {
		const transport = new FakeTransport([new TypeError('a bug'), 'up']);
		const { agent, clock, retries } = setUp([transport]);
		await agent.start();
		await clock.advanceAsync(5_000);
		expect(retries[0]?.outcome.code).to.equal('transport-failed');
		await clock.advanceAsync(retries[0]!.delayMs);
		expect(agent.state).to.equal('up');
		await agent.stop();
	});

	it('survives a listener that throws, and warns', async () => {
		const { agent, clock } = setUp([new FakeTransport()]);
		const warnings: CloudlinkError[] = [];
		agent.on('warning', (warning) => {
			warnings.push(warning);
			throw new Error('the warning listener, too');
		});
		agent.on('up', () => {
			throw new Error('the user made a mistake');
		});
		await agent.start();
		await clock.advanceAsync(5_000);
		expect(agent.state).to.equal('up');
		expect(warnings.map(({ code }) => code)).to.deep.equal([
			'ERR_CLOUDLINK_LISTENER',
		]);
		await agent.stop();
	});

	it('reaches every listener, whichever of them throws or rejects', async () => {
		const { agent, clock } = setUp([new FakeTransport()]);
		const warnings: CloudlinkError[] = [];
		agent.on('up', () => {
			throw new Error('the first');
		});
		agent.on('up', async () => {
			await Promise.reject(new Error('the second, later'));
		});
		const up = agent.waitUntilUp();
		let reached = 0;
		const listener = () => {
			reached++;
		};
		agent.on('up', listener);
		agent.once('up', listener);
		agent.on('warning', () => {
			throw new Error('of the warning, too');
		});
		agent.on('warning', (warning) => warnings.push(warning));
		await agent.start();
		await clock.advanceAsync(5_000);
		expect((await up).node).to.equal('127.0.0.1:443');
		expect(reached).to.equal(2);
		expect(
			warnings.map(({ code, cause }) => [code, (cause as Error).message]),
		).to.deep.equal([
			['ERR_CLOUDLINK_LISTENER', 'the first'],
			['ERR_CLOUDLINK_LISTENER', 'the second, later'],
		]);
		agent.off('up', listener);
		agent.reconnect();
		await clock.advanceAsync(1_000);
		expect(agent.status().links).to.equal(2);
		expect(reached).to.equal(2);
		await agent.stop();
	});

	describe('waitUntilUp', () => {
		it('resolves at once with the current link', async () => {
			const { agent, clock } = setUp([new FakeTransport()]);
			await agent.start();
			const early = agent.waitUntilUp();
			await clock.advanceAsync(5_000);
			expect(await early).to.equal(agent.link);
			expect(await agent.waitUntilUp()).to.equal(agent.link);
			await agent.stop();
		});

		it('is rejected by stop, and by its signal with the reason', async () => {
			const { agent } = setUp([new FakeTransport(['hang'])]);
			const unstarted = rejection(agent.waitUntilUp());
			await agent.stop();
			expect(await unstarted).to.have.property('code', 'ERR_CLOUDLINK_STOPPED');
			await agent.start();
			const controller = new AbortController();
			const aborted = rejection(
				agent.waitUntilUp({ signal: controller.signal }),
			);
			const reason = new Error('no more patience');
			controller.abort(reason);
			expect(await aborted).to.equal(reason);
			expect(
				await rejection(agent.waitUntilUp({ signal: controller.signal })),
			).to.equal(reason);
			const left = rejection(agent.waitUntilUp());
			await agent.stop();
			expect(await left).to.have.property('code', 'ERR_CLOUDLINK_STOPPED');
		});
	});

	describe('a drain', () => {
		it('makes the successor first, within the deadline, and retires the old link', async () => {
			const transport = new FakeTransport();
			const { agent, clock, log, retries } = setUp([transport], {
				nodes: ['127.0.0.1:443', '127.0.0.2:443'],
			});
			await agent.start();
			await clock.advanceAsync(5_000);
			const old = transport.link;
			old.listener?.onDrain(goaway(20_000));
			await settle();
			expect(agent.state).to.equal('draining');
			expect(agent.link?.node).to.equal(old.node);
			const successor = agent.waitUntilUp();
			expect(retries.at(-1)?.outcome.kind).to.equal('drained');
			expect(retries.at(-1)?.delayMs).to.be.below(20_000);
			await clock.advanceAsync(20_000);
			expect(agent.state).to.equal('up');
			expect((await successor).node).not.to.equal(old.node);
			expect(log.slice(-3)).to.deep.equal([
				'down drained',
				'up',
				`up websocket ${transport.link.node}`,
			]);
			expect(old.graces).to.deep.equal([20_000]);
			old.end(goaway(0));
			await agent.stop();
			expect(clock.pending).to.equal(0);
		});

		it('keeps to what the node says while it drains', async () => {
			const transport = new FakeTransport();
			const { agent, clock } = setUp([transport]);
			await agent.start();
			await clock.advanceAsync(5_000);
			transport.link.listener?.onDrain(goaway(60_000));
			await settle();
			transport.link.listener?.onHint({ retryAfterMs: 300_000 });
			await clock.advanceAsync(290_000);
			expect(transport.requests).to.have.length(1);
			expect(agent.status().waiting?.reason).to.include('as the node said');
			await clock.advanceAsync(20_000);
			expect(agent.state).to.equal('up');
			await agent.stop();
		});

		it('of a link that ends before its successor is up leaves the agent waiting', async () => {
			const transport = new FakeTransport(['up', 'hang']);
			const { agent, clock, log } = setUp([transport]);
			await agent.start();
			await clock.advanceAsync(5_000);
			transport.link.listener?.onDrain(goaway(20_000));
			await settle();
			transport.link.end(goaway(0));
			await settle();
			expect(agent.state).to.equal('waiting');
			expect(agent.link).to.equal(undefined);
			expect(log.filter((entry) => entry.startsWith('down'))).to.deep.equal([
				'down drained',
			]);
			await agent.stop();
		});
	});

	describe('with a preferred transport that is blocked', () => {
		async function overUdp(
			tcpAnswers: FakeTransport['answers'],
			options: Partial<AgentOptions> = {},
		) {
			const tcp = new FakeTransport(tcpAnswers);
			const udp = new FakeTransport(['up'], 'udp');
			const all = setUp([tcp, udp], options);
			await all.agent.start();
			for (let i = 0; i < 40 && all.agent.state !== 'up'; i++) {
				await all.clock.advanceAsync(1_000);
			}
			expect(all.agent.link?.transport).to.equal('udp');
			return { ...all, tcp, udp };
		}

		it('falls back after two failures, within 30 s', async () => {
			const { agent, clock, tcp } = await overUdp([refused]);
			expect(tcp.requests).to.have.length(2);
			expect(clock.monotonicMs()).to.be.at.most(30_000);
			await agent.stop();
		});

		const inTime: Array<[FakeAnswer, number]> = [
			[refused, 30_000],
			['time-out', 45_000],
		];
		for (const [answer, limitMs] of inTime) {
			it(`is up over UDP within ${limitMs / 1000} s, whatever chance says`, async () => {
				for (let seed = 1; seed <= 100; seed++) {
					const tcp = new FakeTransport([answer]);
					const udp = new FakeTransport(['up'], 'udp');
					const { agent, clock } = setUp([tcp, udp], {}, seed);
					await agent.start();
					while (agent.state !== 'up' && clock.monotonicMs() < 120_000) {
						clock.fireNext();
						await settle();
					}
					expect(agent.link?.transport, `seed ${seed}`).to.equal('udp');
					expect(clock.monotonicMs(), `seed ${seed}`).to.be.at.most(limitMs);
					await agent.stop();
				}
			});
		}

		it('is up over UDP within 45 s of the loss of a young link, too', async () => {
			for (let seed = 1; seed <= 50; seed++) {
				const tcp = new FakeTransport(['up', 'time-out']);
				const udp = new FakeTransport(['up'], 'udp');
				const { agent, clock } = setUp([tcp, udp], {}, seed);
				await agent.start();
				await clock.advanceAsync(6_000);
				tcp.link.end(outcome('link-silent', 'Nothing came.'));
				await settle();
				const lostMs = clock.monotonicMs();
				while (agent.state !== 'up' && clock.monotonicMs() < 200_000) {
					clock.fireNext();
					await settle();
				}
				expect(agent.link?.transport, `seed ${seed}`).to.equal('udp');
				expect(clock.monotonicMs() - lostMs, `seed ${seed}`).to.be.at.most(
					45_000,
				);
				await agent.stop();
			}
		});

		it('returns beside the live link, and keeps the old one whole for a while', async () => {
			const { agent, clock, udp, log } = await overUdp([
				refused,
				refused,
				'up',
			]);
			const downs = log.filter((entry) => entry.startsWith('down')).length;
			await clock.advanceAsync(450_000);
			expect(agent.link?.transport).to.equal('websocket');
			await agent.stop();
			expect(log.filter((entry) => entry.startsWith('down')).length).to.equal(
				downs + 2,
			);
			expect(udp.link.graces.length).to.be.at.least(1);
			expect(clock.pending).to.equal(0);
		});

		it('leaves the live link untouched when the trial fails', async () => {
			const { agent, clock, tcp, udp, log } = await overUdp([refused]);
			const before = agent.link;
			const dialled = tcp.requests.length;
			await clock.advanceAsync(450_000);
			expect(tcp.requests.length).to.equal(dialled + 1);
			expect(agent.link).to.equal(before);
			expect(udp.links).to.have.length(1);
			expect(log.some((entry) => entry.startsWith('down'))).to.equal(false);
			await agent.stop();
		});

		it('charges the bytes of a standby that is taken back once', async () => {
			const { agent, clock, tcp, udp, retries } = await overUdp(
				[refused, refused, 'up'],
				{ pacing: { bytesPerHour: 10_000_000 } },
			);
			for (let i = 0; i < 500 && agent.link?.transport === 'udp'; i++) {
				udp.link.bytes = 8_000_000;
				await clock.advanceAsync(1_000);
			}
			tcp.link.end(reset);
			await clock.advanceAsync(1_000);
			expect(agent.link?.transport).to.equal('udp');
			udp.link.end(reset);
			await settle();
			expect(retries.at(-1)?.law).not.to.equal('budget');
			await agent.stop();
		});

		it('takes the standby back when the new link fails young', async () => {
			const { agent, clock, tcp, udp } = await overUdp([
				refused,
				refused,
				'up',
			]);
			for (let i = 0; i < 500 && agent.link?.transport === 'udp'; i++) {
				await clock.advanceAsync(1_000);
			}
			tcp.link.end(reset);
			await settle();
			expect(agent.state).to.equal('up');
			expect(agent.link?.transport).to.equal('udp');
			expect(udp.links).to.have.length(1);
			await agent.stop();
			expect(clock.pending).to.equal(0);
		});
	});

	describe('on another node than its first choice', () => {
		async function away(answers: FakeTransport['answers']) {
			const transport = new FakeTransport(answers);
			const all = setUp([transport], {
				nodes: ['127.0.0.1:443', '127.0.0.2:443', '127.0.0.3:443'],
			});
			await all.agent.start();
			await all.clock.advanceAsync(15_000);
			const [first] = transport.requests;
			const preferred = first!.node!.name;
			expect(all.agent.link?.node).not.to.equal(preferred);
			return { ...all, transport, preferred };
		}

		it('goes back to the preferred node beside the live link, once that has been stable for a while', async () => {
			const { agent, clock, transport, preferred, log } = await away([
				refused,
				'up',
			]);
			await clock.advanceAsync(300_000);
			expect(transport.links).to.have.length(1);
			await clock.advanceAsync(1_500_000);
			expect(agent.link?.node).to.equal(preferred);
			expect(transport.links).to.have.length(2);
			expect(log.slice(-2)).to.deep.equal([
				'down drained',
				`up websocket ${preferred}`,
			]);
			await agent.stop();
			expect(clock.pending).to.equal(0);
		});

		it('stays where it is while its preferred node fails, and does not hammer it', async () => {
			const { agent, clock, transport, preferred } = await away([
				refused,
				'up',
				refused,
			]);
			const before = agent.link;
			await clock.advanceAsync(4 * 3_600_000);
			expect(agent.link).to.equal(before);
			const tries = transport.requests.filter(
				({ node }) => node?.name === preferred,
			);
			expect(tries.length).to.be.within(2, 8);
			await agent.stop();
		});

		it('does not spin when a failure is nobody else’s fault', async () => {
			let asked = 0;
			const transport = new FakeTransport([refused, 'up']);
			const { agent, clock } = setUp([transport], {
				nodes: ['127.0.0.1:443', '127.0.0.2:443'],
				device: {
					uuid: 'a1b2c3',
					key: () => (++asked > 2 ? '' : 'secret'),
				},
			});
			await agent.start();
			await clock.advanceAsync(15_000);
			expect(agent.state).to.equal('up');
			await clock.advanceAsync(3_600_000);
			expect(agent.state).to.equal('up');
			expect(asked).to.be.within(3, 70);
			await agent.stop();
		});
	});

	it('moves by probe, quiet time and a new dial where two links cannot stand side by side', async () => {
		const tcp = new FakeTransport(
			[refused, refused, 'up'],
			'openvpn-tcp',
			'break-before-make',
		);
		const udp = new FakeTransport(['up'], 'openvpn-udp', 'break-before-make');
		const { agent, clock, log } = setUp([tcp, udp]);
		await agent.start();
		for (let i = 0; i < 700 && agent.link?.transport !== 'openvpn-tcp'; i++) {
			await clock.advanceAsync(1_000);
		}
		expect(agent.link?.transport).to.equal('openvpn-tcp');
		expect(tcp.probes).to.equal(1);
		expect(udp.link.graces).to.deep.equal([0]);
		expect(log.filter((entry) => entry === 'down drained')).to.have.length(1);
		await agent.stop();
		expect(clock.pending).to.equal(0);
	});

	describe('options', () => {
		const bad = (options: object): string => {
			try {
				new CloudlinkAgent({
					device: { uuid: 'a1b2c3', key: 'secret' },
					nodes: ['127.0.0.1:443'],
					transports: [new FakeTransport()],
					...options,
				});
			} catch (error) {
				expect(error).to.be.instanceOf(CloudlinkError);
				return (error as Error).message;
			}
			throw new Error('accepted');
		};

		it('name the wrong key, the nearest right one, and what to do', () => {
			expect(bad({ nodez: [] })).to.include('did you mean `nodes`');
			expect(bad({ nodes: ['wss://x'] })).to.include('nodes[0]');
			expect(bad({ nodes: [] })).to.include('`nodes` is missing');
			expect(bad({ nodes: undefined })).to.include('`nodes` is missing');
			expect(bad({ transports: [] })).to.include('`transports`');
			expect(
				bad({ transports: [new FakeTransport(), new FakeTransport()] }),
			).to.include('websocket twice');
			expect(bad({ device: { key: 'secret' } })).to.include(
				'`device.uuid` is missing',
			);
			expect(bad({ pacing: { firstWindow: 3 } })).to.include('firstWindowMs');
		});

		it('never show the key', () => {
			expect(
				bad({ device: { uuid: 'x y', key: 'top\nsecret' } }),
			).not.to.include('top');
		});
	});

	describe('update', () => {
		it('keeps a link whose node is still named, and throws at what is not valid', async () => {
			const transport = new FakeTransport();
			const { agent, clock, log } = setUp([transport]);
			await agent.start();
			await clock.advanceAsync(5_000);
			agent.update({ nodes: ['127.0.0.1:443', '127.0.0.9:443'] });
			expect(() => {
				agent.update({ nodes: ['not a node'] });
			}).to.throw(/nodes\[0\]/);
			await clock.advanceAsync(20_000);
			expect(transport.links).to.have.length(1);
			expect(log.filter((entry) => entry.startsWith('down'))).to.be.empty;
			await agent.stop();
		});

		it('leaves a node that is no longer named once its successor is up, and not with the whole fleet at once', async () => {
			const movedInMs = async (seed: number) => {
				const transport = new FakeTransport(['up', refused, 'up']);
				const { agent, clock, log, retries } = setUp([transport], {}, seed);
				await agent.start();
				await clock.advanceAsync(5_000);
				agent.update({ nodes: ['127.0.0.9:443'] });
				await settle();
				expect(agent.state).to.equal('draining');
				expect(retries.at(-1)).to.include({ law: 'spread', windowMs: 5_000 });
				const inMs = retries.at(-1)!.delayMs;
				await clock.advanceAsync(inMs);
				expect(transport.requests.at(-1)?.node?.port).to.equal(443);
				expect(transport.requests.at(-1)?.node?.host).to.equal('127.0.0.9');
				// The new node is not there yet: the old link serves on.
				expect(retries.at(-1)?.outcome.kind).to.equal('unreachable');
				expect(agent.link?.node).to.equal('127.0.0.1:443');
				await clock.advanceAsync(retries.at(-1)!.delayMs);
				expect(agent.state).to.equal('up');
				expect(agent.link?.node).to.equal('127.0.0.9:443');
				expect(log.filter((entry) => entry.startsWith('down'))).to.deep.equal([
					'down drained',
				]);
				await agent.stop();
				return inMs;
			};
			const all: number[] = [];
			for (let seed = 1; seed <= 20; seed++) {
				all.push(await movedInMs(seed));
			}
			expect(Math.max(...all)).to.be.within(4_000, 5_000);
			expect(Math.min(...all)).to.be.within(0, 1_000);
		});

		it('keeps the link until the dial where two of them must not be up at once', async () => {
			const transport = new FakeTransport(
				['up'],
				'openvpn-tcp',
				'break-before-make',
			);
			const { agent, clock, log, retries } = setUp([transport]);
			await agent.start();
			await clock.advanceAsync(5_000);
			agent.update({ nodes: ['127.0.0.9:443'] });
			await settle();
			const { delayMs } = retries.at(-1)!;
			expect(delayMs).to.be.greaterThan(10);
			await clock.advanceAsync(delayMs - 10);
			expect(transport.links[0]!.graces).to.be.empty;
			await clock.advanceAsync(10);
			expect(transport.links[0]!.graces).to.deep.equal([0]);
			expect(agent.link?.node).to.equal('127.0.0.9:443');
			expect(log.filter((entry) => entry.startsWith('down'))).to.deep.equal([
				'down drained',
			]);
			await agent.stop();
		});

		it('reaches a link that was being dialled when the configuration changed', async () => {
			for (const [change, node, uuid] of [
				[{ nodes: ['127.0.0.9:443'] }, '127.0.0.9:443', 'a1b2c3'],
				[{ device: { uuid: 'ffff', key: 'x' } }, '127.0.0.1:443', 'ffff'],
			] as const) {
				let answer: (() => void) | undefined;
				const transport = new FakeTransport();
				const dial = transport.dial.bind(transport);
				transport.dial = async (request) => {
					if (transport.links.length === 0) {
						await new Promise<void>((resolve) => (answer = resolve));
					}
					return await dial(request);
				};
				const { agent, clock } = setUp([transport]);
				await agent.start();
				await clock.advanceAsync(5_000);
				expect(agent.state).to.equal('connecting');
				agent.update(change);
				answer!();
				await clock.advanceAsync(5_000);
				expect(agent.state).to.equal('up');
				expect(agent.link?.node).to.equal(node);
				expect(transport.requests.at(-1)?.device.uuid).to.equal(uuid);
				await agent.stop();
			}
		});

		it('lets a refused device try another key within seconds', async () => {
			const transport = new FakeTransport([
				outcome('http-401', 'Wrong key.'),
				'up',
			]);
			const { agent, clock } = setUp([transport]);
			await agent.start();
			await clock.advanceAsync(5_000);
			expect(agent.status().waiting).to.include({ law: 'slow' });
			agent.update({ device: { uuid: 'a1b2c3', key: 'fresh' } });
			await clock.advanceAsync(5_000);
			expect(agent.state).to.equal('up');
			expect(transport.requests.at(-1)?.device.key).to.equal('fresh');
			await agent.stop();
		});

		it('leaves at once when the device is another', async () => {
			const transport = new FakeTransport();
			const { agent, clock, log, retries } = setUp([transport]);
			await agent.start();
			await clock.advanceAsync(5_000);
			agent.update({ device: { uuid: 'ffff', key: 'other' } });
			await settle();
			expect(retries.at(-1)).to.include({ delayMs: 0 });
			expect(log).to.include('down drained');
			await clock.advanceAsync(0);
			expect(transport.requests.at(-1)?.device.uuid).to.equal('ffff');
			await agent.stop();
		});
	});
});
