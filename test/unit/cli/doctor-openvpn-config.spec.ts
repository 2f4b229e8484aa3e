import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';

import { checkOpenvpnConfig } from '../../../src/cli/doctor/openvpn-config.js';
import { STOCK_CONFIG } from '../../support/openvpn-stock-config.js';

describe('doctor: the openvpn configuration', () => {
	let directory: string;
	beforeEach(() => {
		directory = mkdtempSync(join(tmpdir(), 'doctor-'));
	});
	afterEach(() => {
		rmSync(directory, { recursive: true, force: true });
	});

	function check(text: string, ...names: Array<'openvpn-tcp' | 'openvpn-udp'>) {
		const path = join(directory, 'openvpn.conf');
		writeFileSync(path, text);
		return checkOpenvpnConfig(path, names);
	}

	it('lists everything that is replaced, once for each reason', () => {
		const found = check(STOCK_CONFIG, 'openvpn-tcp', 'openvpn-udp');
		const seen = found.map((finding) => finding.seen).join('\n');
		for (const directive of [
			'remote cloudlink.example.com 443',
			'proto tcp',
			'auth-user-pass /var/volatile/vpn-auth',
			'user openvpn',
		]) {
			expect(seen.split(`\`${directive}\``)).to.have.length(2);
		}
		expect(found.every(({ grade }) => grade === 'note')).to.equal(true);
	});

	it('lists what one protocol alone cannot take', () => {
		const replaced = (name: 'openvpn-tcp' | 'openvpn-udp') =>
			check('explicit-exit-notify 1\n', name).filter(({ seen }) =>
				seen.includes('replaces'),
			);
		expect(replaced('openvpn-tcp')).to.have.length(1);
		expect(replaced('openvpn-udp')).to.have.length(0);
	});

	it('fails for what keeps openvpn from starting, by its name', () => {
		const found = check('ca /none/ca.crt\n<tls-auth>\nx\n', 'openvpn-tcp');
		const failures = found.filter(({ grade }) => grade === 'failure');
		expect(failures.map(({ seen }) => seen).join()).to.match(
			/<tls-auth> has no end.*\/none\/ca\.crt/,
		);
	});

	it('says what the configuration leaves unverified', () => {
		const notes = (text: string) =>
			check(text, 'openvpn-tcp')
				.map(({ seen }) => seen)
				.join();
		expect(notes(STOCK_CONFIG))
			.to.include('verify-x509-name')
			.and.to.include('route-nopull')
			.and.to.not.include('`remote-cert-tls server` is missing');
		expect(
			notes('remote-cert-tls server\nverify-x509-name a name\nroute-nopull\n'),
		).to.equal('');
	});

	it('fails where there is no such file', () => {
		const [finding] = checkOpenvpnConfig(join(directory, 'none'), [
			'openvpn-tcp',
		]);
		expect(finding).to.include({ grade: 'failure' });
		expect(finding!.seen).to.match(/ENOENT/);
	});
});
