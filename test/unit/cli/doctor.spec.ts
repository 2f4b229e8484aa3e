import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PeerCertificate } from 'node:tls';
import { expect } from 'chai';

import { describeFinding } from '../../../src/cli/doctor/command.js';
import { judgeOutcome } from '../../../src/cli/doctor/advice.js';
import { checkCertificate } from '../../../src/cli/doctor/certificate.js';
import {
	checkClock,
	checkNetwork,
	checkOpenvpn,
	checkProxy,
	checkTun,
} from '../../../src/cli/doctor/host.js';
import { findService } from '../../../src/cli/doctor/node.js';
import { parseNode } from '../../../src/nodes/index.js';
import { systemClock } from '../../../src/runtime/index.js';
import { OUTCOMES, outcome, type OutcomeCode } from '../../../src/outcome.js';

const NOW = Date.UTC(2026, 5, 1);

describe('doctor', () => {
	describe('on outcomes', () => {
		it('has advice for every way in which an attempt can fail', () => {
			for (const code of Object.keys(OUTCOMES) as OutcomeCode[]) {
				const finding = judgeOutcome('websocket', outcome(code, 'x'), true);
				expect(finding.advice, code).to.match(/\.$/);
				expect(finding.grade, code).to.be.oneOf(['warning', 'failure']);
			}
		});

		it('takes a node that asks for credentials as a good sign, unless it was given them', () => {
			const asked = outcome('http-401', 'x');
			expect(judgeOutcome('websocket', asked, false).grade).to.equal('ok');
			expect(judgeOutcome('websocket', asked, true).grade).to.equal('failure');
		});

		it('says when a throttling node wants to be asked again', () => {
			const { grade, seen } = judgeOutcome(
				'websocket',
				outcome('http-429', 'The node answered 429', {
					hint: { retryAfterMs: 29_100 },
				}),
				false,
			);
			expect(grade).to.equal('warning');
			expect(seen).to.equal(
				'The node answered 429. It says to come back in 30 s.',
			);
		});
	});

	describe('on certificates', () => {
		const certificate = {
			subject: { CN: 'a.example.com' },
			subjectaltname: 'DNS:a.example.com',
			issuer: { O: 'Example Trust' },
			valid_from: 'May  1 00:00:00 2026 GMT',
			valid_to: 'Aug  1 00:00:00 2026 GMT',
		} as unknown as PeerCertificate;
		const judge = (more: object) =>
			checkCertificate({
				host: 'a.example.com',
				certificate,
				problem: '',
				protocol: 'TLSv1.3',
				wallMs: NOW,
				...more,
			});

		it('finds nothing wrong with a good one', () => {
			expect(judge({}).grade).to.equal('ok');
		});

		it('takes one that is not valid yet as a wrong clock, and says by how much', () => {
			const { grade, seen, advice } = judge({
				wallMs: Date.UTC(1970, 0, 1),
				problem: 'CERT_NOT_YET_VALID',
			});
			expect(grade).to.equal('failure');
			expect(seen).to.include('1970-01-01').and.to.include('2026-05-01');
			expect(seen).to.match(/behind by \d+ days or more/);
			expect(advice).to.include('NTP');
		});

		it('tells an expired one, a foreign name and an unknown authority apart', () => {
			expect(judge({ wallMs: Date.UTC(2027, 0, 1) }).seen).to.include(
				'was valid until 2026-08-01',
			);
			expect(judge({ host: 'b.example.com' }).seen).to.include(
				'does not name b.example.com',
			);
			const unknown = judge({ problem: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' });
			expect(unknown.seen).to.include('"Example Trust" is not trusted');
			expect(unknown.advice).to.include('--ca').and.to.include('proxy');
		});
	});

	describe('on a service', () => {
		const entry = parseNode('_cloudlink._tcp.example.com');
		const lookup = async (host: string) =>
			await Promise.resolve(host === 'a.example.com' ? ['192.0.2.1'] : []);

		it('finds the nodes that its SRV records list, and that have an address', async () => {
			const { finding, nodes } = await findService(entry, {
				clock: systemClock,
				lookup,
				lookupSrv: async () =>
					await Promise.resolve(
						['a', 'b'].map((host) => ({
							name: `${host}.example.com`,
							port: 4443,
							priority: 1,
							weight: 1,
						})),
					),
			});
			expect(finding.grade).to.equal('ok');
			expect(finding.seen).to.include('lists a.example.com:4443');
			expect(nodes.map(({ host, port }) => [host, port])).to.deep.equal([
				['a.example.com', 4443],
			]);
		});

		it('says what to publish where there is none', async () => {
			const { finding, nodes } = await findService(entry, {
				clock: systemClock,
				lookup,
				lookupSrv: async () => {
					throw await Promise.resolve(new Error('queryS ENODATA'));
				},
			});
			expect(finding.grade).to.equal('failure');
			expect(finding.seen).to.include('ENODATA');
			expect(finding.advice).to.include('SRV');
			expect(nodes).to.be.empty;
		});
	});

	describe('on the device', () => {
		it('finds a clock that cannot be right', () => {
			expect(checkClock(0).grade).to.equal('failure');
			expect(checkClock(NOW).grade).to.equal('ok');
		});

		it('finds a missing route and a missing name server', () => {
			const bad = { routes: [], addresses: [], resolvConf: '# nothing\n' };
			expect(checkNetwork(bad).map(({ grade }) => grade)).to.deep.equal([
				'failure',
				'warning',
			]);
			const good = {
				routes: ['eth0 via 01'],
				addresses: [],
				resolvConf: 'nameserver 1.1.1.1\nnameserver ::1\n',
			};
			const [route, resolver] = checkNetwork(good);
			expect(route!.grade).to.equal('ok');
			expect(resolver!.seen).to.include('1.1.1.1, ::1');
		});

		it('shows a proxy without its password', () => {
			const { seen, grade } = checkProxy(
				{ HTTPS_PROXY: 'http://user:hunter2@proxy:3128', NO_PROXY: 'a' },
				{ insecure: false },
			);
			expect(grade).to.equal('note');
			expect(seen)
				.to.include('http://***@proxy:3128')
				.and.not.to.include('hunter2');
			expect(checkProxy({}, { insecure: false }).grade).to.equal('ok');
		});

		it('looks where the dial looks: without TLS it is HTTP_PROXY that counts', () => {
			const env = { HTTP_PROXY: 'http://plain:1', HTTPS_PROXY: 'http://tls:1' };
			expect(checkProxy(env, { insecure: true }).seen).to.include('//plain:1');
			expect(checkProxy(env, { insecure: false }).seen).to.include('//tls:1');
		});

		it('never shows any of the credentials, however the URL is written', () => {
			for (const proxy of [
				'user:hunter22@127.0.0.1:3128',
				'http://user:p@hunter22@127.0.0.1:3128',
				'http://user:hun/ter22@127.0.0.1:3128',
			]) {
				const { seen } = checkProxy(
					{ HTTPS_PROXY: proxy },
					{ insecure: false },
				);
				expect(seen, proxy).not.to.match(/ter22|user/);
			}
		});

		it('minds an openvpn that is too old', async () => {
			const folder = mkdtempSync(join(tmpdir(), 'doctor-'));
			const program = join(folder, 'openvpn');
			for (const [version, grade] of [
				['2.4.12', 'failure'],
				['2.5.6', 'ok'],
				['2.10.0', 'ok'],
				['3.0', 'ok'],
			] as const) {
				writeFileSync(program, `#!/bin/sh\necho OpenVPN ${version} x86_64\n`, {
					mode: 0o755,
				});
				expect((await checkOpenvpn(program, true)).grade, version).to.equal(
					grade,
				);
			}
			rmSync(folder, { recursive: true });
		});

		it('minds a missing openvpn or tun only where they are needed', async () => {
			const missing = '/nonexistent/openvpn';
			expect((await checkOpenvpn(missing, true)).grade).to.equal('failure');
			expect((await checkOpenvpn(missing, false)).grade).to.equal('note');
			expect((await checkOpenvpn(process.execPath, true)).seen).to.match(
				/^v\d/,
			);
			expect(checkTun(true, '/nonexistent').grade).to.equal('failure');
			expect(checkTun(false, '/nonexistent').grade).to.equal('note');
			expect(checkTun(true, process.execPath).seen).to.include('is no device');
			expect(checkTun(true, '/dev/null').grade).to.equal('ok');
		});
	});

	it('writes a finding as one line, with what to do unless all is well', () => {
		expect(
			describeFinding({
				check: 'DNS',
				grade: 'ok',
				seen: 'Fine.',
				advice: 'x',
			}),
		).to.equal('ok    DNS          Fine.');
		expect(
			describeFinding({
				check: 'TLS',
				grade: 'failure',
				seen: 'Bad.',
				advice: 'Mend it.',
			}),
		).to.equal('FAIL  TLS          Bad. -> Mend it.');
	});
});
