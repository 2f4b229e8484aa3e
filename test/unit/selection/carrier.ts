import type { Hint } from '../../../src/hint.js';
import {
	outcome,
	type Outcome,
	type OutcomeCode,
} from '../../../src/outcome.js';
import {
	createSelection,
	networkChanged,
	rememberSelection,
	reportFailback,
	reportTransport,
	failbackDue,
	selectTransport,
	type SavedSelection,
	type SelectionOptions,
	type SelectionState,
} from '../../../src/selection/index.js';
import type { TransportName } from '../../../src/transport.js';

export const ended = (code: OutcomeCode, hint?: Hint): Outcome =>
	outcome(code, `${code}.`, hint ? { hint } : {});

/** One device's choice of transport, and its own time. Jitter is exactly in the middle unless said. */
export class Carrier {
	state: SelectionState;
	nowMs = 0;
	random = () => 0.5;

	constructor(
		options: Partial<SelectionOptions> = {},
		memory?: SavedSelection,
	) {
		this.state = createSelection(
			{ transports: ['websocket', 'udp'], ...options },
			memory,
		);
	}

	get context() {
		return { nowMs: this.nowMs, random: this.random };
	}

	get selected(): TransportName {
		return selectTransport(this.state, this.nowMs).transport;
	}

	get reason(): string {
		return selectTransport(this.state, this.nowMs).reason;
	}

	after(seconds: number): this {
		this.nowMs += seconds * 1000;
		return this;
	}

	/** Attempts that failed. */
	failed(transport: TransportName, ...codes: OutcomeCode[]): this {
		for (const code of codes) {
			this.state = reportTransport(
				this.state,
				{
					transport,
					event: { ended: ended(code), lastedMs: 0, stable: false },
				},
				this.context,
			);
		}
		return this;
	}

	up(transport: TransportName): this {
		const report = { transport, event: 'up' as const };
		this.state = reportTransport(this.state, report, this.context);
		return this;
	}

	/** A link that came up, lasted, and was lost. */
	lasted(
		transport: TransportName,
		seconds: number,
		code: OutcomeCode = 'link-reset',
	): this {
		this.up(transport).after(seconds);
		this.state = reportTransport(
			this.state,
			{
				transport,
				event: {
					ended: ended(code),
					lastedMs: seconds * 1000,
					stable: seconds >= 30,
				},
			},
			this.context,
		);
		return this;
	}

	/** A trial beside the live link. */
	tried(transport: TransportName, how?: Outcome): this {
		this.state = reportFailback(
			this.state,
			{ transport, ok: how === undefined, outcome: how },
			this.context,
		);
		return this;
	}

	/** In how many seconds a preferred transport is to be tried, and which. */
	due(
		current: TransportName,
	): { seconds: number; transport: TransportName } | undefined {
		const due = failbackDue(this.state, current, this.nowMs);
		return (
			due && { seconds: (due.at - this.nowMs) / 1000, transport: due.transport }
		);
	}

	moved(network: string): this {
		this.state = networkChanged(this.state, network);
		return this;
	}

	/** The same device after a restart: what it remembers goes through JSON, and time starts anew. */
	restarted(offSeconds = 0, options: Partial<SelectionOptions> = {}): Carrier {
		const memory = JSON.parse(
			JSON.stringify(rememberSelection(this.state, this.nowMs)),
		) as SavedSelection;
		const next = new Carrier();
		next.state = createSelection(
			{ transports: ['websocket', 'udp'], ...options },
			memory,
			-offSeconds * 1000,
		);
		return next;
	}
}
