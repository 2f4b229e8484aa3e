/** Set by the build, so that no file is read at run time. */
declare const CLOUDLINK_AGENT_VERSION: string | undefined;

/** This package's version; `development` when it runs from its sources. */
export const VERSION =
	typeof CLOUDLINK_AGENT_VERSION === 'string'
		? CLOUDLINK_AGENT_VERSION
		: 'development';
