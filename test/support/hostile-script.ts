import type { Hint } from '../../src/hint.js';
import {
	DialError,
	outcome,
	OUTCOMES,
	type OutcomeCode,
} from '../../src/outcome.js';
import { wait, type Clock } from '../../src/runtime/index.js';
import { seededRandom } from '../../src/testing/seeded-random.js';
import type { DialRequest, Link, Transport } from '../../src/transport.js';
import { FakeLink } from './fake-transport.js';

/** What one hostile world does, drawn from a seed; each world has its own idea of how often what happens. */
export class HostileWorld {
	/** When each attempt was made, and at which node. */
	readonly dials: Array<{ readonly atMs: number; readonly node: string }> = [];
	/** Until when a node does not want the device back. */
	readonly notBefore = new Map<string, number>();
	/** Links that a transport made and that have not been asked to close. */
	readonly open = new Set<Link>();
	readonly transports: readonly Transport[];
	readonly nodes: readonly string[];
	readonly #random;
	readonly #clock: Clock;
	readonly #evil: number;
	readonly #refusing: number;
	readonly #saidAtDoors: number[] = [];
	#over = false;

	constructor(seed: string, clock: Clock) {
		this.#random = seededRandom(seed);
		this.#clock = clock;
		this.#evil = this.#random() * 0.5;
		this.#refusing = this.#random();
		this.nodes = ['192.0.2.1:443', '192.0.2.2:443', '192.0.2.3:443'].slice(
			0,
			1 + this.below(3),
		);
		this.transports = ['websocket', 'pigeon', 'smoke']
			.slice(0, 1 + this.below(3))
			.map((name) => this.#transport(name));
	}

	below(limit: number): number {
		return Math.floor(this.#random() * limit);
	}

	chance(share: number): boolean {
		return this.#random() < share;
	}

	/** Nothing is to happen any more. */
	end(): void {
		this.#over = true;
	}

	#pick<T>(all: readonly T[]): T {
		return all[this.below(all.length)]!;
	}

	#breach(): boolean {
		return this.chance(this.#evil);
	}

	#later(act: () => void): void {
		const delayMs = this.#random() ** 3 * 3_600_000;
		this.#clock.setTimer(delayMs, () => {
			if (!this.#over) {
				act();
			}
		});
	}

	#transport(name: string): Transport {
		return {
			name,
			needsNode: true,
			handover: this.chance(0.2) ? 'break-before-make' : 'make-before-break',
			dial: async (request) => await this.#dial(name, request),
			probe: async (request) => {
				await this.#answer(request, false);
			},
			engage: () => {
				this.#mayThrow();
			},
			release: async () => {
				await this.#mayHang();
			},
		};
	}

	#mayThrow(): void {
		if (this.#breach()) {
			// eslint-disable-next-line no-throw-literal -- as somebody else's code may
			throw this.#pick<unknown>([
				new TypeError('a bug'),
				'text',
				undefined,
			]) as Error;
		}
	}

	async #mayHang(): Promise<void> {
		this.#mayThrow();
		if (this.#breach()) {
			await new Promise(() => undefined);
		}
	}

	async #dial(name: string, request: DialRequest): Promise<Link> {
		const node = request.node!.name;
		this.dials.push({ atMs: this.#clock.monotonicMs(), node });
		await this.#answer(request, true);
		if (this.#breach()) {
			return this.#pick<unknown>([undefined, {}, 'link', { ended: 3 }]) as Link;
		}
		return this.#link(name, node);
	}

	async #answer(request: DialRequest, counts: boolean): Promise<void> {
		// A transport that ignores its signal, or a deadline.
		const { signal } = this.#breach() ? { signal: undefined } : request;
		await wait(this.#clock, this.#random() ** 4 * 60_000, signal);
		await this.#mayHang();
		if (!this.chance(this.#refusing)) {
			return;
		}
		const code = this.#pick(Object.keys(OUTCOMES) as OutcomeCode[]);
		const hint = this.chance(0.4) ? this.#hint() : undefined;
		const said = outcome(code, 'By script.', { hint });
		// What is said after the agent has let go of the attempt is said to nobody.
		const isHeard = !request.signal.aborted;
		if (counts && isHeard && OUTCOMES[code].kind !== 'stopped') {
			this.#askedAtDoor(request.node!.name, hint);
		}
		throw new DialError(said);
	}

	#link(name: string, node: string): Link {
		const link = new FakeLink(name, this.#breach() ? '' : node);
		this.open.add(link);
		void link.ended.then(() => this.open.delete(link));
		const { close } = link;
		link.close = async (graceMs) => {
			this.open.delete(link);
			await this.#mayHang();
			await close.call(link, this.#breach() ? graceMs : 0);
		};
		if (this.#breach()) {
			link.stats = () => this.#pick([{}, { bytesIn: NaN }, 'stats']) as never;
		}
		link.checkLiveness = async () => {
			await this.#mayHang();
			return this.#pick(['alive', 'moved', 'dead', 'what?'] as never[]);
		};
		if (this.#breach()) {
			const ended = new Promise<never>((_, reject) => {
				this.#later(() => {
					reject(new Error('a bug'));
				});
			});
			// A transport of its own would see to that; here it must not end the tests.
			ended.catch(() => undefined);
			Object.assign(link, { ended });
		}
		for (let n = this.below(4); n > 0; n--) {
			this.#later(() => {
				const hint = this.#hint();
				this.#says(link, node, hint);
				link.listener?.onHint(hint);
			});
		}
		if (this.chance(0.4)) {
			this.#later(() => {
				const hint = this.chance(0.5) ? this.#hint() : undefined;
				this.#says(link, node, hint);
				link.listener?.onDrain(outcome('goaway', 'By script.', { hint }));
			});
		}
		if (this.chance(0.8)) {
			this.#later(() => {
				const code = this.#pick(Object.keys(OUTCOMES) as OutcomeCode[]);
				link.end(
					this.#breach() ? (undefined as never) : outcome(code, 'By script.'),
				);
			});
		}
		return link;
	}

	#hint(): Hint {
		const said = () =>
			this.#breach()
				? this.#pick<unknown>([NaN, -1, 'soon', null, {}, Infinity])
				: this.#random() ** 2 * 1_200_000;
		return Object.fromEntries(
			[
				'retryAfterMs',
				'reconnectWindowMs',
				'drainDeadlineMs',
				'nodeAgeMs',
				'nodeLoad',
				'goElsewhere',
			]
				.filter(() => this.chance(0.4))
				.map((name) => [name, said()]),
		);
	}

	/** A link that the agent has left is no longer listened to. */
	#says(link: FakeLink, node: string, hint: Hint | undefined): void {
		if (this.open.has(link) && link.listener !== undefined) {
			this.#asked(node, hint);
		}
	}

	/** What was told at a door before, within a second, is taken for the same for all, and is no longer kept to. */
	#askedAtDoor(node: string, hint: Hint | undefined): void {
		const said: unknown = hint?.retryAfterMs;
		if (typeof said !== 'number' || !(said >= 0)) {
			return;
		}
		const clampedMs = Math.max(1000, said);
		const isConstant = this.#saidAtDoors.some(
			(ms) => ms <= 300_000 && Math.abs(ms - clampedMs) <= 1001,
		);
		this.#saidAtDoors.push(clampedMs);
		if (!isConstant) {
			this.#asked(node, hint);
		}
	}

	/** Notes what a node asked for, where it was said as it has to be. */
	#asked(node: string, hint: Hint | undefined): void {
		const said: unknown = hint?.retryAfterMs;
		if (typeof said === 'number' && said >= 0 && said < Infinity) {
			const untilMs = this.#clock.monotonicMs() + said;
			this.notBefore.set(
				node,
				Math.max(untilMs, this.notBefore.get(node) ?? 0),
			);
		}
	}
}
