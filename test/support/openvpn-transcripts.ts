import { readFileSync } from 'node:fs';

/** One measured conversation with openvpn, and what its end counts as. */
export interface Transcript {
	readonly version: string;
	readonly title: string;
	readonly protocol: 'tcp' | 'udp';
	readonly outcome: string;
	readonly hint?: object;
	/** What openvpn says, as it comes over the socket. */
	readonly said: readonly string[];
	/** What the agent sends in between. */
	readonly sent: readonly string[];
}

function parse(version: string, section: string): Transcript {
	const [head, ...lines] = section.split('\n').filter((line) => line !== '');
	const [title, protocol, outcome, hint] = head!.split(' | ');
	return {
		version,
		title: title!,
		protocol: protocol as 'tcp' | 'udp',
		outcome: outcome!,
		...(hint === undefined ? {} : { hint: JSON.parse(hint) as object }),
		said: lines.filter((line) => !line.startsWith('<')),
		sent: lines
			.filter((line) => line.startsWith('<'))
			.map((line) => line.slice(1)),
	};
}

/** The transcripts of one version, from the fixtures. */
export function transcripts(version: '2.5.6' | '2.6.14'): Transcript[] {
	const file = new URL(
		`../fixtures/openvpn/${version}.transcripts`,
		import.meta.url,
	);
	return readFileSync(file, 'utf8')
		.split(/^== /m)
		.slice(1)
		.map((section) => parse(version, section));
}
