"""Packages of npm's that tests run or compare with, installed once on each machine from locks of ours."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

FILES = ("package.json", "package-lock.json")
INSTALL_SECONDS = 240


def installed(package: Path) -> Path:
    """Returns the folder of a package, which whoever comes first installs. Fails where that can't be."""
    lock = hashlib.sha256(b"".join((package / name).read_bytes() for name in FILES)).hexdigest()[:16]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "florin"
    cache.mkdir(parents=True, exist_ok=True)
    folder = cache / f"{package.name}-{lock}"
    with (cache / f"{package.name}.lock").open("w") as alone:
        fcntl.flock(alone, fcntl.LOCK_EX)
        if not folder.is_dir():
            _install(package, folder)
    return folder


def _install(package: Path, folder: Path) -> None:
    npm = shutil.which("npm")
    assert npm, f"{package.name} is installed by npm, which this machine lacks: apt-get install npm"
    with tempfile.TemporaryDirectory(dir=folder.parent) as unfinished:
        for name in FILES:
            shutil.copyfile(package / name, Path(unfinished) / name)
        command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", unfinished]
        done = subprocess.run(
            command, cwd=unfinished, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False
        )
        assert done.returncode == 0, f"npm could not install {package.name}: {done.stderr}"
        shutil.copytree(unfinished, folder, symlinks=True)
