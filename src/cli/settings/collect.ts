import { nearest } from '../../options.js';
import { usageError } from '../exit.js';
import { SETTINGS } from './table.js';
import type { Env, Flags, Given, Setting, SettingName } from './types.js';

interface Found {
	/** As the user knows it: `--node`, `CLOUDLINK_NODES`, or the key in the file. */
	readonly source: string;
	readonly text: string;
}

const NAMES = Object.keys(SETTINGS) as SettingName[];

/** The name that commander gives a flag's value: `--openvpn-config` is `openvpnConfig`. */
export function flagKey(flag: string): string {
	const long = /--([a-z-]+)/.exec(flag)![1]!;
	return long.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function asText(value: unknown, source: string): string {
	if (Array.isArray(value)) {
		return value.map((item) => asText(item, source)).join(',');
	}
	if (
		typeof value === 'string' ||
		typeof value === 'number' ||
		typeof value === 'boolean'
	) {
		return String(value);
	}
	throw usageError(`${source} must be text, a number, or a list of them.`);
}

function section(value: unknown, file: string): Record<string, unknown> {
	if (value === undefined) {
		return {};
	}
	if (typeof value !== 'object' || value === null || Array.isArray(value)) {
		throw usageError(`${file}: \`cloudlink\` must be an object of settings.`);
	}
	const wrong = Object.keys(value).find((key) => !(key in SETTINGS));
	if (wrong !== undefined) {
		const near = nearest(wrong, NAMES);
		throw usageError(
			`${file}: unknown setting \`cloudlink.${wrong}\`; ${near ? `did you mean \`${near}\`?` : `known are ${NAMES.join(', ')}.`}`,
		);
	}
	return value as Record<string, unknown>;
}

function find(
	name: SettingName,
	flags: Flags,
	env: Env,
	settings: Record<string, unknown>,
	file: string,
): Found | undefined {
	const { flag, env: variable } = SETTINGS[name];
	const fromFlag = flags[flagKey(flag)];
	if (fromFlag !== undefined) {
		const [long] = /--[a-z-]+/.exec(flag)!;
		return { source: long, text: asText(fromFlag, long) };
	}
	const fromEnv = env[variable];
	if (fromEnv !== undefined && fromEnv !== '') {
		return { source: variable, text: fromEnv };
	}
	const fromFile = settings[name];
	const source = `${file}: \`cloudlink.${name}\``;
	return fromFile === undefined
		? undefined
		: { source, text: asText(fromFile, source) };
}

/**
 * Collects the settings from their sources, the nearest first, and parses them. Throws a CloudlinkError that names
 * the source of the one that cannot be used, and what can.
 */
export function collectSettings(
	flags: Flags,
	env: Env,
	file: { readonly name: string; readonly section: unknown },
): Given {
	const settings = section(file.section, file.name);
	const given: Record<string, unknown> = {};
	for (const name of NAMES) {
		const found = find(name, flags, env, settings, file.name);
		if (found) {
			const { parse, expected } = SETTINGS[name] as Setting<unknown>;
			const value = parse(found.text);
			if (value === undefined) {
				throw usageError(`${found.source} must be ${expected}.`);
			}
			given[name] = value;
		}
	}
	return given;
}
