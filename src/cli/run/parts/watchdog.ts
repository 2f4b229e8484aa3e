import { statusLine } from '../../../telemetry/health.js';
import { ProgressWatch } from '../../../telemetry/progress-watch.js';
import type { Close, Daemon } from './part.js';

/** Signs of life for the service manager, and one line of status; also what `/healthz` asks. */
export function watchdogPart({ agent, log, notifier }: Daemon): {
	progress: ProgressWatch;
	close: Close;
} {
	const { watchdogMs } = notifier;
	let worked = true;
	const progress = new ProgressWatch(agent, {
		intervalMs: watchdogMs === undefined ? undefined : watchdogMs / 2,
		onLook: ({ ok, reason }) => {
			if (ok) {
				notifier.watchdog();
			} else if (worked) {
				log('error', `The agent is stuck. ${reason}`);
			}
			worked = ok;
		},
	});
	const onState = () => {
		notifier.status(statusLine(agent.status()));
	};
	agent.on('state', onState);
	return {
		progress,
		close: () => {
			agent.off('state', onState);
			progress.close();
		},
	};
}
