import { expect } from 'chai';

import { CloudlinkError } from '../../../src/errors.js';
import { openvpn } from '../../../src/transports/openvpn/index.js';

const problem = (options: object): string => {
	try {
		openvpn(options).validate!();
	} catch (error) {
		expect(error).to.be.instanceOf(CloudlinkError);
		expect((error as CloudlinkError).code).to.equal(
			'ERR_CLOUDLINK_INVALID_OPTION',
		);
		return (error as Error).message;
	}
	return '';
};

describe('openvpn()', () => {
	it('is named by its protocol', () => {
		expect(openvpn().name).to.equal('openvpn-tcp');
		expect(openvpn({ protocol: 'udp' }).name).to.equal('openvpn-udp');
		expect(openvpn({ attach: '/run/x' }).name).to.equal('openvpn-tcp');
		expect(openvpn({ attach: '/run/x', protocol: 'udp' }).name).to.equal(
			'openvpn-udp',
		);
	});

	it('never has two links at a time', () => {
		expect(openvpn().handover).to.equal('break-before-make');
		expect(openvpn({ attach: '/run/x' }).handover).to.equal(
			'break-before-make',
		);
	});

	it('needs a node, unless it is attached or its configuration names a remote', () => {
		expect(openvpn().needsNode).to.equal(true);
		expect(openvpn({ config: 'client\ndev tun' }).needsNode).to.equal(true);
		expect(openvpn({ config: 'client\nremote a 443' }).needsNode).to.equal(
			false,
		);
		expect(openvpn({ config: '/no/such/file' }).needsNode).to.equal(true);
		expect(openvpn({ attach: '/run/x' }).needsNode).to.equal(false);
	});

	it('takes every option of the contract', () => {
		expect(problem({})).to.equal('');
		expect(
			problem({
				protocol: 'tcp',
				binary: 'openvpn',
				config: 'client\n',
				ca: '-----BEGIN CERTIFICATE-----\n',
				directives: ['dev null'],
			}),
		).to.equal('');
		expect(problem({ attach: '/run/x', protocol: 'udp' })).to.equal('');
	});

	for (const [options, message] of [
		[{ protocl: 'tcp' }, /did you mean `protocol`/],
		[{ protocol: 'sctp' }, /'tcp' or 'udp'/],
		[{ binary: '' }, /`binary` must not be empty/],
		[{ ca: '/etc/ca.crt' }, /`ca` must be a certificate as PEM/],
		[{ directives: ['a\nremote b'] }, /must be one line each/],
		[{ directives: 'dev null' }, /must be a list/],
		[{ attach: '/run/x', binary: 'openvpn' }, /unknown option `binary`/],
		[{ attach: '' }, /`attach` must not be empty/],
	] as const) {
		it(`refuses ${JSON.stringify(options)}`, () => {
			expect(problem(options)).to.match(message);
		});
	}
});
