# where the ledger lies
ledger_dir = "/var/lib/svidence/ledger" // local disk

mark_dir = "/var/lib/svidence/mark"

allow_unsigned = true

server_id = "eu-1"

/* start values
         of agents */
trust {
  score = 60

  half_life = "12h"

  hold = "0s"
}

metrics = {
  listen = "unix:/run/svidence/metrics.sock"
}