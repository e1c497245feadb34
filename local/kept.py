"""The state of a stage once the demo school was applied, kept for the next start.

Applying the school's messages takes most of a start, and the same messages applied by the same code to the same
template end in the same state. So that state is kept under a hash of all of these, and every change of one of them
publishes the messages again.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterable

from local.places import BUILD, REPOSITORY, Ports, RunFolder
from local.stage import Message
from local.synth import files_of, synth_key

KEPT = BUILD / "local" / "kept"
KEEP_NEWEST = 3


def key_of(ports: Ports, messages: Iterable[Message]) -> str:
    """Names the state that these messages end in on these ports with the code as it is now."""
    digest = hashlib.sha256(synth_key(ports).encode())
    for file in files_of(REPOSITORY / "local"):
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    for message in messages:
        digest.update(repr(message.entry("bus")).encode())
    return digest.hexdigest()[:32]


def is_kept(key: str) -> bool:
    """Whether there is a state of this name; there is none without a name."""
    return bool(key) and (KEPT / key).exists()


def keep(key: str, folder: RunFolder) -> None:
    """Keep what an emulator has saved, and what was deployed to it."""
    KEPT.mkdir(parents=True, exist_ok=True)
    unfinished = KEPT / f".{key}.{os.getpid()}"
    shutil.copytree(folder.saved, unfinished)
    shutil.copyfile(folder.deployed, unfinished / folder.deployed.name)
    try:
        unfinished.rename(KEPT / key)
    except OSError:
        # Another stage kept the same state first.
        shutil.rmtree(unfinished)
    _forget_old()


def restore(key: str, folder: RunFolder) -> None:
    """Put a kept state where an emulator that is about to start finds it."""
    kept = KEPT / key
    kept.touch()
    shutil.copytree(kept, folder.saved, ignore=shutil.ignore_patterns(folder.deployed.name))
    shutil.copyfile(kept / folder.deployed.name, folder.deployed)


def _forget_old() -> None:
    newest_first = sorted(KEPT.iterdir(), key=lambda kept: kept.stat().st_mtime, reverse=True)
    for old in newest_first[KEEP_NEWEST:]:
        shutil.rmtree(old, ignore_errors=True)
