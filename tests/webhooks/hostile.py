"""Addresses that must never be sent to, each with the trick that it tries."""

# ruff: noqa: RUF001, S104 - confusing letters and odd addresses are the matter here

PATH = "/latest/meta-data/"

# What stands in an URL as it is; most of these are refused before anything is looked up.
WRITTEN: tuple[tuple[str, str], ...] = (
    # IPv4 in full
    *(("a network of its own", f"https://{address}{PATH}") for address in (
        "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.100.100.200",
        "100.127.255.255",
        "127.0.0.1", "127.0.0.2", "127.1.1.1", "127.255.255.255", "168.63.129.16", "169.254.0.1",
        "169.254.169.254", "169.254.169.253", "169.254.170.2", "172.16.0.1", "172.31.255.255", "192.0.0.1",
        "192.0.0.8", "192.0.0.170", "192.0.0.192", "192.0.2.1", "192.31.196.1", "192.52.193.1", "192.88.99.1",
        "192.168.0.1", "192.168.255.255", "192.175.48.1", "198.18.0.1", "198.19.255.255", "198.51.100.1",
        "203.0.113.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
    )),
    # other ways to write 127.0.0.1 and 169.254.169.254
    *(("a number", f"https://{host}{PATH}") for host in (
        "2130706433", "2852039166", "017700000001", "025177524776", "0x7f000001", "0x7F000001", "0xa9fea9fe",
        "127.1", "127.0.1", "0177.0.0.1", "0177.1", "0x7f.1", "0x7f.0x0.0x0.0x1", "0251.0376.0251.0376",
        "0xa9.0xfe.0xa9.0xfe", "169.254.43518", "169.16689662", "0", "0x0", "00000000", "0.0", "1", "10.1",
        "0000127.0.0.1", "127.0.0.01", "127.0.0.0x1", "127.0.0.1.", "127.0.0.1..", "127..0.0.1", "256.0.0.1",
        "127.0.0.1.0", "4294967296", "2130706433.", "shop.0x7f000001", "shop.1", "0x", "18446744073709551617",
    )),
    # IPv6
    *(("IPv6", f"https://[{address}]{PATH}") for address in (
        "::", "::1", "0:0:0:0:0:0:0:1", "0000:0000:0000:0000:0000:0000:0000:0001", "::127.0.0.1", "::7f00:1",
        "::ffff:127.0.0.1", "::ffff:7f00:1", "::ffff:169.254.169.254", "::ffff:a9fe:a9fe", "::ffff:10.0.0.1",
        "::ffff:0:127.0.0.1", "::ffff:8.8.8.8", "::8.8.8.8", "64:ff9b::127.0.0.1", "64:ff9b::a9fe:a9fe",
        "64:ff9b::10.0.0.1", "64:ff9b:1::a00:1", "100::1", "2001::1", "2001:0:7f00:1::", "2001:2::1",
        "2001:10::1", "2001:20::1", "2001:db8::1", "2002:7f00:1::", "2002:a9fe:a9fe::1", "2002:a00:1::1",
        "2002:c0a8:1::1", "2620:4f:8000::1", "3fff::1", "4000::1", "5f00::1", "fc00::1", "fd00::1",
        "fd00:ec2::254", "fd20:ce::254", "fe80::1", "febf::1", "fec0::1", "ff02::1", "ff05::1:3",
        "2600:1f18:1::5efe:7f00:1", "2600:1f18:1::5efe:a9fe:a9fe", "2600:1f18:1::200:5efe:a00:1",
    )),
    *(("a zone or no address at all", f"https://[{address}]{PATH}") for address in (
        "fe80::1%25eth0", "fe80::1%eth0", "::1%25lo", "::1%lo", "2600:1f18::1%251", ":::1", "::1::", "1", "",
        "127.0.0.1", "::ffff:127.0.0.1.", "v1.fe80::a", "::ffff:0x7f.1", "2600:1f18::g",
    )),
    # names
    *(("a name of this machine", f"https://{host}{PATH}") for host in (
        "localhost", "LOCALHOST", "localhost.", "shop.localhost", "localhost.localdomain", "printer.local",
        "metadata.google.internal", "db", "ip6-localhost", "router.home.arpa",
        "kubernetes.default.svc.cluster.local",
    )),
    # two readers, two hosts
    *(("user-info", f"https://{authority}{PATH}") for authority in (
        "shop.test@127.0.0.1", "shop.test:443@127.0.0.1", "@127.0.0.1", ":@127.0.0.1", "user:pass@localhost",
        "shop.test%40127.0.0.1", "127.0.0.1#@shop.test", "127.0.0.1?@shop.test", "shop.test\\@127.0.0.1",
        "127.0.0.1\\@shop.test", "127.0.0.1\\.shop.test", "shop.test@127.0.0.1@shop.test", "[::1]@shop.test",
        "shop.test@[::1]",
    )),
    *(("control characters", f"https://{authority}{PATH}") for authority in (
        "127.0.0.1\r\nHost: shop.test\r\n", "shop.test\r\n\r\nGET / HTTP/1.1\r\n", "shop.test\tlocalhost",
        "127.0.0.1\t", "\t127.0.0.1", "shop.test\0.localhost", "127.0.0.1\0.shop.test", "shop.test localhost",
        " 127.0.0.1", "127.0.0.1 ", "shop.test\x0b", "shop.test\x7f", "127.0.0.1\n",
    )),
    ("CRLF in the path", "https://shop.test/\r\nX-Injected: yes"),
    ("CRLF in the query", "https://shop.test/?a=\r\n\r\nGET /admin HTTP/1.1"),
    ("a tab within the scheme", "ht\ttps://127.0.0.1/"),
    ("a line before", "\nhttps://127.0.0.1/"),
    *(("escapes", f"https://{host}{PATH}") for host in (
        "%31%32%37.0.0.1", "127%2e0%2e0%2e1", "%6c%6f%63%61%6c%68%6f%73%74", "127.0.0.1%00.shop.test",
        "127.0.0.1%0d%0a", "shop.test%2f@127.0.0.1", "%5b::1%5d",
    )),
    *(("letters beyond ASCII", f"https://{host}{PATH}") for host in (
        "127。0。0。1", "127．0．0．1", "127｡0｡0｡1", "１２７.0.0.1",
        "①②⑦.⓪.⓪.①", "١٢٧.٠.٠.١", "१२७.०.०.१", "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ", "ｌｏｃａｌｈｏｓｔ",
        "locaIho\u017ft", "localhost\u200b", "local\u00adhost", "\ufeff127.0.0.1", "127.0.0.1\u202e",
        "169.254.169.２５４",
    )),
    # schemes and shapes
    *(("no web address", url) for url in (
        "file:///etc/passwd", "gopher://127.0.0.1:6379/_FLUSHALL", "dict://127.0.0.1:11211/",
        "ftp://127.0.0.1/",
        "ldap://127.0.0.1/", "unix:///var/run/docker.sock", "//127.0.0.1/", "http:127.0.0.1",
        "http:/127.0.0.1",
        "http:///127.0.0.1", "https:\\\\127.0.0.1", "javascript:alert(1)", "jar:https://127.0.0.1!/", "https://",
        "http://:80/", "https://?", "https://#", "127.0.0.1", "localhost:8000", "",
    )),
    # doors of live mode
    *(("a port that is no web server's", f"https://shop.test:{port}/") for port in (
        0, 22, 25, 53, 111, 445, 2375, 3306, 5432, 5984, 6379, 6443, 8000, 8500, 9200, 11211, 27017, 65535,
        65536, 99999,
    )),
    ("a port that is no number", "https://shop.test:443abc/"),
    ("a port in foreign digits", "https://shop.test:４４３/"),
    ("a negative port", "https://shop.test:-1/"),
    ("without TLS", "http://shop.test/"),
)  # fmt: skip

