"""Death and errors: one call of a command is hit, then the world is looked at and the command run again."""
import concurrent.futures, os, queue, shutil
from world import Broken, Call, Check, World, ending, last, snapshot

SYNCS = ("fsync", "fdatasync", "syncfs")
READS = ("read", "pread64")
WRITES = ("write", "pwrite64", "writev")
NAMES = ("openat", "linkat", "renameat", "mkdirat", "symlinkat", "unlinkat")


class Bench:
    """Worlds for a number of threads, and a prepared state for every scenario."""

    def __init__(self, base, binary, checker, shim, jobs):
        self.base, self.binary, self.checker = base, binary, checker
        self.worlds = queue.Queue()
        for number in range(jobs):
            self.worlds.put(World(os.path.join(base, f"bench{number}"), binary, checker, shim))
        self.pool = concurrent.futures.ThreadPoolExecutor(jobs)
        self.traces = {}
        #: What the commands that only read say without a fault.
        self.outputs = {}

    def template(self, scenario):
        return os.path.join(self.base, "templates", scenario.name)

    def with_world(self, body, *arguments):
        world = self.worlds.get()
        try:
            return body(world, *arguments)
        finally:
            self.worlds.put(world)

    def prepare(self, scenario, runs_both=False):
        """Makes the state before the command, or before the last two, and traces the last one without a fault."""
        self.with_world(self._prepare, scenario, 2 if runs_both else 1)

    def _prepare(self, world, scenario, tested):
        world.begin(scenario.has_extra)
        for step in scenario.steps[:-tested]:
            step.prepare(world)
        shutil.copytree(world.root, self.template(scenario), symlinks=True)
        for kind in ("write", "interrupt"):
            world.restore(self.template(scenario))
            trace = os.path.join(world.side, "trace")
            result = world.run(scenario.command.words, {"mode": "count", "class": kind, "trace": trace})
            if result.code != 0:
                raise Broken(f"without a fault it ends with {ending(result.code)}: {last(result.error)}")
            with open(trace, encoding="utf-8", errors="surrogateescape") as file:
                self.traces[scenario.name, kind] = [Call(line) for line in file]
            os.remove(trace)
        self.outputs[scenario.name] = result.output
        for name, content in scenario.facts[-1].out.items():
            if content == b"":
                with open(world.path("out", name), "rb") as file:
                    scenario.facts[-1].out[name] = file.read()
        if tested == 1:
            Check(world).state(scenario.facts[-1], scenario.facts[-1], True, is_final=True)


# -------------------------------------------------------------------------------------------------------------- jobs


class Job:
    """One fault in one scenario."""

    def __init__(self, section, scenario, faults, call, expects):
        self.section, self.scenario, self.faults, self.call, self.expects = section, scenario, faults, call, expects

    def __str__(self):
        words = " ".join(f"{key}={value}" for key, value in self.faults.items())
        return f"{self.section}: {self.scenario.name}: {words}: {self.call}"


def run(world, job, template):
    """None, or what is broken."""
    scenario = job.scenario
    try:
        world.restore(template)
        result = world.run(scenario.command.words, job.faults)
        acknowledged = job.expects(job, result)
        settle(world, scenario, acknowledged)
    except Broken as broken:
        return f"{job}\n    {broken}"
    return None


def run_reader(world, job, template, output):
    """The same for a command that only reads: nothing wrong is said with exit 0, and the store stays as it was."""
    scenario = job.scenario
    try:
        world.restore(template)
        result = world.run(scenario.command.words, job.faults)
        # A check says how long it took.
        if job.expects(job, result) and result.output != output and "verify" not in scenario.command.words:
            raise Broken("it ends with exit 0 and says something else than without the fault")
        if scenario.command.words[2] == "cat" and not output.startswith(result.output):
            raise Broken("it gives bytes that are not in the file")
        if snapshot(world.path("store")) != snapshot(os.path.join(template, "store")):
            raise Broken("it changes the store")
    except Broken as broken:
        return f"{job}\n    {broken}"
    return None


def settle(world, scenario, acknowledged, number=-1):
    """Looks at the world after a fault in step `number`, runs that step again, and looks again."""
    step = scenario.steps[number]
    number %= len(scenario.steps)
    before, after = scenario.facts[number], scenario.facts[number + 1]
    check = Check(world)
    check.state(before, after, acknowledged)
    if not acknowledged:
        again = world.run(step.words)
        if again.code not in step.again:
            raise Broken(f"run again, it ends with {ending(again.code)}: {last(again.error)}")
        check.state(after, after, True, is_final=True)
    check.swept(after.stores)


def dies(job, result):
    if result.code not in (0, -9):
        raise Broken(f"it ends with {ending(result.code)}: {last(result.error)}")
    return result.code == 0 or (job.scenario.says is not None and job.scenario.says in result.output)


