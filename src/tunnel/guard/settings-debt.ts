/**
 * Data that came while SETTINGS of ours wait for their acknowledgement. Frames arrive in order, and behind our SETTINGS comes
 * the credit for more data: a node that has spent more than the connection's window since has read them, and has to have
 * acknowledged them (RFC 9113, 6.5.3). One that does not is not bound by the smaller windows that they told.
 */
export class SettingsDebt {
	readonly #maxBytes: number;
	#unacknowledged = 0;
	#bytes = 0;

	constructor(maxBytes: number) {
		this.#maxBytes = maxBytes;
	}

	onSent(): void {
		this.#unacknowledged++;
	}

	onAcknowledged(): void {
		this.#unacknowledged--;
		this.#bytes = 0;
	}

	/** False when more came than a node can send that does not know of our SETTINGS. */
	allows(bytes: number): boolean {
		if (this.#unacknowledged > 0) {
			this.#bytes += bytes;
		}
		return this.#bytes <= this.#maxBytes;
	}
}
