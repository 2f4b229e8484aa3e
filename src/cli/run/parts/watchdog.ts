import { statusLine, type Verdict } from '../../../telemetry/health.js';
import { ProgressWatch } from '../../../telemetry/progress-watch.js';
import type { Close, Daemon } from './part.js';

const PAUSED: Verdict = { ok: true, reason: 'The agent is paused.' };

/** Signs of life for the service manager, and one line of status; and the verdict that `/healthz` asks for. */
export function watchdogPart({ agent, log, notifier, pausing }: Daemon): {
	verdict: () => Verdict;
	close: Close;
} {
	const { watchdogMs } = notifier;
	let worked = true;
	const progress = new ProgressWatch(agent, {
		intervalMs: watchdogMs === undefined ? undefined : watchdogMs / 2,
		onLook: (seen) => {
			const { ok, reason } = pausing.paused ? PAUSED : seen;
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
		verdict: () => (pausing.paused ? PAUSED : progress.verdict),
		close: () => {
			agent.off('state', onState);
			progress.close();
		},
	};
}
