import type { DialRequest } from '../../transport.js';

/** The bound on silence grows to this many times the configured one, and no further. */
const MOST_TIMES = 8;

/**
 * Remembers that nothing came through a transport's links since they were up. A server that never pings makes every idle link
 * look dead: each next one is given twice as long, so that the device does not come and go for ever.
 */
export class SilentNode {
	#times = 1;

	/** For the end of one link. */
	listener(
		node: string,
		{ livenessMs, warn }: Pick<DialRequest, 'livenessMs' | 'warn'>,
	): { onHeard: () => void; onUnheard: () => void } {
		return {
			onHeard: () => {
				this.forgive();
			},
			onUnheard: () => {
				warn?.(this.countSilence(node, livenessMs));
			},
		};
	}

	/** The bound on silence for the next link. */
	livenessMs(configuredMs: number): number {
		return configuredMs * this.#times;
	}

	/** Something had come through a link that ended. */
	forgive(): void {
		this.#times = 1;
	}

	/** A link ended by silence, and nothing had come through it at all. Gives the warning. */
	countSilence(node: string, configuredMs: number): string {
		this.#times = Math.min(MOST_TIMES, this.#times * 2);
		const nextSeconds = Math.round(this.livenessMs(configuredMs) / 1000);
		return `nothing came from ${node} since the link was up: does the server ping its clients (\`keepalive 10 60\`)? The next link may be silent for ${nextSeconds} s`;
	}
}
