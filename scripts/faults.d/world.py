"""A world: a store with its users' folders below one scratch folder; what must be in it, and whether it is."""
import json, os, random, re, shutil, signal, subprocess, tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TIMEOUT = 30
#: What a killed or failed command may leave beside a destination until it is run again.
LEFTOVER = re.compile(rb"^\.artifact-pull-|^\.[0-9a-f]{16}\.artifact-export$")


class Broken(Exception):
    """A property does not hold."""


class Call:
    """One line of a trace."""

    def __init__(self, line):
        number, self.name, kind, self.path = line.rstrip("\n").split(" ", 3)
        self.number, self.kind = int(number), int(kind)

    def __str__(self):
        return f"call {self.number}, {self.name} {self.path}"


# ---------------------------------------------------------------------------------------------------------- folders


def snapshot(root):
    """path → (type, bytes) of everything below a folder."""
    found = {}
    root = os.fsencode(root)
    for folder, names, files in os.walk(root):
        for name in names + files:
            full = os.path.join(folder, name)
            path = full[len(root) + 1 :]
            if os.path.islink(full):
                found[path] = ("l", os.readlink(full))
            elif os.path.isdir(full):
                found[path] = ("d", b"")
            else:
                with open(full, "rb") as file:
                    found[path] = ("x" if os.stat(full).st_mode & 0o100 else "f", file.read())
    return found


def lay_out(root, tree):
    """Writes what `snapshot` gives."""
    os.makedirs(root)
    for path, (kind, data) in sorted(tree.items()):
        full = os.path.join(os.fsencode(root), path)
        if kind == "d":
            os.mkdir(full)
        elif kind == "l":
            os.symlink(data, full)
        else:
            with open(full, "wb") as file:
                file.write(data)
            os.chmod(full, 0o755 if kind == "x" else 0o644)


def contents():
    """The folders that are pushed: name → tree."""
    fixed = random.Random(11)
    noise = fixed.randbytes(110_000)
    first = {
        b"a.txt": ("f", b"alpha\n" * 40), b"run.sh": ("x", b"#!/bin/sh\n"), b"latest": ("l", b"sub/b.txt"), b"empty": ("d", b""),
        b"sub": ("d", b""), b"sub/b.txt": ("f", b"beta"), b"sub/twin": ("f", b"beta"), b"sub/none": ("f", b""),
    }
    second = dict(first)
    second.update({b"a.txt": ("f", b"alpha, changed\n"), b"c.bin": ("f", fixed.randbytes(3_000)), b"latest": ("l", b"c.bin")})
    large = {b"weights.bin": ("f", noise), b"weights copy": ("f", noise), b"readme": ("f", b"large\n")}
    larger = dict(large)
    larger[b"weights.bin"] = ("f", noise[:90_000] + fixed.randbytes(500) + noise[90_000:])
    other = {b"o.txt": ("f", b"other\n"), b"sub": ("d", b""), b"sub/b.txt": ("f", b"beta")}
    result = {"first": first, "second": second, "large": large, "larger": larger, "other": other}
    for number in range(17):
        result[f"small{number}"] = {b"n": ("f", b"%d\n" % number)}
    # Packs with few entries are the first whose indexes are merged, those of the wide ones the last.
    x, y = ("f", b"in data and trio\n"), ("f", b"in data and twin\n")
    result |= {"extra-data": {b"e": ("f", b"in data\n"), b"x": x, b"y": y}, "extra-twin": {b"o": ("f", b"in twin\n"), b"y": y}}
    result |= {"extra-trio": {b"t": ("f", b"in trio\n"), b"x": x}}
    for number in range(14):
        result[f"extra-wide{number}"] = {b"%d" % file: ("f", b"%d of %d\n" % (file, number)) for file in range(5)}
    return result


CONTENTS = contents()


# ----------------------------------------------------------------------------------------------------------- program


class Result:
    """How a command ended."""

    def __init__(self, code, output, error):
        self.code, self.output, self.error = code, output, error


