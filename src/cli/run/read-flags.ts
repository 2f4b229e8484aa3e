import { flagKey } from '../settings/collect.js';
import { SETTINGS } from '../settings/table.js';
import type { Flags } from '../settings/types.js';

/** How many values a flag takes: `--insecure`, `--log <format>`, `--node <host:port...>`. */
const mostOf = (flag: string) =>
	flag.endsWith('...>') ? Infinity : flag.includes('<') ? 1 : 0;

/** Of each flag as it is written. */
const MOST: ReadonlyMap<string, number> = new Map(
	['--config <file>', ...Object.values(SETTINGS).map(({ flag }) => flag)].map(
		(flag) => [flag.split(' ')[0]!, mostOf(flag)],
	),
);

/**
 * The flags of `run` in the forms that a service uses, so that a daemon does not carry commander for its whole life (1 to 2 MB). Undefined
 * where there is anything else (a mistake, `--help`): then commander reads them.
 */
export function readFlags(args: readonly string[]): Flags | undefined {
	const flags: Record<string, string | string[] | true> = {};
	for (let at = 0; at < args.length;) {
		const [, flag, inline] =
			/^(--[a-z-]+)(?:=([^]*))?$/.exec(args[at++]!) ?? [];
		const most = MOST.get(flag ?? '');
		if (most === undefined || (most === 0 && inline !== undefined)) {
			return undefined;
		}
		const key = flagKey(flag!);
		const values = inline === undefined ? [] : [inline];
		while (
			inline === undefined &&
			values.length < most &&
			at < args.length &&
			!args[at]!.startsWith('-')
		) {
			values.push(args[at++]!);
		}
		if (most === 0) {
			flags[key] = true;
			continue;
		}
		if (values.length === 0) {
			return undefined;
		}
		const before = flags[key];
		flags[key] =
			most === 1
				? values[0]!
				: [...(Array.isArray(before) ? before : []), ...values];
	}
	return flags;
}
