import type { Result } from './assault.js';
import type { Attack } from './attacks.js';

/** What a hostile node may cost at most. */
export const BOUNDS = {
	/** Resident set above that of an idle link, in MB. */
	grownMb: 64,
	/** CPU until an attacker is cut, in seconds. */
	cpuSeconds: 10,
	/** Until the device is linked again, in seconds. */
	backSeconds: 10,
};

/** What is wrong with a result; nothing, if all is well. */
export function faultsOf(
	{ ends = 'cut', isFlood, grownMb: mostMb = BOUNDS.grownMb }: Attack,
	result: Result,
): string[] {
	const { outcome, grownMb, cpuSeconds, backSeconds = Infinity } = result;
	const faults = [];
	if (outcome === 'died') {
		return ['the process died'];
	}
	if (ends === 'cut' && outcome === 'held') {
		faults.push('was not cut');
	}
	if (ends === 'cut' && outcome === 'link-silent') {
		faults.push('ended by silence only');
	}
	if (isFlood && outcome !== 'held' && outcome !== 'limit-exceeded') {
		faults.push('the outcome does not say so');
	}
	if (!(grownMb <= mostMb)) {
		faults.push('too much memory');
	}
	if (!(cpuSeconds <= BOUNDS.cpuSeconds)) {
		faults.push('too much CPU');
	}
	if (!(backSeconds <= BOUNDS.backSeconds)) {
		faults.push('not back in time');
	}
	return faults;
}
