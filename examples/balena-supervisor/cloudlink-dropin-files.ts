/**
 * The helper and the guard of `../openvpn-dropin`, as text: a bundle has no files beside it. A test compares them.
 */
export const HELPER = `#!/bin/sh
# Sees to it that openvpn waits for an agent only while there is one. Needs nothing but busybox and systemctl.
#
#   helper.sh prepare   before openvpn starts: writes the flags that hold it, if an agent is there
#   helper.sh guard     beside openvpn: restarts it without them where there is neither an agent nor a link
#
# An agent renews its sign, one line \`BOOT_ID PID SINCE UPTIME\`, every few seconds for as long as it has openvpn in
# hand, and takes it away once openvpn has its own pacing back. So a sign that is old means an openvpn in hold.

DIR=\${CLOUDLINK_OPENVPN_DIR:-/run/cloudlink-openvpn}
SOCKET=$DIR/management.sock
SIGN=$SOCKET.agent
FLAGS=$DIR/flags
# When the guard has taken openvpn from an agent that starts again and again.
TAKEN=$DIR/taken
MARKER=\${CLOUDLINK_VPN_MARKER:-/run/openvpn/vpn_status/active}
UNIT=openvpn.service

# The age at which a sign is old, in seconds: an agent that is busy or was asleep gets this long.
OLD=45
# How often the guard looks: at a healthy agent, and where one is gone.
CALM=5
ALERT=2
# Looks in a row that must find the sign old: after a suspend the first one always does.
LOOKS=3
# Calm looks in a row, two minutes, that must find the flags of an agent without an agent or a link: one that is only
# updated is back before.
LEFT=24

# Starts of an agent within so many seconds, without a link, that are too many: it dies before it lets openvpn dial.
STARTS=5
WITHIN=600
# For how long it gets no openvpn then.
BANNED=3600

ATTACH="--management $SOCKET unix --management-client-user root --up-restart"
# How long an attempt waits for its answer is the agent's to decide, up to an hour; ping-restart runs before the login
# too. Once the link is up, what the node pushes (ping-exit 60) takes its place.
HOLD='--management-hold --connect-timeout 3660 --hand-window 3660 --ping-restart 3660'

number() {
	case $1 in
	'' | *[!0-9]* | 0?* | ???????????*) return 1 ;;
	esac
}

# Seconds since boot, in $now.
look_at_clock() {
	read -r now _ </proc/uptime
	now=\${now%%.*}
}

# Whether a moment of this boot, in seconds since then, is less than so many seconds ago.
is_within() {
	number "$1" && look_at_clock && [ $((now - $1)) -lt "$2" ] && [ $((now - $1)) -ge -1 ]
}

# By its age alone: a container may show another boot id than the host.
is_fresh() {
	since='' at=''
	[ -f "$SIGN" ] && read -r _ _ since at <"$SIGN"
	is_within "$at" "$OLD"
}

is_banned() {
	taken=''
	[ -f "$TAKEN" ] && read -r taken <"$TAKEN"
	is_within "$taken" "$BANNED"
}

prepare() {
	if is_banned; then
		rm -f "$FLAGS"
	elif is_fresh; then
		echo "CLOUDLINK_FLAGS=$ATTACH $HOLD" >"$FLAGS"
	else
		rm -f "$SIGN"
		echo "CLOUDLINK_FLAGS=$ATTACH" >"$FLAGS"
	fi
}

# Not \`restart\`: a unit that is switched off stays off. Where systemd does not answer, the next looks find the same.
free() {
	echo "<4>$1: $UNIT is restarted, and paces itself."
	systemctl --no-block try-restart "$UNIT" && rm -f "$SIGN"
}

# Whether openvpn was started for an agent: an attempt of its own may then wait for an answer for an hour.
has_agents_flags() {
	flags=''
	[ -f "$FLAGS" ] && read -r flags <"$FLAGS"
	case $flags in
	*--management-hold*) ;;
	*) return 1 ;;
	esac
}

# Whether the agent has just started once too often.
starts_too_often() {
	[ "$since" = "$last" ] && return 1
	last=$since
	is_within "$first" "$WITHIN" || { look_at_clock && first=$now starts=0; }
	starts=$((starts + 1))
	[ "$starts" -gt "$STARTS" ]
}

guard() {
	old=0 left=0 first='' starts=0 last=''
	wait=$CALM
	while sleep "$wait"; do
		[ -e "$MARKER" ] && starts=0
		if is_banned; then
			old=0 left=0 wait=$CALM
		elif [ ! -e "$SIGN" ]; then
			# The agent has left in order: nobody holds openvpn, but it has the agent's time-outs.
			old=0 wait=$CALM
			if [ -e "$MARKER" ] || ! has_agents_flags; then
				left=0
			elif left=$((left + 1)) && [ "$left" -ge "$LEFT" ]; then
				left=0
				free 'The agent has left'
			fi
		elif is_fresh; then
			old=0 left=0 wait=$CALM
			if starts_too_often; then
				echo "$now" >"$TAKEN"
				free 'The agent starts again and again' || rm -f "$TAKEN"
			fi
		else
			old=$((old + 1)) left=0 wait=$ALERT
			# A link serves on without an agent: openvpn is freed when it is lost.
			if [ "$old" -ge "$LOOKS" ] && [ ! -e "$MARKER" ]; then
				old=0
				free 'The agent is gone'
			fi
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
`;

export const GUARD = `[Unit]
Description=Frees openvpn where the agent that held it is gone
# Not wanted by the boot: openvpn.service brings it, and takes it along when it stops.
PartOf=openvpn.service
StartLimitIntervalSec=0

[Service]
ExecStart=/bin/sh /usr/lib/cloudlink-openvpn/helper.sh guard
Restart=always
RestartSec=5s
`;
