import { expect } from 'chai';

import { CloudlinkError } from '../../../src/errors.js';
import { websocket } from '../../../src/transports/websocket/index.js';
import { interleave } from '../../../src/transports/websocket/addresses.js';
import {
	classifyConnectError,
	classifyProxyStatus,
	classifyTlsError,
} from '../../../src/transports/websocket/classify.js';
import { chooseProxy } from '../../../src/transports/proxy-choice.js';

const error = (code: string, message = code) =>
	Object.assign(new Error(message), { code });

describe('The proxy of a dial', () => {
	const NAMES = ['HTTPS_PROXY', 'HTTP_PROXY', 'ALL_PROXY', 'NO_PROXY'];
	const saved = new Map<string, string | undefined>();
	const node = { host: 'node.example.com', port: 443 };

	beforeEach(() => {
		for (const name of NAMES.flatMap((upper) => [upper, upper.toLowerCase()])) {
			saved.set(name, process.env[name]);
			delete process.env[name];
		}
	});

	afterEach(() => {
		for (const [name, value] of saved) {
			if (value === undefined) {
				delete process.env[name];
			} else {
				process.env[name] = value;
			}
		}
	});

	const chosen = (env: Record<string, string>, of = node, insecure = false) => {
		Object.assign(process.env, env);
		return chooseProxy(of, undefined, insecure)?.host;
	};

	it('is none when nobody names one', () => {
		expect(chosen({})).to.equal(undefined);
	});

	it('is HTTPS_PROXY, read at each dial and in either case', () => {
		expect(chosen({ HTTPS_PROXY: 'http://p:3128' })).to.equal('p:3128');
		expect(chosen({ https_proxy: 'http://q:3128' })).to.equal('q:3128');
	});

	it('is HTTP_PROXY without TLS, and ALL_PROXY for either', () => {
		expect(chosen({ HTTP_PROXY: 'http://p:1' })).to.equal(undefined);
		expect(chosen({}, node, true)).to.equal('p:1');
		expect(chosen({ ALL_PROXY: 'http://all:1' })).to.equal('all:1');
	});

	it('is none for what NO_PROXY lists, and for loopback', () => {
		const HTTPS_PROXY = 'http://p:1';
		expect(chosen({ HTTPS_PROXY, NO_PROXY: '.example.com' })).to.equal(
			undefined,
		);
		expect(chosen({ NO_PROXY: 'other.test' })).to.equal('p:1');
		for (const host of ['localhost', '127.0.0.1', '127.9.9.9', '::1']) {
			expect(chosen({}, { host, port: 443 })).to.equal(undefined);
		}
	});

	it('is the option before the environment, also for loopback; false is none', () => {
		process.env.HTTPS_PROXY = 'http://p:1';
		const loopback = { host: '127.0.0.1', port: 1 };
		expect(chooseProxy(loopback, 'http://mine:2', false)?.host).to.equal(
			'mine:2',
		);
		expect(chooseProxy(node, false, false)).to.equal(undefined);
	});

	it('fails the dial when the environment names one of another kind', () => {
		expect(() => chosen({ ALL_PROXY: 'socks5://p:1' })).to.throw(/proxy/);
	});
});

describe('The order of addresses', () => {
	it('takes the families in turn, beginning with the first', () => {
		const six = (address: string) => ({ address, family: 6 });
		const four = (address: string) => ({ address, family: 4 });
		expect(
			interleave([six('a'), six('b'), six('c'), four('1')]).map(
				({ address }) => address,
			),
		).to.deep.equal(['a', '1', 'b', 'c']);
		expect(interleave([])).to.deep.equal([]);
	});
});

describe('Errors on the way to a node', () => {
	for (const [code, expected] of [
		['ECONNREFUSED', 'connect-refused'],
		['EHOSTUNREACH', 'no-route'],
		['ENETUNREACH', 'no-route'],
		['EADDRNOTAVAIL', 'no-route'],
		['EACCES', 'no-route'],
		['EPERM', 'no-route'],
		['ENETDOWN', 'no-route'],
		['EMFILE', 'no-resources'],
		['ENOBUFS', 'no-resources'],
		['ETIMEDOUT', 'connect-timeout'],
		['ECONNRESET', 'early-reset'],
	] as const) {
		it(`${code} of a connect is ${expected}`, () => {
			expect(classifyConnectError(error(code), 'n:1').code).to.equal(expected);
		});
	}

	for (const [code, message, expected] of [
		['CERT_NOT_YET_VALID', '', 'clock-wrong'],
		['CERT_HAS_EXPIRED', '', 'tls-expired'],
		['ERR_TLS_CERT_ALTNAME_INVALID', '', 'tls-wrong-host'],
		['DEPTH_ZERO_SELF_SIGNED_CERT', '', 'tls-unknown-ca'],
		['SELF_SIGNED_CERT_IN_CHAIN', '', 'tls-unknown-ca'],
		['UNABLE_TO_VERIFY_LEAF_SIGNATURE', '', 'tls-unknown-ca'],
		['EPROTO', 'ssl routines: wrong version number', 'not-cloudlink'],
		['ERR_SSL_WRONG_VERSION_NUMBER', '', 'not-cloudlink'],
		['EPROTO', 'tlsv1 alert protocol version', 'tls-failed'],
		['ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION', '', 'tls-failed'],
		['CERT_REVOKED', '', 'tls-failed'],
		['ECONNRESET', '', 'early-reset'],
		['ECONNABORTED', '', 'early-reset'],
		['ETIMEDOUT', '', 'tls-timeout'],
		['EHOSTUNREACH', '', 'no-route'],
		['ENETDOWN', '', 'no-route'],
	] as const) {
		it(`${code} ${message} of TLS is ${expected}`, () => {
			expect(classifyTlsError(error(code, message), 'n').code).to.equal(
				expected,
			);
		});
	}

	it('tell a proxy that refuses from one that cannot reach the node', () => {
		expect(classifyProxyStatus(407, 'p').code).to.equal('proxy-refused');
		expect(classifyProxyStatus(403, 'p').code).to.equal('proxy-refused');
		expect(classifyProxyStatus(502, 'p').code).to.equal('proxy-unreachable');
	});
});

describe('The options of websocket()', () => {
	for (const [what, options, says] of [
		['a mistyped key', { insecur: true }, /did you mean `insecure`/],
		['a CA that is no PEM', { ca: 'hello' }, /`ca`/],
		['a proxy of another kind', { proxy: 'socks5://x:1' }, /`proxy`/],
		['a path without its slash', { path: 'x' }, /`path`/],
		['a mistyped limit', { limits: { maxStream: 1 } }, /maxStreams/],
	] as const) {
		it(`refuse ${what}`, () => {
			expect(() => websocket(options as never)).to.throw(CloudlinkError, says);
		});
	}

	it('may be absent, also as undefined', () => {
		websocket().validate!();
		websocket({ ca: undefined, proxy: undefined }).validate!();
		websocket({ proxy: false, limits: { maxStreams: 10 } }).validate!();
	});
});
