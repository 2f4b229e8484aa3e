#!/bin/sh
# Sees to it that openvpn waits for an agent only while there is one. Needs nothing but busybox and systemctl.
#
#   helper.sh prepare   before openvpn starts: writes the flags that hold it, if an agent is there
#   helper.sh guard     beside openvpn: restarts it without them when the agent is gone and there is no link
#
# An agent renews its sign, one line `BOOT_ID PID UPTIME`, every few seconds for as long as it has openvpn in
# hand, and takes it away once openvpn has its own pacing back. So a sign that is old means an openvpn in hold.

DIR=${CLOUDLINK_OPENVPN_DIR:-/run/cloudlink-openvpn}
SIGN=$DIR/management.sock.agent
MARKER=${CLOUDLINK_VPN_MARKER:-/run/openvpn/vpn_status/active}
UNIT=openvpn.service

# The age at which a sign is old, in seconds: an agent that is busy or was asleep gets this long.
OLD=45
# How often the guard looks: at a healthy agent, and where one is gone.
CALM=5
ALERT=2
# Looks in a row that must find the sign old: after a suspend the first one always does.
LOOKS=3

# How long an attempt waits for its answer is the agent's to decide, up to an hour; ping-restart runs before the login
# too. Once the link is up, what the node pushes (ping-exit 60) takes its place. A refused key would end the process.
HOLD='--management-hold --connect-timeout 3660 --hand-window 3660 --ping-restart 3660 --auth-retry nointeract'

number() {
	case $1 in
	'' | *[!0-9]* | 0?* | ???????????*) return 1 ;;
	esac
}

# By its age alone. /run is empty after a boot, and a container may show another boot id than the host.
is_fresh() {
	at=''
	[ -f "$SIGN" ] && read -r _ _ at <"$SIGN"
	number "$at" || return 1
	read -r up _ </proc/uptime
	age=$((${up%%.*} - at))
	[ "$age" -lt "$OLD" ] && [ "$age" -ge -1 ]
}

prepare() {
	if is_fresh; then
		echo "CLOUDLINK_FLAGS=$HOLD" >"$DIR/flags"
	else
		rm -f "$SIGN" "$DIR/flags"
	fi
}

guard() {
	old=0
	wait=$CALM
	while sleep "$wait"; do
		if [ ! -e "$SIGN" ] || is_fresh; then
			old=0 wait=$CALM
			continue
		fi
		old=$((old + 1)) wait=$ALERT
		# A link serves on without an agent: openvpn is freed when it is lost.
		if [ "$old" -ge "$LOOKS" ] && [ ! -e "$MARKER" ]; then
			echo "<4>The agent that held $UNIT is gone: it is restarted, and paces itself."
			rm -f "$SIGN"
			# Not `restart`: a unit that is switched off stays off.
			systemctl --no-block try-restart "$UNIT"
			old=0
		fi
	done
}

case $1 in
prepare | guard) "$1" ;;
*)
	echo "usage: $0 prepare | guard" >&2
	exit 2
	;;
esac
