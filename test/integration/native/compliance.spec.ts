import { transportCompliance } from '../../../src/testing/compliance/compliance.js';
import { mockWorld } from '../../../src/testing/compliance/world.js';
import { udp } from '../../../src/transports/udp/index.js';
import { websocket } from '../../../src/transports/websocket/index.js';

transportCompliance({ describe, it }, 'websocket (ws://)', () =>
	mockWorld('tcp', () => websocket({ insecure: true })),
);

transportCompliance({ describe, it }, 'websocket (wss://)', () =>
	mockWorld('tcp', ({ ca }) => websocket({ ca }), { tls: true }),
);

transportCompliance({ describe, it }, 'udp', () =>
	mockWorld('udp', ({ ca }) => udp({ ca }), { tls: true }),
);
