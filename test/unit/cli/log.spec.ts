import { expect } from 'chai';

import { isJournal } from '../../../src/cli/log/journal.js';
import { createLog, type LogOptions } from '../../../src/cli/log/log.js';
import { Masker } from '../../../src/cli/log/mask.js';
import { VirtualClock } from '../../../src/testing/index.js';

function lines(options: Partial<LogOptions>) {
	const written: string[] = [];
	const log = createLog({
		format: 'text',
		level: 'info',
		journal: false,
		masker: new Masker(),
		write: (line) => written.push(line),
		clock: new VirtualClock({ wallMs: 0 }),
		...options,
	});
	return { log, written };
}

describe('log', () => {
	it('puts the level in front for journald', () => {
		const { log, written } = lines({ journal: true, level: 'debug' });
		log('error', 'One.');
		log('warning', 'Two.');
		log('notice', 'Three.');
		log('info', 'Four.');
		log('debug', 'Five.');
		expect(written).to.deep.equal([
			'<3>One.\n',
			'<4>Two.\n',
			'<5>Three.\n',
			'<6>Four.\n',
			'<7>Five.\n',
		]);
	});

	it('is plain in a terminal, with a word where something is lost', () => {
		const { log, written } = lines({});
		log('info', 'One.');
		log('warning', 'Two.');
		log('debug', 'Never seen.');
		expect(written).to.deep.equal(['One.\n', 'warning: Two.\n']);
	});

	it('writes one JSON object a line on request', () => {
		const { log, written } = lines({ format: 'json' });
		log('notice', 'Connected.', { node: 'a:1' });
		expect(JSON.parse(written[0]!)).to.deep.equal({
			time: '1970-01-01T00:00:00.000Z',
			level: 'notice',
			message: 'Connected.',
			node: 'a:1',
		});
	});

	it('gives the journal a priority before the JSON too', () => {
		const { log, written } = lines({ format: 'json', journal: true });
		log('error', 'Lost.');
		expect(written[0]).to.match(/^<3>\{"time":/);
	});

	it('masks secrets in both formats, in fields too', () => {
		const masker = new Masker();
		masker.add('hunter22');
		for (const format of ['text', 'json'] as const) {
			const { log, written } = lines({ format, masker });
			log('info', 'Key hunter22.', { key: 'hunter22' });
			expect(written.join('')).not.to.include('hunter22');
			expect(written.join('')).to.include('***');
		}
	});

	it('lets nobody forge a line, or steer the terminal', () => {
		const { log, written } = lines({ journal: true });
		log('info', 'A node said: x\n<0>The sky falls.\u001b[2J');
		expect(written).to.deep.equal([
			'<6>A node said: x <0>The sky falls. [2J\n',
		]);
	});

	it('knows whether a stream goes to the journal by its device and inode', () => {
		expect(isJournal('8:123', { dev: 8, ino: 123 })).to.equal(true);
		expect(isJournal('8:123', { dev: 8, ino: 124 })).to.equal(false);
		expect(isJournal(undefined, { dev: 8, ino: 123 })).to.equal(false);
		expect(isJournal('8:123', undefined)).to.equal(false);
	});
});
