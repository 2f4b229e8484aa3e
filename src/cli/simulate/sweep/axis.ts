import { InvalidArgumentError, type Command } from 'commander';

import { nearest } from '../../../options.js';

/** Beyond two a grid cannot be drawn. */
const MOST_AXES = 2;
const MOST_VALUES = 100;
/** Options that are no number or word of the experiment. */
const FIXED = new Set(['policy', 'scenario', 'sweep', 'json', 'html']);

/** An option that takes several values in turn. */
export interface Axis {
	/** As it is written, without the dashes: `accept-rate`. */
	readonly name: string;
	/** As the flags have it: `acceptRate`. */
	readonly attribute: string;
	/** As they were written, and as the option reads them. */
	readonly values: ReadonlyArray<{ text: string; value: unknown }>;
}

/** Reads `accept-rate=50,100,200` with the option's own parser, so that what is wrong is said as for the option itself. */
export function axisParser(command: Command) {
	return (given: string, before: readonly Axis[] = []): Axis[] => {
		const [name = '', list = ''] = given.split(/=(.*)/s);
		const options = command.options.filter(
			(each) => each.parseArg && !FIXED.has(each.attributeName()),
		);
		const option = options.find(({ long }) => long === `--${name}`);
		if (!option) {
			const names = options.map(({ long }) => long!.slice(2));
			const near = nearest(name, names);
			throw new InvalidArgumentError(
				`\`${name}\` cannot be swept; ${near ? `did you mean \`${near}\`?` : `known are ${names.join(', ')}.`}`,
			);
		}
		const texts = list.split(',').map((text) => text.trim());
		if (list === '' || texts.length > MOST_VALUES) {
			throw new InvalidArgumentError(
				`It must be ${name}=VALUE,VALUE,... with at most ${MOST_VALUES} values.`,
			);
		}
		if (
			before.length >= MOST_AXES ||
			before.some((axis) => axis.name === name)
		) {
			throw new InvalidArgumentError(
				'It may be given twice, with an option each.',
			);
		}
		return [
			...before,
			{
				name,
				attribute: option.attributeName(),
				values: texts.map((text) => ({
					text,
					value: option.parseArg!(text, undefined as never),
				})),
			},
		];
	};
}
