import { expect } from 'chai';

import type { Hint } from '../../../src/hint.js';
import type { Outcome } from '../../../src/outcome.js';
import { Mailbox } from '../../../src/transports/native/native-link.js';

describe('The mailbox of a native link', () => {
	it('passes on what a GOAWAY says after a notice, as a hint', () => {
		for (const listensFirst of [true, false]) {
			const mailbox = new Mailbox();
			const hints: Hint[] = [];
			const notices: Outcome[] = [];
			const listener = {
				onHint: (hint: Hint) => void hints.push(hint),
				onDrain: (notice: Outcome) => void notices.push(notice),
			};
			if (listensFirst) {
				mailbox.listen(listener);
			}
			mailbox.onHint({ drainDeadlineMs: 60_000 });
			mailbox.onGoaway({ retryAfterMs: 300_000 });
			if (!listensFirst) {
				mailbox.listen(listener);
			}
			expect(hints).to.deep.equal([
				{ drainDeadlineMs: 60_000 },
				{ retryAfterMs: 300_000 },
			]);
			expect(notices.map(({ code }) => code)).to.deep.equal(['drain-notice']);
		}
	});
});
