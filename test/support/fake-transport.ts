import { DialError, outcome, type Outcome } from '../../src/outcome.js';
import { wait } from '../../src/runtime/index.js';
import type {
	DialRequest,
	Link,
	LinkListener,
	LinkSign,
	LinkStats,
	Transport,
	TransportName,
} from '../../src/transport.js';

/** A link whose life the test decides. */
export class FakeLink implements Link {
	readonly transport: TransportName;
	readonly node: string;
	readonly ended: Promise<Outcome>;
	readonly graces: number[] = [];
	listener: LinkListener | undefined;
	bytes = 0;
	/** Absent until a test gives one. */
	checkLiveness?: (deadlineMs: number) => Promise<LinkSign>;
	#end!: (outcome: Outcome) => void;

	constructor(transport: TransportName, node: string) {
		this.transport = transport;
		this.node = node;
		this.ended = new Promise((resolve) => {
			this.#end = resolve;
		});
	}

	listen(listener: LinkListener): void {
		this.listener = listener;
	}

	stats(): LinkStats {
		return { ageMs: 0, bytesIn: this.bytes, bytesOut: 0, openStreams: 0 };
	}

	async close(graceMs: number): Promise<void> {
		this.graces.push(graceMs);
		if (graceMs === 0) {
			this.end(outcome('stopped', 'closed by us'));
		}
		await this.ended;
	}

	end(ended: Outcome): void {
		this.#end(ended);
	}
}

export type FakeAnswer =
	| 'up'
	| 'hang'
	/** The connection is taken, and nothing follows. */
	| 'mute'
	/** No answer until the deadline, as from a black hole. */
	| 'time-out'
	| Outcome
	| Error;

/** A transport that answers each dial as the test says; the last answer is repeated. */
export class FakeTransport implements Transport {
	readonly name: TransportName;
	readonly handover: 'make-before-break' | 'break-before-make';
	readonly needsNode: boolean = true;
	readonly requests: DialRequest[] = [];
	readonly links: FakeLink[] = [];
	probes = 0;
	answers: FakeAnswer[];

	constructor(
		answers: FakeAnswer[] = ['up'],
		name: TransportName = 'websocket',
		handover: 'make-before-break' | 'break-before-make' = 'make-before-break',
	) {
		this.answers = answers;
		this.name = name;
		this.handover = handover;
	}

	/** The link that was made last. */
	get link(): FakeLink {
		return this.links.at(-1)!;
	}

	async dial(request: DialRequest): Promise<Link> {
		this.requests.push(request);
		const answer =
			this.answers.length > 1 ? this.answers.shift()! : this.answers[0]!;
		if (answer === 'mute') {
			request.onConnected?.();
		}
		if (answer === 'hang' || answer === 'mute') {
			return await new Promise((_, reject) => {
				request.signal.addEventListener('abort', () => {
					reject(request.signal.reason as Error);
				});
			});
		}
		if (answer === 'time-out') {
			const { clock } = request.runtime;
			await wait(clock, request.connectDeadlineMs!, request.signal);
			throw new DialError(outcome('connect-timeout', 'No answer.'));
		}
		if (answer === 'up') {
			const link = new FakeLink(this.name, request.node?.name ?? 'own');
			this.links.push(link);
			return link;
		}
		throw answer instanceof Error ? answer : new DialError(answer);
	}

	async probe(request: DialRequest): Promise<void> {
		this.probes++;
		request.signal.throwIfAborted();
		await Promise.resolve();
	}
}
