import sys
from itertools import groupby
from operator import itemgetter

TEMPLATE = """\
Report for {name}
{line}
Total: {total:>10,.2f}
"""

rows = [
    {"who": "ana", "what": "paper", "cost": 12.5},
    {"who": "ana", "what": "ink", "cost": 48.0},
    {"who": "bo", "what": "chairs (4)", "cost": 210.0},
    {"who": "bo", "what": 'a "nice" lamp', "cost": 39.9},
]


def totals(rows):
    ordered = sorted(rows, key=itemgetter("who"))
    return {
        who: sum(
            row["cost"]
            for row in group
            if row["cost"] > 0
            and not row["what"].startswith("#")
        )
        for who, group in groupby(ordered, key=lambda row: row["who"])
    }


def table(rows, *, width=20):
    yield "-" * width
    for row in rows:
        yield (
            f"{row['what']:<{width - 8}}"
            f"{row['cost']:8.2f}"
            + (" !" if row["cost"] > 100 else "")
        )
    yield "-" * width


def main(argv=None):
    names = (argv if argv is not None else sys.argv[1:]) or [*totals(rows)]
    for name in names:
        mine = [row for row in rows
                if row["who"] == name]
        if not mine: print(name, "has bought nothing"); continue
        print(TEMPLATE.format(name=name, line="=" * 20, total=totals(mine)[name]))
        print(*table(mine), sep="\n")
    return 0 if names else \
        1


if __name__ == "__main__":
    sys.exit(main())
