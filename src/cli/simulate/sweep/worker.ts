import { isMainThread, parentPort } from 'node:worker_threads';

import {
	policyNamed,
	simulateHerd,
	type HerdResult,
} from '../../../simulator/index.js';
import { herdSetup, type HerdFlags } from '../herd-setup.js';

/** One herd to run, in what can be sent to a thread. */
export interface Job {
	readonly flags: HerdFlags;
	readonly policy: string;
}

/** What a thread says: how far it is with its job, or what came of it. */
export type Report =
	| { readonly done: number; readonly result?: undefined }
	| { readonly result: HerdResult };

/** Whether this is a thread that {@link runJobs} started. */
export const isWorker = !isMainThread;

/** Runs one job here. */
export function runJob(
	{ flags, policy }: Job,
	onProgress: (done: number) => void,
): HerdResult {
	const setup = herdSetup(flags, policyNamed(policy));
	return simulateHerd(setup, onProgress).result;
}

/** Runs each job that comes, and says what came of it; lives until the pool ends it. */
export function serveJobs(): void {
	const port = parentPort!;
	const report = (message: Report) => {
		port.postMessage(message);
	};
	port.on('message', (job: Job) => {
		const result = runJob(job, (done) => {
			report({ done });
		});
		report({ result });
	});
}
