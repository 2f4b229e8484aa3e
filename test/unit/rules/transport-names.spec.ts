import { readFileSync } from 'node:fs';

import { expect } from 'chai';

import { namesOf, SHIPPED } from '../../../src/transports/shipped.js';
import { sources } from './imports.js';

/** Where the word is another one: what `proto` says in a configuration, and which of a mock node's doors. */
const OTHER_WORD = [
	'transports/udp/',
	'transports/openvpn/',
	'cli/demo/openvpn/',
	'testing/mock/',
];

/** What carries a transport is not its name. */
const CARRIER = /'tcp' \| 'udp'|\bcarrier\b/;

const namesUdp = (line: string) =>
	line.includes("'udp'") && !CARRIER.test(line);

describe('the name of the transport over UDP', () => {
	it('is known to its own folder alone', () => {
		const offenders = sources()
			.filter((file) => !OTHER_WORD.some((folder) => file.startsWith(folder)))
			.flatMap((file) =>
				readFileSync(new URL(`../../../src/${file}`, import.meta.url), 'utf8')
					.split('\n')
					.filter((line) => !/^\s*(?:\*|\/\/|\/\*)/.test(line))
					.filter(namesUdp)
					.map((line) => `${file}: ${line.trim()}`),
			);
		expect(offenders).to.deep.equal([]);
	});

	it('would be found elsewhere: the test above can fail', () => {
		expect(namesUdp("if (transport === 'udp') {")).to.equal(true);
		expect(namesUdp("readonly carrier: 'tcp' | 'udp';")).to.equal(false);
	});

	it('stands in the one list of those that come with the package', () => {
		expect(SHIPPED.map(({ name }) => name)).to.deep.equal([
			'websocket',
			'udp',
			'openvpn-tcp',
			'openvpn-udp',
		]);
		expect(namesOf('native')).to.deep.equal(['websocket', 'udp']);
	});
});
