/**
 * Who the device is: HTTP Basic (RFC 7617) with the uuid as user and the device key as password. It is sent
 * once, in the upgrade request, and must not be logged.
 */
export function authorization(uuid: string, key: string): string {
	return `Basic ${Buffer.from(`${uuid}:${key}`, 'utf8').toString('base64')}`;
}
