import type { CloudlinkAgent } from '../../../agent/cloudlink-agent.js';
import type { ServiceNotifier } from '../../../device/systemd.js';
import type { Log } from '../../log/log.js';
import type { RunOptions } from '../options.js';
import type { PauseSwitch } from '../pause-switch.js';

/** What a part of the daemon needs. */
export interface Daemon {
	readonly agent: CloudlinkAgent;
	readonly options: RunOptions;
	readonly log: Log;
	readonly notifier: ServiceNotifier;
	readonly pausing: PauseSwitch;
}

/** Ends a part; afterwards nothing of it is left. */
export type Close = () => void | Promise<void>;

/** The end of a part that was never there. */
export const nothing = (): void => undefined;
