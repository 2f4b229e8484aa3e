/** The code of a system or TLS error; empty where there is none. */
export function codeOf(error: NodeJS.ErrnoException | undefined): string {
	return String(error?.code ?? '');
}
