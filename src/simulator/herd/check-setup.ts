import { CloudlinkError } from '../../errors.js';
import { checkOptions, count } from '../../options.js';
import * as v from '../../schema.js';
import type { HerdSetup } from './setup.js';

const positive = v.pipe(
	v.number('must be a number'),
	v.gtValue(0, 'must be above 0'),
);
const share = v.pipe(
	v.number('must be a number'),
	v.minValue(0, 'must be from 0 to 1'),
	v.maxValue(1, 'must be from 0 to 1'),
);

/** What would run for ever or give nonsense; the rest is held by its type. */
const numbers = v.strictObject({
	devices: count(),
	herds: count(),
	acceptRate: positive,
	lastHerdScale: positive,
	windowError: positive,
	hintLoss: share,
	stockShare: share,
});

const NUMBERS = Object.keys(numbers.entries) as Array<keyof HerdSetup>;

export function checkSetup(setup: HerdSetup): void {
	const where = 'simulateHerd()';
	const keys = Object.keys(setup ?? {});
	if (!keys.includes('policy')) {
		throw new CloudlinkError(
			'ERR_CLOUDLINK_INVALID_OPTION',
			`${where}: \`policy\` is missing. Give { ...HERD_DEFAULTS, policy: policyNamed('agent'), stockPolicy: policyNamed('balena-tcp-reset') }, and what differs.`,
		);
	}
	checkOptions(
		numbers,
		Object.fromEntries(NUMBERS.map((key) => [key, setup[key]])),
		where,
	);
}
