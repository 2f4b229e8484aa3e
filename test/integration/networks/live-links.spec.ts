import { setTimeout as sleep } from 'node:timers/promises';

import { expect } from 'chai';

import { Bench } from '../../networks/bench.js';
import { needsOpenvpn } from '../../support/openvpn-server.js';

/** Short, so that this part of the table of docs/networks.md takes half a minute; `npm run test:networks` has all of it. */
const OPTIONS = {
	livenessMs: 6000,
	dialDeadlineMs: 2000,
	pacing: { startSpreadMs: 500 },
};

describe('A live link, in network namespaces', function () {
	this.timeout(60_000);

	let benches: Bench[] = [];
	before(async function () {
		needsOpenvpn(this, 'ip', 'iptables', 'tc');
		benches = await Promise.all([Bench.start('websocket'), Bench.start('udp')]);
		await everywhere(async (bench) => {
			await bench.startLink(OPTIONS);
		});
	});
	after(async () => {
		await Promise.all(benches.map((bench) => bench.stop()));
	});

	/** The same over each transport, at the same time; gives what each came to. */
	async function everywhere<T>(
		work: (bench: Bench) => Promise<T>,
	): Promise<Record<string, T>> {
		const entries = benches.map(
			async (bench) => [bench.carrier, await work(bench)] as const,
		);
		return Object.fromEntries(await Promise.all(entries));
	}

	const lost = (bench: Bench) =>
		bench.told.filter(({ event }) => event === 'down').length;

	it('serves again within 5 s of another address, and over UDP it is the same link', async () => {
		const took = await everywhere(async (bench) => {
			const { lab } = bench;
			lab.device.run('ip', 'addr', 'flush', 'dev', 'eth0');
			lab.address('eth0', { host: 77 });
			return await bench.untilServed(20_000);
		});
		expect(took.websocket).to.be.below(5);
		expect(took.udp).to.be.below(5);
		expect(lost(benches[1]!)).to.equal(0);
	});

	it('is not lost while its own upload fills a line of 64 kbit/s for longer than its liveness', async () => {
		const before = benches.map(lost);
		await everywhere(async (bench) => {
			const { lab } = bench;
			lab.shape(64, 1000);
			await lab.cloudProcess.call('open', { port: bench.bigPort });
			await sleep(7500);
			const received = await lab.cloudProcess.call('received');
			expect(received, bench.carrier).to.be.above(30_000);
			lab.unshape();
			await bench.hear();
		});
		expect(benches.map(lost)).to.deep.equal(before);
	});

	it('is lost within its liveness when the path is cut, and back within 8 s of its return', async () => {
		const back = await everywhere(async (bench) => {
			bench.lab.silence();
			expect(await bench.until('down', 20_000), bench.carrier).to.be.below(7);
			await sleep(3000);
			bench.lab.silence(false);
			return await bench.untilServed(30_000);
		});
		expect(back.websocket).to.be.below(8);
		expect(back.udp).to.be.below(8);
	});
});
