"""Turns raw figures into Markdown: a table a workload, and the bars of the product."""

import statistics

PEERS = ["restic", "borg", "casync", "hf-xet", "dvc"]
COLUMNS = ["artifact", *PEERS, "tar"]
TITLES = {"dvc": "DVC", "tar": "tar, zstd -1", "small": "small files"}
STEPS = [("push", "first push"), ("again", "unchanged push"), ("push v2", "push of v2"),
         ("push v3", "push of v3"), ("pull", "pull"), ("cat", "one file"), ("verify", "verify")]
CHUNKED = ["restic", "borg", "casync"]
MIB = 2**20


def empty(machine, versions):
    return {"machine": machine, "versions": versions, "workloads": {}, "costs": [], "sizes": [],
            "failures": [], "checked": []}


def merged(parts):
    """One set of figures from several; the machine of the first stands for all."""
    whole = parts[0]
    for part in parts[1:]:
        whole["versions"] |= part["versions"]
        whole["workloads"] |= part["workloads"]
        for key in ("costs", "sizes", "failures", "checked"):
            whole[key] += part[key]
        for key in ("disk", "million"):
            if key in part:
                whole[key] = part[key]
    return whole


class Figures:
    """Medians over the rounds."""

    def __init__(self, data):
        self.data, self.costs, self.sizes = data, {}, {}
        for cost in data["costs"]:
            key = cost["workload"], cost["tool"], cost["measure"]
            self.costs.setdefault(key, []).append(cost)
        for size in data["sizes"]:
            key = size["workload"], size["tool"], size["after"]
            self.sizes.setdefault(key, []).append(size)
        self.why = {(f["workload"], f["tool"], f["measure"]): f["why"] for f in data["failures"]}

    def seconds(self, workload, tool, measure):
        return self.median(self.costs, (workload, tool, measure), "wall")

    def stored(self, workload, tool, after="push", field="bytes"):
        """Size of the store after a push."""
        return self.median(self.sizes, (workload, tool, after), field)

    def added(self, workload, tool, version):
        """Bytes that a later version added to the store as the push before it had left it."""
        now = self.stored(workload, tool, f"push {version}")
        before = self.stored(workload, tool, {"v2": "again", "v3": "push v2"}[version])
        return None if now is None or before is None else now - before

    def peak(self, workload, tool, field):
        """The most memory of any step: the median of each step's rounds, then the largest."""
        keys = [k for k in self.costs if k[:2] == (workload, tool)]
        return max((self.median(self.costs, k, field) for k in keys), default=None)

    def median(self, table, key, field):
        found = table.get(key)
        return statistics.median(entry[field] for entry in found) if found else None

    def best(self, names, value):
        """The smallest value(name) among those that have one, with its name."""
        found = [(v, n) for n in names if (v := value(n)) is not None]
        return min(found) if found else (None, None)


# --- text ---


def short(value):
    """Three figures: 0.012, 0.45, 2.31, 45.2, 120."""
    if value < 0.1:
        return f"{value:.3f}"
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:.0f}"


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|---" + "|--:" * (len(head) - 1) + "|"]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def against(value, ours):
    """A figure, and in brackets how many times ours it is."""
    text = short(value)
    if not ours:
        return text
    ratio = value / ours
    return f"{text} ({ratio:.1f}×)" if ratio < 100 else f"{text} ({ratio:.0f}×)"


def title(name):
    return TITLES.get(name, name)


# --- sections ---


def markdown(data):
    figures = Figures(data)
    parts = [heading(data)]
    parts += [workload_section(figures, name) for name in data["workloads"]]
    if any("artifact" == cost["tool"] for cost in data["costs"]):
        parts.append(bars_section(figures))
    parts += [disk_section(data)] if "disk" in data else []
    parts += [million_section(data)] if "million" in data else []
    parts += [notes(data)]
    return "\n\n".join(part for part in parts if part)


