"""A path between two network namespaces, for kernels without netem: two TUN devices, and between them delay,
random loss, a rate and a queue. Carries any IP packet. Usage: relay.py NS_A NS_B, then one JSON line a setting.
"""
import fcntl, heapq, json, os, random, select, struct, subprocess, sys, time

TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000


def tun(name, ns, address):
    fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH", name.encode(), IFF_TUN | IFF_NO_PI))
    run = lambda *command: subprocess.run(command, check=True)
    run("ip", "link", "set", name, "netns", ns)
    inside = ("ip", "-n", ns)
    run(*inside, "link", "set", "lo", "up")
    run(*inside, "address", "add", address + "/24", "dev", name)
    run(*inside, "link", "set", name, "mtu", "1500", "txqueuelen", "2000", "up")
    return fd


class Direction:
    def __init__(self, source, target):
        self.source, self.target = source, target
        self.free_at = 0.0

    def take(self, setting, now, queue):
        while True:
            try:
                packet = os.read(self.source, 2048)
            except BlockingIOError:
                return
            if random.random() < setting["loss"]:
                continue
            start = max(now, self.free_at)
            if start - now > setting["queueMs"] / 1000:
                continue
            self.free_at = start + len(packet) / setting["bytesPerMs"] / 1000
            heapq.heappush(queue, (self.free_at + setting["delayMs"] / 1000, next(order), self.target, packet))


def counter():
    number = 0
    while True:
        yield number
        number += 1


order = counter()
a = tun("cl-bench-a", sys.argv[1], "10.77.0.1")
b = tun("cl-bench-b", sys.argv[2], "10.77.0.2")
ways = {a: Direction(a, b), b: Direction(b, a)}
setting = {"delayMs": 10, "loss": 0.0, "bytesPerMs": 2500, "queueMs": 100}
queue = []
print("ready", flush=True)
while True:
    now = time.monotonic()
    while queue and queue[0][0] <= now:
        _, _, target, packet = heapq.heappop(queue)
        try:
            os.write(target, packet)
        except OSError:
            pass
    wait = max(0.0, queue[0][0] - time.monotonic()) if queue else 1.0
    readable, _, _ = select.select([a, b, sys.stdin], [], [], wait)
    for fd in readable:
        if fd is sys.stdin:
            line = sys.stdin.readline()
            if not line:
                sys.exit(0)
            setting.update(json.loads(line))
            print("set", flush=True)
        else:
            ways[fd].take(setting, time.monotonic(), queue)
