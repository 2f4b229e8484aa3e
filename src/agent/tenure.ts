import type { Hint } from '../hint.js';
import type { Outcome } from '../outcome.js';
import { follow } from './deadline.js';
import { closeLink, type Held } from './links.js';

/** How the tenure of a current link came to its end. */
export type TenureEnd =
	/** The link is gone. */
	| { readonly type: 'ended'; readonly outcome: Outcome }
	/** Its node wants it to go; it still serves. */
	| { readonly type: 'drain'; readonly outcome: Outcome }
	/** We leave it ourselves: another carrier works again, or the configuration changed. */
	| { readonly type: 'leave'; readonly outcome: Outcome }
	/** A better link is up beside it. */
	| { readonly type: 'better'; readonly held: Held };

export interface TenureHooks {
	onHint(hint: Hint): void;
	/** What goes on beside the link while it is current; its end, if it comes to one, ends the tenure. */
	beside(signal: AbortSignal): Promise<TenureEnd | undefined>;
	/** Is handed the way to end the tenure from outside. */
	interrupt(end: (how: TenureEnd) => void): void;
}

/** Watches over a link while it is the current one. Rejects with the signal's reason. */
export async function tenure(
	held: Held,
	signal: AbortSignal,
	hooks: TenureHooks,
): Promise<TenureEnd> {
	signal.throwIfAborted();
	const life = follow(signal);
	let besideDone: Promise<TenureEnd | undefined> = Promise.resolve(undefined);
	let end: TenureEnd | undefined;
	try {
		end = await new Promise<TenureEnd>((resolve, reject) => {
			life.signal.addEventListener(
				'abort',
				() => {
					reject(life.signal.reason as Error);
				},
				{ once: true },
			);
			void held.link.ended.then((outcome) => {
				resolve({ type: 'ended', outcome });
			});
			held.link.listen({
				onHint: (hint) => {
					hooks.onHint(hint);
				},
				onDrain: (outcome) => {
					resolve({ type: 'drain', outcome });
				},
			});
			hooks.interrupt(resolve);
			besideDone = hooks.beside(life.signal);
			besideDone.then((found) => {
				if (found) {
					resolve(found);
				}
			}, reject);
		});
		return end;
	} finally {
		life.release();
		life.abort(new Error('The tenure of the link is over.'));
		// A better link that came up in the very moment the tenure ended otherwise must not be left behind.
		const found = await besideDone;
		if (found?.type === 'better' && found !== end) {
			await closeLink(found.held.link, 0);
		}
	}
}
