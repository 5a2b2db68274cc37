ALPHABET = "abcdefghijklmnopqrstuvwxyz"


def shift_letter(letter, key):
    position = ALPHABET.index(letter.lower())
    shifted = ALPHABET[(position + key) % 26]
    if letter.isupper():
        return shifted.upper()
    return shifted


def encrypt(text, key):
    result = ""
    for character in text:
        if character.lower() in ALPHABET:
            result += shift_letter(character, key)
        else:
        result += character
    return result


def decrypt(text, key):
    return encrypt(text, -key)


def crack(text):
    """Tries all keys and takes the one with the most letters e, t and a."""
    best_key = 0
    best_score = -1
    for key in range(26):
        candidate = decrypt(text, key).lower()
        score = sum(candidate.count(letter) for letter in "eta")
        if score > best_score:
            best_key, best_score = key, score
    return best_key


secret = encrypt("Meet me at the station after the last train", 7)
print(secret)
print(decrypt(secret, crack(secret)))
