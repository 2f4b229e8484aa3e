import type { PresetName } from '../../pacing/index.js';
import type { HealthAddress } from '../../telemetry/address.js';
import type { ShippedName } from '../../transports/shipped.js';
import type { Level, LogFormat } from '../log/log.js';

/** One that comes with the package, or `attach:` and the path of a management socket. */
export type TransportSpec =
	| { readonly name: ShippedName }
	| { readonly name: 'attach'; readonly socket: string };

/** What the settings are, once found and parsed. */
export interface SettingTypes {
	uuid: string;
	keyFile: string;
	nodes: readonly string[];
	transports: readonly TransportSpec[];
	services: readonly number[];
	ca: string;
	insecure: boolean;
	proxy: string;
	state: string;
	health: HealthAddress | 'none';
	control: string;
	marker: string;
	openvpnConfig: string;
	openvpnBinary: string;
	pacing: PresetName;
	dialDeadlineMs: number;
	livenessMs: number;
	grace: number;
	log: LogFormat;
	logLevel: Level;
	otel: boolean;
}

export type SettingName = keyof SettingTypes;

/** The settings that somebody gave. */
export type Given = { [N in SettingName]?: SettingTypes[N] };

/** Flags as commander gives them: absent, text, a list, or true. */
export type Flags = Readonly<Record<string, unknown>>;
export type Env = Readonly<Record<string, string | undefined>>;

/** One setting: every source gives it as text, and one parser reads them all. */
export interface Setting<T> {
	/** As commander has it; a list has `...`, so that a flag that is repeated adds up. */
	readonly flag: string;
	readonly env: string;
	readonly help: string;
	/** Undefined where the text cannot be used; `expected` then says what can. */
	readonly parse: (text: string) => T | undefined;
	readonly expected: string;
}
