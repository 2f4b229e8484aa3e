#!/bin/sh
mkdir -p /run/openvpn/vpn_status
: >/run/openvpn/vpn_status/active
chown -R openvpn:openvpn /run/openvpn/vpn_status
