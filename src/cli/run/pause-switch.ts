import type { CloudlinkAgent } from '../../agent/cloudlink-agent.js';

/** Whether a person has paused the agent; the process stays, and it is no failure. */
export class PauseSwitch {
	readonly #agent: CloudlinkAgent;
	readonly #graceMs: number;
	#paused = false;

	constructor(agent: CloudlinkAgent, graceMs: number) {
		this.#agent = agent;
		this.#graceMs = graceMs;
	}

	get paused(): boolean {
		return this.#paused;
	}

	/** Ends the link and makes no other until {@link resume}, or until the process starts anew. */
	async pause(): Promise<void> {
		this.#paused = true;
		await this.#agent.stop({ graceMs: this.#graceMs });
	}

	async resume(): Promise<void> {
		this.#paused = false;
		await this.#agent.start();
	}
}
