import { parseNode } from '../../nodes/index.js';
import { SHIPPED } from '../../transports/shipped.js';
import type { TransportSpec } from './types.js';

/** How the text of a setting is read: each answers undefined for what it cannot use. */

export const text = (value: string) => (value === '' ? undefined : value);

/** Items with commas between: all of them, or undefined if one cannot be used or there is none. */
export function listOf<T>(parse: (item: string) => T | undefined) {
	return (value: string): readonly T[] | undefined => {
		const parsed = value
			.split(',')
			.map((item) => item.trim())
			.filter((item) => item !== '')
			.map(parse);
		return parsed.length > 0 && parsed.every((item) => item !== undefined)
			? parsed
			: undefined;
	};
}

export const oneOf =
	<T extends string>(...words: T[]) =>
	(value: string): T | undefined =>
		words.find((word) => word === value);

export const flag = (value: string): boolean | undefined =>
	/^(1|true|yes|on)$/i.test(value)
		? true
		: /^(0|false|no|off|)$/i.test(value)
			? false
			: undefined;

export const port = (value: string): number | undefined => {
	const given = /^\d+$/.test(value) ? Number(value) : NaN;
	return given >= 1 && given <= 65535 ? given : undefined;
};

export const node = (value: string): string | undefined => {
	try {
		return parseNode(value) && value;
	} catch {
		return undefined;
	}
};

const transportName = oneOf(...SHIPPED.map(({ name }) => name));

export const transport = (value: string): TransportSpec | undefined => {
	const socket = /^attach:(.+)$/.exec(value)?.[1];
	if (socket) {
		return { name: 'attach', socket };
	}
	const name = transportName(value);
	return name && { name };
};

export const amount = (value: string): number | undefined =>
	/^\d+(\.\d+)?$/.test(value) ? Number(value) : undefined;

/** Milliseconds, from `least` on. */
export const durationMs =
	(least: number) =>
	(value: string): number | undefined => {
		const ms = amount(value);
		return ms !== undefined && ms >= least && ms <= 86_400_000 ? ms : undefined;
	};

export const url = (value: string): string | undefined =>
	value === 'none' || /^https?:\/\/[^\s/]/.test(value) ? value : undefined;
