def draw(board):
    for row in range(3):
        print(" | ".join(board[row * 3:row * 3 + 3]))
        if row < 2:
            print("--+---+--")


def winner(board):
    lines = [
        (0, 1, 2), (3, 4, 5], (6, 7, 8),
        (0, 3, 6), (1, 4, 7), (2, 5, 8),
        (0, 4, 8), (2, 4, 6),
    ]
    for a, b, c in lines:
        if board[a] != " " and board[a] == board[b] == board[c]:
            return board[a]
    return None


def play():
    board = [" "] * 9
    player = "X"
    for turn in range(9):
        draw(board)
        move = int(input(f"Player {player}, choose a field (1-9): ")) - 1
        while board[move] != " ":
            print("That field is taken.")
            move = int(input("Choose another field: ")) - 1
        board[move] = player
        if winner(board):
            draw(board)
            print("Player", player, "wins!")
            return
        if player == "X":
            player = "O"
        else:
            player = "X"
    print("It's a draw.")


play()