class World:
    """One scratch folder: `root` is what the shim watches, `side` is for the harness itself."""

    def __init__(self, base, binary, checker, shim):
        #: `binary` can be preloaded into and is put to the test; `checker` does the rest, and may be a static build of the same.
        self.base, self.binary, self.checker, self.shim = base, binary, checker, shim
        self.root, self.side = os.path.join(base, "world"), os.path.join(base, "side")
        os.makedirs(self.side, exist_ok=True)

    def path(self, *names):
        return os.path.join(self.root, *names)

    def environment(self, faults):
        environment = {"HOME": self.path("home"), "PATH": "/usr/bin:/bin", "ARTIFACT_ACTOR": "tester", "LC_ALL": "C"}
        if faults is not None:
            environment.update({"LD_PRELOAD": self.shim, "FAULTS_ROOT": self.root, "FAULTS_CPUS": "1"})
            environment.update({f"FAULTS_{key.upper()}": str(value) for key, value in faults.items()})
        return environment

    def start(self, words, faults=None):
        """Starts the program; `output()` of the handle tells what it said."""
        output = tempfile.TemporaryFile(dir=self.side)
        error = tempfile.TemporaryFile(dir=self.side)
        process = subprocess.Popen(
            [self.binary if faults else self.checker, *words], stdin=subprocess.DEVNULL, stdout=output, stderr=error, cwd=self.root, close_fds=False,
            env=self.environment(faults))
        return process, output, error

    def finish(self, handle):
        process, output, error = handle
        try:
            process.wait(TIMEOUT)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise Broken(f"it hangs: nothing after {TIMEOUT} s") from None
        said = []
        for file in (output, error):
            file.seek(0)
            said.append(file.read())
            file.close()
        return Result(process.returncode, *said)

    def run(self, words, faults=None):
        return self.finish(self.start(words, faults))

    def must(self, *words):
        """Runs a command that cannot fail."""
        result = self.run(words)
        if result.code != 0:
            raise Broken(f"`{' '.join(words)}` ends with {ending(result.code)}: {last(result.error)}")
        return result

    def kill(self, words, is_wanted):
        """Runs a command that is killed before the first call that `is_wanted`."""
        saved, trace = os.path.join(self.side, "saved"), os.path.join(self.side, "kill")
        shutil.copytree(self.root, saved, symlinks=True)
        result = self.run(words, {"mode": "count", "trace": trace})
        with open(trace, encoding="utf-8", errors="surrogateescape") as file:
            call = next((call for call in map(Call, file) if is_wanted(call)), None)
        os.remove(trace)
        if result.code != 0 or call is None:
            raise Broken(f"`{' '.join(words)}` cannot be killed there: {ending(result.code)}: {last(result.error)}")
        self.restore(saved)
        shutil.rmtree(saved)
        result = self.run(words, {"mode": "before", "at": call.number})
        if result.code != -9:
            raise Broken(f"`{' '.join(words)}` was not killed: {ending(result.code)}: {last(result.error)}")

    # ------------------------------------------------------------------------------------------------------ template

    def clear(self):
        if os.path.isdir(self.root):
            shutil.rmtree(self.root)

    def begin(self, has_extra=False):
        """An empty world: a home, the folders to push, nothing else; some folders only where they are needed."""
        self.clear()
        os.makedirs(self.path("home"))
        os.makedirs(self.path("out"))
        for name, tree in CONTENTS.items():
            if has_extra or not name.startswith("extra-"):
                lay_out(self.path("src", name), tree)

    def restore(self, template):
        self.clear()
        shutil.copytree(template, self.root, symlinks=True)


def ending(code):
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit {code}"


def last(error):
    lines = error.decode(errors="replace").strip().splitlines()
    return " / ".join(line.strip() for line in lines[-3:]) or "nothing said"


# ------------------------------------------------------------------------------------------------------------- facts


class Facts:
    """What is in a world: versions, tags, and what stands in `out/`."""

    def __init__(self, versions=None, tags=None, out=None, stores=(), damaged=()):
        self.stores, self.damaged = set(stores), set(damaged)
        #: (store, name, version) → content; None if it need not come back: erased, or hurt by damage
        self.versions = dict(versions or {})
        #: (store, name, tag) → version
        self.tags = dict(tags or {})
        #: name in `out/` → content, or the bytes of a file
        self.out = dict(out or {})

    def plus(self, versions=None, tags=None, out=None, untagged=(), stores=(), damaged=(), mended=()):
        facts = Facts(self.versions, self.tags, self.out, self.stores | set(stores), (self.damaged | set(damaged)) - set(mended))
        facts.versions.update(versions or {})
        facts.tags.update(tags or {})
        facts.out.update(out or {})
        for key in untagged:
            del facts.tags[key]
        return facts


class Log:
    """The log as it lies on disk, read without the program."""

    def __init__(self, store):
        folder = os.path.join(store, "artifact/log/entry/000000")
        self.entries = {}
        self.versions, self.tags = {}, {}
        for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
            with open(os.path.join(folder, name), "rb") as file:
                self.entries[name] = file.read()
        for name, data in self.entries.items():
            try:
                event = json.loads(data.split(b"\n")[0])
            except ValueError:
                raise Broken(f"log entry {name} is torn: {len(data)} bytes") from None
            if event["event"] == "publish":
                key = (event["name"], event["version"])
                if key in self.versions:
                    raise Broken(f"{key[0]}@{key[1]} is published twice")
                self.versions[key] = event["record"]
            elif event["event"] == "tag":
                self.tags[event["name"], event["tag"]] = event["version"]
            elif event["event"] == "untag":
                self.tags.pop((event["name"], event["tag"]), None)


