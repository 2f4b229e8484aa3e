export const UDP = { name: 'udp', speaks: 'native', carrier: 'udp' } as const;