# What a harmless name may lead to. One such address among good ones is enough.
PUBLIC = "93.184.215.14"
RESOLVED: tuple[tuple[str, ...], ...] = (
    ("127.0.0.1",), ("0.0.0.0",), ("10.1.2.3",), ("100.64.3.4",), ("169.254.169.254",), ("172.20.0.5",),
    ("192.168.1.1",), ("198.18.0.9",), ("224.0.0.251",), ("255.255.255.255",), ("168.63.129.16",), ("::1",),
    ("::",), ("::ffff:127.0.0.1",), ("::ffff:169.254.169.254",), ("::127.0.0.1",), ("64:ff9b::7f00:1",),
    ("64:ff9b::a9fe:a9fe",), ("2002:7f00:1::",), ("2002:a9fe:a9fe::",),
    ("2001:0:4136:e378:8000:63bf:3fff:fdd2",),
    ("fe80::1",), ("fe80::1%eth0",), ("fd00:ec2::254",), ("fc00::7",), ("ff02::1",), ("fec0::1",),
    (PUBLIC, "127.0.0.1"), ("127.0.0.1", PUBLIC), (PUBLIC, "::1"), ("2606:2800:21f:cb07::1", "fe80::1"),
    (PUBLIC, PUBLIC, "10.0.0.1"),
)  # fmt: skip
