import {
	policyNamed,
	type HerdSetup,
	type Policy,
} from '../../simulator/index.js';
import type { Flags } from './arguments.js';

/** What describes one experiment. */
export type HerdFlags = Omit<Flags, 'policy' | 'sweep'>;

/** The experiment that the flags describe, for one policy. */
export function herdSetup(flags: HerdFlags, policy: Policy): HerdSetup {
	return {
		...flags,
		policy,
		rejectDebtSeconds: flags.rejectDebt,
		outageSeconds: flags.outage,
		backlogSeconds: flags.backlog,
		retryAfterSeconds: flags.retryAfter,
		stockPolicy: policyNamed('balena-tcp-reset'),
		restarts: flags.restarts ?? false,
		goldenImage: flags.goldenImage ?? false,
		changes: [],
	};
}
