import {
	keepsPlace,
	type Decision,
	type DecisionEvent,
	type Dial,
	type Leave,
	type Target,
} from '../../decisions/index.js';
import type { Hint } from '../../hint.js';
import { outcome, type Outcome } from '../../outcome.js';
import type { Wait } from '../../pacing/index.js';
import { Agenda, type Entry } from './agenda.js';
import { Devices, type DevicesOptions } from './devices.js';
import type { SimulatedLink, World, WorldAnswer } from './world.js';

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
	/** An entry of the agenda that is for another moment is out of date. */
	readonly answerAtMs: number;
	/** It has been silent for too long by then. */
	readonly aloneUntilMs: number;
}

interface Acting {
	link: SimulatedLink | undefined;
	standby: SimulatedLink | undefined;
	attempt: SimulatedAttempt | undefined;
	kept: SimulatedAttempt | undefined;
	/** As of an attempt. */
	dueAtMs: number;
	reviewAtMs: number;
}

/**
 * A fleet on one virtual clock that acts on what is decided, device by device, as `agent/run.ts` does with real
 * timers and transports: test/unit/simulator/devices compares the two.
 */
export class ActingFleet {
	nowMs = 0;
	readonly #devices: Devices;
	readonly #world: World;
	readonly #agenda: Agenda;
	readonly #acting: Acting[];
	readonly #standbyMs: number;

