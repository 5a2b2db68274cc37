class InsufficientFunds(Exception):
    pass


class Account:
    """A bank account that remembers what happened to it."""

    def __init__(self, owner, balance=0):
        self.owner = owner
        self.balance = balance
        self.history = []

    def deposit(self, amount):
        if amount <= 0:
            raise ValueError("amount must be positive")
        self.balance += amount
        self.history.append(("deposit", amount))

    def withdraw(self, amount):
        if amount > self.balance:
            raise InsufficientFunds(f"{self.owner} has only {self.balance}")
        self.balance -= amount
        self.history.append(("withdraw", amount))

    def transfer(self, other, amount):
        self.withdraw(amount)
      other.deposit(amount)

    def __repr__(self):
        return f"Account({self.owner!r}, {self.balance})"


anna = Account("Anna", 100)
ben = Account("Ben")
anna.transfer(ben, 30)
print(anna, ben)

try:
    ben.withdraw(1000)
except InsufficientFunds as error:
    print("refused:", error)

for kind, amount in anna.history + ben.history:
    print(f"{kind:>10} {amount:6}")
