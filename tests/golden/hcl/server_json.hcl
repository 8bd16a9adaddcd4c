"ledger_dir" = "/var/lib/svidence/ledger"

"allow_unsigned" = true

"oid" = "1.3.6.1.4.1.99999"

"trust" = {
  "score" = 60

  "half_life" = "12h"
}

"metrics" = {
  "listen" = "127.0.0.1:9988"
}