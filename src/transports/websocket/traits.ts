export const WEBSOCKET = {
	name: 'websocket',
	speaks: 'native',
	carrier: 'tcp',
} as const;
