"""The programs compared: one class each, one method a verb.

A verb returns the `Command` to be measured, or None where the program has no such verb. What has to
happen around it and is not part of the work (making a store, remembering a name) is done in
`begin`, `pushed` and `end`, which nobody times.
"""

import dataclasses
import os
import pathlib
import re
import shutil
import subprocess

HERE = pathlib.Path(__file__).resolve().parent


@dataclasses.dataclass
class Command:
    """What to run, where, and where its result lies."""
    argv: list
    cwd: pathlib.Path = None
    stdout: pathlib.Path = None
    result: pathlib.Path = None


class Tool:
    name = ""  # on our command line
    title = ""  # in the tables
    verbs = {"push", "again", "push v2", "push v3", "pull", "cat", "verify"}
    keeps_links = True  # false: symbolic links are taken out of what it is given
    keeps_modes = True  # false: the executable bit is not compared
    debian = None  # the Debian package that brings it

    def __init__(self, artifact, venv):
        self.artifact, self.venv = artifact, venv

    def missing(self):
        """Why the program cannot run here, or None."""
        program = self.program()
        return None if shutil.which(program) else f"{program} is not installed"

    def program(self):
        return self.name

    def version(self):
        text = subprocess.run([self.program(), "--version"], capture_output=True, text=True,
                              stdin=subprocess.DEVNULL).stdout
        found = re.search(r"\d+(\.\d+)*\S*", text)
        return found.group().rstrip(",") if found else "unknown"

    def begin(self, root, source):
        """Makes an empty store below the empty folder `root`, for the tree `source.path`."""
        self.root, self.source = root, source
        self.store = root / "store"
        for name in ("home", "cache", "state", "tmp"):
            (root / name).mkdir(parents=True)
        self.init()

    def environment(self):
        """Everything a program keeps beside the store lies on the same disk as the store."""
        return {
            "PATH": os.environ["PATH"], "LANG": "C.UTF-8", "TZ": "UTC",
            "HOME": str(self.root / "home"), "TMPDIR": str(self.root / "tmp"),
            "XDG_CACHE_HOME": str(self.root / "cache"), "XDG_STATE_HOME": str(self.root / "state"),
            "XDG_CONFIG_HOME": str(self.root / "home"),
        }

    def quietly(self, *argv, cwd=None):
        done = subprocess.run([str(a) for a in argv], cwd=cwd, env=self.environment(),
                              stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"error: {self.name} cannot be set up\n  why: {done.stderr.strip()}")

    def init(self):
        pass

    def push(self, version):
        return None

    def pushed(self, version):
        pass

    def pull(self, version, folder):
        """Fetches a version below the empty `folder`; `Command.result` is the tree's root."""
        return None

    def cat(self, version, path, folder):
        """Fetches one file of a version; `Command.result` is the file it lands in."""
        return None

    def verify(self):
        return None

    def size(self):
        """Bytes and files of the store."""
        return measured_size(self.store)

    def end(self):
        pass


def measured_size(path):
    if not path.is_dir():
        return path.stat().st_size, 1
    count = total = 0
    for folder, _, names in os.walk(path):
        for name in names:
            total += os.lstat(os.path.join(folder, name)).st_size
            count += 1
    return total, count


class Artifact(Tool):
    name = title = "artifact"
    options = ()

    def program(self):
        return str(self.artifact)

    def init(self):
        self.quietly(self.artifact, "init", self.store)

    def call(self, *argv, **options):
        return Command([self.artifact, "--store", self.store, *argv], **options)

    def push(self, version):
        return self.call("push", self.source.path, "data", *self.options)

    def pull(self, version, folder):
        return self.call("pull", f"data@{version[1:]}", folder / "data", result=folder / "data")

    def cat(self, version, path, folder):
        out = folder / "out"
        return self.call("cat", f"data@{version[1:]}:{path}", stdout=out, result=out)

    def verify(self):
        return self.call("verify")


class ArtifactLevel3(Artifact):
    name, title = "artifact-l3", "artifact push --level 3"
    options = ("--level", "3")
    verbs = {"push"}


