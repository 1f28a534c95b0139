"""The MongoDB server that tests of the store run against: $MONGODB_TEST_URI, else `mongod` on the PATH, else FerretDB. One that this file starts can be
killed and started again on the same port and data."""
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class Missing(Exception):
    """No server is to be had; the text says why."""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def fast_folder():
    """The server's own durability is not under test: memory, where there is some."""
    shm = "/dev/shm"
    return tempfile.mkdtemp(prefix="sauda-mongo-", dir=shm if os.access(shm, os.W_OK) else None)


class Server:
    def __init__(self):
        self.given = os.environ.get("MONGODB_TEST_URI")
        self.process = None
        self.folder = None
        if self.given:
            self.name = "the server of MONGODB_TEST_URI"
            return
        self.port = free_port()
        mongod = shutil.which("mongod")
        if mongod:
            self.name = "mongod"
            self.command = lambda: [mongod, "--port", str(self.port), "--bind_ip", "127.0.0.1", "--dbpath", self.folder, "--quiet"]
        else:
            built = subprocess.run([os.path.join(TOP, "packaging", "ferretdb.sh")], capture_output=True, text=True, check=False)
            if built.returncode != 0:
                raise Missing("no MONGODB_TEST_URI, no mongod on the PATH, and " + (built.stderr.strip().splitlines() or ["no FerretDB"])[-1])
            self.name = "FerretDB"
            self.command = lambda: [built.stdout.strip(), "127.0.0.1:%d" % self.port, self.folder]
        self.folder = fast_folder()
        self.start()

    def uri(self):
        """Ends with the slash that a database's name comes after."""
        if self.given:
            return self.given.split("?")[0].rstrip("/") + "/"
        return "mongodb://127.0.0.1:%d/" % self.port

    def can_die(self):
        return not self.given

    def start(self):
        self.process = subprocess.Popen(self.command(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(600):
            with socket.socket() as s:
                if s.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            if self.process.poll() is not None:
                raise Missing("%s ended at once with status %s" % (self.name, self.process.returncode))
            time.sleep(0.05)
        raise Missing("%s does not answer on port %d" % (self.name, self.port))

    def kill(self):
        if self.process:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
            self.process = None

    def pause(self, still):
        """A server that takes connections and answers nothing."""
        self.process.send_signal(signal.SIGSTOP if still else signal.SIGCONT)

    def close(self):
        self.kill()
        if self.folder:
            shutil.rmtree(self.folder, ignore_errors=True)
