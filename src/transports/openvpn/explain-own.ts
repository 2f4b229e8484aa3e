import { outcome, type Outcome } from '../../outcome.js';

import { because, gaveUp, tooOld } from './classify.js';
import type { DialStep, Evidence } from './evidence.js';

/** What is known of an end because the openvpn is ours: the proxy that it was given, and what it wrote. */
export const explainOwn =
	(proxy?: string) =>
	(evidence: Evidence): Outcome | undefined => {
		const { step, output } = evidence;
		return step === undefined
			? output && explainOutput(output)
			: proxy !== undefined && step === 'tcp'
				? explainProxy(proxy, evidence)
				: undefined;
	};

/** How far openvpn is by its own output: while a script runs it serves nothing, so that its last state is an old one. */
export function stepInOutput(output: readonly string[]): DialStep | undefined {
	return output.some((line) => line.includes(PUSHED)) ? 'setup' : undefined;
}

/** How openvpn logs that the node has let it in. */
const PUSHED = "PUSH: Received control message: 'PUSH_REPLY";

/** An attempt that got no further than the proxy. */
function explainProxy(proxy: string, { node, log }: Evidence): Outcome {
	const answer = log.findLast((line) =>
		line.startsWith('HTTP proxy returned: '),
	);
	const isRefusal = / 4\d\d/.test(answer ?? '');
	return isRefusal
		? outcome(
				'proxy-refused',
				`the proxy ${proxy} does not let openvpn through to ${node}${because(answer)}`,
			)
		: outcome(
				'proxy-unreachable',
				`the proxy ${proxy} does not answer, or does not reach ${node}${because(answer ?? log.at(-1))}`,
			);
}

/** What openvpn writes after the line that tells why it does not start. */
const LAST_WORDS =
	/Please correct (?:these|this) errors?|Exiting due to fatal error|^Use --help/;

/** A process that never got as far as its management interface. */
function explainOutput(output: readonly string[]): Outcome | undefined {
	const telling = output.filter((line) => !LAST_WORDS.test(line));
	const told =
		telling.findLast((line) => /error|cannot|failed/i.test(line)) ??
		telling.at(-1);
	const version = / \((\d+)\.(\d+)[^)]*\)$/.exec(told ?? '');
	if (told?.startsWith('Options error: Unrecognized option') && version) {
		const [, major, minor] = version.map(Number) as [number, number, number];
		if (major < 2 || (major === 2 && minor < 5)) {
			return tooOld(`it is ${major}.${minor}`);
		}
	}
	return told === undefined ? undefined : gaveUp(told);
}
