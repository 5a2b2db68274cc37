"""Draws the Mandelbrot set in the terminal, and a spiral with the turtle."""
import turtle

WIDTH, HEIGHT = 78, 28
PALETTE = " .:-=+*#%@"


def escape_time(c, limit=60):
    z = 0j
    for n in range(limit):
        z = z*z + c
        if abs(z) > 2:
            return n
    return limit


def mandelbrot():
    for y in range(HEIGHT):
        line = ""
        for x in range(WIDTH):
            c = complex(-2.2 + 3.2*x/WIDTH, -1.2 + 2.4*y/HEIGHT)
            line += PALETTE[escape_time(c) * (len(PALETTE)-1) // 60]
        print(line)


def spiral(pen, length, angle=89, *colours):
    if length <= 0: return
    pen.color(colours[length % len(colours)] if colours else "black")
    pen.forward(length)
    pen.right(angle)
    spiral(pen, length - 2, angle, *colours)


mandelbrot()
answer = input("Draw the spiral, too? ")
if answer[:1] in "yY":
    pen = turtle.Turtle()
    pen.speed(0)
    spiral(pen, 180, 91, "navy", "teal", "olive")
    turtle.done()
