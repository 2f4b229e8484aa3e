import * as v from '../../schema.js';

import { checkOptions, count, durationMs } from '../../options.js';

/** What is wrong with a node, or with the way to it. Live links are hit too. */
export type CarrierFault =
	/** Nothing answers, not even the kernel; live links pass nothing and are not closed. */
	| 'blackhole'
	/** Nothing listens; live links are reset. */
	| 'refuse'
	/** Whoever comes is accepted and never answered; live links pass nothing and are not closed. */
	| 'mute'
	/** Links that are live now pass nothing and are not closed; new ones are served. */
	| 'silent'
	/** Bytes of some other protocol. */
	| 'garbage'
	/** A connection is reset once it has carried this many bytes, both ways together, from now on. */
	| { readonly resetAfterBytes: number }
	/** Whoever comes is served only after this long. Live links are left alone. */
	| { readonly slowHandshakeMs: number }
	/** Each upgrade is answered with this. Live links are left alone. */
	| {
			readonly status: number;
			readonly headers?: Readonly<Record<string, string>>;
	  }
	/** Nothing is wrong: what was held up flows again. */
	| null;

/** One fault for each carrier; a carrier that is not named keeps what it has. */
export interface NodeFaults {
	readonly tcp?: CarrierFault;
	readonly udp?: CarrierFault;
}

const WORDS = ['blackhole', 'refuse', 'mute', 'silent', 'garbage'] as const;

const oneFault = v.optional(
	v.nullable(
		v.union(
			[
				v.picklist(WORDS),
				v.strictObject({ resetAfterBytes: count(0) }),
				v.strictObject({ slowHandshakeMs: durationMs }),
				v.strictObject({
					status: count(200),
					headers: v.optional(v.record(v.string(), v.string())),
				}),
			],
			`must be ${WORDS.join(', ')}, { resetAfterBytes }, { slowHandshakeMs }, { status, headers } or null`,
		),
	),
);

const schema = v.strictObject({ tcp: oneFault, udp: oneFault });

export function checkFaults(faults: NodeFaults): NodeFaults {
	return checkOptions(schema, faults, 'MockCloudlink.setFault');
}

/** What a listener has to be for a fault. */
export function listenerFor(
	fault: CarrierFault,
): 'open' | 'closed' | 'blocked' {
	switch (fault) {
		case 'refuse':
			return 'closed';
		case 'blackhole':
			return process.platform === 'linux' ? 'blocked' : 'open';
		default:
			return 'open';
	}
}
