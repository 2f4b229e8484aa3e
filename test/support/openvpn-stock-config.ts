/** The client configuration that balena's cloud hands out to devices, with its CA left out. */
export const STOCK_CONFIG = `client
remote cloudlink.example.com 443
resolv-retry infinite

remote-cert-tls server
tls-version-min 1.2
<ca>
-----BEGIN CERTIFICATE-----
-----END CERTIFICATE-----
</ca>

auth-user-pass /var/volatile/vpn-auth
auth-retry none
script-security 2

up /etc/openvpn-misc/upscript.sh
up-restart
down /etc/openvpn-misc/downscript.sh

comp-lzo
dev resin-vpn
dev-type tun
proto tcp
nobind

persist-key
persist-tun
verb 3
user openvpn
group openvpn

reneg-bytes 0
reneg-pkts 0
reneg-sec 0
`;
