"""The program with bugs: each patch in planted/ is built, and the part of the harness or the tests that it names must find it."""
import glob, os, shutil, subprocess, sys, time

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.join(HERE, "..", "..")
#: In a patch's first line, before a regular expression: suites of tests find it.
TESTS = "tests "
NOT_FOUND = "not found"
#: Seconds after which tests that pass in seconds hang.
TEST_TIMEOUT = 900


def run(harness, script):
    """Builds and tests every patch; the first build takes minutes, the others seconds."""
    work = os.path.join(TOP, ".build", "planted")
    source, scratch = os.path.join(work, "source"), os.path.join(work, "build")
    planted = list(wanted(harness))
    suites = sorted({finder.removeprefix(TESTS) for _, _, finder in planted if finder.startswith(TESTS)})
    if suites:
        # What fails without a bug finds none.
        started = time.monotonic()
        result = build(source, scratch, None, True) or run_tests(source, scratch, "|".join(suites))
        wrong = None if result == NOT_FOUND else f"patched: no bug: {result or 'the tests fail'}"
        harness.table.add("patched", "no bug (tests)", [wrong], time.monotonic() - started)
        if wrong:
            return
    for name, path, finder in planted:
        started = time.monotonic()
        is_for_tests = finder.startswith(TESTS)
        result = build(source, scratch, path, is_for_tests)
        if result is None and is_for_tests:
            result = run_tests(source, scratch, finder.removeprefix(TESTS))
        elif result is None:
            result = test(harness, script, os.path.join(scratch, "debug", "artifact"), finder)
        harness.table.add("patched", f"{name} ({finder})", [result and f"patched: {name}: {result}"], time.monotonic() - started)


def wanted(harness):
    """The patches to try: name, path, and what must find each."""
    for path in sorted(glob.glob(os.path.join(HERE, "planted", "*.patch"))):
        name = os.path.basename(path).removesuffix(".patch")
        if harness.options.only not in f"patched {name}":
            continue
        with open(path, encoding="utf-8") as file:
            finder, _, needs = file.readline().removeprefix("found by: ").strip().partition(" needs ")
        if not needs or harness.has(needs):
            yield name, path, finder


def build(source, scratch, patch, has_tests):
    """None, or why there is no program with this patch, or without any."""
    shutil.rmtree(source, ignore_errors=True)
    os.makedirs(source)
    for name in ("Package.swift", "Package.resolved", "Sources", "Tests"):
        found = os.path.join(TOP, name)
        if os.path.isdir(found):
            shutil.copytree(found, os.path.join(source, name), symlinks=True)
        elif os.path.isfile(found):
            shutil.copy2(found, source)
    for command in (
        *([["patch", "-p0", "--silent", "-i", patch]] if patch else []),
        ["swift", "build", *(["--build-tests"] if has_tests else ["--product", "artifact"]), "--scratch-path", scratch],
    ):
        done = subprocess.run(command, cwd=source, capture_output=True, text=True)
        if done.returncode != 0:
            return f"`{' '.join(command)}` fails: {(done.stdout + done.stderr)[-600:]}"
    return None


def run_tests(source, scratch, suites):
    """None if a test fails, or hangs."""
    command = ["swift", "test", "--skip-build", "--disable-xctest", "--scratch-path", scratch, "--filter", suites]
    try:
        done = subprocess.run(command, cwd=source, capture_output=True, text=True, timeout=TEST_TIMEOUT)
    except subprocess.TimeoutExpired:
        return None
    if done.returncode == 0:
        return NOT_FOUND
    # A test that fails, or a program that stops itself.
    return None if "✘" in done.stdout or done.returncode < 0 or "signal" in done.stderr else f"the tests do not run: {done.stderr[-600:]}"


def test(harness, script, binary, finder):
    """None if the harness finds the bug; what runs the command again has it, too."""
    done = subprocess.run(
        [sys.executable, script, "--only", finder, "--binary", binary, "--checker", binary, "--seed", str(harness.options.seed),
         "--jobs", str(harness.options.jobs)], capture_output=True, text=True)
    if done.returncode == 0:
        return NOT_FOUND
    return None if "\nFAILED: " in done.stdout else f"the harness fails: {done.stderr[-600:]}"