	constructor(options: DevicesOptions, world: World) {
		this.#devices = new Devices(options);
		this.#world = world;
		this.#agenda = new Agenda(options.devices);
		this.#acting = Array.from({ length: options.devices }, () => ({
			link: undefined,
			standby: undefined,
			attempt: undefined,
			kept: undefined,
			dueAtMs: NaN,
			reviewAtMs: NaN,
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

	/** Calls {@link World.onPlanned} back. */
	plan(device: number, atMs: number): void {
		this.#agenda.add('planned', device, atMs);
	}

	/** Lets time pass. */
	advance(untilMs: number): void {
		while (this.#agenda.nextMs <= untilMs) {
			this.nowMs = this.#agenda.nextMs;
			const { device, kind } = this.#agenda.take();
			this.#happen(device, kind);
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
		this.#drop(link);
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
			// What it says of the next one still counts.
			if (notice.hint !== undefined) {
				this.hint(link, notice.hint);
			}
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
		if (this.#acting[device]!.link) {
			this.#acting[device]!.kept = undefined;
		}
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

	#happen(device: number, kind: Entry): void {
		const acting = this.#acting[device]!;
		switch (kind) {
			case 'due':
				if (acting.dueAtMs === this.nowMs) {
					this.#due(device);
				}
				break;
			case 'review':
				if (acting.reviewAtMs === this.nowMs) {
					this.#review(device);
				}
				break;
			case 'answer':
				if (acting.attempt?.aloneUntilMs === this.nowMs) {
					this.#onSilence(device, acting.attempt);
				} else if (acting.attempt?.answerAtMs === this.nowMs) {
					this.#onAnswer(device, acting.attempt);
				}
				break;
			case 'kept-answer':
				if (acting.kept?.answerAtMs === this.nowMs) {
					const { kept } = acting;
					acting.kept = undefined;
					if (!kept.answer.refusal) {
						this.#win(device, kept);
					}
				}
				break;
			case 'standby-over': {
				const { standby, link } = acting;
				if (standby && link && this.nowMs >= link.upAtMs + this.#standbyMs) {
					acting.standby = undefined;
					this.#drop(standby);
				}
				break;
			}
			case 'planned':
				this.#world.onPlanned?.(device, this.nowMs);
		}
	}

	#due(device: number): void {
		const acting = this.#acting[device]!;
		acting.dueAtMs = NaN;
		const plan = this.#tellWithLookUp(device, { type: 'due' }).dial!;
		const { link } = acting;
		if (link && plan.handover === 'break-before-make') {
			this.end(link, CLOSED);
		}
		this.#dial(device, plan);
	}

	/** A fleet's nodes are addresses; where a name has to be looked up all the same, it is as it stands. */
	#tellWithLookUp(device: number, event: DecisionEvent): Decision {
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
		if (attempt.answerAtMs === this.nowMs) {
			this.#onAnswer(device, attempt);
			return;
		}
		const next = Math.min(attempt.answerAtMs, attempt.aloneUntilMs);
		this.#agenda.add('answer', device, next);
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
				plan.keptMs > 0 && answer.connectedAfterMs !== undefined
					? this.nowMs + plan.connectDeadlineMs + plan.aloneMs
					: Infinity,
		};
	}

	/** It counts as failed; and it is kept, if its connection was taken and no other is. */
	#onSilence(device: number, attempt: SimulatedAttempt): void {
		const acting = this.#acting[device]!;
		if (acting.kept === undefined) {
			acting.kept = attempt;
			this.#agenda.add('kept-answer', device, attempt.answerAtMs);
		}
		this.#onFailure(device, attempt.plan, SILENT);
	}

	#onFailure(device: number, dial: Dial, ended: Outcome): void {
		this.#abandon(device);
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

	/** An attempt made a link: all others are let go, but one that is kept for a better link. */
	#win(device: number, { plan, startedMs }: SimulatedAttempt): void {
		const acting = this.#acting[device]!;
		this.#abandon(device);
		const { transports } = this.#devices.optionsOf(device);
		const { target, handover } = plan;
		if (
			acting.kept &&
			!keepsPlace(transports, acting.kept.plan, target.transport, handover)
		) {
			acting.kept = undefined;
		}
		acting.dueAtMs = NaN;
		this.#onUp(device, target, this.nowMs - startedMs);
	}

	/** An attempt is over. */
	#onAnswer(device: number, attempt: SimulatedAttempt): void {
		const { plan, answer } = attempt;
		if (answer.refusal) {
			this.#onFailure(device, plan, answer.refusal);
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

	#onUp(device: number, target: Target, tookMs: number): void {
		const acting = this.#acting[device]!;
		const { link: before, standby } = acting;
		if (standby) {
			acting.standby = undefined;
			this.#drop(standby);
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
			this.#drop(before);
		} else if (before) {
			acting.standby = before;
			const overAtMs = this.nowMs + this.#standbyMs;
			this.#agenda.add('standby-over', device, overAtMs);
		}
		this.#world.onMade?.(link, this.nowMs);
		const peer = target.node ?? 'own';
		const up = { type: 'up', link: { target, peer, tookMs } } as const;
		const { reviewInMs, leave } = this.#tell(device, up);
		this.#world.onUp?.(link, this.nowMs);
		if (leave) {
			this.#leave(device, leave);
		} else if (acting.link === link && !link.draining) {
			this.#reviewIn(device, reviewInMs!);
		}
	}

	#review(device: number): void {
		this.#acting[device]!.reviewAtMs = NaN;
		const { dial, reviewInMs } = this.#tellWithLookUp(device, {
			type: 'review',
		});
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
			this.#world.onUp?.(acting.link, this.nowMs);
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
			this.#drop(standby);
		}
		const event = { type: 'link-left', outcome: left, serving } as const;
		const { wait } = this.#tell(device, event);
		if (link && serving) {
			link.draining = true;
		} else if (link) {
			acting.link = undefined;
			this.#drop(link);
		}
		this.#wait(device, wait!);
	}

	/** Drops what goes on beside a link, or an attempt that is over. */
	#abandon(device: number): void {
		const acting = this.#acting[device]!;
		acting.attempt = undefined;
		acting.reviewAtMs = NaN;
	}

	#drop(link: SimulatedLink): void {
		link.alive = false;
		this.#world.onGone?.(link, this.nowMs);
	}

	#wait(device: number, wait: Wait): void {
		const acting = this.#acting[device]!;
		acting.dueAtMs = this.nowMs + wait.delayMs;
		this.#agenda.add('due', device, acting.dueAtMs);
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
		this.#agenda.add('review', device, acting.reviewAtMs);
	}
}
