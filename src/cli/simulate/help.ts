import {
	CLUSTER_SCENARIOS,
	POLICIES,
	SCENARIOS,
} from '../../simulator/index.js';

/** What `--help` adds below the options. */
export function help(): string {
	const width = Math.max(...POLICIES.map(({ name }) => name.length));
	const lines = POLICIES.map(
		({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`,
	);
	const scenarios = [...SCENARIOS, ...CLUSTER_SCENARIOS].map(
		({ name, title }) => `  ${name.padEnd(width)}  ${title}`,
	);
	return `
Hints:
  none         a rejected attempt is reset
  window       live links are told N/R, the time that the whole fleet takes, before the loss
  slots        429 with Retry-After: the device's place in the node's queue
  constant     429 with a Retry-After of --retry-after seconds
  door-window  429 without a time, with the window N/R

Scenarios:
${scenarios.join('\n')}

Policies:
${lines.join('\n')}`;
}
