import { between, peer } from './peer.js';

const FIRST_SECONDS = 1;
const CAP_SECONDS = 128;

function exponential(failures: number): number {
	return Math.min(CAP_SECONDS, FIRST_SECONDS * 2 ** failures);
}

const AWS_ARTICLE =
	'M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015';

/** The textbook laws, and the plainest one that is not a capped back-off. */
export const jitterPolicies = [
	peer({
		name: 'full-jitter',
		summary: 'exponential 1 s to 128 s, uniform from 0',
		source: AWS_ARTICLE,
		waitSeconds: ({ failures, random }) => random() * exponential(failures),
	}),
	peer({
		name: 'equal-jitter',
		summary: 'exponential 1 s to 128 s, uniform over the upper half',
		source: AWS_ARTICLE,
		waitSeconds: ({ failures, random }) =>
			between(random, 0.5, 1) * exponential(failures),
	}),
	peer({
		name: 'decorrelated-jitter',
		summary: 'uniform from 1 s to three times the last wait, at most 128 s',
		source: AWS_ARTICLE,
		waitSeconds: ({ lastSeconds, random }) =>
			Math.min(
				CAP_SECONDS,
				between(
					random,
					FIRST_SECONDS,
					3 * Math.max(FIRST_SECONDS, lastSeconds),
				),
			),
	}),
	peer({
		name: 'elapsed-window',
		summary:
			'within 4 s, then 0.3 to 1 of the time since the loss, at least of 60 s',
		source:
			'A yardstick of this project: the plainest law that grows with elapsed time and has no cap',
		waitSeconds: ({ failures, elapsedSeconds, random }) =>
			failures === 0
				? random() * 4
				: between(random, 0.3, 1) * Math.max(60, elapsedSeconds),
	}),
];
