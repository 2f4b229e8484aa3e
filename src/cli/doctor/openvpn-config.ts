import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

import {
	configurationProblems,
	replacedDirectives,
	unverifiedBy,
} from '../../transports/openvpn/index.js';
import { SHIPPED } from '../../transports/shipped.js';
import type { TransportName } from '../../transport.js';
import { findings, type Finding } from './finding.js';

/** Tells what of the configuration that the cloud hands out the agent decides itself, a finding for each reason. */
export function checkOpenvpnConfig(
	path: string,
	transports: readonly TransportName[],
): Finding[] {
	const finding = findings('openvpn-config');
	let text: string;
	try {
		text = readFileSync(path, 'utf8');
	} catch (error) {
		return [
			finding.failure(
				`${path} cannot be read (${(error as NodeJS.ErrnoException).code}).`,
				'Name the client configuration with --openvpn-config.',
			),
		];
	}
	const directives = new Map<string, Set<string>>();
	const replaced = SHIPPED.filter(
		({ name, speaks }) => speaks === 'openvpn' && transports.includes(name),
	).flatMap(({ carrier }) => replacedDirectives(text, carrier));
	for (const { why, directive } of replaced) {
		directives.set(why, (directives.get(why) ?? new Set()).add(directive));
	}
	const directory = dirname(resolve(path));
	return [
		...configurationProblems({ config: text, directory }).map((problem) =>
			finding.failure(
				`openvpn would not start with ${path}: ${problem}.`,
				'Mend it, or name another configuration with --openvpn-config.',
			),
		),
		...unverifiedBy(text).map((what) =>
			finding.note(`With ${path} ${what}.`, 'See docs/security.md.'),
		),
		...[...directives].map(([why, lines]) =>
			finding.note(
				`In ${path} the agent replaces ${[...lines].map((one) => `\`${one}\``).join(', ')}: ${why}.`,
			),
		),
	];
}
