import { readFile } from 'node:fs';
import { promisify } from 'node:util';
import * as v from '../schema.js';

import { CloudlinkError, toError } from '../errors.js';
import { checkOptions, port } from '../options.js';

/** What the agent takes from balenaOS's `config.json`; everything else in it is left alone. */
export interface DeviceConfig {
	/** The file that it was read from, for messages. */
	readonly file: string;
	readonly uuid: string | undefined;
	/** A secret. */
	readonly deviceApiKey: string | undefined;
	readonly vpnEndpoint: string | undefined;
	readonly vpnPort: number | undefined;
	/** `balenaRootCA`, decoded: PEM. */
	readonly rootCa: string | undefined;
	/** The section `cloudlink`: the agent's own settings, unchecked. */
	readonly cloudlink: unknown;
}

/** A `config.json` is about 2 kB; what is larger than this is something else. */
export const CONFIG_JSON_LIMIT_BYTES = 256 * 1024;

const text = v.pipe(
	v.string('must be a string'),
	v.nonEmpty('must not be empty'),
);

// Old images wrote the port as a string.
const portOrDigits = v.preprocess(
	(value) =>
		typeof value === 'string' && value !== '' ? Number(value) : value,
	port,
);

const uuid = v.pipe(
	text,
	v.regex(/^[0-9a-f]{7,64}$/, 'must be a uuid of 32 or 62 hexadecimal digits'),
);

/** The key goes into an HTTP header and to OpenVPN's password prompt, which both take these only. */
const key = v.pipe(
	text,
	v.regex(/^[\x21-\x7e]{1,127}$/, 'must be 1 to 127 printable characters'),
);

const schema = v.looseObject({
	uuid: v.optional(uuid),
	deviceApiKey: v.optional(key),
	vpnEndpoint: v.optional(text),
	vpnPort: v.optional(portOrDigits),
	balenaRootCA: v.optional(v.string('must be a string')),
	cloudlink: v.optional(v.unknown()),
});

function invalid(file: string, what: string, cause?: unknown): CloudlinkError {
	return new CloudlinkError(
		'ERR_CLOUDLINK_INVALID_CONFIG',
		`${file}: ${what}`,
		cause === undefined ? undefined : { cause },
	);
}

function parseJson(json: string, file: string): unknown {
	try {
		return JSON.parse(json);
	} catch (error) {
		// Node's message quotes the text around the mistake, which may be the key: neither it nor the cause is kept.
		const at = /position (\d+)/.exec(toError(error).message)?.[1];
		const where = at
			? ` at line ${json.slice(0, Number(at)).split('\n').length}`
			: '';
		throw invalid(
			file,
			`it is not valid JSON${where}; check it with \`jq . ${file}\`.`,
		);
	}
}

function decodeRootCa(
	encoded: string | undefined,
	file: string,
): string | undefined {
	if (!encoded) {
		return undefined;
	}
	const pem = Buffer.from(encoded, 'base64').toString('utf8');
	if (!pem.includes('-----BEGIN CERTIFICATE-----')) {
		throw invalid(
			file,
			'`balenaRootCA` must be a PEM certificate in base64; remove it where the endpoint has a public certificate.',
		);
	}
	return pem;
}

/**
 * Checks the text of a `config.json`. Unknown keys are fine. Every error is a CloudlinkError with the code
 * `ERR_CLOUDLINK_INVALID_CONFIG` that names the key and the file, and never holds a value.
 */
export function parseConfigJson(json: string, file: string): DeviceConfig {
	const parsed = parseJson(json, file);
	if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
		throw invalid(file, 'it must hold one JSON object.');
	}
	let checked;
	try {
		checked = checkOptions(schema, parsed, file);
	} catch (error) {
		throw new CloudlinkError(
			'ERR_CLOUDLINK_INVALID_CONFIG',
			`${toError(error).message} Correct it there, or download the device's config.json anew.`,
		);
	}
	return {
		file,
		uuid: checked.uuid,
		deviceApiKey: checked.deviceApiKey,
		vpnEndpoint: checked.vpnEndpoint,
		vpnPort: checked.vpnPort,
		rootCa: decodeRootCa(checked.balenaRootCA, file),
		cloudlink: checked.cloudlink,
	};
}

/** Reads and checks a `config.json`, at most {@link CONFIG_JSON_LIMIT_BYTES} of it. */
export async function readConfigJson(file: string): Promise<DeviceConfig> {
	let bytes: Buffer;
	try {
		bytes = await promisify(readFile)(file);
	} catch (error) {
		const { code } = error as NodeJS.ErrnoException;
		throw invalid(
			file,
			code === 'ENOENT'
				? 'there is no such file; name the right one with `--config`.'
				: `it cannot be read (${code ?? 'unknown error'}); check its permissions.`,
			error,
		);
	}
	if (bytes.length > CONFIG_JSON_LIMIT_BYTES) {
		throw invalid(
			file,
			`it is larger than ${CONFIG_JSON_LIMIT_BYTES} bytes, so it cannot be a config.json.`,
		);
	}
	return parseConfigJson(bytes.toString('utf8'), file);
}

/** What can change in a `config.json`, by what follows from it. */
export type ConfigPart = 'uuid' | 'key' | 'endpoint' | 'ca' | 'settings';

/** Which parts differ between two readings. */
export function changedParts(
	before: DeviceConfig,
	after: DeviceConfig,
): ConfigPart[] {
	const parts: ConfigPart[] = [];
	if (before.uuid !== after.uuid) {
		parts.push('uuid');
	}
	if (before.deviceApiKey !== after.deviceApiKey) {
		parts.push('key');
	}
	if (
		before.vpnEndpoint !== after.vpnEndpoint ||
		before.vpnPort !== after.vpnPort
	) {
		parts.push('endpoint');
	}
	if (before.rootCa !== after.rootCa) {
		parts.push('ca');
	}
	if (JSON.stringify(before.cloudlink) !== JSON.stringify(after.cloudlink)) {
		parts.push('settings');
	}
	return parts;
}
