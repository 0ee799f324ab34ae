"""Ids are never given out twice, by whichever process of a family."""

import subprocess
import sys

from kit.ids import random_text
from launcher.places import ROOT

FAMILY = """
import os, sys
from kit.ids import random_text
random_text(5)  # a store that a child could have inherited
for _ in range(2):
    if os.fork() == 0:
        os.write(1, (random_text(30) + "\\n").encode())
        os._exit(0)
os.wait(), os.wait()
os.write(1, (random_text(30) + "\\n").encode())
"""


def test_forked_processes_have_random_characters_of_their_own() -> None:
    done = subprocess.run(
        [sys.executable, "-c", FAMILY], cwd=ROOT, capture_output=True, text=True, check=True
    )
    told = done.stdout.split()
    assert (len(told), len(set(told))) == (3, 3)


def test_every_character_is_as_likely_and_none_is_given_twice() -> None:
    text = random_text(62 * 4000)  # a hundred times what is read at once
    counts = [text.count(character) for character in sorted(set(text))]
    assert len(counts) == 62
    assert max(abs(count - 4000) for count in counts) < 400  # more than six deviations
    pieces = [random_text(22) for _ in range(5000)]
    assert len(set(pieces)) == 5000
