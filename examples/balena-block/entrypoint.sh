#!/bin/sh
# Takes the device's identity from what the supervisor hands to the service, unless it is given.
set -eu

if [ -z "${CLOUDLINK_UUID:-}" ] && [ -n "${BALENA_DEVICE_UUID:-}" ]; then
	export CLOUDLINK_UUID="$BALENA_DEVICE_UUID"
fi
# The label io.balena.features.balena-api sets it to the device key.
if [ -z "${CLOUDLINK_KEY:-}" ] && [ -z "${CLOUDLINK_KEY_FILE:-}" ] && [ -n "${BALENA_API_KEY:-}" ]; then
	export CLOUDLINK_KEY="$BALENA_API_KEY"
fi
unset BALENA_API_KEY

exec "$@"
