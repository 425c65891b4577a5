"""What a power cut may leave: a recorded run is played again, and what was not synced survives, or not.

Two models of a file system. *Any*: the entries of a folder that was not synced since survive one by one, each name in any of
the states that it had since; POSIX promises no more. *Ordered*: names change in the order of the calls, and every sync makes
all earlier changes of names durable, as a journal does. In both, the bytes of a file that was not synced are missing, cut,
zero, or there block by block. A rename may leave both names or either, never none.
"""
import os, random

BLOCK = 4096


class Node:
    """A file, folder or link, as it is and as it was last synced."""

    def __init__(self, kind, mode=0o644, data=b""):
        self.kind, self.mode = kind, mode
        self.data = bytearray(data)
        #: What is surely on disk.
        self.synced = b""
        self.is_dirty = kind == "f"
        self.names = {}
        self.synced_names = {}
        #: name → [(number of the change, node or None)] since the last sync
        self.pending = {}

    def settle(self):
        """Everything is on disk."""
        self.synced, self.is_dirty = bytes(self.data), False
        self.synced_names, self.pending = dict(self.names), {}

    def set(self, name, node, change):
        if node is None:
            self.names.pop(name, None)
        else:
            self.names[name] = node
        self.pending.setdefault(name, []).append((change, node))


class Disk:
    """The tree, and everything that happened to it."""

    def __init__(self, root):
        self.nodes = {}
        self.root = self._load(os.fsencode(root))
        self.renames = {}
        self.change = 0
        #: Changes of names up to here are durable where a journal keeps order.
        self.forced = 0
        self.history = []

    def _load(self, path):
        status = os.lstat(path)
        if os.path.islink(path):
            node = Node("l", data=os.readlink(path))
        elif os.path.isdir(path):
            node = Node("d", status.st_mode & 0o7777)
            for name in os.listdir(path):
                node.names[name] = self._load(os.path.join(path, name))
        else:
            with open(path, "rb") as file:
                node = Node("f", status.st_mode & 0o7777, file.read())
        node.settle()
        self.nodes[status.st_ino] = node
        return node

    def find(self, path):
        node = self.root
        for name in os.fsencode(path).split(b"/"):
            node = node.names.get(name) if node and name else node
        return node

    def _set(self, folder, name, node):
        self.history.append((folder, name, node))
        folder.set(name, node, self.change)

    def apply(self, operation):
        """One recorded call."""
        words, data = operation
        verb, words = words[0], words[1:]
        nodes = self.nodes
        self.change += 1
        if verb == "create":
            nodes[int(words[2])] = Node("f", int(words[3], 8))
            self._set(nodes[int(words[0])], bytes.fromhex(words[1]), nodes[int(words[2])])
        elif verb == "mkdir":
            nodes[int(words[2])] = Node("d", 0o755)
            self._set(nodes[int(words[0])], bytes.fromhex(words[1]), nodes[int(words[2])])
        elif verb == "symlink":
            node = Node("l", data=bytes.fromhex(words[3]))
            node.settle()
            nodes[int(words[2])] = node
            self._set(nodes[int(words[0])], bytes.fromhex(words[1]), node)
        elif verb == "link":
            self._set(nodes[int(words[0])], bytes.fromhex(words[1]), nodes[int(words[2])])
        elif verb == "remove":
            self._set(nodes[int(words[0])], bytes.fromhex(words[1]), None)
        elif verb == "rename":
            self.rename(nodes[int(words[0])], bytes.fromhex(words[1]), nodes[int(words[2])], bytes.fromhex(words[3]), int(words[4]))
        elif verb == "write":
            node, offset = nodes[int(words[0])], int(words[1])
            if len(node.data) < offset:
                node.data += bytes(offset - len(node.data))
            node.data[offset : offset + len(data)] = data
            node.is_dirty = True
        elif verb == "truncate":
            node, size = nodes[int(words[0])], int(words[1])
            node.data = node.data[:size] + bytes(max(0, size - len(node.data)))
            node.is_dirty = True
        elif verb == "mode":
            nodes[int(words[0])].mode = int(words[1], 8)
        elif verb == "sync":
            nodes[int(words[0])].settle()
            self.forced = len(self.history)
        elif verb == "syncall":
            for node in nodes.values():
                node.settle()
            self.forced = len(self.history)
        elif verb not in ("output", "exit"):
            raise ValueError(f"the record holds `{verb} {' '.join(words)}`, which the replay does not know")

    def rename(self, source, name, target, new_name, flags):
        node = source.names[name]
        other = target.names.get(new_name) if flags & 2 else None
        self._set(source, name, other)
        self._set(target, new_name, node)
        self.renames[self.change] = ((source, name), (target, new_name))

    # ------------------------------------------------------------------------------------------------------- states

    def choices(self):
        """Names whose state on disk is open: (folder, name, number of states)."""
        found, seen, waiting = [], {id(self.root)}, [self.root]
        while waiting:
            node = waiting.pop()
            for name, states in node.pending.items():
                found.append((node, name, len(states) + 1))
            below = list(node.names.values()) + list(node.synced_names.values())
            below += [state for states in node.pending.values() for _, state in states if state]
            for child in below:
                if child.kind == "d" and id(child) not in seen:
                    seen.add(id(child))
                    waiting.append(child)
        return found

    def any_state(self, pick, bytes_of):
        """A tree in which `pick(folder, name, count)` says which state of an open name survived, 0 being the synced one."""
        picked = {}
        for folder, name, count in self.choices():
            picked[id(folder), name] = pick(folder, name, count)
        for change, (source, target) in self.renames.items():
            self._join(picked, change, source, target)

        def names(folder):
            result = dict(folder.synced_names)
            for name, states in folder.pending.items():
                number = picked.get((id(folder), name), 0)
                if number:
                    node = states[number - 1][1]
                    result.pop(name, None)
                    if node is not None:
                        result[name] = node
            return result

        return build(self.root, names, bytes_of)

    @staticmethod
    def _join(picked, change, source, target):
        """Where a rename's new name did not survive, its old name did."""
        def state(place):
            states = place[0].pending.get(place[1], [])
            number = next((i + 1 for i, (at, _) in enumerate(states) if at == change), None)
            return number, picked.get((id(place[0]), place[1]))

        (from_number, from_picked), (to_number, to_picked) = state(source), state(target)
        if to_number is None or to_picked is None or to_picked >= to_number:
            return
        if from_number is None:
            # The old folder was synced since: the whole rename is durable.
            picked[id(target[0]), target[1]] = to_number
        elif from_picked is not None and from_picked >= from_number:
            picked[id(source[0]), source[1]] = from_number - 1

    def ordered_state(self, until, bytes_of):
        """A tree in which the first `until` changes of names happened."""
        names = {}
        for folder, name, node in self.history[:until]:
            names.setdefault(id(folder), []).append((name, node))
        starts = self.starts

        def names_of(folder):
            result = dict(starts.get(id(folder), {}))
            for name, node in names.get(id(folder), []):
                result.pop(name, None)
                if node is not None:
                    result[name] = node
            return result

        return build(self.root, names_of, bytes_of)

    def remember_start(self):
        """The names before everything that is recorded."""
        self.starts = {id(node): dict(node.names) for node in self.nodes.values() if node.kind == "d"}


