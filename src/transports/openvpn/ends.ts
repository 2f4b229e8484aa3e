/** Both ends of openvpn's connection; what it does not tell is empty. */
export interface Ends {
	readonly host: string;
	readonly port: string;
	readonly localHost: string;
	readonly localPort: string;
}
