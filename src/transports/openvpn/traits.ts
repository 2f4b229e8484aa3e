const overTcp = {
	name: 'openvpn-tcp',
	speaks: 'openvpn',
	carrier: 'tcp',
} as const;

const overUdp = {
	name: 'openvpn-udp',
	speaks: 'openvpn',
	carrier: 'udp',
} as const;

export const OPENVPN = { tcp: overTcp, udp: overUdp };
