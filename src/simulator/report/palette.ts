import { POLICIES } from '../policies/index.js';

/** What lines and marks are drawn on, in light and in dark. */
export const PAPER = { light: '#ffffff', dark: '#12161c' } as const;
/** Of a line against the paper; 3:1 is what WCAG 2.2 asks for (1.4.11). */
const LINE_CONTRAST = 4.5;
/** Hues a golden angle apart: neighbours in the list are far from each other on the wheel. */
const GOLDEN_ANGLE = 137.508;
const SATURATION = 0.75;

export type Rgb = readonly [red: number, green: number, blue: number];

/** The relative luminance of a colour whose parts are from 0 to 1 (WCAG 2.2). */
function luminance(colour: Rgb): number {
	const [red, green, blue] = colour.map((part) =>
		part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4,
	);
	return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
}

/** The contrast of two colours, from 1 to 21 (WCAG 2.2). */
export function contrast(a: Rgb, b: Rgb): number {
	const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
	return (high! + 0.05) / (low! + 0.05);
}

/** `#rrggbb`, part by part from 0 to 1. */
export function fromHex(hex: string): Rgb {
	const part = (at: number) => parseInt(hex.slice(at, at + 2), 16) / 255;
	return [part(1), part(3), part(5)];
}

function toHex(colour: Rgb): string {
	const part = (value: number) =>
		Math.round(value * 255)
			.toString(16)
			.padStart(2, '0');
	return `#${colour.map(part).join('')}`;
}

function fromHsl(hue: number, saturation: number, lightness: number): Rgb {
	const reach = saturation * Math.min(lightness, 1 - lightness);
	const part = (offset: number) => {
		const k = (offset + hue / 30) % 12;
		return lightness - reach * Math.max(-1, Math.min(k - 3, 9 - k, 1));
	};
	return [part(0), part(8), part(4)];
}

/** The colour of a hue that is just dark (or bright) enough to be seen on the paper. */
function lineColour(hue: number, theme: keyof typeof PAPER): string {
	const paper = fromHex(PAPER[theme]);
	const steps = Array.from({ length: 101 }, (_, i) =>
		fromHsl(hue, SATURATION, theme === 'light' ? 1 - i / 100 : i / 100),
	);
	return toHex(
		steps.find((colour) => contrast(colour, paper) >= LINE_CONTRAST)!,
	);
}

/** The number of a policy's colour: the same on every page. */
export function colourOf(policy: string): number {
	return Math.max(
		0,
		POLICIES.findIndex(({ name }) => name === policy),
	);
}

/** The colours by number, as custom properties of a style sheet. */
export function colourProperties(theme: keyof typeof PAPER): string {
	return POLICIES.map(
		(_, i) => `--c${i}: ${lineColour((212 + i * GOLDEN_ANGLE) % 360, theme)};`,
	).join(' ');
}

export const colourClasses = POLICIES.map(
	(_, i) => `.c${i} { --colour: var(--c${i}); }`,
).join('\n');
