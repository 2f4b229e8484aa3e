import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';

import { openvpn } from '../../../src/transports/openvpn/index.js';
import type { DialRequest, Transport } from '../../../src/transport.js';
import {
	BalenaVpn,
	JUDGE_SECONDS,
	stopBalenaVpns,
} from '../../support/openvpn-balena.js';
import { ForeignOpenvpn, stopForeign } from '../../support/openvpn-foreign.js';
import { Balancer, stopBalancers } from '../../support/openvpn-haproxy.js';
import {
	NO_TUN,
	dialOf,
	needsOpenvpn,
	outcomeOf,
	watchLeftovers,
} from '../../support/openvpn-server.js';

/** As pacing's core gives it out: short for the connect, long for the answer. */
const PATIENT = { connectDeadlineMs: 10_000, deadlineMs: 60_000 };

describe('openvpn behind open-balena-vpn', function () {
	this.timeout(120_000);
	before(function () {
		needsOpenvpn(this, 'haproxy');
	});
	watchLeftovers();

	let directory: string;
	const attached: Transport[] = [];
	beforeEach(() => {
		directory = mkdtempSync(join(tmpdir(), 'balena-'));
	});
	afterEach(async () => {
		await Promise.all(attached.splice(0).map((one) => one.release!()));
		await stopForeign();
		await stopBalancers();
		await stopBalenaVpns();
		rmSync(directory, { recursive: true, force: true });
	});

	const device = (key: string): Partial<DialRequest> => ({
		...PATIENT,
		device: { uuid: 'uuid1', key },
	});

	/** A device's openvpn, as the drop-in starts it; gives the transport and the file with its key. */
	function attach(config: string, key: string) {
		const credentials = mkdtempSync(join(directory, 'key-')) + '/vpn-auth';
		const writeKey = (now: string) => {
			writeFileSync(credentials, `uuid1\n${now}\n`, { mode: 0o600 });
		};
		writeKey(key);
		const client = new ForeignOpenvpn([
			config.replace('/var/volatile/vpn-auth', credentials),
			...NO_TUN,
		]);
		const transport = openvpn({ attach: client.socket });
		attached.push(transport);
		return { client, transport, writeKey };
	}

	it('is auth-failed at the first attempt, owned and attached, though a wrong key is judged late, and uses a corrected one at the next', async () => {
		// Side by side: every one of them waits for the judge.
		await Promise.all((['tcp', 'udp'] as const).map(correctsKey));
	});

	async function correctsKey(protocol: 'tcp' | 'udp') {
		const vpn = await BalenaVpn.start({ protocol });
		const config = vpn.clientConfig().replace('proto tcp', `proto ${protocol}`);
		const owned = openvpn({ protocol, config, directives: NO_TUN });
		const { transport, writeKey } = attach(config, 'wrong');
		const anywhere = { node: undefined, ...PATIENT };
		const dials = [
			owned.dial(dialOf(vpn.port, device('wrong'))),
			transport.dial(
				dialOf(undefined, { ...anywhere, device: { uuid: 'uuid1' } }),
			),
		];
		for (const ended of await Promise.all(dials.map(outcomeOf))) {
			expect(ended.code, ended.message).to.equal('auth-failed');
			expect(ended.kind).to.equal('rejected');
		}
		expect(vpn.logins).to.deep.equal(['uuid1 wrong', 'uuid1 wrong']);

		const link = await owned.dial(dialOf(vpn.port, device('key1')));
		await link.close(0);
		writeKey('key1');
		await transport.dial(
			dialOf(undefined, { ...anywhere, device: { uuid: 'uuid1' } }),
		);
		expect(vpn.logins.slice(2)).to.deep.equal(['uuid1 right', 'uuid1 right']);
	}

	it('is auth-failed at once while the API behind the logins is down, and comes back with the same key', async () => {
		const vpn = await BalenaVpn.start();
		const transport = openvpn({
			config: vpn.clientConfig(),
			directives: NO_TUN,
		});
		vpn.api('down');
		const startMs = performance.now();
		const ended = await outcomeOf(
			transport.dial(dialOf(vpn.port, device('key1'))),
		);
		expect(ended.code).to.equal('auth-failed');
		expect(performance.now() - startMs).to.be.lessThan(JUDGE_SECONDS * 1000);
		vpn.api('up');
		const link = await transport.dial(dialOf(vpn.port, device('key1')));
		await link.close(0);
	});

	it('stands in the queue of a limiter that accepts late, at one attempt each', async () => {
		const vpn = await BalenaVpn.start();
		const uuids = Array.from({ length: 8 }, (_, i) => `queued${i}`);
		vpn.keys(Object.fromEntries(uuids.map((uuid) => [uuid, 'key1'])));
		const balancer = await Balancer.start(vpn.port, {
			kind: 'queue',
			perSecond: 1,
		});
		const startMs = performance.now();
		const links = await Promise.all(
			uuids.map((uuid) =>
				openvpn({
					config: vpn.clientConfig(balancer.port),
					directives: NO_TUN,
				}).dial(
					dialOf(balancer.port, {
						device: { uuid, key: 'key1' },
						// Shorter than the queue: only an unanswered connect ends by it.
						connectDeadlineMs: 3000,
						deadlineMs: 60_000,
						// Nor does the bound on a silent link count while nothing is up.
						livenessMs: 4000,
					}),
				),
			),
		);
		expect(performance.now() - startMs).to.be.greaterThan(5000);
		expect(vpn.logins).to.have.length(uuids.length);
		await Promise.all(links.map((link) => link.close(0)));
	});
});
