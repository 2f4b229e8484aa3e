declare module 'parse-prometheus-text-format' {
	interface Sample {
		readonly value?: string;
		readonly labels?: Record<string, string>;
		readonly buckets?: Record<string, string>;
	}

	interface Family {
		readonly name: string;
		readonly type: string;
		readonly help: string;
		readonly metrics: readonly Sample[];
	}

	/** Throws on a line that is not of the format. */
	export default function parse(text: string): Family[];
}
