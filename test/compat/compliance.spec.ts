import { built, builtTesting } from './built.js';

const { udp, websocket } = built;
const { mockWorld, transportCompliance } = builtTesting;

transportCompliance({ describe, it }, 'built websocket (ws://)', () =>
	mockWorld('tcp', () => websocket({ insecure: true })),
);

transportCompliance({ describe, it }, 'built websocket (wss://)', () =>
	mockWorld('tcp', ({ ca }) => websocket({ ca }), { tls: true }),
);

transportCompliance({ describe, it }, 'built udp', () =>
	mockWorld('udp', ({ ca }) => udp({ ca }), { tls: true }),
);
