import { expect } from 'chai';

import { parseStatus2 } from '../../../src/operator/index.js';

/** As openvpn 2.6.14 prints it. */
const HEADER =
	'HEADER,CLIENT_LIST,Common Name,Real Address,Virtual Address,Virtual IPv6 Address,Bytes Received,Bytes Sent,Connected Since,Connected Since (time_t),Username,Client ID,Peer ID,Data Channel Cipher';
const client = (name: string, cid: string) =>
	`CLIENT_LIST,${name},127.0.0.1:40018,10.50.0.2,,3305,3297,2026-11-30 17:00:00,1796058000,${name},${cid},0,AES-256-GCM`;
const reply = (...lines: string[]) =>
	[
		'TITLE,OpenVPN 2.6.14 x86_64-pc-linux-gnu',
		'TIME,2026-11-30 17:00:01,1796058001',
		...lines,
		'HEADER,ROUTING_TABLE,Virtual Address,Common Name,Real Address,Last Ref,Last Ref (time_t)',
		'ROUTING_TABLE,10.50.0.2,device0,127.0.0.1:40018,2026-11-30 17:00:01,1796058001',
		'GLOBAL_STATS,Max bcast/mcast queue length,0',
		'END',
		'',
	].join('\r\n');

describe('parseStatus2', () => {
	it('finds the clients that are connected now', () => {
		expect(
			parseStatus2(
				reply(HEADER, client('device0', '4'), client('UNDEF', '17')),
			),
		).to.deep.equal([
			{
				cid: '4',
				commonName: 'device0',
				realAddress: '127.0.0.1:40018',
				connectedSince: 1796058000,
			},
			{
				cid: '17',
				commonName: 'UNDEF',
				realAddress: '127.0.0.1:40018',
				connectedSince: 1796058000,
			},
		]);
		expect(parseStatus2(reply(HEADER))).to.deep.equal([]);
		expect(parseStatus2('')).to.deep.equal([]);
	});

	it('finds columns by their titles: 2.4 has fewer', () => {
		const text = reply(
			'HEADER,CLIENT_LIST,Common Name,Real Address,Bytes Received,Client ID',
			'CLIENT_LIST,device0,192.0.2.1:1194,5,12',
		);
		expect(parseStatus2(text)).to.deep.equal([
			{
				cid: '12',
				commonName: 'device0',
				realAddress: '192.0.2.1:1194',
				connectedSince: undefined,
			},
		]);
	});

	it('is not led astray by a client that names itself like another', () => {
		const forged = [
			'a,b',
			'x,192.0.2.1:1,,,1,1,now,1,x,999,0,AES-256-GCM',
			',,,,',
		];
		const clients = parseStatus2(
			reply(HEADER, ...forged.map((name) => client(name, '5'))),
		);
		expect(clients.map(({ cid }) => cid)).to.deep.equal(['5', '5', '5']);
		expect(clients.map(({ commonName }) => commonName)).to.deep.equal([
			undefined,
			undefined,
			undefined,
		]);
	});

	it('leaves out what it does not understand', () => {
		expect(
			parseStatus2(
				reply(
					client('before the header', '1'),
					HEADER,
					'CLIENT_LIST',
					'CLIENT_LIST,too,short',
					client('device0', 'NaN'),
				),
			),
		).to.deep.equal([]);
	});

	it('says what it takes where it is given no text', () => {
		const wrong = 3 as unknown as string;
		expect(() => parseStatus2(wrong)).to.throw(/takes the text of the reply/);
	});
});
