import { expect } from 'chai';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';

import { resolveNodes, srvLookup } from '../../../src/agent/resolve-nodes.js';
import { parseNodes } from '../../../src/nodes/index.js';
import { systemClock } from '../../../src/runtime/index.js';
import { VirtualClock } from '../../../src/testing/virtual-clock.js';
import { until } from '../../support/until.js';

const u16 = (value: number) =>
	Buffer.from([Math.floor(value / 256), value % 256]);
const encodeName = (name: string) =>
	Buffer.concat([
		...name
			.split('.')
			.map((label) =>
				Buffer.concat([Buffer.from([label.length]), Buffer.from(label)]),
			),
		Buffer.from([0]),
	]);

/** An answer (RFC 1035, 4.1) with one SRV record for each target. */
function answer(query: Buffer, targets: readonly string[]): Buffer {
	const question = query.subarray(12, query.indexOf(0, 12) + 5);
	const records = targets.map((target, index) => {
		const data = Buffer.concat([
			u16(index),
			u16(5),
			u16(8443),
			encodeName(target),
		]);
		const pointerToQuestion = u16(0xc00c);
		return Buffer.concat([
			...[pointerToQuestion, u16(33), u16(1), u16(0), u16(60)],
			...[u16(data.length), data],
		]);
	});
	const counts = [u16(1), u16(records.length), u16(0), u16(0)];
	return Buffer.concat([
		...[query.subarray(0, 2), u16(0x8180), ...counts],
		...[question, ...records],
	]);
}

describe('SRV records from a real name server', () => {
	let server: Socket;
	let address: string;
	let queries: number;

	beforeEach(async () => {
		queries = 0;
		server = createSocket('udp4');
		server.bind(0, '127.0.0.1');
		await once(server, 'listening');
		address = `127.0.0.1:${server.address().port}`;
	});

	afterEach(() => {
		server.close();
	});

	const entries = parseNodes(['_cloudlink._tcp.example.com']);

	it('are found and resolved to nodes', async () => {
		server.on('message', (query, from) => {
			server.send(
				answer(query, ['one.example.com', 'two.example.com']),
				from.port,
				from.address,
			);
		});
		const { found, failures } = await resolveNodes(entries, {
			clock: systemClock,
			deadlineMs: 20_000,
			lookup: (host) =>
				Promise.resolve([host.startsWith('one') ? '192.0.2.1' : '192.0.2.2']),
			lookupSrv: srvLookup([address]),
		});
		expect(failures).to.deep.equal([]);
		expect(found).to.deep.equal({
			'_cloudlink._tcp.example.com': [
				{
					name: 'one.example.com:8443',
					port: 8443,
					addresses: ['192.0.2.1'],
					priority: 0,
					weight: 5,
				},
				{
					name: 'two.example.com:8443',
					port: 8443,
					addresses: ['192.0.2.2'],
					priority: 1,
					weight: 5,
				},
			],
		});
	});

	it('that never come end with the deadline, and the query is called back', async () => {
		server.on('message', () => queries++);
		const lookupSrv = srvLookup([address]);
		let called = Promise.resolve<unknown>(undefined);
		const clock = new VirtualClock();
		const resolving = resolveNodes(entries, {
			clock,
			lookupSrv: async (name, signal) => {
				const query = lookupSrv(name, signal);
				called = query.catch((error: unknown) => error);
				return await query;
			},
		});
		await until(() => queries > 0);
		clock.advance(5000);
		expect((await resolving).failures).to.have.length(1);
		expect(await called).to.have.property('code', 'ECANCELLED');
	});
});
