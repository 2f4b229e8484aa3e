import { EventEmitter } from 'eventemitter3';

import type { AgentEvents, LinkView } from '../../../src/agent/events.js';
import type { StateName } from '../../../src/agent/state.js';
import type { AgentStatus } from '../../../src/agent/status.js';
import type { AgentView } from '../../../src/agent/agent-view.js';
import type { LinkStats } from '../../../src/transport.js';

/** An agent that is told what to be. */
export class FakeAgent implements AgentView {
	readonly emitter = new EventEmitter<AgentEvents>();
	current: AgentStatus = statusIn('stopped');

	get state(): StateName {
		return this.current.state;
	}

	status(): AgentStatus {
		return this.current;
	}

	on<E extends keyof AgentEvents>(event: E, listener: AgentEvents[E]): this {
		this.emitter.on(event, listener as never);
		return this;
	}

	off<E extends keyof AgentEvents>(event: E, listener: AgentEvents[E]): this {
		this.emitter.off(event, listener as never);
		return this;
	}

	emit<E extends keyof AgentEvents>(
		event: E,
		...args: Parameters<AgentEvents[E]>
	): void {
		(this.emitter.emit as (...all: unknown[]) => boolean)(event, ...args);
	}

	/** Becomes another, and says so. */
	become(status: AgentStatus): void {
		const previous = this.state;
		this.current = status;
		this.emit('state', status.state, previous);
	}

	get listeners(): number {
		return this.emitter
			.eventNames()
			.reduce((sum, name) => sum + this.emitter.listenerCount(name), 0);
	}
}

/** A status with what the state needs and nothing else. */
export function statusIn(
	state: StateName,
	more: Partial<AgentStatus> = {},
): AgentStatus {
	return {
		state,
		link: undefined,
		waiting: undefined,
		connecting: undefined,
		attempts: 0,
		links: 0,
		lastOutcome: undefined,
		history: [],
		...more,
	};
}

export const STATS: LinkStats = {
	ageMs: 61_000,
	roundTripMs: 12.5,
	bytesIn: 1000,
	bytesOut: 2000,
	openStreams: 3,
};

/** A link whose numbers a test may change. */
export function fakeLink(stats: {
	-readonly [K in keyof LinkStats]: LinkStats[K];
}): LinkView {
	return {
		transport: 'websocket',
		node: 'a.example.com:443',
		stats: () => ({ ...stats }),
	};
}

export const upStatus = () =>
	statusIn('up', {
		link: { transport: 'websocket', node: 'a.example.com:443', stats: STATS },
		attempts: 2,
		links: 1,
	});

export const waitingStatus = (leftMs: number) =>
	statusIn('waiting', {
		waiting: {
			law: 'congestion',
			reason: 'The node has no place.',
			delayMs: 60_000,
			leftMs,
			at: Date.UTC(2026, 0, 1),
			windowMs: 90_000,
			hint: undefined,
		},
		attempts: 3,
		lastOutcome: {
			kind: 'throttled',
			code: 'http-429',
			message: 'a.example.com:443 answered 429',
		},
	});
