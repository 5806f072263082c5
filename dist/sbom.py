#!/usr/bin/env python3
"""What is in the binary, as a CycloneDX 1.5 JSON document.

    cargo metadata --locked --format-version 1 --filter-platform TARGET | dist/sbom.py TARGET

Only what is linked in or runs while it is built: no crates of tests. Nothing in it is of the day or
of chance, so that the same lock file gives the same bytes."""

import json
import sys
import tomllib
import uuid


def component(package, checksums):
    name, version = package["name"], package["version"]
    purl = f"pkg:cargo/{name}@{version}"
    made = {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl}
    if package.get("description"):
        made["description"] = " ".join(package["description"].split())
    if package.get("license"):
        # cargo still accepts the old spelling, SPDX does not.
        made["licenses"] = [{"expression": package["license"].replace("/", " OR ")}]
    checksum = checksums.get((name, version))
    if checksum:
        made["hashes"] = [{"alg": "SHA-256", "content": checksum}]
    return made


def main(target):
    metadata = json.load(sys.stdin)
    with open("Cargo.lock", "rb") as file:
        lock = tomllib.load(file)
    checksums = {(p["name"], p["version"]): p.get("checksum") for p in lock["package"]}
    packages = {package["id"]: package for package in metadata["packages"]}
    nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
    root = metadata["resolve"]["root"]

    edges, waiting = {}, [root]
    while waiting:
        at = waiting.pop()
        if at in edges:
            continue
        uses = [
            dep["pkg"]
            for dep in nodes[at]["deps"]
            if any(kind["kind"] in (None, "build") for kind in dep["dep_kinds"])
        ]
        edges[at] = uses
        waiting.extend(uses)

    made = {id: component(packages[id], checksums) for id in edges}
    main = {**made.pop(root), "type": "application"}
    refs = {**{id: c["bom-ref"] for id, c in made.items()}, root: main["bom-ref"]}
    content = {
        "metadata": {
            "component": main,
            "properties": [{"name": "cxform:target", "value": target}],
            "tools": {"components": [{"type": "application", "name": "dist/sbom.py"}]},
        },
        "components": sorted(made.values(), key=lambda c: c["bom-ref"]),
        "dependencies": sorted(
            ({"ref": refs[id], "dependsOn": sorted({refs[u] for u in uses})} for id, uses in edges.items()),
            key=lambda d: d["ref"],
        ),
    }
    serial = uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(content, sort_keys=True))
    document = {
        "$schema": "http://cyclonedx.org/schema/bom-1.5.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": f"urn:uuid:{serial}",
        "version": 1,
        **content,
    }
    json.dump(document, sys.stdout, indent=1, ensure_ascii=False)
    print()


main(sys.argv[1])
