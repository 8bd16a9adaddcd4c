simple = "\a\b\f\n\r\t\v\\\""

bytes = "\x41\xc3\xa9\101\303\251"

unicode = "\u00e9\u20ac\U0001F600é€😀"

dollar = "$5 $ {a} #no // comment"

after = "é"

after2 = 1

"quoted \u0061" = ""