def build(root, names_of, bytes_of):
    """path → (type, bytes) as `world.snapshot` gives it."""
    tree = {}
    waiting = [(b"", root)]
    while waiting:
        path, folder = waiting.pop()
        for name, node in names_of(folder).items():
            full = path + name
            if node.kind == "d":
                tree[full] = ("d", b"")
                waiting.append((full + b"/", node))
            elif node.kind == "l":
                tree[full] = ("l", bytes(node.data))
            else:
                tree[full] = ("x" if node.mode & 0o100 else "f", bytes_of(node))
    return tree


# ------------------------------------------------------------------------------------------------------ bytes of files


def lost(node):
    """Nothing that was not synced."""
    return node.synced


def kept(node):
    """Everything."""
    return bytes(node.data)


def torn(dice):
    """Something in between, the same for one file in one state."""
    seen = {}

    def bytes_of(node):
        if not node.is_dirty:
            return node.synced
        if id(node) not in seen:
            seen[id(node)] = tear(node, dice)
        return seen[id(node)]

    return bytes_of


def tear(node, dice):
    new = bytes(node.data)
    # What was synced and not overwritten since is safe.
    safe = node.synced if new.startswith(node.synced) else b""
    rest = new[len(safe) :]
    kind = dice.randrange(5)
    if kind == 0:
        return node.synced
    if kind == 1:
        return new
    if kind == 2:
        return safe + rest[: dice.randrange(len(rest) + 1)]
    if kind == 3:
        return safe + bytes(len(rest))
    blocks = [rest[at : at + BLOCK] for at in range(0, len(rest), BLOCK)]
    return safe + b"".join(block if dice.random() < 0.5 else bytes(len(block)) for block in blocks)


# -------------------------------------------------------------------------------------------------------------- record


def read_record(path):
    """[(words, data)] in the order of the calls."""
    operations = []
    with open(path, "rb") as file:
        while line := file.readline():
            words = line.decode().split()
            data = file.read(int(words[3])) if words[0] == "write" else b""
            operations.append((words, data))
    return operations
