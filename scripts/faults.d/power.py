"""Power cuts: commands are recorded, and crash states built from the record are looked at like any other fault."""
import copy, os, random, signal
import replay, rules
from inject import settle
from world import Broken, ending, last, lay_out


class Recording:
    """What happened to a world, call by call, while steps ran."""

    def __init__(self, scenario, disk, operations, outputs, first_step=0):
        self.scenario, self.disk, self.operations, self.outputs, self.first_step = scenario, disk, operations, outputs, first_step

    def start(self):
        """The disk before all of it."""
        disk = copy.deepcopy(self.disk)
        disk.remember_start()
        return disk


def record_steps(world, scenario, template):
    """All steps of a scenario from an empty world on, or the last one if not all are commands."""
    first_step = 0 if scenario.is_all_commands else len(scenario.steps) - 1
    if first_step:
        world.restore(template)
    else:
        world.begin()
    disk = replay.Disk(world.root)
    path = os.path.join(world.side, "record")
    outputs = []
    for number, step in enumerate(scenario.steps[first_step:]):
        result = world.run(step.words, {"record": path})
        if result.code != 0:
            raise Broken(f"`{' '.join(step.words)}` ends with {ending(result.code)} under the recorder: {last(result.error)}")
        outputs.append(result.output)
        with open(path, "ab") as file:
            file.write(b"exit %d\n" % number)
    operations = replay.read_record(path)
    os.remove(path)
    return Recording(scenario, disk, operations, outputs, first_step)


class Moment:
    """A point of the record: which step is under way, and whether it was acknowledged."""

    def __init__(self, step, acknowledged):
        self.step, self.acknowledged = step, acknowledged


def moments(recording):
    """The moment behind each operation."""
    scenario, found = recording.scenario, []
    step, said = recording.first_step, False
    for words, _ in recording.operations:
        if words[0] == "exit":
            found.append(Moment(step, True))
            step, said = step + 1, False
            continue
        if words[0] == "output" and step == len(scenario.steps) - 1:
            output = recording.outputs[step - recording.first_step][: int(words[1])]
            said = scenario.says is not None and scenario.says in output
        found.append(Moment(step, said))
    return found


# -------------------------------------------------------------------------------------------------------------- states


KINDS = ("least", "most", "any", "any, home kept", "ordered", "one lost", "one kept")


class State:
    """A tree that a power cut may leave, and how it came about."""

    def __init__(self, tree, at, kind, moment):
        self.tree, self.at, self.kind, self.moment = tree, at, kind, moment


def home_nodes(disk):
    """Every folder and file of the user's own that ever had a name."""
    found, waiting = set(), [disk.find("home")]
    while waiting:
        node = waiting.pop()
        if id(node) in found:
            continue
        found.add(id(node))
        waiting += list(node.names.values()) + list(node.synced_names.values())
        waiting += [other for states in node.pending.values() for _, other in states if other]
    return found


def make_state(disk, kind, dice):
    """A tree of one kind."""
    home = home_nodes(disk) if dice.random() < 0.5 or kind == "any, home kept" else set()
    tearing = replay.torn(dice)

    def bytes_of(node):
        if id(node) in home:
            return replay.kept(node)
        return replay.lost(node) if kind == "least" else tearing(node)

    def any_of(choose):
        def pick(folder, name, count):
            return count - 1 if id(folder) in home else choose(folder, name, count)
        return disk.any_state(pick, bytes_of)

    if kind == "least":
        return any_of(lambda folder, name, count: 0)
    if kind == "most":
        return any_of(lambda folder, name, count: count - 1)
    if kind in ("any", "any, home kept"):
        return any_of(lambda folder, name, count: dice.randrange(count))
    if kind == "ordered":
        return disk.ordered_state(dice.randrange(disk.forced, len(disk.history) + 1), bytes_of)
    choices = [choice for choice in disk.choices() if id(choice[0]) not in home]
    if not choices:
        return any_of(lambda folder, name, count: count - 1)
    special = dice.choice(choices)
    if kind == "one lost":
        return any_of(lambda folder, name, count: dice.randrange(count - 1) if (folder, name) == special[:2] else count - 1)
    return any_of(lambda folder, name, count: dice.randrange(1, count) if (folder, name) == special[:2] else 0)


