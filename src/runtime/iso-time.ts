/**
 * What `Date.prototype.toISOString` gives. That of V8 first finds out what the local time zone is called, in every language, which takes a
 * megabyte for good.
 */
export function isoTime(wallMs: number): string {
	const date = new Date(wallMs);
	const year = date.getUTCFullYear();
	if (!(year >= 0 && year <= 9999)) {
		return date.toISOString();
	}
	const digits = (value: number, count = 2) =>
		String(value).padStart(count, '0');
	const day = `${digits(year, 4)}-${digits(date.getUTCMonth() + 1)}-${digits(date.getUTCDate())}`;
	const time = `${digits(date.getUTCHours())}:${digits(date.getUTCMinutes())}:${digits(date.getUTCSeconds())}`;
	return `${day}T${time}.${digits(date.getUTCMilliseconds(), 3)}Z`;
}
