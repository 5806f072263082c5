"""octoDNS as a peer: what it costs to compare two YAML zones, record by record.

octoDNS (PyPI) keeps DNS records as YAML and plans what differs, as cxform does for assignments. Its
YamlProvider plans against nothing when it is a target, so that `octodns-compare`, the command that
compares two sources, stands for a plan. One zone with all records is the cheapest way for it.
"""

import pathlib
import subprocess
import sys

VERSION = "1.22.0"
# `octodns-compare` ends with 1 where the zones differ.
EXIT_CODES = (0, 1)


def install(work: pathlib.Path) -> pathlib.Path:
    """The interpreter of a virtual environment with octoDNS; made where it is not there yet."""
    python = work / "octodns-venv" / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", work / "octodns-venv"], check=True)
        pip = [python, "-m", "pip", "install", "--quiet", f"octodns=={VERSION}"]
        subprocess.run(pip, check=True)
    return python


def write_zones(folder: pathlib.Path, records: int, changed: int) -> None:
    """Two zones of so many records, every `100 / changed`-th of which has another address."""
    every = 100 // changed
    for name in ("desired", "tenant"):
        (folder / name).mkdir(parents=True)
        with open(folder / name / "example.com.yaml", "w") as zone:
            for number in range(records):
                last = number % 250 + (name == "tenant" and number % every == 0)
                zone.write(
                    f"r{number:07}:\n  ttl: 300\n  type: A\n"
                    f"  value: 10.{number // 62500}.{number // 250 % 250}.{last}\n"
                )
    provider = "    class: octodns.provider.yaml.YamlProvider\n    default_ttl: 300\n"
    provider += "    enforce_order: false\n"
    with open(folder / "config.yaml", "w") as config:
        config.write("providers:\n")
        for name in ("desired", "tenant"):
            config.write(f"  {name}:\n{provider}    directory: {folder / name}\n")
        config.write("zones:\n  example.com.:\n    sources: [desired]\n    targets: [tenant]\n")


def command(python: pathlib.Path, folder: pathlib.Path) -> list:
    """What compares the two zones."""
    script = python.parent / "octodns-compare"
    arguments = ["--config-file", folder / "config.yaml", "--zone", "example.com."]
    return [script, *arguments, "--a", "tenant", "--b", "desired"]


def changes(output: str) -> int:
    """How many records it found to differ, by its own words."""
    return output.replace("[", " ").split().count("Update")