def states(recording, budget, dice, plant=None, behind_verbs=None):
    """Up to `budget` different states; the harshest right behind every acknowledgement come first.

    `plant` changes the record on its way; with `behind_verbs` only the moments behind such operations count.
    """
    disk = recording.start()
    behind = moments(recording)
    verbs = [words[0] for words, _ in recording.operations]
    points = [at for at in range(len(behind)) if behind_verbs is None or verbs[at] in behind_verbs]
    plan = {at: ["least", "any, home kept", "ordered"] for at in points if verbs[at] == "exit"}
    for _ in range(budget - 3 * len(plan)):
        plan.setdefault(dice.choice(points), []).append(dice.choice(KINDS))
    seen = set()
    for at, operation in enumerate(recording.operations):
        for changed in plant(disk, operation) if plant else [operation]:
            disk.apply(changed)
        for kind in plan.get(at, []):
            tree = make_state(disk, kind, dice)
            key = (hash(frozenset(tree.items())), behind[at].step, behind[at].acknowledged)
            if key not in seen:
                seen.add(key)
                yield State(tree, at, kind, behind[at])


def obey(recording, plant=None):
    """None, or which rule of the order of writes the record breaks."""
    disk = recording.start()
    behind = moments(recording)
    stores = recording.scenario.facts[-1].stores
    for at, operation in enumerate(recording.operations):
        # Who only looks acknowledges nothing.
        is_reader = operation[0][0] == "exit" and recording.scenario.steps[behind[at].step].only_reads
        for changed in plant(disk, operation) if plant else [operation]:
            try:
                if not is_reader:
                    rules.check(disk, stores, changed)
                if changed[0][0] == "output" and behind[at].acknowledged:
                    rules.check(disk, stores, (["said"], b""))
            except Broken as broken:
                return f"rules: {recording.scenario.name}: operation {at}\n    {broken}"
            disk.apply(changed)
    return None


class Job:
    """One state of a recording."""

    def __init__(self, recording, state):
        self.recording, self.state = recording, state
        self.scenario = recording.scenario

    def __str__(self):
        operations, at = self.recording.operations, self.state.at
        shown = " ".join(" ".join(operations[at][0]).split()[:3])
        return f"power: {self.scenario.name}: state `{self.state.kind}` after operation {at} of {len(operations)} ({shown}), step {self.state.moment.step}"


def run(world, job):
    """None, or what is broken."""
    scenario, moment = job.scenario, job.state.moment
    try:
        world.clear()
        lay_out(world.root, job.state.tree)
        settle(world, scenario, moment.acknowledged, moment.step)
    except Broken as broken:
        return f"{job}\n    {broken}"
    return None


# --------------------------------------------------------------------------------------------------------------- pairs


def record_pair(world, scenario, template, call):
    """The last step stops behind one call, the step before it runs, then the last one goes on; None if it never stopped."""
    world.restore(template)
    disk = replay.Disk(world.root)
    path = os.path.join(world.side, "record")
    stopped = world.start(scenario.steps[-1].words, {"mode": "stop", "at": call.number, "record": path})
    try:
        _, status = os.waitpid(stopped[0].pid, os.WUNTRACED)
        if not os.WIFSTOPPED(status):
            stopped[0].returncode = os.waitstatus_to_exitcode(status)
            return None
        outputs = [must(world.run(scenario.steps[-2].words, {"record": path}), f"beside {call}")]
        append(path, b"exit 0\n")
        os.kill(stopped[0].pid, signal.SIGCONT)
        outputs.append(must(world.finish(stopped), f"stopped behind {call}"))
        append(path, b"exit 1\n")
    finally:
        if stopped[0].returncode is None:
            stopped[0].kill()
            stopped[0].wait()
    operations = replay.read_record(path)
    os.remove(path)
    return Recording(scenario, disk, operations, outputs, len(scenario.steps) - 2)


