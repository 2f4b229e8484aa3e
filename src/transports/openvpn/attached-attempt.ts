import type { Link } from '../../transport.js';

import type { AttachedSession } from './attached-session.js';
import {
	AttemptDriver,
	type AttemptBounds,
	type AttemptSettings,
} from './attempt-driver.js';
import type { Credentials } from './attempt.js';
import { newEvidence } from './evidence.js';
import type { AttachedSettings } from './attached-options.js';

export interface AttachedAttemptOptions extends AttemptSettings {
	readonly session: AttachedSession;
	readonly settings: AttachedSettings;
	readonly credentials: Credentials | undefined;
	readonly release: () => Promise<void>;
}

/** Makes one attempt of the attached openvpn's; a link that is already up is taken over. */
export async function dialAttached(
	options: AttachedAttemptOptions,
	bounds: AttemptBounds,
): Promise<Link> {
	const { session, settings, release } = options;
	const { protocol, attach } = settings;
	const evidence = newEvidence(
		protocol,
		`the node of the openvpn at ${attach}`,
	);
	const driver = new AttemptDriver(evidence, options, options, {
		send: (commands) => {
			session.send(commands);
		},
		onEnded: (how) => {
			session.listener = undefined;
			driver.finish(how);
		},
		onDeadline: () => {
			driver.dispatch({ type: 'deadline' });
			if (driver.state.name === 'ended') {
				session.giveUp();
			}
		},
		onSilent: () => {
			session.giveUp();
		},
		close: async (isDead) => {
			if (isDead) {
				session.giveUp();
			} else {
				await release();
			}
		},
	});
	try {
		return await driver.dial(bounds, () => {
			catchUp(driver, session);
		});
	} catch (thrown) {
		if (bounds.signal.aborted) {
			await release();
		}
		throw thrown;
	}
}

/** Openvpn may be in hold, under way, or up. */
function catchUp(driver: AttemptDriver, session: AttachedSession): void {
	session.listener = (event) => {
		driver.dispatch(event);
	};
	const { held, state, asked } = session;
	if (held) {
		driver.dispatch({ type: 'hold' });
	} else if (state && state.name !== 'RECONNECTING') {
		if (state.name === 'CONNECTED') {
			for (const echo of session.echoes) {
				driver.dispatch(echo);
			}
		}
		driver.dispatch(state);
	}
	if (asked) {
		driver.dispatch(asked);
	}
}
