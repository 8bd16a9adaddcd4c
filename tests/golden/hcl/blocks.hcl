empty {}

assigned = {}

"quoted" {
  a = 1
}

"quoted_assigned" = {
  "a" = 1

  b = ["x"]
}

# about c
commented {
  # about d
  d = true # there
}

dotted.name-x = 1