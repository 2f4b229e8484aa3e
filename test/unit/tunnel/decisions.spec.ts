import { expect } from 'chai';

import { parseHintJson } from '../../../src/tunnel/hint-json.js';
import {
	FIRST_LIVENESS,
	livenessAnswered,
	livenessTick,
	type Liveness,
} from '../../../src/tunnel/liveness.js';
import {
	highWater,
	receiveWindow,
} from '../../../src/tunnel/receive-window.js';
import { route } from '../../../src/tunnel/route.js';
import { fullBucket, takeToken } from '../../../src/tunnel/token-bucket.js';

const KIB = 1024;

describe('A hint as JSON', () => {
	it('is read field by field, seconds as milliseconds', () => {
		const text = JSON.stringify({
			reconnectWindowSeconds: 20,
			retryAfterSeconds: 0.5,
			drainDeadlineSeconds: 0,
			nodeAgeSeconds: 3,
			nodeLoad: 1,
			goElsewhere: true,
			somethingNew: {},
		});
		expect(parseHintJson(text)).to.deep.equal({
			reconnectWindowMs: 20_000,
			retryAfterMs: 500,
			drainDeadlineMs: 0,
			nodeAgeMs: 3000,
			nodeLoad: 1,
			goElsewhere: true,
		});
	});

	it('is bounded to a day', () => {
		expect(parseHintJson('{"retryAfterSeconds":1e12}')).to.deep.equal({
			retryAfterMs: 86_400_000,
		});
	});

	for (const text of [
		'',
		'null',
		'[]',
		'"text"',
		'{"retryAfterSeconds":"5"}',
		'{"retryAfterSeconds":-1}',
		'{"retryAfterSeconds":null}',
		'{"nodeLoad":1.1}',
		'{"goElsewhere":1,"retryAfterSeconds":1}',
	]) {
		it(`is nothing at all when it is ${text || 'empty'}`, () => {
			expect(parseHintJson(text)).to.equal(undefined);
		});
	}

	it('takes no field from the prototype', () => {
		expect(parseHintJson('{"__proto__":{"nodeLoad":1}}')).to.deep.equal({});
	});
});

describe('The route of a request', () => {
	const services = [{ port: 80 }, { port: 22222, host: '::1' }];
	const to = (headers: Record<string, string>) =>
		route(headers, 'ABC1', services);
	const connect = (authority: string) =>
		to({ ':method': 'CONNECT', ':authority': authority });

	it('is the service whose port the node names, whatever the case of the uuid', () => {
		expect(connect('abc1.balena:22222')).to.deep.equal({
			to: 'service',
			service: services[1],
		});
	});

	for (const [authority, status] of [
		['abc1.balena:81', 403],
		['abc1.balena:0', 403],
		['abc1.balena:99999', 403],
		['other.balena:80', 403],
		['abc1.balena', 400],
		['abc1.balena:080808', 400],
		['abc1.balena:80:80', 400],
		['evil.abc1.balena:80', 400],
		['user@abc1.balena:80', 400],
		['abc1.balena.evil:80', 400],
		['', 400],
	] as const) {
		it(`refuses ${authority || 'no authority'} with ${status}`, () => {
			expect(connect(authority)).to.deep.equal({ to: 'refusal', status });
		});
	}

	for (const extra of [':path', ':scheme', ':protocol']) {
		it(`refuses a CONNECT that has ${extra}`, () => {
			expect(
				to({
					':method': 'CONNECT',
					':authority': 'abc1.balena:80',
					[extra]: '/',
				}),
			).to.deep.equal({ to: 'refusal', status: 400 });
		});
	}

	it('takes hints by POST at one path only', () => {
		const path = '/.well-known/cloudlink/hints';
		expect(to({ ':method': 'POST', ':path': path })).to.deep.equal({
			to: 'hint',
		});
		for (const [method, where] of [
			['GET', path],
			['POST', `${path}/`],
			['PUT', path],
		] as const) {
			expect(to({ ':method': method, ':path': where })).to.deep.equal({
				to: 'refusal',
				status: 405,
			});
		}
	});
});

