"""Runs the programs and collects what each step cost."""

import hashlib
import json
import os
import pathlib
import signal
import subprocess
import sys

import provision
from source import Source, content, difference, remove

HERE = pathlib.Path(__file__).resolve().parent
DISK_CALLS = ["fsync", "fdatasync", "syncfs", "sync_file_range", "sync", "msync"]


class Failed(Exception):
    """A program ended with an error or ran out of time; says which."""


class Bench:
    def __init__(self, tools, data, scratch, cache, venv, scale, limit):
        self.tools, self.data, self.scratch = tools, data, scratch
        self.cache, self.venv, self.scale, self.limit = cache, venv, scale, limit
        self.expected = {}
        self.given_up = set()

    # --- one command ---

    def measure(self, tool, command, prefix=()):
        """Runs a command and returns its cost, as measure.py words it."""
        report, errors = self.scratch / "cost.json", self.scratch / "errors"
        argv = [sys.executable, "-I", "-S", HERE / "measure.py", report, command.stdout or "-",
                *prefix, *command.argv]
        with open(errors, "wb") as stderr:
            process = subprocess.Popen([str(a) for a in argv], cwd=command.cwd, stderr=stderr,
                                       env=tool.environment(), start_new_session=True)
            try:
                process.wait(self.limit)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                raise Failed(f"> {self.limit:g} s") from None
            except BaseException:
                os.killpg(process.pid, signal.SIGKILL)
                raise
        cost = json.loads(report.read_text())
        if cost.pop("status"):
            raise Failed(errors.read_text(errors="replace").strip()[-500:] or "no message")
        return cost

    def step(self, name, tool, workload, round_, command):
        """Measures one verb and files the cost; a peer's failure is filed, ours ends everything."""
        if command is None:
            return False
        key = {"workload": workload, "tool": tool.name, "measure": name}
        try:
            cost = self.measure(tool, command)
        except Failed as failure:
            if tool.name.startswith("artifact"):
                raise SystemExit(f"error: {tool.name} failed at {name} of {workload}\n"
                                 f"  why: {failure}") from None
            provision.say(f"  {tool.name}: {name} failed: {failure}")
            self.data["failures"].append(key | {"why": str(failure)})
            self.given_up.add((workload, tool.name, name))
            return False
        self.data["costs"].append(key | {"round": round_} | cost)
        return True

    def wants(self, workload, tool, name):
        return name in tool.verbs and (workload, tool.name, name) not in self.given_up

    # --- the five workloads ---

    def load(self, name, folder):
        """Unpacks a workload, reads all of it once and learns what each version holds."""
        meta = provision.workload(name, self.scale, self.cache, self.venv, folder)
        source = Source(folder, meta)
        self.expected = {}
        for version in source.versions:
            source.go(version)
            self.expected[version] = content(source.path)
        source.go("v1")
        return source, meta

    def workload(self, name, runs):
        source, meta = self.load(name, self.scratch / name)
        self.data["workloads"][name] = {"files": meta["files"], "bytes": meta["bytes"]}
        for round_ in range(runs):
            turn = round_ % len(self.tools)
            for tool in self.tools[turn:] + self.tools[:turn]:
                provision.say(f"{name}, round {round_ + 1} of {runs}: {tool.name}")
                root = self.scratch / "run"
                self.prepare(tool, root, source)
                try:
                    self.pushes(tool, name, round_, source)
                    self.reads(tool, name, round_, meta["cat"])
                finally:
                    self.clear(tool, root, source)
        remove(self.scratch / name)

    def prepare(self, tool, root, source):
        root.mkdir()
        if not tool.keeps_links:
            source.hide_links()
        tool.begin(root, source)

    def clear(self, tool, root, source):
        tool.end()
        source.go("v1")
        source.show_links()
        remove(root)

    def pushes(self, tool, name, round_, source):
        """First push, the same again, then every later version; the store's size after each."""
        self.held = []
        for version in source.versions:
            source.go(version)
            for verb in ("push", "again") if version == "v1" else (f"push {version}",):
                if not self.wants(name, tool, verb):
                    continue
                if not self.step(verb, tool, name, round_, tool.push(version)):
                    return
                tool.pushed(version)
                size, files = tool.size()
                self.data["sizes"].append({
                    "workload": name, "tool": tool.name, "round": round_, "after": verb,
                    "bytes": size, "files": files})
                self.held.append(version)

    def reads(self, tool, name, round_, wanted):
        for verb in ("pull", "cat", "verify"):
            if not self.held or not self.wants(name, tool, verb):
                continue
            folder = tool.root / verb
            folder.mkdir()
            if verb == "verify":
                self.step(verb, tool, name, round_, tool.verify())
            elif verb == "cat":
                command = tool.cat("v1", wanted, folder)
                if self.step(verb, tool, name, round_, command) and round_ == 0:
                    self.check_file(tool, name, wanted, command.result)
            else:
                command = tool.pull("v1", folder)
                if self.step(verb, tool, name, round_, command) and round_ == 0:
                    self.check_tree(tool, name, "v1", command.result)
                    remove(folder)
                    self.check_later(tool, name)
            remove(folder)

    def check_later(self, tool, name):
        """Pulls the last version too, unmeasured: a stale cache would show here."""
        version = self.held[-1]
        if version == "v1":
            return
        folder = tool.root / "later"
        folder.mkdir()
        command = tool.pull(version, folder)
        try:
            self.measure(tool, command)
        except Failed as failure:
            if tool.name == "artifact":
                raise SystemExit(f"error: artifact failed to pull {version} of {name}\n"
                                 f"  why: {failure}") from None
            provision.say(f"  {tool.name}: pull of {version} failed: {failure}")
        else:
            self.check_tree(tool, name, version, command.result)
        remove(folder)

    def check_tree(self, tool, name, version, root):
        wrong = difference(self.expected[version], content(root), tool.keeps_links,
                           tool.keeps_modes)
        if wrong:
            raise SystemExit(f"error: {tool.name} gave {name} {version} back wrong\n"
                             f"  why: the tree {wrong}")
        self.data["checked"].append([name, tool.name, version])

    def check_file(self, tool, name, wanted, path):
        if provision.digest(path) != self.expected["v1"][wanted][0]:
            raise SystemExit(f"error: {tool.name} gave one file of {name} back wrong\n"
                             f"  why: {wanted!r} differs")

    # --- a real disk ---

    def disk(self, where, name, runs):
        """Push and pull on a real disk, and their calls that wait for it.

        Nothing is deleted before the end: creating files where many were just deleted is slow on
        ext4, and would be measured instead.
        """
        base = where / f"artifact-bench-{os.getpid()}"
        base.mkdir()
        try:
            source, meta = self.load(name, base / name)
            rows = self.data["disk"] = {"workload": name, "filesystem": filesystem(base),
                                        "files": meta["files"], "bytes": meta["bytes"], "rows": {}}
            for round_ in range(runs + 1):
                for tool in self.tools:
                    if "pull" in tool.verbs and rows["rows"].get(tool.name) != "failed":
                        provision.say(f"{name} on disk, round {round_ + 1}: {tool.name}")
                        root = base / f"{tool.name}-{round_}"
                        try:
                            self.disk_row(tool, root, source, rows["rows"], round_ == runs)
                        except Failed as failure:
                            provision.say(f"  {tool.name} failed: {failure}")
                            rows["rows"][tool.name] = "failed"
        finally:
            provision.say("deleting what the disk runs left")
            remove(base)

    def disk_row(self, tool, root, source, rows, counting):
        """One round of one program: seconds, or, under strace, calls by name."""
        self.prepare(tool, root, source)
        try:
            row = rows.setdefault(tool.name, {"push": [], "pull": [], "calls": {}})
            for verb in ("push", "pull"):
                if verb == "pull":
                    (root / "pull").mkdir()
                    tool.pushed("v1")
                    command = tool.pull("v1", root / "pull")
                else:
                    command = tool.push("v1")
                os.sync()
                if counting:
                    counts = root / f"{verb}.counts"
                    self.measure(tool, command, [
                        "strace", "-f", "--seccomp-bpf", "-c", "-o", counts,
                        "-e", "trace=" + ",".join(DISK_CALLS)])
                    row["calls"][verb] = counted(counts)
                else:
                    row[verb].append(self.measure(tool, command)["wall"])
        finally:
            tool.end()
            source.show_links()

    # --- a million files ---

    def million(self, tools, count):
        self.limit = max(self.limit, 3600)
        source, folder = self.million_files(count)
        self.expected = {"v1": content(source.path)}
        rows = self.data["million"] = {"files": count, "rows": {}}
        for tool in tools:
            if "pull" not in tool.verbs:
                continue
            provision.say(f"{count:,} files: {tool.name}")
            root = self.scratch / "run"
            self.prepare(tool, root, source)
            row = rows["rows"][tool.name] = {}
            try:
                row["push"] = self.measure(tool, tool.push("v1"))
                tool.pushed("v1")
                row["bytes"], row["files"] = tool.size()
                row["again"] = self.measure(tool, tool.push("v1"))
                (root / "pull").mkdir()
                command = tool.pull("v1", root / "pull")
                row["pull"] = self.measure(tool, command)
                self.check_tree(tool, "million", "v1", command.result)
            except Failed as failure:
                if tool.name == "artifact":
                    raise SystemExit(f"error: {count:,} files: artifact failed\n"
                                     f"  why: {failure}") from None
                provision.say(f"  {tool.name} failed: {failure}")
            finally:
                self.clear(tool, root, source)
        remove(folder)

    def million_files(self, count):
        """Files of 1,024 hexadecimal digits in folders of a thousand; every one is different."""
        provision.say(f"generating {count:,} files")
        folder = self.scratch / "million"
        for number in range(count):
            if number % 1000 == 0:
                below = folder / "data" / f"{number // 1000:04}"
                below.mkdir(parents=True)
            data = hashlib.shake_128(b"%d" % number).hexdigest(512).encode()
            path = os.path.join(below, f"{number:07}")
            with open(path, "wb") as file:
                file.write(data)
            os.utime(path, (1_705_312_800, 1_705_312_800))
        return Source(folder, {"versions": ["v1"], "removed": {}}), folder


def counted(path):
    """Calls by name from the table that `strace -c` writes."""
    calls = {}
    for line in path.read_text().splitlines():
        words = line.split()
        if len(words) >= 5 and words[-1] in DISK_CALLS:
            calls[words[-1]] = int(words[3])
    return calls


def filesystem(path):
    """The type of the filesystem that `path` lies on, as mounted."""
    found = subprocess.run(["findmnt", "-n", "-o", "FSTYPE", "-T", str(path)],
                           capture_output=True, text=True)
    return found.stdout.strip() or "disk"