def heading(data):
    m, versions = data["machine"], data["versions"]
    text = (f"Measured on {m['date']}: {m['cores']} cores of {m['cpu']}, {m['memory']} GiB, "
            f"{m['system']}, Linux {m['kernel']}; tmpfs, warm cache, medians of {m['runs']}")
    if m["scale"] != 1:
        text += f", workloads scaled to {m['scale']:g}"
    if m["load"] > 0.5:
        text += f"; the machine had other work (load {m['load']:.1f}): trust the ratios"
    listed = {n: v for n, v in versions.items() if n not in ("artifact-l3", "casync-cache")}
    text += ".\nVersions: " + ", ".join(f"{title(n).split(',')[0]} {v}"
                                        for n, v in listed.items())
    return text + ".\nSeconds unless a unit is given; in brackets, times the figure of `artifact`."


def workload_section(figures, name):
    info = figures.data["workloads"][name]
    present = {k[1] for k in figures.costs if k[0] == name}
    columns = [c for c in COLUMNS if c in present]
    rows = []
    for measure, label in STEPS:
        if any((name, c, measure) in figures.costs for c in columns):
            rows.append([label, *(cell(figures, name, c, measure) for c in columns)])
    rows += size_rows(figures, name, columns)
    files = info["files"]
    size = f"{info['bytes'] / 1e6:.0f} MB in {files:,} files"
    text = f"### {title(name)}: {size}\n\n" + table(["", *map(title, columns)], rows)
    if "artifact-l3" in present:
        seconds = figures.seconds(name, "artifact-l3", "push")
        stored = figures.stored(name, "artifact-l3") / 1e6
        text += f"\n\n`artifact push --level 3`: {short(seconds)} s, {short(stored)} MB."
    if "casync-cache" in present:
        seen = [figures.seconds(name, "casync-cache", m) for m in ("push", "again", "push v2")]
        if None not in seen:
            text += ("\n\n`casync --cache` (off by default): first push {} s, unchanged {} s, "
                     "v2 {} s.".format(*map(short, seen)))
    return text


def cell(figures, name, tool, measure):
    value = figures.seconds(name, tool, measure)
    if value is None:
        why = figures.why.get((name, tool, measure))
        return "–" if why is None else why if why.startswith("> ") else "fails"
    ours = figures.seconds(name, "artifact", measure) if tool != "artifact" else None
    text = against(value, ours)
    return f"`find` {text}" if (tool, measure) == ("tar", "again") else text


def size_rows(figures, name, columns):
    rows = []

    def row(label, value):
        if any(value(c) is not None for c in columns):
            ours = value("artifact")
            cells = []
            for c in columns:
                v = value(c)
                text = "–" if v is None else f"{v:.0f}" if v >= 10 else f"{v:.1f}"
                if v is not None and ours and c != "artifact":
                    text += f" ({v / ours:.2f}×)"
                cells.append(text)
            rows.append([label, *cells])

    def mega(value):
        return None if value is None else value / 1e6

    row("store after v1, MB", lambda c: mega(figures.stored(name, c)))
    for version in ("v2", "v3"):
        row(f"{version} adds, MB",
            lambda c: mega(figures.added(name, c, version)) if c != "tar" else None)
    counts = [figures.stored(name, c, field="files") for c in columns]
    rows.append(["files in the store", *("–" if n is None else f"{n:,.0f}" for n in counts)])
    memory = [(figures.peak(name, c, "rss"), figures.peak(name, c, "anon")) for c in columns]
    rows.append(["peak memory, MiB", *("–" if r is None else f"{r / MIB:.0f}" for r, _ in memory)])
    rows.append(["anonymous, MiB", *("–" if not a or c == "tar" else f"{a / MIB:.0f}"
                                      for c, (_, a) in zip(columns, memory))])
    return rows


# --- bars ---


