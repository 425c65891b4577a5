"""The commands that faults are put into. A new command is one entry in `SCENARIOS`."""
import os
from world import Facts


class Step:
    """One command, and what it adds to the facts once it is acknowledged."""

    def __init__(self, words, again=(0,), only_reads=False, **change):
        self.words = words.split()
        #: What `Facts.plus` takes.
        self.change = change
        #: How the same command may end when it is run again after its effect is there.
        self.again = again
        self.only_reads = only_reads

    def prepare(self, world):
        world.must(*self.words)


class Damage:
    """A byte is wrong in the youngest pack of a store: it hurts a version until something mends it."""

    def __init__(self, store, version):
        self.store = store
        self.change = {"versions": {version: None}, "damaged": {store}}

    def prepare(self, world):
        folder = world.path(self.store, "blobs/sha256")
        pack = max((os.path.join(folder, name) for name in os.listdir(folder)), key=os.path.getmtime)
        with open(pack, "r+b") as file:
            file.seek(os.path.getsize(pack) // 3)
            byte = file.read(1)[0]
            file.seek(-1, os.SEEK_CUR)
            file.write(bytes([byte ^ 1]))


class Killed:
    """A command that was killed before its first call with a name and a path."""

    def __init__(self, words, call, path):
        self.words, self.call, self.path = words.split(), call, path
        self.change = {}

    def prepare(self, world):
        world.kill(self.words, lambda call: call.name == self.call and call.path.startswith(self.path))


class Scenario:
    """Steps that lead to a state, and the last one, which is put to the test."""

    def __init__(self, name, *steps, says=None, needs=None, is_slow=False, has_extra=False):
        self.name, self.steps = name, steps
        #: The command without which there is nothing to test.
        self.needs = needs
        #: Whether one run takes seconds: left to the long setting, or to --only.
        self.is_slow = is_slow
        #: Whether it pushes folders that no other does.
        self.has_extra = has_extra
        #: What the command prints once it is done: an acknowledgement even if it is killed behind it.
        self.says = says
        self.facts = [Facts()]
        for step in steps:
            self.facts.append(self.facts[-1].plus(**step.change))

    @property
    def command(self):
        return self.steps[-1]

    @property
    def is_all_commands(self):
        """Whether the whole way can be recorded."""
        return all(isinstance(step, Step) for step in self.steps)


def push(content, name, version, options="", store="store"):
    tag = options.split("--tag ")[1].split()[0] if "--tag " in options else None
    return Step(
        f"--store {store} push src/{content} {name} {options}".strip(), versions={(store, name, version): content},
        tags={(store, name, tag): version} if tag else None)


def init(store="store"):
    # A store that is there is left alone.
    return Step(f"init {store}", stores={store}, again=(0, 1))


def erase(name, version):
    # A version that is erased is not found.
    return Step(f"--store store erase {name}@{version} --reason unwanted", versions={("store", name, version): None}, again=(0, 10))


def small(count):
    return [push(f"small{number}", f"small/n{number}", 1) for number in range(count)]


OTHER = [init(), push("other", "other", 1)]
FIRST = [*OTHER, push("first", "data", 1, "--tag raw")]

SCENARIOS = [
    Scenario("init", init()),
    Scenario("push", init(), push("first", "data", 1), says=b"data@1"),
    Scenario("push second version", *FIRST, push("second", "data", 2, "--tag good"), says=b"data@2"),
    Scenario("push large file", *FIRST, push("large", "weights", 1), push("larger", "weights", 2), says=b"weights@2"),
    Scenario("push that merges indexes", init(), *small(16), push("first", "data", 1), says=b"data@1"),
    Scenario("pull", *FIRST, Step("--store store pull data out/new/data", out={"new/data": "first"})),
    Scenario("pull large file", init(), push("large", "weights", 1), Step("--store store pull weights out/weights", out={"weights": "large"})),
    Scenario(
        "pull --update", *FIRST, Step("--store store pull data out/data", out={"data": "first"}), push("second", "data", 2),
        Step("--store store pull --update data out/data", out={"data": "second"})),
    Scenario("tag", *FIRST, push("second", "data", 2), Step("--store store tag data@2 raw", tags={("store", "data", "raw"): 2})),
    Scenario("untag", *FIRST, Step("--store store untag data@raw", untagged=[("store", "data", "raw")], again=(0, 10))),
    Scenario(
        "copy", *FIRST, push("second", "data", 2), init("mirror"), push("other", "there", 1, store="mirror"),
        Step("--store store copy data@1 --to mirror", versions={("mirror", "data", 1): "first"})),
    # A file that is there is never replaced, not even by the same bytes.
    Scenario("export", *FIRST, Step("--store store export data out/data.tar.zst", out={"data.tar.zst": b""}, again=(0, 1))),
    Scenario("erase", *OTHER, push("first", "data", 1), push("second", "data", 2), erase("data", 1), needs="erase"),
    Scenario(
        "gc", *OTHER, push("first", "data", 1), push("second", "data", 2), push("large", "weights", 1), erase("data", 1),
        erase("weights", 1), Step("--store store gc --grace 0"), needs="gc"),
    Scenario("gc of many packs", init(), *small(12), push("first", "data", 1), erase("small/n3", 1), Step("--store store gc --grace 0"), needs="gc"),
    # A collection was killed when its event was in the log and no file was gone: its index still names what it condemned.
    Scenario(
        "gc after a killed gc", init(), push("extra-data", "data", 1), push("extra-twin", "twin", 1), push("extra-trio", "trio", 1),
        *(push(f"extra-wide{number}", f"small/w{number}", 1) for number in range(14)), erase("data", 1),
        Killed("--store store gc", "unlinkat", "/store/blobs/sha256/"), erase("twin", 1), Step("--store store gc"), needs="gc", is_slow=True,
        has_extra=True),
    Scenario(
        "repair", *OTHER, push("first", "data", 1), init("mirror"), Step("--store store copy data@1 --to mirror", versions={("mirror", "data", 1): "first"}),
        Damage("store", ("store", "data", 1)),
        Step("--store store repair --from mirror", versions={("store", "data", 1): "first"}, mended={"store"}), needs="repair"),
]

LARGE = [init(), push("large", "weights", 1), push("larger", "weights", 2)]


def reader(name, words, *steps, **more):
    return Scenario(name, *(steps or (*FIRST, push("second", "data", 2))), Step(f"--store store {words}", only_reads=True), **more)


#: Commands that only read: each of their reads fails once.
READERS = [
    reader("ls", "ls --json"),
    reader("log", "log --json"),
    reader("show", "show data@1 --json"),
    reader("cat", "cat data@1:a.txt"),
    reader("cat of a large file", "cat weights:weights.bin", *LARGE),
    reader("verify", "verify --json", *LARGE),
    reader("gc --dry-run", "gc --dry-run --grace 0 --json", needs="gc"),
]

#: A writer is stopped behind one of its calls while another command builds on what it left: setup, the other, the stopped.
PAIRS = [
    Scenario("the same bytes under another name", *OTHER, push("first", "twin", 1), push("first", "data", 1)),
    Scenario("the same version", *OTHER, push("first", "data", 1), push("first", "data", 1)),
    Scenario("the next entry", *OTHER, Step("--store store tag other@1 gold", tags={("store", "other", "gold"): 1}), push("first", "data", 1)),
    Scenario("a reader", *OTHER, Step("--store store ls", only_reads=True), push("first", "data", 1)),
    Scenario("a merge of indexes", init(), *small(16), push("other", "other", 1), push("first", "data", 1)),
    Scenario(
        "a push of what is collected", *OTHER, push("first", "data", 1), erase("data", 1), push("first", "twin", 1),
        Step("--store store gc --grace 0"), needs="gc"),
    Scenario(
        "a collection of what is pushed", *OTHER, push("first", "data", 1), erase("data", 1), Step("--store store gc --grace 0"),
        push("first", "twin", 1), needs="gc"),
]
