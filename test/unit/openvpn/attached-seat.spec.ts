import {
	existsSync,
	mkdirSync,
	mkdtempSync,
	readFileSync,
	rmSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';

import { settle, VirtualClock } from '../../../src/testing/index.js';
import {
	AttachSign,
	signPath,
} from '../../../src/transports/openvpn/attach-sign.js';
import {
	AttachedSeat,
	LOOK_MS,
} from '../../../src/transports/openvpn/attached-seat.js';
import type { AttachedSession } from '../../../src/transports/openvpn/attached-session.js';

/** What the seat uses of a session. */
interface FakeSession {
	alive: boolean;
	listener?: () => void;
	state?: { name: string };
	leave(): Promise<boolean>;
}

describe('the seat at an attached openvpn', () => {
	let folder: string;
	let socket: string;
	let clock: VirtualClock;
	let upMs: number;
	/** What the next opening of the seat finds; 'taken' by another manager never answers. */
	let there: FakeSession | 'taken' | 'nobody';
	let links: number;
	let problems: Error[];
	let seat: AttachedSeat;

	const session = (freed = true): FakeSession => ({
		alive: true,
		leave: async () => await Promise.resolve(freed),
	});
	const signed = () =>
		existsSync(signPath(socket))
			? Number(readFileSync(signPath(socket), 'utf8').split(' ')[3])
			: undefined;
	const pass = async (ms: number) => {
		for (let left = ms; left > 0; left -= 1000) {
			upMs += 1000;
			clock.advance(1000);
			await settle();
			await settle();
		}
	};
	const start = async () => {
		const bootTime = { bootId: 'boot', bootMs: () => upMs };
		if (there !== 'nobody') {
			writeFileSync(socket, '');
		}
		seat = new AttachedSeat({
			clock,
			sign: new AttachSign(socket, bootTime),
			isThere: () => existsSync(socket),
			isListening: async () => await Promise.resolve(there !== 'nobody'),
			open: async (deadlineMs, signal) =>
				await new Promise((resolve, reject) => {
					if (typeof there === 'object') {
						resolve(there as unknown as AttachedSession);
						return;
					}
					signal.addEventListener('abort', () => {
						timer.cancel();
						reject(signal.reason as Error);
					});
					const timer = clock.setTimer(deadlineMs, () => {
						reject(new Error('late'));
					});
				}),
			onLink: () => links++,
			onProblem: (problem) => problems.push(problem),
		});
		await settle();
		await settle();
	};

	beforeEach(() => {
		folder = mkdtempSync(join(tmpdir(), 'seat-'));
		socket = join(folder, 'management.sock');
		clock = new VirtualClock();
		upMs = 1_000_000;
		links = 0;
		problems = [];
	});
	afterEach(async () => {
		await seat.leave();
		expect(clock.pending).to.equal(0);
		rmSync(folder, { recursive: true, force: true });
	});

	it('renews its sign for hours', async () => {
		there = session();
		await start();
		await pass(3 * 3_600_000);
		expect(signed()).to.be.within(upMs / 1000 - LOOK_MS / 1000, upMs / 1000);
		expect(problems).to.deep.equal([]);
	});

	it('does not claim an openvpn that another manager has', async () => {
		there = 'taken';
		await start();
		await pass(60_000);
		expect(signed()).to.equal(undefined);
	});

	it('lets its sign grow old once it cannot get the seat back', async () => {
		const first = session();
		there = first;
		await start();
		first.alive = false;
		there = 'taken';
		const lost = upMs / 1000;
		await pass(120_000);
		expect(signed()).to.be.at.most(lost);
	});

	it('keeps its sign fresh while openvpn is off, so that its next start waits', async () => {
		there = 'nobody';
		await start();
		await pass(600_000);
		expect(signed()).to.be.within(upMs / 1000 - 15, upMs / 1000);
	});

	it('does so too where a killed openvpn has left its socket', async () => {
		there = 'nobody';
		writeFileSync(socket, '');
		await start();
		await pass(600_000);
		expect(signed()).to.be.within(upMs / 1000 - 15, upMs / 1000);
	});

	it('is given to an attempt at once, also while it is being asked for', async () => {
		there = 'taken';
		await start();
		const found = session();
		there = found;
		expect(await seat.take(1000, new AbortController().signal)).to.equal(found);
		expect(signed()).to.equal(upMs / 1000);
	});

	it('tells of a link that no attempt holds, and of none that one does', async () => {
		const found = { ...session(), state: { name: 'CONNECTED' } };
		there = found;
		await start();
		expect(links).to.equal(1);
		found.listener = () => undefined;
		await pass(60_000);
		expect(links).to.equal(1);
	});

	it('leaves the sign to the host where openvpn did not say that it is free', async () => {
		there = session(false);
		await start();
		await seat.leave();
		expect(signed()).to.equal(upMs / 1000);
	});

	it('takes the sign away where it did', async () => {
		there = session();
		await start();
		await seat.leave();
		expect(signed()).to.equal(undefined);
	});

	it('follows no symbolic link in its place, and is silent where the host has no folder for it', async () => {
		const victim = join(folder, 'victim');
		writeFileSync(victim, 'precious');
		symlinkSync(victim, signPath(socket));
		symlinkSync(victim, `${signPath(socket)}.new`);
		there = session();
		await start();
		expect(readFileSync(victim, 'utf8')).to.equal('precious');
		expect(signed()).to.equal(upMs / 1000);
		rmSync(folder, { recursive: true });
		await pass(60_000);
		expect(problems).to.deep.equal([]);
	});

	it('says once that the sign cannot be written', async () => {
		mkdirSync(join(signPath(socket), 'in the way'), { recursive: true });
		there = session();
		await start();
		await pass(60_000);
		expect(problems).to.have.length(1);
	});
});
