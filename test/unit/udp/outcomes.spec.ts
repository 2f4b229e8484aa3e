import { expect } from 'chai';

import { pointsAtPath } from '../../../src/outcome.js';
import type { End } from '../../../src/transports/udp/connection/end.js';
import { classifyUdpEnd } from '../../../src/transports/udp/device/outcomes.js';
import { PerNode } from '../../../src/transports/udp/device/per-node.js';

const refused = (code: string): End => ({
	reason: 'refused',
	cause: Object.assign(new Error(code), { code }),
});

describe('how an attempt over UDP ended', () => {
	for (const [end, code, path] of [
		[{ reason: 'no-answer' }, 'udp-blocked', true],
		[{ reason: 'busy' }, 'udp-busy', false],
		[{ reason: 'version', versions: [2] }, 'not-cloudlink', true],
		[{ reason: 'handshake-timeout' }, 'upgrade-timeout', true],
		[{ reason: 'closed', code: 1 }, 'early-reset', true],
		[{ reason: 'reset' }, 'early-reset', true],
		[refused('ECONNREFUSED'), 'connect-refused', true],
		[refused('ENETUNREACH'), 'no-route', true],
		[refused('EMFILE'), 'no-resources', false],
	] as ReadonlyArray<readonly [End, string, boolean]>) {
		it(`by ${JSON.stringify(end)} is \`${code}\`, which ${path ? 'speaks' : 'does not speak'} against the path`, () => {
			const ended = classifyUdpEnd(end, true);
			expect(ended.code).to.equal(code);
			expect(pointsAtPath(ended)).to.equal(path);
		});
	}

	it('by BUSY: the time is clamped to 1 to 300 s, and left out when it is not to be followed', () => {
		const hint = (retryAfterSeconds: number, trust = true) =>
			classifyUdpEnd({ reason: 'busy', retryAfterSeconds }, trust).hint;
		expect(hint(0.2)).to.deep.equal({ retryAfterMs: 1000 });
		expect(hint(42)).to.deep.equal({ retryAfterMs: 42_000 });
		expect(hint(65_535)).to.deep.equal({ retryAfterMs: 300_000 });
		expect(hint(42, false)).to.equal(undefined);
	});
});

describe('what a device remembers of its nodes', () => {
	const at = { address: '192.0.2.1', port: 443 };
	const token = {
		serverId: Buffer.alloc(8),
		token: Buffer.alloc(23),
		secret: Buffer.alloc(16),
	};

	it('follows three BUSYs in a row of each node, and three more after something else', () => {
		const nodes = new PerNode();
		expect([1, 2, 3, 4].map(() => nodes.busy('a'))).to.deep.equal([
			true,
			true,
			true,
			false,
		]);
		expect(nodes.busy('b')).to.equal(true);
		nodes.notBusy('a');
		expect(nodes.busy('a')).to.equal(true);
	});

	it('hands a token out once, and only for an address that the node still has', () => {
		const nodes = new PerNode();
		nodes.keepToken('a', at, token, 1200);
		expect(nodes.takeToken('a', [at])).to.deep.equal({ at, token });
		expect(nodes.takeToken('a', [at])).to.equal(undefined);
		nodes.keepToken('a', at, token, 1200);
		expect(
			nodes.takeToken('a', [{ address: '192.0.2.2', port: 443 }]),
		).to.equal(undefined);
	});

	it('is at most 256 nodes', () => {
		const nodes = new PerNode();
		nodes.keepToken('first', at, token, 1200);
		for (let i = 0; i < 300; i++) {
			nodes.notBusy(`node ${i}`);
		}
		expect(nodes.takeToken('first', [at])).to.equal(undefined);
	});

	it('tries small datagrams after a handshake that came to nothing, and large ones again if that did not help', () => {
		const nodes = new PerNode();
		expect(nodes.datagramBytes('a')).to.equal(undefined);
		nodes.trySmaller('a');
		expect(nodes.datagramBytes('a')).to.equal(952);
		nodes.trySmaller('a');
		expect(nodes.datagramBytes('a')).to.equal(undefined);
		nodes.keepToken('a', at, token, 1200);
		expect(nodes.datagramBytes('a')).to.equal(1200);
	});
});
