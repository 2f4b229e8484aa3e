import {
	mockWorld,
	transportCompliance,
} from '../../../src/testing/compliance.js';
import { websocket } from '../../../src/transports/websocket/index.js';

transportCompliance({ describe, it }, 'websocket (ws://)', () =>
	mockWorld('tcp', () => websocket({ insecure: true })),
);

transportCompliance({ describe, it }, 'websocket (wss://)', () =>
	mockWorld('tcp', ({ ca }) => websocket({ ca }), { tls: true }),
);