class Bar:
    """A promise over several workloads: passed if every one holds."""

    def __init__(self, label, limit, better, unit="×"):
        self.label, self.limit, self.better, self.unit = label, limit, better, unit
        self.seen = []

    def add(self, workload, value, limit=None):
        if value is not None:
            bound = self.limit if limit is None else limit
            held = value >= bound if self.better == "more" else value <= bound
            self.seen.append((workload, value, held))

    def row(self):
        sign = "≥" if self.better == "more" else "≤"
        values = ", ".join(f"{title(w)} {v:.2f}{'' if held else ' **(no)**'}"
                           for w, v, held in self.seen)
        if not self.seen:
            return [self.label, f"{sign} {self.limit:g}{self.unit}", "not measured", "–"]
        verdict = "pass" if all(held for _, _, held in self.seen) else "**fail**"
        return [self.label, f"{sign} {self.limit:g}{self.unit}", values, verdict]


def ratio(a, b):
    return None if a is None or not b else a / b


def bars_section(figures):
    rows = [bar.row() for bar in bars(figures)]
    return ("### Bars\n\n" + table(["bar", "wanted", "measured", ""], rows).replace("--:", "---"))


def bars(figures):
    f = figures
    names = list(f.data["workloads"])
    return speed_bars(f, names) + size_bars(f, names)


def speed_bars(f, names):
    def fastest(workload, measure, tools=PEERS):
        return f.best(tools, lambda t: f.seconds(workload, t, measure))[0]

    found = []

    def bar(label, limit, better, value, workloads=names, special=None):
        one = Bar(label, limit, better)
        for workload in workloads:
            one.add(workload, value(workload), (special or {}).get(workload))
        found.append(one)

    def over(measure, tools=PEERS):
        return lambda w: ratio(fastest(w, measure, tools), f.seconds(w, "artifact", measure))

    def under(measure):
        return lambda w: ratio(f.seconds(w, "artifact", measure), f.seconds(w, "tar", measure))

    little = [n for n in names if n == "small"]
    bar("first push: fastest peer / artifact (small files ≥ 2)", 1.5, "more", over("push"),
        special={"small": 2})
    bar("first push: artifact / tar, zstd -1 -T2", 1.1, "less", under("push"))
    bar("unchanged push: fastest peer / artifact", 5, "more", over("again"))
    bar("unchanged push, small files: artifact / find", 2.5, "less", under("again"), little)
    bar("push of v2: fastest peer / artifact", 1.5, "more", over("push v2"))
    bar("pull: fastest peer / artifact", 1.5, "more", over("pull"))
    bar("pull, small files: artifact / tar x", 1.2, "less", under("pull"), little)
    bar("verify: faster of restic and borg / artifact", 2, "more", over("verify",
                                                                        ["restic", "borg"]))
    return found


def size_bars(f, names):
    def least(tools, value):
        return f.best(tools, value)[0]

    def stored(workload, tool):
        return f.stored(workload, tool)

    added = Bar("v2 and v3 add: artifact / least of restic, borg, casync", 1, "less")
    for workload in names:
        for version in ("v2", "v3"):
            label = workload if version == "v2" else f"{workload} v3"
            added.add(label, ratio(f.added(workload, "artifact", version), least(
                CHUNKED, lambda t: f.added(workload, t, version))))
    borg = Bar("store after v1: artifact / borg", 1, "less")
    restic = Bar("store after v1: artifact / restic", 1.08, "less")
    level3 = Bar("store after v1, --level 3: artifact / smallest peer", 1, "less")
    memory = Bar("peak memory, MiB (max RSS)", 256, "less", " MiB")
    for workload in names:
        ours = stored(workload, "artifact")
        borg.add(workload, ratio(ours, stored(workload, "borg")))
        restic.add(workload, ratio(ours, stored(workload, "restic")))
        level3.add(workload, ratio(stored(workload, "artifact-l3"),
                                   least(PEERS, lambda t: stored(workload, t))))
        peak = f.peak(workload, "artifact", "rss")
        memory.add(workload, None if peak is None else peak / MIB)
    million = f.data.get("million", {}).get("rows", {}).get("artifact")
    if million:
        memory.add("a million files",
                   max(million[s]["rss"] for s in ("push", "again", "pull")) / MIB)
    return [added, borg, restic, level3, memory]


