"""MongoDB behind TLS, as a hosted one is: the connection string's own options are believed and nothing less. A proxy with a certificate of its own stands before the
server of the other tests. Skipped, and said so, without a server or openssl."""
import os
import shutil
import socket
import ssl
import subprocess
import sys
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "engined"))
sys.path.insert(0, HERE)
from mongo_server import Missing, Server  # noqa: E402
from sauda import ENV, PATIENCE, Engine, Tap, wait_for  # noqa: E402

tap = Tap()


def certificate(folder, name, host):
    """Of its own authority; for one host name alone."""
    cert, key = os.path.join(folder, name + ".pem"), os.path.join(folder, name + ".key")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=" + host,
                    "-addext", f"subjectAltName=DNS:{host}", "-keyout", key, "-out", cert], check=True, capture_output=True)
    return cert, key


def copy(source, target):
    try:
        while data := source.recv(65536):
            target.sendall(data)
    except OSError:
        pass
    for s in (source, target):
        try:
            s.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


class Proxy:
    """TLS outside, the server's port inside."""

    def __init__(self, port, cert, key):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(cert, key)
        self.inside, self.served = port, 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            client, _ = self.listener.accept()
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, raw):
        try:
            client = self.context.wrap_socket(raw, server_side=True)
            server = socket.create_connection(("127.0.0.1", self.inside))
        except OSError:
            raw.close()
            return
        self.served += 1
        threading.Thread(target=copy, args=(server, client), daemon=True).start()
        copy(client, server)


def store_of(uri, good):
    """What the status says of the store when it is well, or has something to say."""
    with Engine() as e:
        e.start("--mode", "demo", speed=1, env={**ENV, "MONGODB_URI": uri})
        wait_for(lambda: e.call("status")["store"]["ok" if good else "error"], PATIENCE)
        status = e.call("status")
        return status["store"], status["state"], e.said()


def whole(server, folder):
    cert, key = certificate(folder, "right", "localhost")
    other, _ = certificate(folder, "other", "localhost")
    proxy = Proxy(server.port, cert, key)

    def uri(host, ca, port=None):
        return f"mongodb://{host}:{port or proxy.port}/tls?tls=true&tlsCAFile={ca}"

    store, _, said = store_of(uri("localhost", cert), True)
    tap.ok(store["backend"] == "mongodb" and store["ok"] and proxy.served > 0, "with the authority's certificate rows are written through TLS", (store, said))
    before = proxy.served
    for what, address in (("a certificate of an authority that is not trusted", uri("localhost", other)), ("a certificate of another host", uri("127.0.0.1", cert)),
                          ("no TLS where TLS is asked for", uri("localhost", cert, server.port)), ("TLS where none is asked for", f"mongodb://localhost:{proxy.port}/tls")):
        store, state, said = store_of(address, False)
        tap.ok(not store["ok"] and store["error"], f"{what} is refused, and said", (store, said))
        tap.equal(state, "running", "and the engine runs on")
    tap.equal(proxy.served, before, "none of them came through")


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    try:
        if not shutil.which("openssl"):
            raise Missing("openssl is not on the PATH")
        with Engine() as place:
            os.makedirs(place.state, exist_ok=True)
            database = Server()
            if database.given:
                raise Missing("the server of MONGODB_TEST_URI is somewhere else")
            try:
                tap.run(whole, database, place.state)
            finally:
                database.kill()
    except Missing as why:
        tap.skip("MongoDB behind TLS", why)
    tap.done()
