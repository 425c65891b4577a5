"""Gives hf-xet the verbs of a store: the package keeps files, not trees.

    hfxet.py push  STORE MANIFEST DIRECTORY
    hfxet.py pull  STORE MANIFEST DESTINATION
    hfxet.py cat   STORE MANIFEST PATH

The store is a folder (`local://`), as in the package's own tests. MANIFEST remembers the hash of
each file, and symbolic links, which a caller of hf-xet has to remember anyway.
"""

import json
import os
import sys

import hf_xet


def walk(root):
    """Yields (path below root, link target or None) in a fixed order."""
    for folder, folders, names in os.walk(root):
        folders.sort()
        for name in sorted(names) + [f for f in folders if os.path.islink(f"{folder}/{f}")]:
            path = os.path.join(folder, name)
            link = os.readlink(path) if os.path.islink(path) else None
            yield os.path.relpath(path, root), link


def push(endpoint, manifest, root):
    entries, handles = [], []
    commit = hf_xet.XetSession().new_upload_commit(endpoint=endpoint)
    for path, link in walk(root):
        if link is not None:
            entries.append([path, "link", link, 0])
            continue
        handles.append((path, commit.start_upload_file(os.path.join(root, path))))
    commit.wait_to_finish()
    for path, handle in handles:
        info = handle.result().xet_info
        entries.append([path, "file", info.hash, info.file_size])
    with open(manifest, "w") as file:
        json.dump(entries, file)


def pull(endpoint, manifest, destination):
    with open(manifest) as file:
        entries = json.load(file)
    group = hf_xet.XetSession().new_file_download_group(endpoint=endpoint)
    made = set()
    for path, kind, value, size in entries:
        target = os.path.join(destination, path)
        folder = os.path.dirname(target)
        if folder not in made:
            os.makedirs(folder, exist_ok=True)
            made.add(folder)
        if kind == "link":
            os.symlink(value, target)
        else:
            group.start_download_file(hf_xet.XetFileInfo(value, size), target)
    group.wait_to_finish()


def cat(endpoint, manifest, wanted):
    with open(manifest) as file:
        value, size = next((v, s) for path, _, v, s in json.load(file) if path == wanted)
    group = hf_xet.XetSession().new_download_stream_group(endpoint=endpoint)
    for block in group.download_stream(hf_xet.XetFileInfo(value, size)):
        sys.stdout.buffer.write(block)
    sys.stdout.buffer.flush()


def main():
    verb, store, manifest, argument = sys.argv[1:]
    {"push": push, "pull": pull, "cat": cat}[verb](f"local://{store}", manifest, argument)


main()