# --- other sections ---


def disk_section(data):
    disk = data["disk"]
    rows = []
    ours = disk["rows"].get("artifact")
    for name, row in disk["rows"].items():
        if row == "failed":
            rows.append([title(name), "fails", "–", "–", "–"])
            continue
        cells = [title(name)]
        for verb in ("push", "pull"):
            usual = statistics.median(ours[verb]) if ours and name != "artifact" else None
            cells.append(against(statistics.median(row[verb]), usual))
            calls = row["calls"].get(verb, {})
            cells.append(", ".join(f"{n} {c}" for c, n in sorted(calls.items())) or "none")
        rows.append(cells)
    head = ["", "push", "waits for the disk", "pull", "waits for the disk"]
    return (f"### {title(disk['workload'])} on {disk['filesystem']}: {disk['bytes'] / 1e6:.0f} MB in "
            f"{disk['files']:,} files\n\n" + table(head, rows)
            + "\n\nCalls counted by `strace -f -c` in a run of their own.")


def million_section(data):
    rows = []
    for name, row in data["million"]["rows"].items():
        steps = ("push", "again", "pull")
        if any(step not in row for step in steps):
            rows.append([title(name), *["fails"] * 6])
            continue
        rows.append([title(name), *(short(row[s]["wall"]) for s in steps),
                     f"{row['bytes'] / 1e6:.0f}", f"{row['files']:,}",
                     f"{max(row[s]['rss'] for s in steps) / MIB:.0f}"
                     f" ({max(row[s]['anon'] for s in steps) / MIB:.0f})"])
    head = ["", "first push", "unchanged push", "pull", "store, MB", "files in the store",
            "peak memory, MiB (anonymous)"]
    return f"### {data['million']['files']:,} files of 1 KiB\n\n" + table(head, rows)


def notes(data):
    """What a reader of the tables must know to judge them."""
    present = set(data["versions"])
    lines = ["Memory: the most resident memory of any one process (wait4) in any step; anonymous is "
             "RssAnon, sampled every 5 ms. Figures below 12 MiB are the measuring process's."]
    lines += checks(data)
    if "casync-cache" in present:
        lines.append("The bars compare with the peers as they come, without `casync --cache`.")
    if "tar" in present:
        lines.append("The tar column is no store: its unchanged push is `find -printf '%s %T@ %i'`, "
                     "its one file reads the whole archive, it adds all of v2.")
    if "casync" in present:
        lines.append("casync cannot fetch one file without FUSE; its verify is `casync digest` of "
                     "one version. It never waits for the disk.")
    if "hf-xet" in present:
        lines.append("hf-xet runs against a local folder and has no verify; its size is what it would upload, "
                     "without the lookup tables kept beside it.")
    if "dvc" in present:
        lines.append("DVC copies (`cache.type copy`), compresses nothing and has no verify; it gets "
                     "the tree without symbolic links.")
    for failure in data["failures"]:
        why = failure["why"].splitlines()[-1][:160]
        lines.append(f"{title(failure['tool'])}, {failure['workload']}, {failure['measure']}: "
                     f"{'stopped after ' + why[2:] if why.startswith('> ') else why}.")
    return "\n".join(f"- {line}" for line in lines)


def checks(data):
    """Says which pulled trees were compared with their sources."""
    done = {(workload, tool) for workload, tool, _ in data["checked"]}
    pulled = {(c["workload"], c["tool"]) for c in data["costs"] if c["measure"] == "pull"}
    if not pulled:
        return []
    text = "In the first round every pulled tree was compared with its source, by paths and SHA-256."
    unseen = sorted(pulled - done)
    if unseen:
        text += " Not compared: " + ", ".join(f"{title(t)} {title(w)}" for w, t in unseen) + "."
    return [text]
