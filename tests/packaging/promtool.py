"""Prometheus' own checker of rules and metrics."""
import os
import shutil
import subprocess


def promtool(folder):
    """The program; in full its package is unpacked, not installed: that would start a server here."""
    found = shutil.which("promtool")
    if found or not os.environ.get("CHECK_FULL"):
        return found
    if subprocess.run("apt-get -q download prometheus && dpkg-deb -x prometheus_*.deb .", shell=True, cwd=folder, capture_output=True).returncode:
        return None
    return os.path.join(folder, "usr", "bin", "promtool")