class Restic(Tool):
    name = title = debian = "restic"

    def version(self):
        text = subprocess.run(["restic", "version"], capture_output=True, text=True).stdout
        return text.split()[1]

    def environment(self):
        return {**super().environment(), "RESTIC_PASSWORD": "benchmark",
                "RESTIC_REPOSITORY": str(self.store), "RESTIC_CACHE_DIR": str(self.root / "cache")}

    def init(self):
        self.quietly("restic", "init")

    def push(self, version):
        return Command(["restic", "-q", "backup", "--host", "bench", "--tag", version, "."],
                       cwd=self.source.path)

    def pull(self, version, folder):
        return Command(["restic", "-q", "restore", "latest", "--tag", version, "--target", folder],
                       result=folder)

    def cat(self, version, path, folder):
        out = folder / "out"
        return Command(["restic", "-q", "dump", "--tag", version, "latest", f"/{path}"],
                       stdout=out, result=out)

    def verify(self):
        return Command(["restic", "-q", "check", "--read-data"])


class Borg(Tool):
    name = title = "borg"
    debian = "borgbackup"

    def environment(self):
        return {**super().environment(), "BORG_BASE_DIR": str(self.root / "home"),
                "BORG_CACHE_DIR": str(self.root / "cache/borg"),
                "BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK": "yes"}

    def init(self):
        self.pushes = 0
        self.quietly("borg", "init", "--encryption=none", self.store)

    def push(self, version):
        # An archive name serves once: "again" needs another.
        self.pushes += 1
        self.latest = f"{version}-{self.pushes}"
        return Command(["borg", "create", f"{self.store}::{self.latest}", "."],
                       cwd=self.source.path)

    def pushed(self, version):
        self.archives = {**getattr(self, "archives", {}), version: self.latest}

    def pull(self, version, folder):
        return Command(["borg", "extract", f"{self.store}::{self.archives[version]}"],
                       cwd=folder, result=folder)

    def cat(self, version, path, folder):
        out = folder / "out"
        archive = f"{self.store}::{self.archives[version]}"
        return Command(["borg", "extract", "--stdout", archive, path], stdout=out, result=out)

    def verify(self):
        return Command(["borg", "check", "--verify-data", self.store])


class Casync(Tool):
    name = title = debian = "casync"
    options = ()

    def init(self):
        self.store.mkdir()

    def version(self):
        return subprocess.run(["casync", "--version"], capture_output=True,
                              text=True).stdout.split()[-1]

    def call(self, verb, version, *argv, **options):
        return Command(["casync", verb, *self.options, f"--store={self.store}/store.castr",
                        self.store / f"{version}.caidx", *argv], **options)

    def push(self, version):
        return self.call("make", version, self.source.path)

    def pull(self, version, folder):
        return self.call("extract", version, folder / "data", result=folder / "data")

    def verify(self):
        """It has no verb for this; `digest` reads and checks every chunk of one version."""
        return self.call("digest", "v1")


class CasyncCache(Casync):
    """With its optional cache of what was seen, off by default, as restic's and borg's is on."""
    name, title = "casync-cache", "casync --cache"
    verbs = {"push", "again", "push v2"}

    def program(self):
        return "casync"

    @property
    def options(self):
        return (f"--cache={self.root}/cache",)


class HfXet(Tool):
    name = title = "hf-xet"
    keeps_modes = False

    def missing(self):
        return None

    def version(self):
        return installed_version(self.venv, "hf-xet")

    def environment(self):
        return {**super().environment(), "HF_HOME": str(self.root / "cache"),
                "HF_XET_TELEMETRY_ENABLED": "0", "HF_HUB_DISABLE_TELEMETRY": "1"}

    def init(self):
        self.store.mkdir()

    def call(self, verb, version, argument, **options):
        return Command([self.venv / "bin/python", HERE / "hfxet.py", verb, self.store,
                        self.root / f"{version}.json", argument], **options)

    def push(self, version):
        return self.call("push", version, self.source.path)

    def pull(self, version, folder):
        return self.call("pull", version, folder / "data", result=folder / "data")

    def cat(self, version, path, folder):
        out = folder / "out"
        return self.call("cat", version, path, stdout=out, result=out)

    def size(self):
        """Data and its index; the lookup tables beside them belong to the client or to a server."""
        parts = [measured_size(self.store / "xet/xorbs" / name) for name in ("xorbs", "shards")]
        return sum(size for size, _ in parts), sum(files for _, files in parts)


