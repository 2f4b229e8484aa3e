#!/bin/sh
# A login script for openvpn 2.6 that lets one device in after the other and gives each of the others a place in the queue:
# the time at which it may come back, told by $auth_failed_reason_file.
#
#   script-security 2
#   auth-user-pass-verify "/etc/openvpn/login-slots.sh 10 /run/openvpn-slots /etc/openvpn/login.sh" via-file
#
# STEP: milliseconds from one login to the next, 10 for 100 a second. FOLDER: of its own, on a tmpfs. LOGIN: the program that
# judges name and key; it gets the file that openvpn writes, and may answer by its exit code or later (exit code 2 and
# $auth_control_file). It is asked first: a name that was made up must not take a place. Needs flock, mktemp and a date that knows %N (coreutils).

STEP=$1 FOLDER=$2 LOGIN=$3 FILE=$4
# A device that does not come within this long of its time has lost its place.
GRACE=60000

read -r uuid <"$FILE" || exit 1
case $uuid in
'' | *[!0-9A-Za-z_-]*) exit 1 ;;
esac
mkdir -p "$FOLDER"
place=$FOLDER/$uuid

number() {
	read -r found 2>/dev/null <"$1" || found=0
	echo "$found"
}

# Prints for how many milliseconds the device has to wait; 0 where it is its turn.
take_place() {
	now=$(($(date +%s%N) / 1000000))
	next=$(number "$FOLDER/.next")
	mine=$(number "$place")
	[ "$next" -gt "$now" ] || next=$now
	if [ "$mine" -gt 0 ] && [ "$now" -lt $((mine + GRACE)) ]; then
		# It has a place: let in at its time, told again before it. The clock of nobody is exact to the millisecond.
		[ "$now" -ge $((mine - 500)) ] && rm -f "$place" && echo 0 && return
		echo $((mine - now))
		return
	fi
	if [ "$next" -eq "$now" ]; then
		rm -f "$place"
		echo 0
	else
		echo "$next" >"$place"
		echo $((next - now))
	fi
	echo $((next + STEP)) >"$FOLDER/.next"
}

# Whether it is the device's turn; else says when it will be.
is_let_in() {
	wait=$(
		flock 9
		take_place
	) 9>"$FOLDER/.lock"
	[ "$wait" -gt 0 ] || return 0
	echo "TEMP[backoff $(((wait + 999) / 1000)),advance no]:queued" >"$auth_failed_reason_file"
	return 1
}

verdict=$(mktemp "$FOLDER/.verdict.XXXXXX") || exit 1
auth_control_file=$verdict "$LOGIN" "$FILE"
case $? in
0)
	rm -f "$verdict"
	is_let_in
	exit
	;;
2) ;;
*)
	rm -f "$verdict"
	exit 1
	;;
esac

# LOGIN answers later, and so does this; after ten minutes openvpn has given the device up (hand-window 600).
{
	tries=0
	until [ -s "$verdict" ] || [ $tries -ge 6000 ]; do
		sleep 0.1
		tries=$((tries + 1))
	done
	if [ "$(cat "$verdict")" = 1 ] && is_let_in; then echo 1; else echo 0; fi >"$auth_control_file"
	rm -f "$verdict"
} </dev/null >/dev/null 2>&1 &
exit 2
