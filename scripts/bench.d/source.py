"""The tree that is pushed: one folder that moves between versions, and its true content."""

import hashlib
import os
import pathlib
import shutil


class Source:
    """A folder holding one version of a workload at a time.

    Versions are reached by renaming changed files in and out, as an editor replaces a file: paths
    stay, inodes of changed files differ, modification times are those of the workload. Nothing is
    copied, so every round starts from the same inodes.
    """

    def __init__(self, loaded, meta):
        self.path = pathlib.Path(loaded) / "data"
        self.changes = pathlib.Path(loaded)
        self.versions, self.removed = meta["versions"], meta["removed"]
        self.at = self.versions[0]
        self.stamps = {v: (self.changes / v).stat().st_mtime for v in self.versions[1:]}
        self.stamps["v1"] = self.path.stat().st_mtime
        self.incoming = {v: files_below(self.changes / v) for v in self.versions[1:]}
        self.aside = {}
        self.links = []

    def go(self, version):
        while self.versions.index(self.at) < self.versions.index(version):
            self.forward(self.versions[self.versions.index(self.at) + 1])
        while self.at != version:
            self.back()

    def forward(self, version):
        kept = self.changes / f"before-{version}"
        self.aside[version] = []
        for path in self.removed.get(version, []) + self.incoming[version]:
            if os.path.lexists(self.path / path):
                relocate(self.path / path, kept / path)
                self.aside[version].append(path)
        for path in self.incoming[version]:
            relocate(self.changes / version / path, self.path / path)
        self.at = version
        self.settle(version, version)

    def back(self):
        version = self.at
        for path in self.incoming[version]:
            relocate(self.path / path, self.changes / version / path)
        for path in self.aside[version]:
            relocate(self.changes / f"before-{version}" / path, self.path / path)
        self.at = self.versions[self.versions.index(version) - 1]
        self.settle(version, self.at)

    def settle(self, changed, version):
        """Drops folders left empty and gives touched ones an old time again."""
        touched = set()
        for path in self.removed.get(changed, []) + self.incoming[changed]:
            folder = os.path.dirname(path)
            while folder:
                touched.add(folder)
                folder = os.path.dirname(folder)
        stamp = (self.stamps[version], self.stamps[version])
        for folder in sorted(touched, key=len, reverse=True):
            target = self.path / folder
            if target.is_dir():
                os.utime(target, stamp) if os.listdir(target) else target.rmdir()
        os.utime(self.path, stamp)

    def move(self, target):
        os.rename(self.path, target)
        self.path = pathlib.Path(target)

    def hide_links(self):
        """Takes symbolic links out, for a program that cannot keep them."""
        for path in files_below(self.path):
            if (self.path / path).is_symlink():
                self.links.append((path, os.readlink(self.path / path)))
                (self.path / path).unlink()

    def show_links(self):
        for path, target in self.links:
            os.symlink(target, self.path / path)
            os.utime(self.path / path, (self.stamps["v1"],) * 2, follow_symlinks=False)
        self.links = []


def relocate(old, new):
    new.parent.mkdir(parents=True, exist_ok=True)
    os.rename(old, new)


def files_below(root):
    """Paths of files and links below `root`; links to folders are not followed."""
    found = []
    for folder, folders, names in os.walk(root):
        names = names + [f for f in folders if os.path.islink(os.path.join(folder, f))]
        found += [os.path.relpath(os.path.join(folder, name), root) for name in names]
    return sorted(found)


def content(root):
    """What a tree holds: path to (SHA-256, executable) or to (link target, "link")."""
    found = {}
    for path in files_below(root):
        full = os.path.join(root, path)
        if os.path.islink(full):
            found[path] = (os.readlink(full), "link")
        else:
            with open(full, "rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            found[path] = (digest, bool(os.stat(full).st_mode & 0o100))
    return found


def difference(expected, actual, keeps_links, keeps_modes):
    """One sentence on how a pulled tree differs from the source, or None."""
    if not keeps_links:
        expected = {p: v for p, v in expected.items() if v[1] != "link"}
    if not keeps_modes:
        expected = {p: (v[0], v[1] == "link") for p, v in expected.items()}
        actual = {p: (v[0], v[1] == "link") for p, v in actual.items()}
    for word, paths in (("lacks", expected.keys() - actual.keys()),
                        ("adds", actual.keys() - expected.keys())):
        if paths:
            return f"{word} {len(paths)} paths, among them {min(paths)!r}"
    wrong = [p for p in expected if expected[p] != actual[p]]
    if wrong:
        return f"differs in {len(wrong)} files, among them {min(wrong)!r}"
    return None


def remove(path):
    shutil.rmtree(path, ignore_errors=True)
