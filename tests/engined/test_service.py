"""What a service manager hears of the three programs: ready when they are, signs of life from their work and none when they stand still, stopping. This test is
the manager: its socket, its descriptor."""
import os
import signal
import socket
import time

from sauda import BUILD, ENGINE_API, ENV, Engine, TABLES, Tap, spawn, wait_for

tap = Tap()
WATCHDOG = os.path.join(BUILD, "engined", "engine-watchdog")
USEC = 600000


class Manager:
    def __init__(self, folder):
        self.path = os.path.join(folder, "notify")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        self.socket.setblocking(False)
        self.lines = []

    def env(self):
        return {**ENV, "NOTIFY_SOCKET": self.path, "WATCHDOG_USEC": str(USEC)}

    def hear(self):
        while True:
            try:
                self.lines += self.socket.recv(4096).decode().split("\n")
            except BlockingIOError:
                return self.lines

    def beats(self):
        return self.hear().count("WATCHDOG=1")

    def wait(self, line):
        return wait_for(lambda: line in self.hear(), 60)

    def more_beats(self):
        before = self.beats()
        return wait_for(lambda: self.beats() >= before + 2, 60)


def lives(m, process, name):
    tap.ok(m.wait("READY=1"), f"{name}: ready", m.lines)
    tap.ok(m.more_beats(), f"{name}: signs of life go on", m.lines)
    process.send_signal(signal.SIGSTOP)
    m.hear()
    time.sleep(0.2)
    still = m.beats()
    time.sleep(2 * USEC / 1e6)
    tap.equal(m.beats(), still, f"{name}: a process that stands still gives none")
    process.send_signal(signal.SIGCONT)
    tap.ok(m.more_beats(), f"{name}: and gives them again when it goes on")
    process.send_signal(signal.SIGTERM)
    tap.equal(process.wait(60), 0, f"{name}: ends with 0")
    tap.ok("STOPPING=1" in m.hear(), f"{name}: said that it stops", m.lines)


def engine():
    with Engine() as e:
        m = Manager(e.folder)
        e.start("--mode", "demo", env=m.env())
        tap.ok(m.wait("READY=1") and m.lines.index("STATUS=recovery") < m.lines.index("READY=1"), "engined: says the step of its start, then that it is ready", m.lines)
        lives(m, e.process, "engined")


def ordered_over_the_socket():
    """A shutdown that nobody's signal began is a stop all the same, not a crash."""
    with Engine() as e:
        m = Manager(e.folder)
        e.start("--mode", "demo", env=m.env())
        m.wait("READY=1")
        e.call("shutdown")
        tap.equal(e.wait(), 0, "shutdown by command: ends with 0")
        tap.ok("STOPPING=1" in m.hear(), "shutdown by command: said that it stops", m.lines)


def a_start_that_fails():
    with Engine() as e:
        m = Manager(e.folder)
        e.start("--mode", "replay", wait=False, env=m.env())
        tap.equal(e.wait(), 1, "a start that is refused: ends with 1")
        tap.ok("READY=1" not in m.hear(), "a start that is refused: never ready", m.lines)


def watchdog():
    with Engine() as e:
        os.makedirs(e.runtime)
        os.makedirs(e.state)
        m = Manager(e.folder)
        p = spawn([WATCHDOG, "--mode", "demo", "--state", e.state, "--runtime", e.runtime, "--tables", TABLES], env=m.env())
        lives(m, p, "engine-watchdog")


def listening(path):
    s = socket.socket(socket.AF_UNIX)
    s.bind(path)
    s.listen(16)
    return s


def api():
    """engine-api with a listener that is not its own: it serves there, leaves the file alone, and who comes while it is away waits."""
    with Engine() as e:
        os.makedirs(e.runtime)
        m = Manager(e.folder)
        path = os.path.join(e.folder, "lent.sock")
        lent = listening(path)

        def begin():
            script = 'LISTEN_PID=$$ LISTEN_FDS=1 exec "$0" --runtime "$1"'
            return spawn(["sh", "-c", script, ENGINE_API, e.runtime], env=m.env(), close_fds=False, preexec_fn=lambda: os.dup2(lent.fileno(), 3))
        lives(m, begin(), "engine-api")
        tap.ok(os.path.exists(path), "engine-api: leaves the manager's socket where it is")
        tap.ok(not os.path.exists(os.path.join(e.runtime, "api.sock")), "engine-api: made none of its own")
        from harness import fcgi_request
        with socket.socket(socket.AF_UNIX) as c:
            c.settimeout(60)
            c.connect(path)
            c.sendall(fcgi_request())
            p = begin()
            tap.has(c.recv(65536).decode(errors="replace"), ["503", "alive"], "engine-api: who waited is answered")
        p.terminate()
        tap.equal(p.wait(60), 0, "engine-api: ends with 0")


for test in (engine, ordered_over_the_socket, a_start_that_fails, watchdog, api):
    tap.run(test)
tap.done()
