import { StatusMarker } from '../../../device/status-marker.js';
import type { Level } from '../../log/log.js';
import { nothing, type Close, type Daemon } from './part.js';

/** Where nobody asked for the marker and its folder is not there, the device has no use for it. */
function lossOf(explicit: boolean, { code }: NodeJS.ErrnoException): Level {
	return !explicit && code === 'ENOENT' ? 'debug' : 'warning';
}

export function markerPart({ agent, options, log }: Daemon): Close {
	const { value: path, explicit } = options.marker;
	if (path === undefined) {
		return nothing;
	}
	const marker = new StatusMarker({
		path,
		onProblem: (problem) => {
			log(
				lossOf(explicit, problem),
				`The status marker cannot be kept: ${problem.message}. Its folder is the system's to make.`,
			);
		},
	});
	const unfollow = marker.follow(agent);
	// However the process ends, short of SIGKILL, the marker must not stay behind.
	const onExit = () => {
		marker.set(false);
	};
	process.on('exit', onExit);
	return () => {
		process.off('exit', onExit);
		unfollow();
	};
}
