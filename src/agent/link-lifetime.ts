import type { Leave } from '../decisions/index.js';
import type { Hint } from '../hint.js';
import type { Outcome } from '../outcome.js';
import { onAbort } from '../runtime/index.js';
import type { Attempt } from './attempt.js';
import { follow } from './deadline.js';
import { closeLink, type Held } from './links.js';

/** How the lifetime of a link as the current one came to its end. */
export type LifetimeEnd =
	/** The link is gone. */
	| { readonly type: 'ended'; readonly outcome: Outcome }
	/** Its node wants it to go; it still serves. */
	| { readonly type: 'draining'; readonly outcome: Outcome }
	/** We leave it ourselves: another transport works again, or the configuration changed. */
	| ({ readonly type: 'leave' } & Leave)
	/** A better link is up beside it. */
	| {
			readonly type: 'better';
			readonly held: Held;
			/** A silent one that was kept, where it made it. */
			readonly attempt?: Attempt;
	  };

export interface LifetimeHooks {
	onHint(hint: Hint): void;
	/** What goes on beside the link while it is current; its end, if it comes to one, ends the lifetime. */
	beside(signal: AbortSignal): Promise<LifetimeEnd | undefined>;
	/** Is handed the way to end the lifetime from outside. */
	interrupt(end: (how: LifetimeEnd) => void): void;
}

/** Watches over a link while it is the current one. Rejects with the signal's reason. */
export async function watchLink(
	held: Held,
	signal: AbortSignal,
	hooks: LifetimeHooks,
): Promise<LifetimeEnd> {
	signal.throwIfAborted();
	const life = follow(signal);
	let besideDone: Promise<LifetimeEnd | undefined> = Promise.resolve(undefined);
	let end: LifetimeEnd | undefined;
	let isOver = false;
	try {
		end = await new Promise<LifetimeEnd>((settle, reject) => {
			const resolve = (found: LifetimeEnd) => {
				isOver = true;
				settle(found);
			};
			onAbort(life.signal, () => {
				reject(life.signal.reason as Error);
			});
			void held.link.ended.then((outcome) => {
				resolve({ type: 'ended', outcome });
			});
			held.link.listen({
				onHint: (hint) => {
					hooks.onHint(hint);
				},
				onDrain: (outcome) => {
					// Of a link that drains already, or is left, what it says of the next one still counts.
					if (isOver && outcome.hint !== undefined) {
						hooks.onHint(outcome.hint);
					}
					resolve({ type: 'draining', outcome });
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
		life.abort(new Error('The lifetime of the link is over.'));
		// A better link that came up in the very moment this one ended otherwise must not be left behind.
		const found = await besideDone;
		if (found?.type === 'better' && found !== end) {
			await closeLink(found.held.link, 0);
		}
	}
}
