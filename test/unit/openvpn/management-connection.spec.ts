import { PassThrough, Duplex } from 'node:stream';

import { expect } from 'chai';

import {
	ManagementConnection,
	withoutSecret,
} from '../../../src/transports/openvpn/management-connection.js';
import { settle } from '../../../src/testing/settle.js';

function make(clean: (line: string) => string = (line) => line) {
	const incoming = new PassThrough();
	const written: string[] = [];
	const socket = Duplex.from({
		readable: incoming,
		writable: new PassThrough().on('data', (chunk: Buffer) => {
			written.push(chunk.toString());
		}),
	});
	const seen: unknown[] = [];
	const connection = new ManagementConnection(
		socket,
		{
			onNotice: (notice) => seen.push(notice.type),
			onGarbage: () => seen.push('GARBAGE'),
			onEnd: () => seen.push('END'),
		},
		clean,
	);
	return { connection, incoming, written, seen, socket };
}

describe('ManagementConnection', () => {
	it('tells notices and answers apart, in whatever order they come', async () => {
		const { connection, incoming, written, seen } = make();
		const state = connection.send('state', 'block');
		const release = connection.send('hold release');
		incoming.write(
			'>HOLD:x\r\n1,WAIT,,\r\n>LOG:1,,x\r\nEND\r\n>STATE:1,AUTH,,\r\nSUCCESS: done\r\n',
		);
		expect(await state).to.deep.equal({ ok: true, lines: ['1,WAIT,,'] });
		expect(await release).to.deep.equal({ ok: true, lines: ['done'] });
		expect(seen).to.deep.equal(['hold', 'log', 'state']);
		expect(written.join('')).to.equal('state\nhold release\n');
	});

	it('reports garbage once, and reads no more', async () => {
		const { incoming, seen } = make();
		incoming.write(Buffer.alloc(100_000, 'x'));
		incoming.write('\n>HOLD:x\n');
		await settle();
		await settle();
		expect(seen).to.deep.equal(['GARBAGE']);
	});

	it('answers what is open when the connection ends, and says so once', async () => {
		const { connection, incoming, seen } = make();
		const open = connection.send('state', 'block');
		incoming.end();
		expect((await open).ok).to.equal(false);
		await settle();
		expect(seen).to.deep.equal(['END']);
		expect((await connection.send('state')).ok).to.equal(false);
	});

	it('says nothing more after it was destroyed', async () => {
		const { connection, incoming, seen } = make();
		connection.destroy();
		incoming.write('>HOLD:x\n');
		await settle();
		expect(seen).to.deep.equal([]);
	});

	it('takes a secret out of everything that openvpn repeats', async () => {
		const { connection, incoming } = make(withoutSecret('hunter2hunter2'));
		const answer = connection.send('password "Auth" "hunter2hunter2"');
		incoming.write('ERROR: too long: hunter2hunter2\n');
		expect(await answer).to.deep.equal({
			ok: false,
			lines: ['too long: [key]'],
		});
	});
});

describe('withoutSecret', () => {
	it('leaves lines alone where the key is no more than a word', () => {
		expect(withoutSecret('HOLD')('>HOLD:x')).to.equal('>HOLD:x');
		expect(withoutSecret(undefined)('x')).to.equal('x');
	});
});
