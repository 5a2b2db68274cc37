import random

print("Welcome to the number guessing game!")
print("I am thinking of a number between 1 and 100.")

number = random.randint(1, 100
guesses = 0
max_guesses = 7

while guesses < max_guesses:
    left = max_guesses - guesses
    answer = input("You have " + str(left) + " guesses left. Your guess: ")

    if not answer.isdigit():
        print("Please enter a number.")
        continue

    guess = int(answer)
    guesses = guesses + 1

    if guess < number:
        print("Too low!")
    elif guess > number:
        print("Too high!")
    else:
        print("You got it in", guesses, "guesses!")
        break
else:
    print("Sorry, the number was", number)

play_again = input("Thanks for playing. Did you like it? (y/n) ")
if play_again.lower() == "y":
    print("Great, see you next time!")
else:
    print("Oh well.")
