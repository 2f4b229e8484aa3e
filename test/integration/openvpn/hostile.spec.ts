import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';

import { openvpn } from '../../../src/transports/openvpn/index.js';
import {
	NO_TUN,
	dialOf,
	needsOpenvpn,
	outcomeOf,
	startServer,
	watchLeftovers,
} from '../../support/openvpn-server.js';

describe('openvpn: configurations that mislead, and nodes that are another', function () {
	this.timeout(60_000);
	before(function () {
		needsOpenvpn(this);
	});
	const leftovers = watchLeftovers();

	let directory: string;
	beforeEach(() => {
		directory = mkdtempSync(join(tmpdir(), 'hostile-'));
	});
	afterEach(() => {
		rmSync(directory, { recursive: true, force: true });
	});

	const missing = (name: string) => join('/nonexistent', name);

	for (const [what, config, names] of [
		['ca', `ca ${missing('ca.crt')}`, 'ca.crt'],
		['cert', `cert ${missing('cert.crt')}`, 'cert.crt'],
		['tls-auth', `tls-auth ${missing('ta.key')} 1`, 'ta.key'],
		['crl-verify', `crl-verify ${missing('crl.pem')}`, 'crl.pem'],
		['a plugin', `plugin ${missing('auth.so')} x`, 'auth.so'],
		['a folder', `cd ${missing('folder')}`, 'folder'],
		['the end of a block', '<ca>\nx', '</ca>'],
		['what an include would bring', 'config other.conf', '`config`'],
	] as const) {
		it(`says before a dial that ${what} is missing`, async () => {
			const before = leftovers();
			const ended = await outcomeOf(
				openvpn({ config: `client\n${config}\n`, directives: NO_TUN }).dial(
					dialOf(443),
				),
			);
			expect(ended.code).to.equal('openvpn-failed');
			expect(ended.message).to.contain(names);
			expect(leftovers()).to.deep.equal(before);
		});
	}

	it('dials what it was told, however the configuration writes its own remote', async () => {
		const [right, wrong] = [await startServer(), await startServer()];
		for (const remote of [
			`"remote" 127.0.0.1 ${wrong.port}`,
			`setenv opt remote 127.0.0.1 ${wrong.port}`,
			`'--remote' 127.0.0.1 ${wrong.port} # first`,
			`<connection> # first\nremote 127.0.0.1 ${wrong.port}\n</connection> # end`,
			`"user" nobody\n"log" ${join(directory, 'log')}\nremote 127.0.0.1 ${wrong.port}`,
		]) {
			const link = await openvpn({
				config: `client\nremote-cert-tls server\n<ca> # ours\n${right.ca}</ca> # end\n${remote}\n`,
				directives: NO_TUN,
			}).dial(dialOf(right.port));
			expect(link.node).to.equal(`127.0.0.1:${right.port}`);
			await link.close(0);
		}
		expect(wrong.logins).to.have.length(0);
		// `log` of the configuration wrote nothing.
		expect(existsSync(join(directory, 'log'))).to.equal(false);
	});

	it('is ended where openvpn is connected to what was not dialled', async () => {
		const [dialled, other] = [await startServer(), await startServer()];
		// As a patched openvpn, or a wrapper, would do it.
		const binary = join(directory, 'openvpn');
		writeFileSync(
			binary,
			`#!/bin/sh\nsed 's/^remote 127.0.0.1 ${dialled.port} /remote 127.0.0.1 ${other.port} /' | exec openvpn "$@"\n`,
			{ mode: 0o755 },
		);
		const ended = await outcomeOf(
			openvpn({ ca: dialled.ca, binary, directives: NO_TUN }).dial(
				dialOf(dialled.port),
			),
		);
		expect(ended.code, ended.message).to.equal('openvpn-failed');
		expect(ended.message).to.contain(`127.0.0.1:${other.port}`);
	});

	it('is tls-wrong-host, and no key is given, for a node with the certificate of another', async () => {
		const server = await startServer({
			certificateRequest: { names: ['other.example'] },
		});
		const options = { ca: server.ca, directives: NO_TUN };
		const ended = await outcomeOf(openvpn(options).dial(dialOf(server.port)));
		expect(ended.code, ended.message).to.equal('tls-wrong-host');
		expect(server.logins).to.have.length(0);
		const named = await openvpn({
			...options,
			servername: 'other.example',
		}).dial(dialOf(server.port));
		await named.close(0);
	});
});
