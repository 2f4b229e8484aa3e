import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';

import { measure, simulateTwin } from '../../../src/cli/rehearse/measure.js';
import {
	mergeDoubts,
	mergeRecordings,
} from '../../../src/cli/rehearse/merge.js';
import { Recorder } from '../../../src/cli/rehearse/recorder.js';
import {
	newRecording,
	readRecording,
	type Recording,
} from '../../../src/cli/rehearse/recording.js';
import { seededRandom } from '../../../src/testing/seeded-random.js';

const SETUP: Recording['setup'] = {
	devices: 400,
	stock: 0,
	acceptRate: 10,
	rejectCost: 0,
	rejectDebtSeconds: 10,
	hints: 'none',
	retryAfterSeconds: 30,
	summary: '400 real agents over websocket, cut by resets',
};

/** A rehearsal that one process saw: device i is back after so long, in so many attempts. */
function rehearsal(): Recording {
	const random = seededRandom('rehearsal');
	const backMs = Array.from({ length: 400 }, () =>
		Math.round(random() * 40_000),
	);
	const attempts = backMs.map(() => 1 + Math.floor(random() * 3));
	return newRecording({
		setup: SETUP,
		share: { index: 0, of: 1 },
		cutAtMs: 1_796_000_000_000,
		groups: [
			{ name: 'agent', backMs, attempts },
			{ name: 'stock openvpn', backMs: [], attempts: [] },
		],
		attemptsMs: backMs.flatMap((atMs, i) =>
			Array.from({ length: attempts[i]! }, (_, k) => atMs - 500 * k),
		),
		outcomes: { 'early-reset': 300, 'http-429': 1 },
		notUp: 0,
		worstLagMs: 12,
	});
}

/** The same, as four processes saw it whose clocks agree. */
function parts(whole: Recording): Recording[] {
	return [0, 1, 2, 3].map((index) => {
		const mine = <T>(all: readonly T[]) =>
			all.filter((_, i) => i % 4 === index);
		return {
			...whole,
			share: { index, of: 4 },
			groups: whole.groups.map(({ name, backMs, attempts }) => ({
				name,
				backMs: mine(backMs),
				attempts: mine(attempts),
			})),
			attemptsMs: mine(whole.attemptsMs),
			outcomes: index === 0 ? whole.outcomes : {},
		};
	});
}

