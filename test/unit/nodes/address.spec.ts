import { expect } from 'chai';

import { CloudlinkError } from '../../../src/errors.js';
import { parseNode, parseNodes } from '../../../src/nodes/index.js';

describe('reading the configured nodes', () => {
	const good: ReadonlyArray<
		[text: string, name: string, host: string, port: number]
	> = [
		[
			'cloudlink.example.com',
			'cloudlink.example.com:443',
			'cloudlink.example.com',
			443,
		],
		[
			'cloudlink.example.com:8443',
			'cloudlink.example.com:8443',
			'cloudlink.example.com',
			8443,
		],
		[
			' Cloudlink.Example.COM. ',
			'cloudlink.example.com:443',
			'cloudlink.example.com',
			443,
		],
		['localhost:1', 'localhost:1', 'localhost', 1],
		['node_1.lan:65535', 'node_1.lan:65535', 'node_1.lan', 65535],
		['127.0.0.1:40001', '127.0.0.1:40001', '127.0.0.1', 40001],
		['192.0.2.7', '192.0.2.7:443', '192.0.2.7', 443],
		['[::1]:443', '[::1]:443', '::1', 443],
		['[2001:DB8::7]', '[2001:db8::7]:443', '2001:db8::7', 443],
		[
			'bücher.example',
			'xn--bcher-kva.example:443',
			'xn--bcher-kva.example',
			443,
		],
		['4sale.example', '4sale.example:443', '4sale.example', 443],
	];
	for (const [text, name, host, port] of good) {
		it(`reads "${text}"`, () => {
			expect(parseNode(text)).to.deep.equal({ name, host, port });
		});
	}

	it('reads a name that stands for its SRV records', () => {
		expect(parseNode('_cloudlink._tcp.Example.com')).to.deep.equal({
			name: '_cloudlink._tcp.example.com',
			host: 'example.com',
			port: 443,
			srv: '_cloudlink._tcp.example.com',
		});
	});

	const bad: ReadonlyArray<[text: string, says: RegExp]> = [
		['', /must be a text/],
		['   ', /must be a text/],
		['wss://cloudlink.example.com', /without a scheme/],
		['user@example.com', /without a scheme/],
		['example.com/path', /without a scheme/],
		['two names.example', /without a scheme/],
		['::1', /in brackets: \[::1\]/],
		['2001:db8::1', /in brackets/],
		['[::1', /no valid host/],
		['[::1]443', /no valid host/],
		['[example.com]:443', /no valid host/],
		['[192.0.2.1]:443', /no valid host/],
		['300.1.2.3', /no valid host \("300\.1\.2\.3"\)/],
		['1.2.3', /no valid host/],
		['-a.example', /no valid host/],
		['a..example', /no valid host/],
		[`${'a'.repeat(64)}.example`, /no valid host/],
		[`${'a.'.repeat(127)}toolong`, /no valid host/],
		[':443', /no valid host/],
		['a:b:c', /no valid host/],
		['example.com:', /no valid port \(""\)/],
		['example.com:0', /no valid port \("0"\)/],
		['example.com:65536', /no valid port/],
		['example.com:https', /no valid port \("https"\)/],
		['example.com:1e3', /no valid port/],
		['_cloudlink._tcp.example.com:443', /give the port themselves/],
		['_cloudlink._tcp.', /no valid host/],
		['_cloudlink._tcp.192.0.2.1', /name a domain/],
	];
	for (const [text, says] of bad) {
		it(`refuses ${JSON.stringify(text.slice(0, 40))} and says why`, () => {
			expect(() => parseNode(text))
				.to.throw(CloudlinkError, says)
				.with.property('code', 'ERR_CLOUDLINK_INVALID_OPTION');
		});
	}

	it('refuses what is no text', () => {
		expect(() => parseNode(443 as unknown as string)).to.throw(
			/must be a text/,
		);
	});

	it('names the place in the list of the entry that is wrong', () => {
		expect(() =>
			parseNodes(['a.example', 'b.example', 'c.example:x']),
		).to.throw(/`nodes\[2\]` has no valid port/);
	});

	it('leaves out an entry that says the same as an earlier one', () => {
		const nodes = parseNodes(['a.example', 'b.example', 'A.example.:443']);
		expect(nodes.map(({ name }) => name)).to.deep.equal([
			'a.example:443',
			'b.example:443',
		]);
	});
});