class Check:
    """Compares a world with what must and what may be in it."""

    def __init__(self, world):
        self.world = world
        self.pulled = set()

    def state(self, before, after, acknowledged, is_final=False):
        """After a fault: `before` was acknowledged earlier, `after` holds once the command is acknowledged.

        With `is_final` nothing but `after` may be there.
        """
        for store in sorted(after.stores):
            must = acknowledged or is_final
            # Without its first entry it is not a store yet.
            if must or store in before.stores or Log(self.world.path(store)).entries:
                self.log(store, before, after, must)
                if must or store not in before.damaged:
                    self.verify(store)
        self.out(before, after, acknowledged or is_final, is_final)

    def log(self, store, before, after, acknowledged):
        log = Log(self.world.path(store))
        for (place, name, version), content in after.versions.items():
            if place == store and (name, version) not in log.versions and (acknowledged or (place, name, version) in before.versions):
                raise Broken(f"{name}@{version} was acknowledged and is gone from {store}")
        for name, version in log.versions:
            if (store, name, version) not in after.versions:
                raise Broken(f"{name}@{version} is in {store} and nobody pushed it")
        for key in {key for key in (*before.tags, *after.tags) if key[0] == store}:
            found = log.tags.get(key[1:])
            allowed = {after.tags.get(key)} if acknowledged else {before.tags.get(key), after.tags.get(key)}
            if found not in allowed:
                raise Broken(f"tag {key[1]}@{key[2]} is on {found}, not on {allowed}")
        for name, version in sorted(log.versions):
            key = (store, name, version)
            if after.versions[key] is None or (not acknowledged and before.versions.get(key, "") is None):
                continue
            # Of many alike one is enough; `verify` reads the others.
            if not name.startswith("small/") or name == "small/n0":
                self.pull(*key, after.versions[key])

    def pull(self, store, name, version, content):
        """The version comes back bit for bit."""
        if (store, name, version) in self.pulled:
            return
        target = os.path.join(self.world.side, "pulled")
        shutil.rmtree(target, ignore_errors=True)
        result = self.world.run(["--store", store, "pull", "--quiet", f"{name}@{version}", target])
        if result.code != 0:
            raise Broken(f"{name}@{version} of {store} cannot be pulled: {ending(result.code)}: {last(result.error)}")
        if snapshot(target) != CONTENTS[content]:
            raise Broken(f"{name}@{version} of {store} came back wrong, with exit 0")
        shutil.rmtree(target)
        self.pulled.add((store, name, version))

    def verify(self, store):
        result = self.world.run(["--store", store, "verify", "--quiet"])
        if result.code != 0:
            raise Broken(f"verify of {store} ends with {ending(result.code)}: {last(result.error + result.output)}")

    def out(self, before, after, acknowledged, is_final):
        base = self.world.path("out")
        outputs = sorted(set(before.out) | set(after.out))
        expected = {os.path.join(base, *name.split("/")[:depth]) for name in outputs for depth in range(1, name.count("/") + 2)}
        for folder in {base, *(os.path.dirname(os.path.join(base, name)) for name in outputs)}:
            for name in os.listdir(folder) if os.path.isdir(folder) else []:
                # A pull takes up what an earlier one left, and an export removes it.
                is_leftover = LEFTOVER.match(os.fsencode(name)) and not is_final
                if os.path.join(folder, name) not in expected and not is_leftover:
                    raise Broken(f"{name} is left behind in out/")
        for name in outputs:
            path = os.path.join(base, name)
            self.one_output(path, os.path.lexists(path), before.out.get(name), after.out.get(name), acknowledged)

    def one_output(self, path, is_there, old, new, acknowledged):
        name = os.path.basename(path)
        if not is_there:
            if old is not None or acknowledged:
                raise Broken(f"out/{name} is gone")
            return
        if isinstance(new, bytes):
            with open(path, "rb") as file:
                if file.read() != new:
                    raise Broken(f"out/{name} is there and not whole")
            return
        found = snapshot(path)
        new = CONTENTS[new]
        old = CONTENTS[old] if old else None
        if old is None or acknowledged:
            # Files that the version does not have always stay.
            wanted = {**(old or {}), **new}
            if found != wanted:
                raise Broken(f"out/{name} is there and not whole: {differing(found, wanted)}")
            return
        for place in set(found) | set(old):
            if found.get(place) not in (old.get(place), new.get(place)) or (place not in found and place in old):
                raise Broken(f"out/{name}: {place!r} is neither the old file nor the new one")

    def swept(self, stores):
        """Whatever was left in tmp/ is gone after the next writer."""
        for store in sorted(stores):
            folder = self.world.path(store, "artifact/tmp")
            if os.listdir(folder):
                self.world.must("--store", store, "push", "--quiet", "src/small0", "sweeper")
                if left := os.listdir(folder):
                    raise Broken(f"{len(left)} left in tmp/ of {store} after the next writer")


def differing(found, wanted):
    places = sorted(place for place in set(found) | set(wanted) if found.get(place) != wanted.get(place))
    return f"{places[0]!r} and {len(places) - 1} more" if places else "nothing"
