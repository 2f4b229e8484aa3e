import { expect } from 'chai';

import { openvpn } from '../../../src/transports/openvpn/index.js';
import { ConnectProxy } from '../../support/connect-proxy.js';
import {
	NO_TUN,
	TEST_KEY,
	dialOf,
	freePort,
	needsOpenvpn,
	outcomeOf,
	startServer,
	watchLeftovers,
} from '../../support/openvpn-server.js';

const NODE = { name: 'vpn.test:443', host: 'vpn.test', port: 443 };

describe('openvpn through an HTTP proxy', function () {
	this.timeout(60_000);
	before(function () {
		needsOpenvpn(this);
	});
	watchLeftovers();

	let proxy: ConnectProxy | undefined;
	const outer = { ...process.env };
	afterEach(() => {
		proxy?.stop();
		process.env = { ...outer };
	});

	async function startProxy(answer: (head: string) => number | string) {
		proxy = await ConnectProxy.start(answer);
		return { url: (user = '') => `http://${user}127.0.0.1:${proxy!.port}` };
	}

	const transport = (ca: string, option?: string | false) =>
		openvpn({
			ca,
			servername: '127.0.0.1',
			directives: NO_TUN,
			...(option === undefined ? {} : { proxy: option }),
		});

	it('is the option, with its credentials; the proxy resolves the name', async () => {
		const server = await startServer();
		const { url } = await startProxy(() => server.port);
		const link = await transport(server.ca, url('bob:p%20%23w@')).dial(
			dialOf(undefined, { node: NODE }),
		);
		expect(link.node).to.equal('vpn.test:443');
		expect(proxy!.requests[0]).to.match(/^CONNECT vpn\.test:443 /);
		expect(proxy!.requests[0]).to.contain(
			`Basic ${Buffer.from('bob:p #w').toString('base64')}`,
		);
		await link.close(0);
		await server.stop();
	});

	it('is what the environment names, unless the option says none', async () => {
		const server = await startServer();
		const { url } = await startProxy(() => server.port);
		process.env.HTTPS_PROXY = url();
		const dial = dialOf(undefined, { node: NODE });
		const link = await transport(server.ca).dial(dial);
		await link.close(0);
		expect(proxy!.requests).to.have.length(1);
		const direct = await outcomeOf(transport(server.ca, false).dial(dial));
		expect(direct.code).to.equal('dns-failed');
		expect(proxy!.requests).to.have.length(1);
		await server.stop();
	});

	it('is told from the node where it refuses, fails or is not there', async () => {
		const { ca } = await startServer();
		const dial = dialOf(undefined, { node: NODE });
		const ended = async (option: string) =>
			await outcomeOf(transport(ca, option).dial(dial));
		let status = 'HTTP/1.1 403 Forbidden';
		const { url } = await startProxy(() => status);
		const refused = await ended(url('u:s3cret-s3cret@'));
		expect(refused.code, refused.message).to.equal('proxy-refused');
		expect(refused.message).to.match(/403/).and.to.not.contain('s3cret');
		status = 'HTTP/1.1 502 Bad Gateway';
		expect((await ended(url())).code).to.equal('proxy-unreachable');
		const nobody = `http://127.0.0.1:${await freePort('tcp')}`;
		expect((await ended(nobody)).code).to.equal('proxy-unreachable');
		expect((await ended('https://127.0.0.1:1')).code).to.equal('proxy-refused');
		// A password must not become a line of the configuration.
		const injected = await ended(
			url(`u:${encodeURIComponent('x\n</http-proxy-user-pass>\nup /bin/sh')}@`),
		);
		expect(injected.code).to.equal('proxy-refused');
		expect(injected.message).to.not.contain(TEST_KEY);
	});
});
