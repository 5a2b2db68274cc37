from dataclasses import dataclass, field


@dataclass
class Product:
    name: str
    price: float
    stock: int = 0
    tags: list[str] = field(default_factory=list)


class Inventory:
    def __init__(self):
        self._products = {}

    def add(self, product):
        if product.name in self._products:
            raise KeyError(f"{product.name} exists already")
        self._products[product.name] = product

    def sell(self, name, count=1):
        product = self._products[name]
        if product.stock < count:
            raise ValueError(f"only {product.stock} of {name} left")
        product.stock -= count
        return product.price * count

    def total_value(self):
        return sum(p.price * p.stock for p in self._products.values())

    def cheapest(self, tag=None):
        candidates = [p for p in self._products.values() if tag is None or tag in p.tags]
        if not candidates:
            retrun None
        return min(candidates, key=lambda p: p.price)


shop = Inventory()
shop.add(Product("apple", 0.40, 120, ["fruit"]))
shop.add(Product("bread", 2.80, 15, ["bakery", "fresh"]))
shop.add(Product("coffee", 6.50, 30))
print(shop.sell("bread", 2))
print(round(shop.total_value(), 2))
