import { realpathSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';

import type { HerdResult } from '../../../simulator/index.js';
import { runJob, type Job, type Report } from './worker.js';

/**
 * Runs jobs on all cores, each in a thread that runs this very command: it is the one file that is known to be there. Results come in the
 * order of the jobs.
 *
 * @param command the file of this command
 * @param onProgress told the share of the work that is done, from 0 to 1
 */
export async function runJobs(
	jobs: readonly Job[],
	command: string,
	onProgress: (done: number) => void,
): Promise<HerdResult[]> {
	const results = new Array<HerdResult>(jobs.length);
	const done = jobs.map(() => 0);
	const tell = (index: number, share: number) => {
		done[index] = share;
		onProgress(done.reduce((sum, each) => sum + each, 0) / jobs.length);
	};
	// What npm links to is the bundle itself. A thread cannot load the sources.
	const file = realpathSync(command);
	if (!/\.[cm]?js$/.test(file)) {
		return jobs.map((job, i) => {
			const result = runJob(job, (share) => {
				tell(i, share);
			});
			tell(i, 1);
			return result;
		});
	}
	let next = 0;
	const workers: Worker[] = [];
	const runThread = async () => {
		const worker = new Worker(file, { argv: ['simulate'] });
		workers.push(worker);
		await new Promise<void>((resolve, reject) => {
			let index = -1;
			const takeNext = () => {
				if (next >= jobs.length) {
					resolve();
					return;
				}
				index = next++;
				worker.postMessage(jobs[index]);
			};
			worker.on('message', (report: Report) => {
				if (report.result === undefined) {
					tell(index, report.done);
					return;
				}
				results[index] = report.result;
				tell(index, 1);
				takeNext();
			});
			worker.once('error', reject);
			worker.once('exit', (code) => {
				reject(new Error(`A thread of the sweep ended with ${code}.`));
			});
			takeNext();
		});
	};
	const threads = Math.min(jobs.length, availableParallelism());
	try {
		await Promise.all(Array.from({ length: threads }, runThread));
	} finally {
		await Promise.all(workers.map(async (worker) => await worker.terminate()));
	}
	return results;
}
