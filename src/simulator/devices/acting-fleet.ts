import type {
	Decision,
	DecisionEvent,
	Dial,
	Leave,
	Target,
} from '../../decisions/index.js';
import type { Hint } from '../../hint.js';
import { outcome, type Outcome } from '../../outcome.js';
import type { Wait } from '../../pacing/index.js';
import { EventQueue } from '../engine/event-queue.js';
import { Devices, type DevicesOptions } from './devices.js';

/** A link of a simulated device. */
export interface SimulatedLink {
	readonly device: number;
	readonly target: Target;
	readonly upAtMs: number;
	/** It was told to go, and serves on. */
	draining: boolean;
	alive: boolean;
}

/** What comes of an attempt, if the device waits for it. */
export interface WorldAnswer {
	/** How long after the attempt began it is known. */
	readonly afterMs: number;
	/** How long after it began the connection was taken; absent where it was not before the answer. */
	readonly connectedAfterMs?: number;
	/** Absent when the attempt made a link. */
	readonly refusal?: Outcome;
}

/** What a fleet acts on. */
export interface World {
	/** An attempt, or the probe of one, comes to its node. */
	dial(device: number, plan: Dial, nowMs: number): WorldAnswer;
	/** An attempt made a link. Called before the device knows of it. */
	made?(link: SimulatedLink, nowMs: number): void;
	/** A link is the device's current one: it was made, or took over again. */
	up?(link: SimulatedLink, nowMs: number): void;
	/** A link is gone, whoever ended it. */
	gone?(link: SimulatedLink, nowMs: number): void;
	/** Something that the world itself planned with {@link ActingFleet.plan}. */
	planned?(device: number, nowMs: number): void;
	/** A device decided to wait. */
	waits?(device: number, wait: Wait, nowMs: number): void;
}

/** What one entry of the queue is about; the queue holds it together with the device in one number. */
const KINDS = 8;
const DUE = 0;
const REVIEW = 1;
const ANSWER = 2;
const STANDBY_OVER = 3;
const PLANNED = 4;
/** A taken connection is mute: perhaps another transport is tried beside it. */
const MUTE = 5;
/** The attempt beside is answered. */
const BESIDE_ANSWER = 6;
/** The kept attempt is answered. */
const KEPT_ANSWER = 7;

/** See agent/attempt.ts. */
const MUTE_MS = 10_000;

/** A link that moves nothing is found quiet at the first look; see agent/quiet.ts. */
const QUIET_MS = 10_000;

const SILENT = outcome(
	'upgrade-timeout',
	'The connection was taken, and is silent.',
);
const CLOSED = outcome('stopped', 'Closed by the device.');

interface SimulatedAttempt {
	readonly plan: Dial;
	readonly answer: WorldAnswer;
	readonly startedMs: number;
	/** An entry of the queue that is for another moment is out of date. */
	readonly answerAtMs: number;
	/** It has been silent for too long by then. */
	readonly aloneUntilMs: number;
}

interface Failure {
	readonly plan: Dial;
	readonly ended: Outcome;
}

interface Acting {
	link: SimulatedLink | undefined;
	standby: SimulatedLink | undefined;
	attempt: SimulatedAttempt | undefined;
	beside: SimulatedAttempt | undefined;
	kept: SimulatedAttempt | undefined;
	/** The attempt failed, and one beside it is not over. */
	failure: Failure | undefined;
	/** As of an attempt. */
	dueAtMs: number;
	reviewAtMs: number;
	muteAtMs: number;
}

/**
 * A fleet on one virtual clock that acts on what is decided, device by device, as `agent/run.ts` does with real
 * timers and transports: test/unit/simulator/devices compares the two.
 */
export class ActingFleet {
	nowMs = 0;
	readonly #devices: Devices;
	readonly #world: World;
	readonly #queue: EventQueue;
	readonly #acting: Acting[];
	readonly #standbyMs: number;

