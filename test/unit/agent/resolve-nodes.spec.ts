import { expect } from 'chai';
import type { SrvRecord } from 'node:dns';

import { resolveNodes } from '../../../src/agent/resolve-nodes.js';
import { parseNodes } from '../../../src/nodes/index.js';
import { systemClock } from '../../../src/runtime/index.js';
import { settle } from '../../../src/testing/settle.js';
import { VirtualClock } from '../../../src/testing/virtual-clock.js';

/** Answers by name; what is not listed does not exist, and `never` never answers. */
const never = Symbol('never');
const dns =
	(zone: Record<string, string[] | typeof never>, asked: string[] = []) =>
	async (host: string) => {
		asked.push(host);
		const answer = zone[host];
		if (answer === undefined) {
			throw new Error(`getaddrinfo ENOTFOUND ${host}`);
		}
		return answer === never
			? await new Promise<never>(() => undefined)
			: answer;
	};

const record = (
	name: string,
	priority = 0,
	weight = 1,
	port = 443,
): SrvRecord => ({ name, priority, weight, port });

describe('resolving the configured names', () => {
	it("finds all records of both families, in the resolver's order", async () => {
		const clock = new VirtualClock();
		const all = ['2001:db8::1', '192.0.2.1', '2001:db8::2', '192.0.2.2'];
		const resolution = await resolveNodes(parseNodes(['a.example:8443']), {
			clock,
			lookup: dns({ 'a.example': all }),
		});
		expect(resolution).to.deep.equal({
			found: {
				'a.example:8443': [
					{ name: 'a.example:8443', port: 8443, addresses: all },
				],
			},
			failures: [],
		});
		expect(clock.pending, 'no timer stays behind').to.equal(0);
	});

	it('asks nothing for entries that are addresses', async () => {
		const asked: string[] = [];
		const { found } = await resolveNodes(
			parseNodes(['192.0.2.1', '[2001:db8::1]:8443']),
			{ clock: new VirtualClock(), lookup: dns({}, asked) },
		);
		expect([found, asked]).to.deep.equal([{}, []]);
	});

	it('reports a name that cannot be found, with the cause, and finds the others', async () => {
		const { found, failures } = await resolveNodes(
			parseNodes(['gone.example', 'a.example', 'empty.example']),
			{
				clock: new VirtualClock(),
				lookup: dns({ 'a.example': ['192.0.2.1'], 'empty.example': [] }),
			},
		);
		expect(Object.keys(found)).to.deep.equal(['a.example:443']);
		expect(
			failures.map(({ name, cause }) => [name, cause.message]),
		).to.deep.equal([
			['gone.example:443', 'getaddrinfo ENOTFOUND gone.example'],
			['empty.example:443', 'DNS has no address for empty.example:443.'],
		]);
	});

	it('takes no more records of a name than the limit', async () => {
		const many = Array.from({ length: 100 }, (_, i) => `192.0.2.${i}`);
		const { found } = await resolveNodes(parseNodes(['a.example']), {
			clock: new VirtualClock(),
			lookup: dns({ 'a.example': many }),
			maxRecords: 10,
		});
		expect(found['a.example:443']![0]!.addresses).to.deep.equal(
			many.slice(0, 10),
		);
	});

	it('ends at the deadline with what it has by then', async () => {
		const clock = new VirtualClock();
		const resolving = resolveNodes(parseNodes(['slow.example', 'a.example']), {
			clock,
			lookup: dns({ 'slow.example': never, 'a.example': ['192.0.2.1'] }),
		});
		await settle();
		clock.advance(4999);
		await settle();
		expect(clock.pending).to.equal(1);
		clock.advance(1);
		const { found, failures } = await resolving;
		expect(Object.keys(found)).to.deep.equal(['a.example:443']);
		expect(failures[0]!.cause.message).to.equal(
			'No answer from DNS for slow.example:443 within 5000 ms.',
		);
		expect(clock.pending).to.equal(0);
	});

	it('has no more than two look-ups under way, for each holds a thread that file access needs', async () => {
		const clock = new VirtualClock();
		const asked: string[] = [];
		const texts = Array.from({ length: 6 }, (_, i) => `slow${i}.example`);
		const zone = Object.fromEntries(
			texts.map((text) => [text, never] as const),
		);
		const resolving = resolveNodes(parseNodes(texts), {
			clock,
			lookup: dns(zone, asked),
		});
		await settle();
		clock.advance(5000);
		expect((await resolving).failures).to.have.length(6);
		expect(asked).to.have.length(2);
	});

	it('rejects with the reason of its signal, at once', async () => {
		const clock = new VirtualClock();
		const controller = new AbortController();
		const reason = new Error('stopped');
		const resolving = resolveNodes(parseNodes(['slow.example']), {
			clock,
			signal: controller.signal,
			lookup: dns({ 'slow.example': never }),
		});
		await settle();
		controller.abort(reason);
		const caught: unknown = await resolving.catch((error: unknown) => error);
		expect(caught).to.equal(reason);
		expect(clock.pending).to.equal(0);
		const again: unknown = await resolveNodes(parseNodes(['a.example']), {
			clock,
			signal: controller.signal,
			lookup: dns({}),
		}).catch((error: unknown) => error);
		expect(again).to.equal(reason);
	});

	it('asks the system where nothing else is given', async () => {
		const { found } = await resolveNodes(parseNodes(['localhost:1']), {
			clock: systemClock,
		});
		expect(
			found['localhost:1']![0]!.addresses.every(
				(address) => address === '127.0.0.1' || address === '::1',
			),
		).to.equal(true);
	});

	describe('with SRV records', () => {
		const entries = parseNodes(['_cloudlink._tcp.example.com']);
		const resolveSrv = async (
			records: readonly SrvRecord[],
			zone: Parameters<typeof dns>[0],
		) =>
			await resolveNodes(entries, {
				clock: new VirtualClock(),
				lookup: dns(zone),
				lookupSrv: (name) => {
					expect(name).to.equal('_cloudlink._tcp.example.com');
					return Promise.resolve(records);
				},
			});

		it('finds each target with its port, priority and weight', async () => {
			const { found } = await resolveSrv(
				[
					record('Two.example.com.', 20, 5, 8443),
					record('one.example.com', 10),
				],
				{ 'one.example.com': ['192.0.2.1'], 'two.example.com': ['192.0.2.2'] },
			);
			expect(found['_cloudlink._tcp.example.com']).to.deep.equal([
				{
					name: 'one.example.com:443',
					port: 443,
					addresses: ['192.0.2.1'],
					priority: 10,
					weight: 1,
				},
				{
					name: 'two.example.com:8443',
					port: 8443,
					addresses: ['192.0.2.2'],
					priority: 20,
					weight: 5,
				},
			]);
		});

		it('leaves out a target that cannot be resolved', async () => {
			const { found, failures } = await resolveSrv(
				[record('gone.example.com'), record('one.example.com')],
				{ 'one.example.com': ['192.0.2.1'] },
			);
			expect(
				found['_cloudlink._tcp.example.com']!.map(({ name }) => name),
			).to.deep.equal(['one.example.com:443']);
			expect(failures).to.deep.equal([]);
		});

		it('reports the name when no target is left, or "." says that there is no service', async () => {
			for (const records of [[], [record('')], [record('gone.example.com')]]) {
				const { found, failures } = await resolveSrv(records, {});
				expect(found).to.deep.equal({});
				expect(failures.map(({ name }) => name)).to.deep.equal([
					'_cloudlink._tcp.example.com',
				]);
			}
		});

		it('gives a weight of 0 a small share, as RFC 2782 has it', async () => {
			const { found } = await resolveSrv([record('one.example.com', 0, 0)], {
				'one.example.com': ['192.0.2.1'],
			});
			expect(found['_cloudlink._tcp.example.com']![0]!.weight).to.be.within(
				0.01,
				0.5,
			);
		});
	});
});
