/** A file of an archive. */
export interface TarFile {
	/** At most 99 characters of ASCII. */
	readonly name: string;
	readonly text: string;
}

const BLOCK = 512;

const octal = (value: number, length: number) =>
	`${value.toString(8).padStart(length - 1, '0')}\0`;

/** The header of POSIX.1-1988 (ustar): fields of fixed width, the checksum counted as if it were spaces. */
function header(name: string, size: number, seconds: number): Buffer {
	const block = Buffer.alloc(BLOCK);
	block.write(name, 0, 99, 'ascii');
	block.write(octal(0o600, 8), 100);
	block.write(octal(0, 8), 108);
	block.write(octal(0, 8), 116);
	block.write(octal(size, 12), 124);
	block.write(octal(seconds, 12), 136);
	block.write(' '.repeat(8), 148);
	block.write('0', 156);
	block.write('ustar\0' + '00', 257);
	const sum = block.reduce((total, byte) => total + byte, 0);
	block.write(`${octal(sum, 7)} `, 148);
	return block;
}

/** Packs files into an archive that tar(1) reads. */
export function tar(files: readonly TarFile[], wallMs: number): Buffer {
	const seconds = Math.floor(wallMs / 1000);
	const parts = files.flatMap(({ name, text }) => {
		const body = Buffer.from(text);
		const padding = Buffer.alloc((BLOCK - (body.length % BLOCK)) % BLOCK);
		return [header(name, body.length, seconds), body, padding];
	});
	return Buffer.concat([...parts, Buffer.alloc(2 * BLOCK)]);
}
