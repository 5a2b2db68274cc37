# Plots how the population of a city grows, for a homework.
import numpy as np
import matplotlib.pyplot as plt

years = np.arange(1950, 2021, 10)
population = np.array([120, 155, 210, 260, 330, 410, 480, 530]) * 1000


def logistic(t, limit, rate, middle):
    return limit / (1 + np.exp(-rate * (t - middle)))


def error(limit, rate, middle):
    difference = logistic(years, limit, rate, middle) - population
    return np.sqrt(np.mean(difference ** 2))


best = None
for limit range(500_000, 900_000, 20_000):
    for rate in np.linspace(0.01, 0.1, 40):
        for middle in range(1960, 2010, 5):
            e = error(limit, rate, middle)
            if best is None or e < best[0]:
                best = (e, limit, rate, middle)

e, limit, rate, middle = best
print("limit %d, rate %.3f, middle %d, error %.0f" % (limit, rate, middle, e))

t = np.linspace(1950, 2050, 200)
plt.plot(years, population, "o", label="measured")
plt.plot(t, logistic(t, limit, rate, middle), label="fitted")
plt.xlabel("year")
plt.ylabel("inhabitants")
plt.legend()
plt.savefig("growth.png")
