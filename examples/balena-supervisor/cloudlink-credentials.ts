/**
 * The file with openvpn's credentials (`src/lib/cloudlink-credentials.ts`). Only a boot writes it (`prepare-openvpn`), so without this
 * a key that the supervisor exchanged, or that was corrected in config.json, would reach openvpn after the next one.
 */
import { promises as fs } from 'fs';

/**
 * Puts another key into the file, as `prepare-openvpn` does and with the permissions that it has. Does nothing where there is no file, or where
 * it is not the device that logs in (a VPN server of one's own, `VPN_AUTH_USER`).
 *
 * @returns whether the key was another one
 */
export const putVPNKey = async (
	path: string,
	uuid: string,
	key: string,
): Promise<boolean> => {
	const text = await fs.readFile(path, 'utf8').catch(() => '');
	const [user, current] = text.split('\n');
	if (user !== uuid || current === key) {
		return false;
	}
	const { mode, uid, gid } = await fs.stat(path);
	// Renamed into place: openvpn may read at any moment.
	await fs.rm(`${path}.new`, { force: true });
	await fs.writeFile(`${path}.new`, `${uuid}\n${key}\n`, {
		mode: 0o600,
		flag: 'wx',
	});
	await fs.chown(`${path}.new`, uid, gid);
	await fs.chmod(`${path}.new`, mode % 0o1000);
	await fs.rename(`${path}.new`, path);
	return true;
};
