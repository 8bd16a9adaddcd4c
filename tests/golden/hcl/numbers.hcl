zero = 0

neg = -42

hex = 0x1F

neghex = -0X10

big = 9223372036854775807

small = -9223372036854775808

fraction = 1.5

exponent = -1.5E-3

whole = 1e6

open = 1.

list = [1, -2, 0x3, 4.5, true, "x"]

empty = []