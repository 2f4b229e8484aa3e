import { spawnSync } from 'node:child_process';
import {
	existsSync,
	mkdtempSync,
	readFileSync,
	readdirSync,
	rmSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';

import { expect } from 'chai';

import type { DialError } from '../../../src/outcome.js';
import { openvpn } from '../../../src/transports/openvpn/index.js';
import type { Link } from '../../../src/transport.js';
import {
	BalenaVpn,
	LOGIN,
	stopBalenaVpns,
} from '../../support/openvpn-balena.js';
import {
	NO_TUN,
	dialOf,
	needsOpenvpn,
	watchLeftovers,
} from '../../support/openvpn-server.js';

const SLOTS = fileURLToPath(
	new URL('../../../examples/openvpn-slots/login-slots.sh', import.meta.url),
);

/** Longer than it takes all to ask, on a busy machine. */
const STEP_MS = 3000;

describe('examples/openvpn-slots', function () {
	this.timeout(60_000);
	before(function () {
		needsOpenvpn(this, 'flock');
	});
	watchLeftovers();
	afterEach(stopBalenaVpns);

	it('lets so many in a second, gives each of the others a place of its own, and lets it in at that time', async () => {
		const vpn = await BalenaVpn.start({
			login: `#!/bin/sh
cat > $DIR/judge.sh << 'END'
${LOGIN}END
chmod +x $DIR/judge.sh
exec ${SLOTS} ${STEP_MS} $DIR/slots $DIR/judge.sh "$1"
`,
		});
		const uuids = Array.from({ length: 3 }, (_, i) => `slot${i}`);
		vpn.keys(Object.fromEntries(uuids.map((uuid) => [uuid, 'key1'])));
		const dial = (uuid: string) =>
			openvpn({ ca: vpn.ca, directives: ['comp-lzo', ...NO_TUN] }).dial(
				dialOf(vpn.port, { device: { uuid, key: 'key1' } }),
			);
		const links: Link[] = [];
		const refused = new Map<string, number>();
		const tryAll = async (some: readonly string[]) => {
			await Promise.all(
				some.map(async (uuid) => {
					try {
						links.push(await dial(uuid));
					} catch (thrown) {
						const { outcome } = thrown as DialError;
						expect(outcome.code, outcome.message).to.equal('auth-throttled');
						refused.set(uuid, outcome.hint!.retryAfterMs!);
					}
				}),
			);
		};
		await tryAll(uuids);
		// The one that came first; the places of the others are a step apart, whatever their order.
		expect(links).to.have.length(1);
		const waits = [...refused.values()].sort((a, b) => a - b);
		expect(waits.at(-1)! - waits[0]!).to.be.within(
			STEP_MS - 1000,
			STEP_MS + 1000,
		);
		await sleep(waits.at(-1));
		await tryAll([...refused.keys()]);
		expect(links).to.have.length(uuids.length);
		await Promise.all(links.map((link) => link.close(0)));
	});

	it('gives no place to a name whose key is wrong, however many come', () => {
		const folder = mkdtempSync(join(tmpdir(), 'slots-'));
		try {
			const file = (name: string, content: string, mode = 0o600) => {
				writeFileSync(join(folder, name), content, { mode });
				return join(folder, name);
			};
			const login = file(
				'login.sh',
				'#!/bin/sh\n{ read -r uuid; read -r key; } <"$1"\n[ "$key" = right ]\n',
				0o755,
			);
			const places = join(folder, 'places');
			const judged = (uuid: string, key: string) =>
				spawnSync(
					SLOTS,
					['60000', places, login, file('asked', `${uuid}\n${key}\n`)],
					{
						env: {
							...process.env,
							auth_failed_reason_file: join(folder, 'reason'),
							auth_control_file: join(folder, 'control'),
						},
					},
				).status;
			for (let i = 0; i < 20; i++) {
				expect(judged(`forged${i}`, 'made up')).to.equal(1);
			}
			expect(
				readdirSync(places).filter((name) => name.startsWith('forged')),
			).to.eql([]);
			expect(judged('honest1', 'right')).to.equal(0);
			expect(existsSync(join(folder, 'reason'))).to.equal(false);
			// The next one has the first place, not the twenty-first.
			expect(judged('honest2', 'right')).to.equal(1);
			expect(readFileSync(join(folder, 'reason'), 'utf8')).to.match(
				/^TEMP\[backoff (5\d|60),advance no\]:queued\n$/,
			);
		} finally {
			rmSync(folder, { recursive: true, force: true });
		}
	});
});
