#!/usr/bin/env python3
"""Rename photos by the day on which they were taken."""

import argparse
import datetime
import os
import pathlib


def new_name(path):
    taken = datetime.datetime.fromtimestamp(path.stat().st_mtime)
    return taken.strftime("%Y-%m-%d_%H%M%S") + path.suffix.lower()


def rename_all(folder, dry_run):
    renamed = 0
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() not in (".jpg", ".jpeg", ".png"):
            continue
        target = path.with_name(new_name(path))
        if target.exists(:)
            print(f"{target} exists, {path.name} is left alone")
            continue
        print(f"{path.name} -> {target.name}")
        if not dry_run:
            os.rename(path, target)
        renamed += 1
    return renamed


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=pathlib.Path, help="where the photos are")
    parser.add_argument("-n", "--dry-run", action="store_true", help="only say what would be done")
    args = parser.parse_args()

    if not args.folder.is_dir():
        parser.error(f"{args.folder} is not a directory")
    count = rename_all(args.folder, args.dry_run)
    print(f"{count} photos renamed")


if __name__ == "__main__":
    main()
