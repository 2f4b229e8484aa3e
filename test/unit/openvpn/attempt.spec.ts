import { expect } from 'chai';

import { randomBelow } from '../../../src/runtime/index.js';
import { seededRandom } from '../../../src/testing/seeded-random.js';
import {
	newAttempt,
	type Attempt,
	type AttemptAction,
	type AttemptEvent,
} from '../../../src/transports/openvpn/attempt.js';
import {
	MOST_ECHOES,
	advance,
} from '../../../src/transports/openvpn/advance.js';
import {
	LOG_LINES_KEPT,
	newEvidence,
} from '../../../src/transports/openvpn/evidence.js';
import { explainOwn } from '../../../src/transports/openvpn/explain-own.js';
import { LineSplitter } from '../../../src/transports/openvpn/line-splitter.js';
import {
	isNotice,
	parseNotice,
} from '../../../src/transports/openvpn/management-line.js';
import {
	transcripts,
	type Transcript,
} from '../../support/openvpn-transcripts.js';

/** As of an openvpn of ours without a proxy. */
const EXPLAIN = explainOwn();
const CREDENTIALS = { uuid: 'uuid1', key: 'key1' };

/** An attempt that is fed, with everything it did. */
class Run {
	attempt: Attempt;
	readonly actions: AttemptAction[] = [];
	readonly states: string[] = [];

	constructor(
		protocol: 'tcp' | 'udp' = 'tcp',
		private readonly credentials: typeof CREDENTIALS | undefined = CREDENTIALS,
	) {
		this.attempt = newAttempt(newEvidence(protocol, 'node:443', EXPLAIN));
	}

	feed(...events: Array<AttemptEvent | string>): this {
		for (const event of events) {
			const [next, actions] = advance(
				this.attempt,
				typeof event === 'string' ? parseNotice(event) : event,
				{ credentials: this.credentials },
			);
			if (next.state.name !== this.attempt.state.name) {
				this.states.push(next.state.name);
			}
			this.attempt = next;
			this.actions.push(...actions);
		}
		return this;
	}

	get sent(): string[] {
		return this.actions.flatMap((action) =>
			action.type === 'send' ? action.commands : [],
		);
	}

	get hints(): object[] {
		return this.actions.flatMap((action) =>
			action.type === 'hint' ? [action.hint] : [],
		);
	}

	get outcome() {
		const now = this.attempt.state;
		return now.name === 'ended' ? now.outcome : undefined;
	}
}

const GREETING =
	">INFO:OpenVPN Management Interface Version 5 -- type 'help' for more info";
const HOLD = '>HOLD:Waiting for hold release:0';
const NEED = ">PASSWORD:Need 'Auth' username/password";
const state = (name: string, rest = ',,,,,') => `>STATE:1,${name},${rest}`;
const CONNECTED = state('CONNECTED', 'SUCCESS,10.0.0.2,10.1.1.1,443,,');

function replay(transcript: Transcript): Run {
	return new Run(transcript.protocol).feed(...transcript.said.filter(isNotice));
}

for (const version of ['2.5.6', '2.6.14'] as const) {
	describe(`an attempt of openvpn ${version}, as measured`, () => {
		for (const transcript of transcripts(version)) {
			it(`counts "${transcript.title}" as ${transcript.outcome}`, () => {
				const run = replay(transcript);
				expect(run.sent).to.deep.equal(transcript.sent);
				expect(run.outcome?.code).to.equal(transcript.outcome);
				expect(run.outcome?.hint).to.deep.equal(transcript.hint);
				expect(run.outcome?.message).to.not.contain('key1');
			});
		}

		it('comes to the same wherever the bytes are cut', () => {
			for (const transcript of transcripts(version).slice(0, 4)) {
				const bytes = Buffer.from(transcript.said.join('\r\n') + '\r\n');
				const expected = replay(transcript);
				for (let cut = 1; cut < bytes.length; cut++) {
					const splitter = new LineSplitter();
					const lines = [
						...splitter.push(bytes.subarray(0, cut)),
						...splitter.push(bytes.subarray(cut)),
					];
					const run = new Run(transcript.protocol);
					run.feed(...lines.filter(isNotice));
					expect(run.attempt, `cut at ${cut}`).to.deep.equal(expected.attempt);
				}
			}
		});

		it('comes to the same with notices of no concern in between', () => {
			for (const transcript of transcripts(version)) {
				const run = new Run(transcript.protocol);
				for (const line of transcript.said.filter(isNotice)) {
					run.feed('>BYTECOUNT:1,2', '>LOG:1,I,nothing', line, '>INFOMSG:x');
				}
				expect(run.outcome?.code, transcript.title).to.equal(
					transcript.outcome,
				);
				expect(run.sent, transcript.title).to.deep.equal(transcript.sent);
			}
		});
	});
}

