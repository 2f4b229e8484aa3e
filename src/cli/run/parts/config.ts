import type { DeviceConfig } from '../../../device/config-json.js';
import {
	watchConfigJson,
	type ConfigChange,
} from '../../../device/config-watch.js';
import { toError } from '../../../errors.js';
import type { RunOptions } from '../options.js';
import type { ControlReply } from './control.js';
import { nothing, type Close, type Daemon } from './part.js';

/** What follows config.json, and what reads it anew when somebody asks. */
export interface ConfigPart {
	readonly close: Close;
	readonly reload: () => Promise<ControlReply>;
}

const changed = ({ parts }: ConfigChange) =>
	`config.json changed: ${parts.join(', ')}.${
		parts.some((part) => part === 'ca' || part === 'settings')
			? ' The authority and the settings take effect at the next start.'
			: ''
	}`;

/** Takes over what changes in config.json; `reread` brings it together with flags and environment again. */
export function configPart(
	{ agent, log }: Daemon,
	config: DeviceConfig | undefined,
	reread: (config: DeviceConfig) => Pick<RunOptions, 'device' | 'nodes'>,
): ConfigPart {
	if (config === undefined) {
		const reason = 'There is no config.json, so there is nothing to reload.';
		const reload = () => Promise.resolve({ done: false, reason });
		return { close: nothing, reload };
	}
	const refuse = (problem: Error) => {
		const reason = `The change of config.json is not taken over. ${problem.message}`;
		log('warning', reason);
		return reason;
	};
	let last: ControlReply = { done: false, reason: '' };
	const watch = watchConfigJson({
		current: config,
		onProblem: refuse,
		onChange: (change) => {
			try {
				const { device, nodes } = reread(change.config);
				agent.update({ device, nodes });
			} catch (error) {
				last = { done: false, reason: refuse(toError(error)) };
				return;
			}
			last = { done: true, reason: changed(change) };
			log('notice', last.reason, { event: 'config', parts: change.parts });
		},
	});
	return {
		close: () => {
			watch.close();
		},
		reload: async () => {
			try {
				const parts = await watch.reread();
				return parts.length > 0
					? last
					: { done: true, reason: 'config.json has not changed.' };
			} catch (error) {
				return { done: false, reason: refuse(toError(error)) };
			}
		},
	};
}
