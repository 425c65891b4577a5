"""Fetches and keeps what the benchmark needs: a virtual environment, wheels, workloads."""

import hashlib
import json
import os
import pathlib
import subprocess
import sys

from source import remove

HERE = pathlib.Path(__file__).resolve().parent
PLATFORMS = ["manylinux_2_28_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64"]


def say(text):
    print(text, file=sys.stderr, flush=True)


def run(argv, why):
    done = subprocess.run([str(a) for a in argv], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL)
    if done.returncode:
        raise SystemExit(f"error: {why}\n  why: {done.stderr.strip()[-2000:]}")


def environment(cache):
    """Makes the virtual environment of `requirements.txt` unless it is there already."""
    pins = HERE / "requirements.txt"
    key = hashlib.sha256(pins.read_bytes() + sys.version.encode()).hexdigest()[:12]
    venv = cache / f"venv-{key}"
    if (venv / "complete").exists():
        return venv
    say(f"installing DVC, hf-xet and the generators into {venv}")
    remove(venv)
    run([sys.executable, "-m", "venv", venv], "the virtual environment cannot be made")
    run([venv / "bin/python", "-m", "pip", "install", "-q", "--no-deps", "-r", pins],
        "the pinned packages cannot be installed")
    (venv / "complete").touch()
    return venv


def wheels(cache):
    """Downloads the wheels of `wheels.txt` and checks each against its digest."""
    folder = cache / "wheels"
    folder.mkdir(parents=True, exist_ok=True)
    present = {digest(path): path for path in folder.glob("*.whl")}
    lines = (HERE / "wheels.txt").read_text().splitlines()
    for spec, wanted in (line.split() for line in lines if not line.startswith("#")):
        if wanted in present:
            continue
        say(f"downloading {spec}")
        target = cache / "incoming"
        remove(target)
        run([sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary=:all:",
             "--implementation", "cp", "--python-version", "3.11",
             *(f"--platform={p}" for p in PLATFORMS), "-d", target, spec],
            f"{spec} cannot be downloaded")
        (wheel,) = target.glob("*.whl")
        if digest(wheel) != wanted:
            raise SystemExit(f"error: {wheel.name} is not the pinned file\n"
                             f"  why: its SHA-256 is {digest(wheel)}, wheels.txt says {wanted}")
        os.replace(wheel, folder / wheel.name)
    return folder


def digest(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def workload(name, scale, cache, venv, target):
    """Unpacks a workload into the empty folder `target`, generating it on first use.

    Returns its description; the tree is `target/data`, later versions' changes `target/v2`, ...
    """
    key = hashlib.sha256((HERE / "workloads.py").read_bytes()
                         + (HERE / "wheels.txt").read_bytes()).hexdigest()[:12]
    kept = cache / "workloads" / f"{name}-{scale:g}-{key}.tar"
    target.mkdir(parents=True)
    if not kept.exists():
        say(f"generating {name}")
        kept.parent.mkdir(parents=True, exist_ok=True)
        made = target / "made"
        run([venv / "bin/python", HERE / "workloads.py", name, "--wheels", wheels(cache),
             "--out", made, "--scale", str(scale)], f"the workload {name} cannot be generated")
        partial = kept.with_suffix(".partial")
        run(["tar", "-C", made, "-cf", partial, "."], f"{kept} cannot be written")
        os.replace(partial, kept)
        remove(made)
    run(["tar", "-C", target, "-xf", kept], f"{kept} cannot be unpacked")
    os.rename(target / "v1", target / "data")
    return json.loads((target / "meta.json").read_text())
