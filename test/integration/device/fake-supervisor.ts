import { ForeignOpenvpn } from '../../support/openvpn-foreign.js';

/**
 * What the example asks of balena-supervisor, by the supervisor's own rules (v19.0.5), told in our words:
 * names of services come without `.service`, which is appended; a word is true if it is in a short list, else
 * false; the D-Bus client (`@balena/systemd` 0.5) throws an `Error` with the name and the text of systemd's.
 */
export const checkTruthy = (value: unknown): boolean =>
	['1', 'true', true, 'on', 1].includes(
		(typeof value === 'string' ? value.toLowerCase() : value) as string,
	);

/** systemd, with one unit that runs a real openvpn in hold. */
export class FakeUnits {
	/** What was asked of which unit. */
	readonly asked: string[] = [];
	openvpn: ForeignOpenvpn | undefined;
	activeState = 'inactive';
	/** Whether nothing else wants the unit, so that systemd forgets it when it has ended. */
	isForgotten = false;
	readonly #configuration: readonly string[];
	readonly #unit: string;
	#jobs: Promise<void> = Promise.resolve();
	#lastJob: object | undefined;

	constructor(configuration: readonly string[], unit = 'openvpn.service') {
		this.#configuration = configuration;
		this.#unit = unit;
	}

	/** As `src/lib/dbus.ts` exports them. */
	readonly dbus = {
		startService: async (name: string) => {
			await this.#ask('start', `${name}.service`);
		},
		stopService: async (name: string) => {
			await this.#ask('stop', `${name}.service`);
		},
		serviceActiveState: async (name: string) => {
			const isGone = this.isForgotten && this.activeState === 'inactive';
			this.#find(isGone ? undefined : `${name}.service`);
			return await Promise.resolve(this.activeState);
		},
	};

	#find(unit: string | undefined): void {
		if (unit !== this.#unit) {
			throw new Error(
				`org.freedesktop.systemd1.NoSuchUnit: Unit ${unit ?? this.#unit} not loaded.`,
			);
		}
	}

	/** A job is queued, and done a moment later, one at a time; it replaces one that has not begun (systemctl(1), `--job-mode`). */
	async #ask(verb: 'start' | 'stop', unit: string): Promise<void> {
		this.#find(unit);
		this.asked.push(`${verb} ${unit}`);
		this.activeState = verb === 'start' ? 'activating' : 'deactivating';
		await Promise.resolve();
		const job = {};
		this.#lastJob = job;
		setTimeout(() => {
			this.#jobs = this.#jobs.then(async () => {
				if (this.#lastJob === job) {
					await (verb === 'start' ? this.start() : this.stop());
				}
			});
		}, 50);
	}

	/** From outside: by an operator, os-config, or the boot. */
	async start(): Promise<void> {
		if (!this.openvpn) {
			this.openvpn = new ForeignOpenvpn(this.#configuration);
		} else if (!this.openvpn.isAlive) {
			this.openvpn.start();
		}
		this.activeState = 'active';
		await Promise.resolve();
	}

	async stop(): Promise<void> {
		this.activeState = 'deactivating';
		this.openvpn?.process.terminate();
		await this.openvpn?.process.ended;
		this.activeState = 'inactive';
	}
}