describe('a recording of a rehearsal', () => {
	it('is measured as the simulator measures', () => {
		const { result, timeline } = measure(rehearsal());
		expect(result).to.include({
			policy: 'agent',
			devices: 400,
			lowerBoundSeconds: 40,
			recovered: true,
		});
		expect(result.t50).to.be.closeTo(0.5, 0.06);
		expect(result.t100).to.be.closeTo(1, 0.02);
		expect(result.t100Seconds).to.be.closeTo(result.t100! * 40, 1e-3);
		expect(result.attemptsPerDevice).to.be.closeTo(2, 0.1);
		const returns = timeline.returns.counts.reduce((sum, n) => sum + n);
		expect(returns).to.equal(400);
		expect(simulateTwin(SETUP).result).to.include({
			policy: 'agent, simulated',
			devices: 400,
			lowerBoundSeconds: 40,
		});
	});

	it('of a cut that nobody felt is a return at once', () => {
		const { result } = measure({
			...rehearsal(),
			groups: [{ name: 'agent', backMs: [], attempts: [] }],
			attemptsMs: [],
		});
		expect(result).to.include({
			devices: 0,
			t100: 0,
			attemptsPerDevice: 0,
			recovered: true,
		});
	});

	it('is the same whether one process wrote it or four', () => {
		const whole = rehearsal();
		const { result } = measure(mergeRecordings(parts(whole)));
		expect(result).to.deep.equal(measure(whole).result);
		expect(mergeRecordings(parts(whole)).outcomes).to.deep.equal(
			whole.outcomes,
		);
		expect(mergeDoubts(parts(whole))).to.deep.equal([]);
	});

	it('is brought onto one clock when it is merged', () => {
		const some = parts(rehearsal());
		const late = { ...some[3]!, cutAtMs: some[3]!.cutAtMs + 2000 };
		const merged = mergeRecordings([...some.slice(0, 3), late]);
		expect(merged.cutAtMs).to.equal(some[0]!.cutAtMs);
		expect(merged.groups[0]!.backMs.slice(300)).to.deep.equal(
			late.groups[0]!.backMs.map((atMs) => atMs! + 2000),
		);
		expect(mergeDoubts([...some.slice(0, 3), late])[0]).to.contain(
			'The cuts were 2.0 s apart',
		);
	});

	it('is not merged with another one, nor twice with itself', () => {
		const some = parts(rehearsal());
		const other = { ...some[1]!, setup: { ...SETUP, acceptRate: 11 } };
		expect(() => mergeRecordings([some[0]!, other])).to.throw(
			'different rehearsals',
		);
		expect(() => mergeRecordings([some[0]!, some[0]!])).to.throw('twice');
		expect(() => mergeRecordings([])).to.throw('Name the files');
		expect(mergeDoubts(some.slice(0, 3))).to.deep.equal([
			'Only 3 of the 4 shares are here.',
		]);
	});

	it('is read from what the command printed, or from the log of a pod', () => {
		const folder = mkdtempSync(join(tmpdir(), 'recording-'));
		try {
			const file = join(folder, 'pod-0.json');
			const whole = {
				...rehearsal(),
				setup: { ...SETUP, acceptRate: Infinity },
			};
			const line = JSON.stringify({ results: [], recording: whole });
			writeFileSync(file, `${line}\n`);
			expect(readRecording(file)).to.deep.equal(whole);
			writeFileSync(
				file,
				`The command ended with 1.\n{"level":"info"}\n${line}\n`,
			);
			expect(readRecording(file)).to.deep.equal(whole);
			for (const [text, problem] of [
				['', 'it is not what `rehearse --json` prints'],
				['{}', 'it is not what `rehearse --json` prints'],
				['{"recording":{"format":"other"}}', '`format` must be'],
				[line.replace('"notUp":0', '"notUp":"x"'), '`notUp`'],
			] as const) {
				writeFileSync(file, text);
				expect(() => readRecording(file)).to.throw(problem);
			}
			expect(() => readRecording(join(folder, 'missing'))).to.throw('ENOENT');
		} finally {
			rmSync(folder, { recursive: true });
		}
	});
});

describe('the recorder', () => {
	let nowMs: number;
	let recorder: Recorder;

	beforeEach(() => {
		nowMs = 1000;
		recorder = new Recorder(
			[
				{ name: 'agent', size: 2 },
				{ name: 'stock openvpn', size: 1 },
			],
			() => nowMs,
		);
	});

	it('counts from the cut on, and of those alone that lost their link', () => {
		for (const client of [0, 1, 2]) {
			recorder.attempt(client);
			recorder.up(client);
		}
		recorder.failed(0, 'http-401');
		expect(recorder.connected).to.equal(3);
		recorder.begin();
		nowMs += 10;
		recorder.down(0);
		recorder.down(2);
		expect([recorder.lost, recorder.away]).to.deep.equal([2, 2]);
		nowMs += 500;
		recorder.attempt(0);
		recorder.failed(0, 'early-reset');
		nowMs += 500;
		recorder.attempt(0);
		recorder.up(0);
		expect([recorder.lost, recorder.away]).to.deep.equal([2, 1]);
		expect(recorder.groups(0)).to.deep.equal([
			{ name: 'agent', backMs: [1010], attempts: [2] },
			{ name: 'stock openvpn', backMs: [null], attempts: [0] },
		]);
		expect(recorder.attemptsMs).to.deep.equal([510, 1010]);
		expect([...recorder.outcomes]).to.deep.equal([['early-reset', 1]]);
		expect([...recorder.outcomesBefore]).to.deep.equal([['http-401', 1]]);
		expect(recorder.firstLossMs).to.equal(10);
		expect(recorder.groups(10)[0]!.backMs).to.deep.equal([1000]);
	});

	it('takes the last return of one that is lost again', () => {
		recorder.up(0);
		recorder.begin();
		recorder.down(0);
		nowMs += 100;
		recorder.up(0);
		recorder.down(0);
		expect(recorder.away).to.equal(1);
		expect(recorder.lost).to.equal(1);
		nowMs += 100;
		recorder.up(0);
		// Told twice, it is the same.
		recorder.up(0);
		expect(recorder.groups(0)[0]!.backMs).to.deep.equal([200]);
		expect([recorder.away, recorder.connected]).to.deep.equal([0, 1]);
	});
});
