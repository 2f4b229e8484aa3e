#!/bin/sh
# Gives an openvpn that stands in hold its own pacing back, unless an agent is attached: the management
# socket has one seat, so where an agent has it nothing is heard here and nothing is done.
# Needs curl with telnet (curl --version), or socat, or an nc that knows -U.
# Where there is none of them and no link, it takes the drop-in away and restarts openvpn.

SOCKET=${1:-/run/cloudlink-openvpn/management.sock}
MARKER=/run/openvpn/vpn_status/active
DROPIN=/run/systemd/system/openvpn.service.d/cloudlink.conf

say() {
	printf 'hold off\nhold release\n'
	sleep 2
	echo exit
}

talk() {
	if curl --version 2>/dev/null | grep -qw telnet; then
		say | curl -sS --max-time 5 --unix-socket "$SOCKET" telnet://openvpn
	elif command -v socat >/dev/null; then
		say | timeout 5 socat -t1 - "UNIX-CONNECT:$SOCKET"
	elif nc -h 2>&1 | grep -q -- -U; then
		say | timeout 5 nc -U "$SOCKET"
	else
		return 127
	fi
}

answer=$(talk 2>&1)
if [ $? -eq 127 ]; then
	[ -e "$MARKER" ] && exit 0
	echo 'nothing here can talk to a unix socket: openvpn goes back to its own unit'
	rm -f "$DROPIN"
	systemctl daemon-reload
	exec systemctl restart openvpn.service
fi
case $answer in
*'hold release succeeded'*) echo 'no agent was there: openvpn paces itself' ;;
*) echo 'an agent is attached, or openvpn does not run: nothing to do' ;;
esac
