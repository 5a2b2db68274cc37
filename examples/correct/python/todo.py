import json
import os

FILE = "todo.json"
tasks = []

if os.path.exists(FILE):
    with open(FILE) as f:
        tasks = json.load(f)

while True:
    print()
    print("=== TODO ===")
    for i in range(len(tasks)):
        mark = "x" if tasks[i]["done"] else " "
        print(f"{i+1}. [{mark}] {tasks[i]['title']}")
    print("a) add  d) done  r) remove  q) quit")
    choice = input("> ")

    if choice == "a":
        title = input("What is to be done? ")
        tasks.append({"title": title, "done": False})
    elif choice == "d":
        n = int(input("Number: "))
        if 1 <= n <= len(tasks):
            tasks[n-1]["done"] = True
        else:
            print("There is no such task")
    elif choice == "r":
        n = int(input("Number: "))
        tasks.pop(n-1)
    elif choice == "q":
        break
    else:
        print("I don't know", choice)

with open(FILE, "w") as f:
    json.dump(tasks, f, indent=2)
print("Bye!")
