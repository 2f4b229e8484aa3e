/** One node that was found behind a configured name. */
export interface FoundNode {
	/** `host:port`: what `link.node` and events say. */
	readonly name: string;
	readonly port: number;
	readonly addresses: readonly string[];
	readonly priority?: number;
	readonly weight?: number;
}

/** What was found behind each configured name, by that name. */
export type Found = Readonly<Record<string, readonly FoundNode[]>>;
