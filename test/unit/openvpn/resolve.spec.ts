import { expect } from 'chai';

import { DialError } from '../../../src/outcome.js';
import {
	MOST_ADDRESSES,
	resolveNode,
} from '../../../src/transports/openvpn/resolve.js';
import { VirtualClock } from '../../../src/testing/virtual-clock.js';

const node = (host: string, addresses?: string[]) => ({
	name: `${host}:443`,
	host,
	port: 443,
	...(addresses ? { addresses } : {}),
});
const live = boundsOf(new AbortController().signal);

function boundsOf(signal: AbortSignal, clock = new VirtualClock()) {
	return { clock, deadlineMs: 10_000, signal };
}

async function failure(promise: Promise<unknown>): Promise<unknown> {
	return await promise.then(
		() => undefined,
		(error: unknown) => error,
	);
}

describe('resolveNode', () => {
	const never = () => Promise.reject(new Error('not to be asked'));

	it('takes addresses that are there, and literals, as they are', async () => {
		expect(
			await resolveNode(node('a.example', ['192.0.2.1']), never, live),
		).to.deep.equal(['192.0.2.1']);
		expect(await resolveNode(node('192.0.2.2'), never, live)).to.deep.equal([
			'192.0.2.2',
		]);
		expect(await resolveNode(node('[::1]'), never, live)).to.deep.equal([
			'::1',
		]);
	});

	it('asks for a name, and bounds what it gets', async () => {
		const many = Array.from({ length: 20 }, (_, i) => `192.0.2.${i}`);
		const asked: string[] = [];
		const found = await resolveNode(
			node('a.example'),
			(host) => {
				asked.push(host);
				return Promise.resolve(many);
			},
			live,
		);
		expect(asked).to.deep.equal(['a.example']);
		expect(found).to.deep.equal(many.slice(0, MOST_ADDRESSES));
	});

	it('says dns-failed, and keeps the cause', async () => {
		const cause = new Error('queryA ENOTFOUND');
		const error = await failure(
			resolveNode(node('a.example'), () => Promise.reject(cause), live),
		);
		expect(error).to.be.instanceOf(DialError);
		expect((error as DialError).outcome).to.include({
			code: 'dns-failed',
			cause,
		});
	});

	it('says dns-failed where a name has no address', async () => {
		const error = await failure(
			resolveNode(node('a.example'), () => Promise.resolve([]), live),
		);
		expect((error as DialError).outcome.code).to.equal('dns-failed');
	});

	it('says dns-failed where DNS does not answer within the time for the connect', async () => {
		const clock = new VirtualClock();
		const pending = failure(
			resolveNode(
				node('a.example'),
				() => new Promise(() => undefined),
				boundsOf(new AbortController().signal, clock),
			),
		);
		clock.advance(10_000);
		expect(((await pending) as DialError).outcome.code).to.equal('dns-failed');
		expect(clock.pending).to.equal(0);
	});

	it('rejects with the reason of the signal in the middle of it', async () => {
		const abort = new AbortController();
		const pending = resolveNode(
			node('a.example'),
			() => new Promise(() => undefined),
			boundsOf(abort.signal),
		);
		const reason = new Error('enough');
		abort.abort(reason);
		expect(await failure(pending)).to.equal(reason);
	});
});