class Dvc(Tool):
    name, title = "dvc", "DVC"
    keeps_links = keeps_modes = False

    def missing(self):
        return None

    def program(self):
        return str(self.venv / "bin/dvc")

    def version(self):
        return installed_version(self.venv, "dvc")

    def environment(self):
        return {**super().environment(), "DVC_NO_ANALYTICS": "1"}

    def init(self):
        """DVC keeps folders of its own workspace: the source moves in for the time being."""
        self.store.mkdir()
        self.workspace = self.root / "workspace"
        self.prepare(self.workspace)
        self.home = self.source.path
        self.source.move(self.workspace / "data")

    def prepare(self, workspace):
        workspace.mkdir()
        self.quietly(self.program(), "init", "--no-scm", "-q", cwd=workspace)
        for key, value in (("cache.dir", self.store), ("cache.type", "copy"),
                           ("core.check_update", "false"),
                           ("core.site_cache_dir", self.root / "cache")):
            self.quietly(self.program(), "config", key, value, cwd=workspace)

    def push(self, version):
        return Command([self.program(), "add", "-q", "data"], cwd=self.workspace)

    def pushed(self, version):
        shutil.copy(self.workspace / "data.dvc", self.root / f"{version}.dvc")

    def checkout(self, version, folder, target, result):
        workspace = folder / "workspace"
        self.prepare(workspace)
        shutil.copy(self.root / f"{version}.dvc", workspace / "data.dvc")
        return Command([self.program(), "checkout", "-q", *target], cwd=workspace,
                       result=workspace / result)

    def pull(self, version, folder):
        return self.checkout(version, folder, [], "data")

    def cat(self, version, path, folder):
        """It has no verb for this; a checkout of the one file comes closest."""
        return self.checkout(version, folder, [f"data/{path}"], f"data/{path}")

    def end(self):
        self.source.move(self.home)


class Tar(Tool):
    """The plain baseline: no deduplication, no index. Its "unchanged push" is a walk with `find`."""
    name, title = "tar", "tar, zstd -1"
    debian = "zstd"

    def version(self):
        return Tool.version(self) + " and zstd " + subprocess.run(
            ["zstd", "--version"], capture_output=True, text=True).stdout.split("v")[-1].split(",")[0]

    def shell(self, text, *argv, **options):
        return Command(["bash", "-c", f"set -o pipefail; {text}", "bash", *argv], **options)

    def file(self, version):
        return self.store / f"{version}.tar.zst"

    def init(self):
        self.store.mkdir()
        self.seen = set()

    def push(self, version):
        if version in self.seen:
            return Command(["find", self.source.path, "-printf", "%s %T@ %i\\n"],
                           stdout=self.root / "found")
        return self.shell('tar -C "$1" -cf - . | zstd -q -f -1 -T2 -o "$2"',
                          self.source.path, self.file(version))

    def pushed(self, version):
        self.seen.add(version)

    def pull(self, version, folder):
        return Command(["tar", "-I", "zstd", "-xf", self.file(version), "-C", folder],
                       result=folder)

    def cat(self, version, path, folder):
        out = folder / "out"
        return Command(["tar", "-I", "zstd", "-xOf", self.file(version), f"./{path}"],
                       stdout=out, result=out)

    def verify(self):
        return self.shell('for f in "$1"/*; do zstd -q -t "$f" || exit; done', self.store)


def installed_version(venv, package):
    code = f"import importlib.metadata as m; print(m.version('{package}'))"
    return subprocess.run([venv / "bin/python", "-c", code], capture_output=True,
                          text=True).stdout.strip()


ALL = [Artifact, ArtifactLevel3, Restic, Borg, Casync, CasyncCache, HfXet, Dvc, Tar]
