import { Masker } from '../log/mask.js';
import type { Env, Flags } from '../settings/types.js';
import { unknownVariables } from '../settings/unknown.js';
import { seeAgent } from './agent.js';
import { examineHost, examineNodes } from './examine.js';
import { findings, type Finding } from './finding.js';
import { admit } from './patient.js';
import { reconcile, reconcileAgent } from './reconcile.js';
import { judge } from './verdict.js';

const environment = findings('environment');

/** Every check in turn, and last the verdict on all of them; secrets are masked, and kept by `masker`. */
export async function* findAll(
	flags: Flags,
	env: Env,
	masker = new Masker(),
): AsyncGenerator<Finding> {
	const found: Finding[] = [];
	for await (const one of examine(flags, env, masker)) {
		const masked = { ...one, seen: masker.mask(one.seen) };
		found.push(masked);
		yield masked;
	}
	yield judge(found);
}

async function* examine(
	flags: Flags,
	env: Env,
	masker: Masker,
): AsyncGenerator<Finding> {
	const { status, finding: agent } = await seeAgent(flags, env);
	const { patient, found } = await admit(flags, env, masker, status);
	yield* found;
	for (const unknown of unknownVariables(env)) {
		yield environment.warning(unknown, 'Rename it, or take it out.');
	}
	for (const one of await examineHost(patient)) {
		yield reconcile(one, status);
	}
	const ways: Finding[] = [];
	for await (const one of examineNodes(patient)) {
		ways.push(one);
		yield reconcile(one, status);
	}
	// Last, since it is the consequence of what comes before, and may be over.
	yield reconcileAgent(agent, ways, status);
}

/** Runs every check, handing each finding out as it is made, the verdict last; true if nothing has to be mended. */
export async function runDoctor(
	flags: Flags,
	env: Env,
	tell: (finding: Finding) => void,
	masker?: Masker,
): Promise<boolean> {
	let failed = false;
	for await (const finding of findAll(flags, env, masker)) {
		failed = failed || finding.grade === 'failure';
		tell(finding);
	}
	return !failed;
}