describe('The token bucket', () => {
	it('gives its burst at once, and then its rate', () => {
		const rate = { perSecond: 2, burst: 3 };
		let bucket = fullBucket(rate, 0);
		for (let i = 0; i < 3; i++) {
			bucket = takeToken(bucket, rate, 0)!;
		}
		expect(takeToken(bucket, rate, 499)).to.equal(undefined);
		bucket = takeToken(bucket, rate, 500)!;
		expect(takeToken(bucket, rate, 600)).to.equal(undefined);
		bucket = takeToken(bucket, rate, 100_000)!;
		expect(bucket.tokens).to.equal(2);
	});
});

describe('The receive window', () => {
	it('shrinks as streams open, and all together never exceed 8 MiB', () => {
		let window = 1024 * KIB;
		for (let streams = 1; streams <= 1024; streams++) {
			const next = receiveWindow(streams, window);
			expect(next).to.be.at.most(window);
			expect(next * streams).to.be.at.most(8 * KIB * KIB);
			window = next;
		}
		expect(window).to.equal(8 * KIB);
	});

	it('grows back only when half of the step is gone', () => {
		expect(receiveWindow(5, 1024 * KIB)).to.equal(256 * KIB);
		expect(receiveWindow(4, 256 * KIB)).to.equal(256 * KIB);
		expect(receiveWindow(3, 256 * KIB)).to.equal(256 * KIB);
		expect(receiveWindow(2, 256 * KIB)).to.equal(1024 * KIB);
		expect(receiveWindow(0, 8 * KIB)).to.equal(1024 * KIB);
	});

	it('comes with a high-water mark of a quarter, and no less than 4 KiB', () => {
		expect(highWater(1)).to.equal(256 * KIB);
		expect(highWater(1000)).to.equal(4 * KIB);
	});
});

describe('Liveness', () => {
	/** Runs ticks with the bytes seen at each; tells what was done, and stops when the node is lost. */
	const run = (
		bytes: readonly number[],
		answers = false,
		carrierAsks = false,
	) => {
		let state: Liveness = FIRST_LIVENESS;
		const actions: string[] = [];
		for (const bytesRead of bytes) {
			const [next, action] = livenessTick(state, bytesRead, carrierAsks);
			state = action === 'ping' && answers ? livenessAnswered(next) : next;
			actions.push(action);
			if (action === 'lost') {
				break;
			}
		}
		return actions;
	};

	it('pings at once, and loses a node that stays silent after eight ticks', () => {
		const actions = run([100, ...Array<number>(20).fill(100)]);
		expect(actions[0]).to.equal('ping');
		expect(actions.indexOf('lost')).to.equal(8);
	});

	it('leaves the asking to a carrier that does it, but for an answer of HTTP/2 each 180 ticks', () => {
		const bytes = Array.from({ length: 600 }, (_, i) => Math.floor(i / 6));
		const pings = run(bytes, true, true).flatMap((action, tick) =>
			action === 'ping' ? [tick] : [],
		);
		expect(pings).to.deep.equal([0, 180, 360, 540]);
		expect(run(Array<number>(20).fill(1), true, true)).to.include('lost');
	});

	it('keeps a node that sends anything', () => {
		const bytes = Array.from({ length: 100 }, (_, i) => Math.floor(i / 6));
		expect(run(bytes, true)).not.to.include('lost');
	});

	it('pings a quiet node early enough to hear from it', () => {
		const actions = run([5, 5, 5, 5, 5, 5], true);
		expect(actions.indexOf('ping', 1)).to.equal(5);
	});

	it('loses a node whose bytes flow and whose PING is never answered', () => {
		const actions = run(Array.from({ length: 100 }, (_, i) => i + 1));
		expect(actions.indexOf('lost')).to.equal(36);
	});
});