def must(result, where):
    if result.code != 0:
        raise Broken(f"{where}: it ends with {ending(result.code)}: {last(result.error)}")
    return result.output


def append(path, text):
    with open(path, "ab") as file:
        file.write(text)


def run_pair(world, job):
    """Like `run`: behind the acknowledgement of the one command, the other is still unfinished."""
    scenario = job.scenario
    is_last = job.state.moment.step == len(scenario.steps) - 1
    try:
        world.clear()
        lay_out(world.root, job.state.tree)
        settle(world, scenario, is_last and job.state.moment.acknowledged)
    except Broken as broken:
        return f"{job}\n    {broken}"
    return None


# ------------------------------------------------------------------------------------------------------- planted bugs


def is_temporary(disk, node, wanted):
    """Whether a file lies in tmp/ under a name that `wanted` likes."""
    temporary = rules.Places(disk, "store").temporary
    if temporary is None:
        return False
    return any(found is node and wanted(name) for folder in temporary.names.values() for name, found in folder.names.items())


def drop(is_wanted):
    """A plant: some syncs never happen."""
    def make():
        def plant(disk, operation):
            words = operation[0]
            return [] if words[0] == "sync" and is_wanted(disk, disk.nodes[int(words[1])]) else [operation]
        return plant
    return make


def delay(is_wanted, until):
    """A plant: some syncs happen only after the next call that `until` names, and the one behind it."""
    def make():
        held, due = [], []

        def plant(disk, operation):
            words = operation[0]
            if words[0] == "sync" and is_wanted(disk, disk.nodes[int(words[1])]):
                held.append(operation)
                return []
            result = [operation, *due]
            due.clear()
            if until(disk, words):
                due.extend(held)
                held.clear()
            return result
        return plant
    return make


def folder(name):
    return lambda disk, node: node is getattr(rules.Places(disk, "store"), name)


def log_folder(disk, node):
    places = rules.Places(disk, "store")
    return places.exist and any(node is numbered for numbered in places.numbered())


def is_entry_link(disk, words):
    return words[0] == "link" and log_folder(disk, disk.nodes[int(words[1])])


def pack_or_index(disk, node):
    return folder("packs")(disk, node) or folder("index")(disk, node)


def data_of_packs(disk, node):
    return is_temporary(disk, node, lambda name: name != b"entry")


def data_of_entries(disk, node):
    return is_temporary(disk, node, lambda name: name == b"entry")


#: What is planted, in which scenario, how, and whether crash states alone must show it.
PLANTED = [
    ("the bytes of packs are not synced", "push", drop(data_of_packs), True),
    ("the folder of packs is not synced", "push", drop(folder("packs")), True),
    ("the bytes of log entries are not synced", "tag", drop(data_of_entries), True),
    ("the folder of the log is not synced", "tag", drop(log_folder), True),
    # Every pack has an index of its own, so nothing is lost with this one: only the rule tells.
    ("the folder of indexes is not synced", "push that merges indexes", drop(folder("index")), False),
    ("the entry is published before packs and indexes are synced", "push", delay(pack_or_index, is_entry_link), True),
    ("packs that replace others are not synced", "gc", drop(data_of_packs), True),
    ("packs are removed before the event is synced", "gc", drop(log_folder), False),
    ("a damaged pack is set aside before the event is synced", "repair", drop(log_folder), False),
    ("the answer comes before the log's folder is synced", "push second version", delay(log_folder, lambda disk, words: words[0] == "exit"), True),
]

#: The same beside a writer that is stopped behind a link into the folder that is named.
PLANTED_PAIRS = [
    ("another writer's packs are used and not synced", "the same bytes under another name", "/blobs/", drop(folder("packs"))),
    ("another writer's entry is followed and not synced", "the next entry", "/log/", drop(log_folder)),
    ("another writer's entry is remembered and not synced", "a reader", "/log/", drop(log_folder)),
]
