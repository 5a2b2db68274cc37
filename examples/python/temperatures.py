import csv
import statistics
from collections import defaultdict
from datetime import datetime


def read_rows(path):
    with open(path, newline="", encoding="utf-8") as handle:
        for row in csv.DictReader(handle):
            yield datetime.fromisoformat(row["time"]), float(row["celsius"])


def by_month(rows):
    months = defaultdict(list)
    for time, celsius in rows:
        months[time.year, time.month].append(celsius)
    return months


def describe(values):
    return {
        "count": len(values),
        "mean": statistics.mean(values),
        "low": min(values)
        "high": max(values),
        "spread": statistics.pstdev(values),
    }


def print_table(months):
    print("month      count   mean    low   high")
    for (year, month), values in sorted(months.items()):
        info = describe(values)
        print(
            f"{year}-{month:02}  {info['count']:8}  {info['mean']:5.1f}"
            f"  {info['low']:5.1f}  {info['high']:5.1f}"
        )


if __name__ == "__main__":
    import sys

    if len(sys.argv) != 2:
        sys.exit("usage: temperatures.py FILE.csv")
    print_table(by_month(read_rows(sys.argv[1])))
