import type { TransportName } from '../transport.js';
import { recordUp, confirm, NO_EVIDENCE, type Evidence } from './evidence.js';
import type { SelectionContext, SelectionSettings } from './settings.js';

/** What the choice of transport knows. A plain value: each change makes a new one. */
export interface SelectionState {
	readonly settings: SelectionSettings;
	/** In order of preference. */
	readonly transports: readonly TransportName[];
	/** The network that the evidence was found on; undefined while nobody told. */
	readonly network?: string;
	/** What last carried a link on this network. */
	readonly lastGood?: TransportName;
	/** Only transports that have something. */
	readonly evidence: Readonly<Record<TransportName, Evidence>>;
}

export function evidenceOf(
	state: SelectionState,
	name: TransportName,
): Evidence {
	return Object.hasOwn(state.evidence, name)
		? state.evidence[name]!
		: NO_EVIDENCE;
}

/** A transport carried an authenticated link: that speaks for it, and against those that did not. */
export function reportUp(
	state: SelectionState,
	transport: TransportName,
	context: SelectionContext,
): SelectionState {
	const evidence: Record<TransportName, Evidence> = {};
	for (const [name, before] of Object.entries(state.evidence)) {
		evidence[name] =
			name === transport
				? recordUp(before, context.nowMs)
				: confirm(before, state.settings, context);
	}
	return { ...state, lastGood: transport, evidence };
}

export function withEvidence(
	state: SelectionState,
	transport: TransportName,
	evidence: Evidence,
): SelectionState {
	return { ...state, evidence: { ...state.evidence, [transport]: evidence } };
}
