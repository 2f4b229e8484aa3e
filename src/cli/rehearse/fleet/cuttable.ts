import { outcome, type Outcome } from '../../../outcome.js';
import type { Link, Transport } from '../../../transport.js';

/** A transport whose links can be cut from outside. */
export interface CuttableTransport extends Transport {
	/** Ends the live links at once, as an accident on the way would; what is left of them is closed behind. */
	cut(): void;
}

const CUT = () => outcome('link-ended', 'The rehearsal cut the link.');

/** For carriers whose sockets are not at hand: UDP, and the processes of openvpn. */
export function cuttable(inner: Transport): CuttableTransport {
	const links = new Map<Link, (end: Outcome) => void>();
	const watched = (link: Link): Link => {
		const cutOff = new Promise<Outcome>((resolve) => links.set(link, resolve));
		void link.ended.then(() => links.delete(link));
		return {
			transport: link.transport,
			node: link.node,
			ended: Promise.race([link.ended, cutOff]),
			listen: (listener) => {
				link.listen(listener);
			},
			stats: () => link.stats(),
			...(link.checkLiveness && {
				checkLiveness: async (deadlineMs: number) =>
					await link.checkLiveness!(deadlineMs),
			}),
			close: async (graceMs) => {
				await link.close(graceMs);
			},
		};
	};
	return {
		name: inner.name,
		handover: inner.handover,
		needsNode: inner.needsNode,
		dial: async (request) => watched(await inner.dial(request)),
		...(inner.probe && {
			probe: async (request) => {
				await inner.probe!(request);
			},
		}),
		validate: () => {
			inner.validate?.();
		},
		release: async () => {
			await inner.release?.();
		},
		cut: () => {
			for (const [link, end] of links) {
				end(CUT());
				void link.close(0);
			}
			links.clear();
		},
	};
}
