/** What stands where a secret stood. */
export const MASK = '***';

/** Shorter ones would mask half of every line. */
const SHORTEST_SECRET = 4;
/** What is remembered: the key, those it replaced, and each as it appears in headers. */
const MOST_SECRETS = 32;

/**
 * Remembers the secrets of this process and takes them out of text, as they are, in base64 (alone, or as the
 * password of HTTP's Basic scheme), percent-encoded and as JSON has it.
 */
export class Masker {
	#secrets: string[] = [];

	/** @param users names that the secret may stand beside in a Basic header: the uuid. */
	add(secret: string | undefined, users: readonly string[] = []): void {
		if (secret === undefined || secret.length < SHORTEST_SECRET) {
			return;
		}
		const base64 = (text: string) =>
			Buffer.from(text).toString('base64').replace(/=+$/, '');
		const forms = [
			secret,
			encodeURIComponent(secret),
			JSON.stringify(secret).slice(1, -1),
			base64(secret),
			...users.map((user) => base64(`${user}:${secret}`)),
		];
		// The longest first: a secret may be part of another.
		this.#secrets = [...new Set([...forms, ...this.#secrets])]
			.slice(0, MOST_SECRETS)
			.sort((a, b) => b.length - a.length);
	}

	/** The password of a URL, as it is written there and as it is meant. */
	addPasswordOf(url: string | undefined): void {
		if (url === undefined || !URL.canParse(url)) {
			return;
		}
		const { username, password } = new URL(url);
		this.add(password, [username]);
		try {
			this.add(decodeURIComponent(password), [decodeURIComponent(username)]);
		} catch {
			// With a stray percent sign it is never sent.
		}
	}

	mask(text: string): string {
		return this.#secrets.reduce(
			(masked, secret) => masked.replaceAll(secret, MASK),
			text,
		);
	}
}