	constructor(options: DevicesOptions, world: World) {
		this.#devices = new Devices(options);
		this.#world = world;
		this.#queue = new EventQueue(2 * options.devices);
		this.#acting = Array.from({ length: options.devices }, () => ({
			link: undefined,
			standby: undefined,
			attempt: undefined,
			beside: undefined,
			kept: undefined,
			failure: undefined,
			dueAtMs: NaN,
			reviewAtMs: NaN,
			muteAtMs: NaN,
		}));
		this.#standbyMs = this.#devices.optionsOf(0).standbyMs;
	}

	linkOf(device: number): SimulatedLink | undefined {
		return this.#acting[device]!.link;
	}

	start(device: number): void {
		this.#wait(device, this.#tell(device, { type: 'start' }).wait!);
	}

	/** The wait of a device is over now, whatever it was. */
	hurry(device: number): void {
		this.#due(device);
	}

	/** Calls {@link World.planned} back. */
	plan(device: number, atMs: number): void {
		this.#queue.push(atMs, device * KINDS + PLANNED);
	}

	/** Lets time pass. */
	advance(untilMs: number): void {
		while (this.#queue.nextMs <= untilMs) {
			this.nowMs = this.#queue.nextMs;
			const entry = this.#queue.pop();
			this.#happen(Math.floor(entry / KINDS), entry % KINDS);
		}
		this.nowMs = untilMs;
	}

	/** A link ends without the device's doing. */
	end(link: SimulatedLink, ended: Outcome): void {
		const { device } = link;
		const acting = this.#acting[device]!;
		if (!link.alive) {
			return;
		}
		this.#gone(link);
		if (link === acting.standby) {
			acting.standby = undefined;
			this.#tell(device, { type: 'standby-ended' });
		} else if (link === acting.link) {
			this.#lose(device, ended);
		}
	}

	/** A node tells a link to go. */
	drain(link: SimulatedLink, notice: Outcome): void {
		const { device } = link;
		if (link !== this.#acting[device]!.link || link.draining) {
			return;
		}
		link.draining = true;
		this.#abandon(device);
		const event = { type: 'link-draining', outcome: notice } as const;
		this.#wait(device, this.#tell(device, event).wait!);
	}

	hint({ device, target }: SimulatedLink, hint: Hint): void {
		const event = { type: 'hint', node: target.node, hint } as const;
		this.#replaceWait(device, this.#tell(device, event));
	}

	network(device: number, up: boolean, id: string): void {
		this.#replaceWait(device, this.#tell(device, { type: 'network', up, id }));
	}

	/** A device is configured otherwise. */
	configure(
		device: number,
		change: Partial<ReturnType<Devices['optionsOf']>>,
	): void {
		const options = { ...this.#devices.optionsOf(device), ...change };
		const event = { type: 'configured', options, key: false } as const;
		const decision = this.#tell(device, event);
		if (decision.leave) {
			this.#leave(device, decision.leave);
		} else {
			this.#replaceWait(device, decision);
		}
	}

	#tell(device: number, event: DecisionEvent): Decision {
		return this.#devices.tell(device, event, this.nowMs);
	}

	#happen(device: number, kind: number): void {
		const acting = this.#acting[device]!;
		switch (kind) {
			case DUE:
				if (acting.dueAtMs === this.nowMs) {
					this.#due(device);
				}
				break;
			case REVIEW:
				if (acting.reviewAtMs === this.nowMs) {
					this.#review(device);
				}
				break;
			case ANSWER:
				if (acting.attempt?.aloneUntilMs === this.nowMs) {
					this.#silent(device, acting.attempt);
				} else if (acting.attempt?.answerAtMs === this.nowMs) {
					this.#answered(device, acting.attempt);
				}
				break;
			case MUTE:
				if (acting.muteAtMs === this.nowMs) {
					this.#mute(device, acting.attempt!);
				}
				break;
			case BESIDE_ANSWER:
				if (acting.beside?.answerAtMs === this.nowMs) {
					this.#besideAnswered(device, acting.beside);
				}
				break;
			case KEPT_ANSWER:
				if (acting.kept?.answerAtMs === this.nowMs) {
					const { kept } = acting;
					acting.kept = undefined;
					if (!kept.answer.refusal) {
						this.#win(device, kept);
					}
				}
				break;
			case STANDBY_OVER: {
				const { standby, link } = acting;
				if (standby && link && this.nowMs >= link.upAtMs + this.#standbyMs) {
					acting.standby = undefined;
					this.#gone(standby);
				}
				break;
			}
			default:
				this.#world.planned?.(device, this.nowMs);
		}
	}

	#due(device: number): void {
		const acting = this.#acting[device]!;
		acting.dueAtMs = NaN;
		const plan = this.#resolved(device, { type: 'due' }).dial!;
		const { link } = acting;
		if (link && plan.handover === 'break-before-make') {
			this.end(link, CLOSED);
		}
		this.#dial(device, plan);
	}

	/** A fleet's nodes are addresses; where a name has to be looked up all the same, it is as it stands. */
	#resolved(device: number, event: DecisionEvent): Decision {
		const first = this.#tell(device, event);
		if (!first.resolve) {
			return first;
		}
		this.#tell(device, { type: 'resolved', found: {} });
		return this.#tell(device, event);
	}

	#dial(device: number, plan: Dial): void {
		const acting = this.#acting[device]!;
		const attempt = this.#ask(device, plan);
		acting.attempt = attempt;
		const { connectedAfterMs } = attempt.answer;
		if (attempt.answerAtMs === this.nowMs) {
			this.#answered(device, attempt);
			return;
		}
		const next = Math.min(attempt.answerAtMs, attempt.aloneUntilMs);
		this.#queue.push(next, device * KINDS + ANSWER);
		if (connectedAfterMs !== undefined && !plan.failback) {
			acting.muteAtMs = this.nowMs + connectedAfterMs + MUTE_MS;
			this.#queue.push(acting.muteAtMs, device * KINDS + MUTE);
		}
	}

	/** Asks the world; an answer that takes longer than the attempt may is none. */
	#ask(device: number, plan: Dial): SimulatedAttempt {
		const answer = this.#world.dial(device, plan, this.nowMs);
		const probes =
			plan.failback !== undefined && plan.handover === 'break-before-make';
		const quietMs = probes && !answer.refusal ? QUIET_MS : 0;
		return {
			plan,
			answer,
			startedMs: this.nowMs,
			answerAtMs: this.nowMs + answer.afterMs + quietMs,
			aloneUntilMs:
				plan.keptMs > 0
					? this.nowMs + plan.connectDeadlineMs + plan.aloneMs
					: Infinity,
		};
	}

	/** Another transport is tried beside it, perhaps. */
	#mute(device: number, { plan }: SimulatedAttempt): void {
		const { dial } = this.#tell(device, { type: 'silent', dial: plan });
		if (dial) {
			const beside = this.#ask(device, dial);
			this.#acting[device]!.beside = beside;
			this.#queue.push(beside.answerAtMs, device * KINDS + BESIDE_ANSWER);
		}
	}

	#besideAnswered(device: number, attempt: SimulatedAttempt): void {
		const acting = this.#acting[device]!;
		const { plan: dial, answer } = attempt;
		acting.beside = undefined;
		if (!answer.refusal) {
			this.#win(device, attempt);
			return;
		}
		const outcome = answer.refusal;
		this.#tell(device, { type: 'attempt-failed', dial, outcome });
		if (acting.attempt === undefined && acting.failure) {
			this.#fail(device, acting.failure);
		}
	}

	/** It counts as failed; and it is kept, if no other is. */
	#silent(device: number, attempt: SimulatedAttempt): void {
		const acting = this.#acting[device]!;
		if (acting.kept === undefined) {
			acting.kept = attempt;
			this.#queue.push(attempt.answerAtMs, device * KINDS + KEPT_ANSWER);
		}
		this.#failed(device, attempt.plan, SILENT);
	}

	/** The attempt failed. One that was made beside it may yet come up: until it is over, the failure waits. */
	#failed(device: number, plan: Dial, ended: Outcome): void {
		const acting = this.#acting[device]!;
		this.#abandon(device);
		if (acting.beside) {
			acting.failure = { plan, ended };
		} else {
			this.#fail(device, { plan, ended });
		}
	}

	#fail(device: number, { plan: dial, ended }: Failure): void {
		this.#acting[device]!.failure = undefined;
		const { wait, reviewInMs } = this.#tell(device, {
			type: 'attempt-failed',
			dial,
			outcome: ended,
		});
		if (wait) {
			this.#wait(device, wait);
		} else {
			this.#reviewIn(device, reviewInMs!);
		}
	}

	/** An attempt made a link: all others are let go. */
	#win(device: number, { plan, startedMs }: SimulatedAttempt): void {
		const acting = this.#acting[device]!;
		this.#abandon(device);
		acting.beside = acting.kept = acting.failure = undefined;
		acting.dueAtMs = NaN;
		this.#cameUp(device, plan.target, this.nowMs - startedMs);
	}

	/** An attempt is over. */
	#answered(device: number, attempt: SimulatedAttempt): void {
		const { plan, answer } = attempt;
		if (answer.refusal) {
			this.#failed(device, plan, answer.refusal);
		} else if (plan.failback && plan.handover === 'break-before-make') {
			this.#abandon(device);
			this.#tell(device, { type: 'failback-open', dial: plan });
			const message = `The preferred transport ${plan.target.transport} works again.`;
			const left = outcome('superseded', message);
			this.#leave(device, { outcome: left, serving: false });
		} else {
			this.#win(device, attempt);
		}
	}

	#cameUp(device: number, target: Target, tookMs: number): void {
		const acting = this.#acting[device]!;
		const { link: before, standby } = acting;
		if (standby) {
			acting.standby = undefined;
			this.#gone(standby);
		}
		const link: SimulatedLink = {
			device,
			target,
			upAtMs: this.nowMs,
			draining: false,
			alive: true,
		};
		acting.link = link;
		if (before?.draining) {
			this.#gone(before);
		} else if (before) {
			acting.standby = before;
			const overAtMs = this.nowMs + this.#standbyMs;
			this.#queue.push(overAtMs, device * KINDS + STANDBY_OVER);
		}
		this.#world.made?.(link, this.nowMs);
		const peer = target.node ?? 'own';
		const up = { type: 'up', link: { target, peer, tookMs } } as const;
		const { reviewInMs, leave } = this.#tell(device, up);
		this.#world.up?.(link, this.nowMs);
		if (leave) {
			this.#leave(device, leave);
		} else if (acting.link === link && !link.draining) {
			this.#reviewIn(device, reviewInMs!);
		}
	}

	#review(device: number): void {
		this.#acting[device]!.reviewAtMs = NaN;
		const { dial, reviewInMs } = this.#resolved(device, { type: 'review' });
		if (dial) {
			this.#dial(device, dial);
		} else if (reviewInMs !== undefined) {
			this.#reviewIn(device, reviewInMs);
		}
	}

	#lose(device: number, ended: Outcome): void {
		const acting = this.#acting[device]!;
		const wasDraining = acting.link!.draining;
		acting.link = undefined;
		if (!wasDraining) {
			this.#abandon(device);
		}
		const event = { type: 'link-ended', outcome: ended } as const;
		const decision = this.#tell(device, event);
		if (decision.takeOver) {
			acting.link = acting.standby!;
			acting.standby = undefined;
			this.#world.up?.(acting.link, this.nowMs);
			this.#reviewIn(device, decision.reviewInMs!);
		} else if (wasDraining) {
			this.#replaceWait(device, decision);
		} else {
			this.#wait(device, decision.wait!);
		}
	}

	#leave(device: number, { outcome: left, serving }: Leave): void {
		const acting = this.#acting[device]!;
		const { link, standby } = acting;
		this.#abandon(device);
		if (standby) {
			acting.standby = undefined;
			this.#gone(standby);
		}
		const event = { type: 'link-left', outcome: left, serving } as const;
		const { wait } = this.#tell(device, event);
		if (link && serving) {
			link.draining = true;
		} else if (link) {
			acting.link = undefined;
			this.#gone(link);
		}
		this.#wait(device, wait!);
	}

	/** Drops what goes on beside a link, or an attempt that is over. */
	#abandon(device: number): void {
		const acting = this.#acting[device]!;
		acting.attempt = undefined;
		acting.muteAtMs = NaN;
		acting.reviewAtMs = NaN;
	}

	#gone(link: SimulatedLink): void {
		link.alive = false;
		this.#world.gone?.(link, this.nowMs);
	}

	#wait(device: number, wait: Wait): void {
		const acting = this.#acting[device]!;
		acting.dueAtMs = this.nowMs + wait.delayMs;
		this.#queue.push(acting.dueAtMs, device * KINDS + DUE);
		this.#world.waits?.(device, wait, this.nowMs);
	}

	/** A wait takes the place of one that runs; where none does, it is too late. */
	#replaceWait(device: number, { wait }: Decision): void {
		if (wait && !Number.isNaN(this.#acting[device]!.dueAtMs)) {
			this.#wait(device, wait);
		}
	}

	#reviewIn(device: number, inMs: number): void {
		const acting = this.#acting[device]!;
		acting.reviewAtMs = this.nowMs + inMs;
		this.#queue.push(acting.reviewAtMs, device * KINDS + REVIEW);
	}
}
