"""The environment that leads the unmodified SDK to neosim, and its way through login and validate."""
import os

from sim import CREDENTIALS, wait_for

STEP = 30 * 10**9


def enter(sim):
    """Must run before the package is imported: it reads some of this at import. Nothing of the caller's proxies may remain."""
    for name in list(os.environ):
        if name.lower() in ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "ws_proxy", "wss_proxy", "socks_proxy", "ssl_cert_dir"):
            del os.environ[name]
    folder = sim.folder.name
    os.environ.update(HTTPS_PROXY=f"http://127.0.0.1:{sim.ports['proxy_port']}", SSL_CERT_FILE=sim.ports["ca"], HOME=folder,
                      NEO_SCRIP_CACHE_DIR=os.path.join(folder, "scrips"), NEO_HOLDINGS_CACHE_DIR=os.path.join(folder, "holdings"),
                      NEO_LOG_FILE_ENABLED="false", NEO_LOG_LEVEL="NOLOG")
    os.chdir(folder)  # the package looks for a settings file in the working folder


def code(sim):
    """A TOTP code of neosim's time, of a step no code was used in before. The step after the present one is taken too (RFC 6238's window)."""
    import pyotp
    last = getattr(sim, "totp_step", -1)
    wait_for(lambda: sim.now() // STEP >= last, "the next TOTP step")
    sim.totp_step = max(sim.now() // STEP, last + 1)
    return pyotp.TOTP(CREDENTIALS["totp_secret"]).at(sim.totp_step * 30)


def client():
    from neo_api_client import NeoAPI
    return NeoAPI(consumer_key=CREDENTIALS["consumer_key"])


def logged_in(sim):
    c = client()
    first = c.totp_login(CREDENTIALS["mobile"], CREDENTIALS["ucc"], code(sim))
    second = c.totp_validate(CREDENTIALS["mpin"])
    assert c.configuration.edit_token, (first, second)
    return c
