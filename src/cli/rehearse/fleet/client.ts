/** What becomes of the clients of a rehearsal, by their number in it. */
export interface ClientListener {
	/** It dials. */
	attempt(client: number): void;
	/** A dial failed, as the code of its outcome; what is not ours tells nothing better than `failed`. */
	failed(client: number, code: string): void;
	/** It has a link. */
	up(client: number): void;
	/** It has none any more. */
	down(client: number): void;
}

/** One client of a rehearsal. */
export interface Client {
	start(): Promise<void>;
	/** Cuts its link as an accident on the way would. Absent where something else cuts it. */
	cut?(): void;
	stop(): Promise<void>;
}