describe('an attempt', () => {
	it('goes through its states in order, and says what it is told to', () => {
		const run = new Run().feed(
			GREETING,
			HOLD,
			NEED,
			state('TCP_CONNECT'),
			state('AUTH'),
			'>ECHO:1,cloudlink reconnect-window=120',
			CONNECTED,
		);
		expect(run.states).to.deep.equal(['held', 'credentials', 'dialling', 'up']);
		expect(run.hints).to.deep.equal([{ reconnectWindowMs: 120_000 }]);
		expect(run.attempt.state).to.deep.equal({
			name: 'up',
			host: '10.1.1.1',
			port: '443',
			localHost: '',
			localPort: '',
		});
	});

	it('never releases twice: a second hold ends it', () => {
		const run = new Run().feed(GREETING, HOLD, state('TCP_CONNECT'), HOLD);
		expect(
			run.sent.filter((command) => command === 'hold release'),
		).to.have.length(1);
		expect(run.attempt.state.name).to.equal('ended');
	});

	it('stays as it ended, whatever comes late', () => {
		const run = new Run().feed(GREETING, HOLD, { type: 'stop' });
		const before = run.attempt;
		const done = run.actions.length;
		run.feed(CONNECTED, HOLD, NEED, { type: 'deadline' }, '>FATAL:x', {
			type: 'exited',
			output: [],
		});
		expect(run.attempt).to.equal(before);
		expect(run.actions).to.have.length(done);
		expect(run.outcome?.kind).to.equal('stopped');
	});

	it('refuses an openvpn that is too old, and says what to do', () => {
		const run = new Run().feed(
			">INFO:OpenVPN Management Interface Version 1 -- type 'help' for more info",
		);
		expect(run.outcome?.code).to.equal('openvpn-missing');
		expect(run.outcome?.message).to.match(/install openvpn 2\.5 or newer/);
		expect(run.sent).to.deep.equal([]);
	});

	it('gives the key once', () => {
		const run = new Run().feed(GREETING, HOLD, NEED, NEED);
		expect(run.outcome?.code).to.equal('openvpn-failed');
		expect(
			run.sent.filter((command) => command.startsWith('password')),
		).to.have.length(1);
	});

	it('says so where a password is asked and there is no key', () => {
		const run = new Run('tcp', undefined);
		// A default parameter takes undefined for "not given".
		Object.assign(run, { credentials: undefined });
		run.feed(GREETING, HOLD, NEED);
		expect(run.outcome?.code).to.equal('key-unavailable');
	});

	it('warns where not all routes could be set, and takes the link', () => {
		const run = new Run().feed(
			GREETING,
			HOLD,
			state('CONNECTED', 'ROUTE_ERROR,10.0.0.2,10.1.1.1,443,,'),
		);
		expect(run.attempt.state.name).to.equal('up');
		expect(run.actions.at(-1)?.type).to.equal('warn');
	});

	it('warns of a hint that it cannot use', () => {
		const run = new Run().feed('>ECHO:1,cloudlink reconnect-window=soon');
		expect(run.hints).to.deep.equal([]);
		expect(run.actions).to.have.length(1);
		expect(run.actions[0]).to.include({ type: 'warn' });
	});

	it('reads only so many echoes', () => {
		const run = new Run();
		for (let i = 0; i < MOST_ECHOES + 10; i++) {
			run.feed(`>ECHO:1,cloudlink reconnect-window=${i}`);
		}
		expect(run.hints).to.have.length(MOST_ECHOES);
	});

	it('keeps only so many log lines', () => {
		const run = new Run();
		for (let i = 0; i < LOG_LINES_KEPT + 10; i++) {
			run.feed(`>LOG:1,I,line ${i}`);
		}
		expect(run.attempt.evidence.log).to.have.length(LOG_LINES_KEPT);
		expect(run.attempt.evidence.log.at(-1)).to.equal(
			`line ${LOG_LINES_KEPT + 9}`,
		);
	});

	it('does not repeat what a command was that openvpn refused', () => {
		const run = new Run().feed(GREETING, {
			type: 'command-failed',
			told: 'password',
		});
		expect(run.outcome?.message).to.equal(
			'openvpn refused a command: password',
		);
	});

	it('does not end by a deadline once it is up', () => {
		const run = new Run().feed(GREETING, HOLD, CONNECTED, { type: 'deadline' });
		expect(run.attempt.state.name).to.equal('up');
	});

	for (const [step, protocol, code] of [
		[undefined, 'tcp', 'openvpn-failed'],
		['RESOLVE', 'tcp', 'dns-failed'],
		['TCP_CONNECT', 'tcp', 'connect-timeout'],
		['WAIT', 'tcp', 'tls-timeout'],
		['WAIT', 'udp', 'udp-blocked'],
		['AUTH', 'tcp', 'tls-timeout'],
		['AUTH_PENDING', 'tcp', 'tls-timeout'],
		['GET_CONFIG', 'tcp', 'no-push-reply'],
		['ASSIGN_IP', 'tcp', 'openvpn-failed'],
		['ADD_ROUTES', 'tcp', 'openvpn-failed'],
	] as const) {
		it(`counts a deadline in ${step ?? 'no state'} over ${protocol} as ${code}`, () => {
			const run = new Run(protocol).feed(GREETING, HOLD);
			run.feed(...(step ? [state(step)] : []), { type: 'deadline' });
			expect(run.outcome?.code).to.equal(code);
		});
	}

	for (const [step, protocol, code] of [
		[undefined, 'tcp', 'openvpn-failed'],
		['RESOLVE', 'tcp', 'dns-failed'],
		['TCP_CONNECT', 'tcp', 'connect-timeout'],
		['WAIT', 'udp', 'udp-blocked'],
		['WAIT', 'tcp', undefined],
		['AUTH', 'tcp', undefined],
		['AUTH', 'udp', undefined],
		['GET_CONFIG', 'tcp', undefined],
		['CONNECTED', 'tcp', undefined],
	] as const) {
		it(`${code ? `ends as ${code}` : 'goes on'} in ${step ?? 'no state'} over ${protocol} when the time for the connect is over`, () => {
			const run = new Run(protocol).feed(GREETING, HOLD);
			run.feed(...(step ? [state(step)] : []), { type: 'connect-deadline' });
			expect(run.outcome?.code).to.equal(code);
		});
	}

	it('is link-silent when nothing comes through the link', () => {
		const run = new Run().feed(GREETING, HOLD, CONNECTED, {
			type: 'silent',
			forMs: 60_000,
		});
		expect(run.outcome).to.include({
			code: 'link-silent',
			message: 'the link to node:443 ended: nothing came from it for 60 s',
		});
	});

	for (const [what, output, code, message] of [
		[
			'an option error',
			['Options error: --dev needs a name', 'Use --help for more information.'],
			'openvpn-failed',
			/--dev needs a name/,
		],
		[
			'an unknown option of an old openvpn',
			[
				'Options error: Unrecognized option or missing or extra parameter(s) in [CMD-LINE]:1: pull-filter (2.3.4)',
			],
			'openvpn-missing',
			/it is 2\.3/,
		],
		[
			'an unknown option of a new openvpn',
			[
				'Options error: Unrecognized option or missing or extra parameter(s) in stdin:9: wat (2.6.14)',
			],
			'openvpn-failed',
			/wat/,
		],
		['no word at all', [], 'openvpn-failed', /without a word/],
	] as const) {
		it(`explains an exit with ${what}`, () => {
			const run = new Run().feed({ type: 'exited', output });
			expect(run.outcome?.code).to.equal(code);
			expect(run.outcome?.message).to.match(message);
		});
	}

	it('counts a process that is gone by whether it was up', () => {
		const exit = { type: 'exited', output: [] } as const;
		expect(
			new Run().feed(GREETING, HOLD, state('AUTH'), exit).outcome?.kind,
		).to.equal('unreachable');
		expect(
			new Run().feed(GREETING, HOLD, CONNECTED, exit).outcome?.kind,
		).to.equal('lost');
		expect(new Run().feed({ type: 'garbage' }).outcome?.kind).to.equal(
			'misconfigured',
		);
	});

	it('survives any order of real and broken lines, and never releases twice', () => {
		const seed = process.env.SEED ?? '1';
		const random = seededRandom(seed);
		const lines = [...transcripts('2.5.6'), ...transcripts('2.6.14')]
			.flatMap(({ said }) => said)
			.filter(isNotice);
		for (let round = 0; round < 2000; round++) {
			const run = new Run(random() < 0.5 ? 'tcp' : 'udp');
			for (let i = 0; i < 30; i++) {
				const line = lines[randomBelow(random, lines.length)]!;
				const broken = random() < 0.2;
				run.feed(
					broken ? `>${line.slice(randomBelow(random, line.length))}` : line,
				);
			}
			const why = `round ${round}, replay with SEED=${seed}`;
			expect(
				run.sent.filter((command) => command === 'hold release').length,
				why,
			).to.be.at.most(1);
			expect(
				run.sent.filter((command) => command.startsWith('password')).length,
				why,
			).to.be.at.most(1);
			expect(
				run.states.filter((name) => name === 'ended').length,
				why,
			).to.be.at.most(1);
		}
	});
});
