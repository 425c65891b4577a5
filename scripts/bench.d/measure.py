"""Runs one command and writes what it cost as JSON.

    measure.py REPORT STDOUT|- COMMAND [ARGUMENT ...]

A process of its own, and a small one: the kernel counts the resident pages of the caller at the
moment of `exec` into the child's maximum, so a large caller would show up in every figure.

    wall    seconds from spawn to exit
    cpu     user and system seconds of the command and its children
    rss     bytes, the most resident memory of any one process, from wait4
    anon    bytes, the most anonymous resident memory (RssAnon) of the command's own process,
            sampled every 5 ms: memory it allocated, without the files it maps
    status  exit status, negative for a signal
"""

import json
import os
import sys
import threading
import time


def sample(pid, done, peak):
    """Keeps the largest RssAnon of `pid` in `peak[0]`, in bytes, until `done` is set."""
    try:
        with open(f"/proc/{pid}/status", "rb", buffering=0) as status:
            while not done.wait(0.005):
                status.seek(0)
                text = status.read(4096)
                at = text.find(b"RssAnon:")
                if at >= 0:
                    peak[0] = max(peak[0], int(text[at + 8:].split(None, 1)[0]) * 1024)
    except (OSError, ValueError):
        return  # the process has ended: what was seen so far stands


def main():
    report, stdout, command = sys.argv[1], sys.argv[2], sys.argv[3:]
    actions = [(os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0)]
    target = os.devnull if stdout == "-" else stdout
    actions.append((os.POSIX_SPAWN_OPEN, 1, target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644))
    done, peak = threading.Event(), [0]
    start = time.perf_counter()
    pid = os.posix_spawnp(command[0], command, os.environ, file_actions=actions)
    watcher = threading.Thread(target=sample, args=(pid, done, peak))
    watcher.start()
    _, status, usage = os.wait4(pid, 0)
    wall = time.perf_counter() - start
    done.set()
    watcher.join()
    with open(report, "w") as file:
        json.dump({
            "wall": wall, "cpu": usage.ru_utime + usage.ru_stime, "rss": usage.ru_maxrss * 1024,
            "anon": peak[0], "status": os.waitstatus_to_exitcode(status),
        }, file)


main()
