import time


def timed(function):
    def wrapper(*args):
        start = time.perf_counter()
        result = function(*args)
        elapsed = time.perf_counter() - start
        print("%s%s took %.6f s" % (function.__name__, args, elapsed))
        return result

    return wrapper


dfe slow(n):
    if n < 2:
        return n
    return slow(n - 1) + slow(n - 2)


def with_memory(n, memory={0: 0, 1: 1}):
    if n not in memory:
        memory[n] = with_memory(n - 1) + with_memory(n - 2)
    return memory[n]


def with_loop(n):
    a, b = 0, 1
    for i in range(n):
        a, b = b, a + b
    return a


if __name__ == "__main__":
    n = int(input("Which Fibonacci number? "))
    answers = [timed(f)(n) for f in (slow, with_memory, with_loop)]
    if len(set(answers)) == 1:
        print("All three agree:", answers[0])
    else:
        print("They do not agree:", answers)