def fails(job, result):
    if result.code == 0:
        # Whatever the user's own folders refuse costs time only; a full disk may have got room (`gc` gives up the reserve).
        if job.call.name in SYNCS and not job.call.path.startswith("/home/") and job.faults["errno"] == 5:
            raise Broken("a sync failed, and it ends with exit 0")
        return True
    if result.code != 8:
        raise Broken(f"it ends with {ending(result.code)}, not 8: {last(result.error)}")
    if b"error: " not in result.error or b"why: " not in result.error:
        raise Broken(f"it does not say what failed and why: {last(result.error)}")
    return False


def fails_to_read(job, result):
    # What a cache says can be found out otherwise.
    if result.code == 0:
        return True
    if result.code not in (4, 8):
        raise Broken(f"it ends with {ending(result.code)}, not 8 or 4: {last(result.error)}")
    if b'"problems"' not in result.output and not (b"error" in result.error and b"why" in result.error):
        raise Broken(f"it does not say what failed and why: {last(result.error)}")
    return False


def succeeds(job, result):
    if result.code != 0:
        raise Broken(f"it ends with {ending(result.code)}: {last(result.error)}")
    return True


# ---------------------------------------------------------------------------------------------------------- sections


def pick(calls, chance, dice):
    """All of them, or a share."""
    return [call for call in calls if chance >= 1 or dice.random() < chance]


def death(scenario, writes, _, dice, is_long):
    for call in writes:
        yield Job("death", scenario, {"mode": "before", "at": call.number}, call, dies)
        yield Job("death", scenario, {"mode": "after", "at": call.number}, call, dies)


def errors(scenario, writes, interrupts, dice, is_long):
    rest = 1 if is_long else 0.15
    need_space = [call for call in writes if call.kind & 4]
    names = [call for call in writes if call.name in NAMES]

    def job(call, mode, number, **more):
        return Job("errors", scenario, {"mode": mode, "at": call.number, "errno": number, **more}, call, fails)

    for call in writes:
        yield job(call, "error", 5)
    for call in need_space:
        yield job(call, "error", 28, sticky=1)
    for call in pick(writes, rest, dice):
        yield job(call, "error", 5, sticky=1)
    # A write that fails unnoticed shows only where there is room again for what follows it.
    for call in [call for call in need_space if call.name in WRITES]:
        yield job(call, "error", 28)
    for call in pick([call for call in need_space if call.name not in WRITES], rest, dice):
        yield job(call, "error", 28)
    for call in pick(need_space, rest, dice):
        yield job(call, "error", 122)
    for call in pick(need_space, rest, dice):
        yield job(call, "error", 122, sticky=1)
    # The reply of a file server is lost: an error is reported, and yet it happened.
    for call in pick(names, 1 if is_long else 0.3, dice):
        yield job(call, "late", 5)
    yield from reads(scenario, interrupts, 1 if is_long else 0.05, dice)


def reads(scenario, interrupts, chance, dice):
    """A disk that cannot be read, once and from there on; what is mapped cannot be made to fail."""
    for call in pick([call for call in interrupts if call.name in READS], chance, dice):
        for more in ({}, {"sticky": 1}):
            faults = {"mode": "error", "class": "interrupt", "at": call.number, "errno": 5, **more}
            yield Job("errors", scenario, faults, call, fails_to_read)


def interruptions(scenario, writes, interrupts, dice, is_long):
    rest = [call for call in interrupts if not call.kind & 1]
    for call in [call for call in interrupts if call.kind & 1] + pick(rest, 1 if is_long else 0.15, dice):
        faults = {"mode": "error", "class": "interrupt", "at": call.number, "errno": 4}
        yield Job("interrupts", scenario, faults, call, succeeds)
    for call in writes:
        if call.name in WRITES:
            yield Job("interrupts", scenario, {"mode": "short", "at": call.number}, call, succeeds)
    if interrupts:
        # Every read and write gives half of what was asked for.
        faults = {"mode": "short", "class": "interrupt", "at": 0, "sticky": 1}
        yield Job("interrupts", scenario, faults, interrupts[0], succeeds)


#: Where calls that do nothing are planted.
LIES = ("push", "pull --update", "tag")


def lying(scenario, writes):
    """A disk that says it did and did not: the program or the checks must notice."""
    wanted = ("linkat", "write", "pwrite64", "renameat", "symlinkat")
    for call in writes:
        if call.name in wanted and not call.path.startswith("/home/"):
            yield Job("planted", scenario, {"mode": "lie", "at": call.number}, call, lies)


def lies(job, result):
    # Noticed by the program itself, or else by the checks that follow.
    if result.code != 0:
        raise Broken(f"it ends with {ending(result.code)}")
    return True


SECTIONS = {"death": death, "errors": errors, "interrupts": interruptions}
