import type { DeviceConfig } from '../../../device/config-json.js';
import { watchConfigJson } from '../../../device/config-watch.js';
import { toError } from '../../../errors.js';
import type { RunOptions } from '../options.js';
import { nothing, type Close, type Daemon } from './part.js';

/** Takes over what changes in config.json; `reread` brings it together with flags and environment again. */
export function configPart(
	{ agent, log }: Daemon,
	config: DeviceConfig | undefined,
	reread: (config: DeviceConfig) => Pick<RunOptions, 'device' | 'nodes'>,
): Close {
	if (config === undefined) {
		return nothing;
	}
	const onProblem = (problem: Error) => {
		log(
			'warning',
			`The change of config.json is not taken over. ${problem.message}`,
		);
	};
	const watch = watchConfigJson({
		current: config,
		onProblem,
		onChange: (change) => {
			try {
				const { device, nodes } = reread(change.config);
				agent.update({ device, nodes });
			} catch (error) {
				onProblem(toError(error));
				return;
			}
			const later = change.parts.some(
				(part) => part === 'ca' || part === 'settings',
			);
			log(
				'notice',
				`config.json changed: ${change.parts.join(', ')}.${later ? ' The authority and the settings take effect at the next start.' : ''}`,
				{ event: 'config', parts: change.parts },
			);
		},
	});
	return () => {
		watch.close();
	};
}
