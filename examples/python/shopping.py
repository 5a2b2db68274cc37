"""Keeps a shopping list in a text file."""

import sys

FILE_NAME = "shopping.txt"


def load_items():
    try:
        with open(FILE_NAME) as file:
            return [line.strip() for line in file if line.strip()]
    except FileNotFoundError:
        return []


def save_items(items):
    with open(FILE_NAME, "w") as file:
        for item in items:
            file.write(item + "\n")


def main():
    items = load_items()
    if len(sys.argv) < 2:
        for number, item in enumerate(items, 1):
            print(f"{number}. {item}")
        return

    command = sys.argv[1]
    if command == "add":
        items.append(" ".join(sys.argv[2:]))
    elif command == "remove":
        items.remove(" ".join(sys.argv[2:]))
    elif command == "clear"
        items = []
    else:
        print("unknown command:", command)
        sys.exit(1)
    save_items(items)


if __name__ == "__main__":
    main()
