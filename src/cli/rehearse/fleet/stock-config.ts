/** What is ours to say, or would run programs, write files or need privileges. */
const OURS =
	/^\s*(remote|auth-user-pass|dev|dev-type|dev-node|proto|connect-retry|up|down|route-up|route-pre-down|ipchange|tls-verify|script-security|up-restart|user|group|chroot|cd|daemon|log|log-append|status|syslog|writepid|management\S*|plugin|verb|mute)(\s.*)?$/gm;

export interface StockConfigOptions {
	/** The text of the client configuration that the cloud hands out. */
	readonly config?: string;
	/** PEM; where there is no configuration. */
	readonly ca?: string;
	readonly host: string;
	readonly port: number;
	/** A file with user name and password. */
	readonly credentials: string;
}

/** A client as balenaOS runs it: `--connect-retry 5 120`, no jitter; but without a tun, and with no program of its own. */
export function stockConfig(options: StockConfigOptions): string {
	const { config, ca, host, port, credentials } = options;
	return [
		config === undefined
			? `client\nremote-cert-tls server\n<ca>\n${ca?.trim() ?? ''}\n</ca>`
			: config.replace(OURS, ''),
		`remote ${host} ${port} tcp-client`,
		'connect-retry 5 120',
		'resolv-retry infinite',
		`auth-user-pass ${JSON.stringify(credentials)}`,
		'nobind',
		'persist-key',
		'persist-tun',
		'verb 3',
		'dev null',
		'ifconfig-noexec',
		'route-noexec',
		'',
	].join('\n');
}
