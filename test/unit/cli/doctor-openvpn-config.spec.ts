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
		const text = 'explicit-exit-notify 1\n';
		expect(check(text, 'openvpn-tcp')).to.have.length(1);
		expect(check(text, 'openvpn-udp')).to.have.length(0);
	});

	it('fails where there is no such file', () => {
		const [finding] = checkOpenvpnConfig(join(directory, 'none'), [
			'openvpn-tcp',
		]);
		expect(finding).to.include({ grade: 'failure' });
		expect(finding!.seen).to.match(/ENOENT/);
	});
});
