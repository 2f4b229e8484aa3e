export { classifyUpgradeError } from './classify.js';
export {
	DEFAULT_STABLE_AFTER_MS,
	openNativeLink,
	type NativeLinkOptions,
} from './open-native-link.js';
export { DEFAULT_PATH, SUBPROTOCOL } from './upgrade.js';
export {
	LONGEST_FRAME_BYTES,
	LONGEST_MESSAGE_BYTES,
	WebSocketDuplex,
} from './ws-duplex.js';
