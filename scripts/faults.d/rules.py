"""The order of writes that store-layout.md §6 promises, read from a record: what is synced before what."""
import json
from world import Broken


class Places:
    """Which nodes of a disk are which folders of a store."""

    def __init__(self, disk, store):
        self.packs = disk.find(f"{store}/blobs/sha256")
        self.index = disk.find(f"{store}/artifact/index")
        self.entries = disk.find(f"{store}/artifact/log/entry")
        self.temporary = disk.find(f"{store}/artifact/tmp")

    @property
    def exist(self):
        return None not in (self.packs, self.index, self.entries, self.temporary)

    def numbered(self):
        return list(self.entries.names.values())

    def is_log_durable(self):
        return not self.entries.pending and not any(folder.pending for folder in self.numbered())

    def named(self):
        """Every file that has its final name."""
        for folder in (self.packs, self.index, *self.numbered()):
            yield from folder.names.values()

    def collected(self):
        """Packs that durable events let go."""
        found = set()
        for folder in self.numbered():
            for name, node in folder.synced_names.items():
                event = json.loads(bytes(node.data).split(b"\n")[0])
                if event["event"] == "collect":
                    found.update(pack.removeprefix("sha256:") for pack in event["packs"])
        return found


def check(disk, stores, operation):
    """Raises `Broken` if the next call, or acknowledgement, comes too early."""
    verb, words = operation[0][0], operation[0][1:]
    for store in stores:
        places = Places(disk, store)
        if places.exist:
            _check(disk, places, verb, words)


def _check(disk, places, verb, words):
    nodes = disk.nodes
    if verb == "exit" or verb == "said":
        if not places.is_log_durable():
            raise Broken("rule: acknowledged before the log's folder was synced")
        return
    if verb in ("write", "truncate"):
        if any(node is nodes[int(words[0])] for node in places.named()):
            raise Broken("rule: a file is written after it got its name")
        return
    if verb in ("create", "link"):
        _named(places, nodes[int(words[0])], nodes.get(int(words[2])) if verb == "link" else None, bytes.fromhex(words[1]))
    if verb == "remove":
        _removed(places, nodes[int(words[0])], bytes.fromhex(words[1]))
    if verb == "rename":
        name, new_name = bytes.fromhex(words[1]), bytes.fromhex(words[3])
        _named(places, nodes[int(words[2])], nodes[int(words[0])].names.get(name), new_name)
        _removed(places, nodes[int(words[0])], name)
        if new_name == b"pin.json" and not places.is_log_durable():
            raise Broken("rule: the history is remembered (pin.json) before the log's folder was synced")


def _named(places, folder, node, name):
    numbered = places.numbered()
    if not any(folder is place for place in (places.packs, places.index, *numbered)):
        return
    if node is None or node.is_dirty:
        raise Broken(f"rule: {name.decode()[:12]} gets its name before its bytes were synced")
    if not any(folder is place for place in numbered):
        return
    for place, what in ((places.packs, "blobs/sha256"), (places.index, "artifact/index"), (places.entries, "artifact/log/entry")):
        if place.pending:
            raise Broken(f"rule: entry {name.decode()} is linked before {what} was synced")
    if any(place.pending for place in numbered):
        raise Broken(f"rule: entry {name.decode()} is linked before the entry before it was synced")


def _removed(places, folder, name):
    if folder is places.index and any(node for states in folder.pending.values() for _, node in states):
        raise Broken("rule: an index is removed before those that replace it are synced")
    if folder is places.packs:
        if name.decode() not in places.collected():
            raise Broken(f"rule: pack {name.decode()[:12]} is removed, and no durable event lets it go")
